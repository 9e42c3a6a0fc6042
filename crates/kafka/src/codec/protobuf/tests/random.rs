//! Messages of any type with values of every sort, the same for each seed.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};

/// Steele, Lea and Flood's `SplitMix64`.
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Small numbers and the largest are as likely as any.
    fn number(&mut self) -> u64 {
        match self.below(4) {
            0 => self.below(200),
            1 => {
                [0, 1, u64::MAX, u64::MAX >> 1, 1 << 63, u64::from(u32::MAX), 1 << 31][self.below(7) as usize]
            }
            2 => self.next() >> self.below(64),
            _ => self.below(200).wrapping_neg(),
        }
    }

    fn float(&mut self) -> f64 {
        [0.5, f64::NAN, f64::INFINITY, -1.25e300, 1.0 / 3.0, 2.0][self.below(6) as usize]
    }

    fn text(&mut self) -> String {
        let texts = ["", "a", "grün", "\"quoted\"\n", "日本語 and more than twelve bytes", "\0\u{7f}"];
        texts[self.below(texts.len() as u64) as usize].to_owned()
    }

    pub(super) fn message(&mut self, of: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(of.clone());
        match of.full_name() {
            "google.protobuf.Timestamp" | "google.protobuf.Duration" => {
                let sign = if of.name() == "Duration" && self.below(2) == 0 { -1 } else { 1 };
                message.set_field_by_name("seconds", Value::I64(sign * self.below(4_000_000_000) as i64));
                message
                    .set_field_by_name("nanos", Value::I32(sign as i32 * self.below(1_000_000_000) as i32));
                return message;
            }
            _ => {}
        }
        for field in of.fields() {
            let is_message = matches!(field.kind(), Kind::Message(_)) && !field.is_map();
            if self.below(3) > 0 && (depth > 0 || !(is_message || field.is_map())) {
                let value = self.value(&field, depth);
                message.set_field(&field, value);
            }
        }
        message
    }

    fn value(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        let count = self.below(4);
        match field.kind() {
            Kind::Message(entry) if field.is_map() => {
                let (key, value) = (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
                Value::Map((0..count).map(|_| (self.key(&key), self.single(&value, depth))).collect())
            }
            kind if field.is_list() => Value::List((0..count).map(|_| self.single(&kind, depth)).collect()),
            kind => self.single(&kind, depth),
        }
    }

    fn key(&mut self, kind: &Kind) -> MapKey {
        match kind {
            Kind::Bool => MapKey::Bool(self.below(2) == 0),
            Kind::Int32 => MapKey::I32(self.number() as i32),
            _ => MapKey::String(self.text()),
        }
    }

    fn single(&mut self, kind: &Kind, depth: usize) -> Value {
        match kind {
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(self.number() as i32),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(self.number() as i64),
            Kind::Uint32 | Kind::Fixed32 => Value::U32(self.number() as u32),
            Kind::Uint64 | Kind::Fixed64 => Value::U64(self.number()),
            Kind::Float => Value::F32(self.float() as f32),
            Kind::Double => Value::F64(self.float()),
            Kind::Bool => Value::Bool(self.below(2) == 0),
            Kind::String => Value::String(self.text()),
            Kind::Bytes => {
                let length = self.below(20);
                Value::Bytes((0..length).map(|_| self.next() as u8).collect::<Vec<_>>().into())
            }
            Kind::Enum(_) => Value::EnumNumber([0, 1, 5, -3, 77][self.below(5) as usize]),
            Kind::Message(of) => Value::Message(self.message(of, depth.saturating_sub(1))),
        }
    }
}
