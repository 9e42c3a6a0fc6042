//! The columns that message types have.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};

use super::known::Known;
use crate::codec::WRAPPED;

/// Messages nested deeper are JSON text: Arrow IPC readers refuse schemas of great depth.
const MOST_NESTING: usize = 16;

/// Columns in all; messages beyond are JSON text. Types that build on one another may have any number.
const MOST_COLUMNS: usize = 4000;

/// The columns of messages of type `message`, all nullable. One that is a value more than a message, such as a
/// `StringValue`, has the column [`WRAPPED`].
pub(super) fn of(message: &MessageDescriptor) -> Fields {
    let mut columns = Columns { within: Vec::new(), left: MOST_COLUMNS };
    match columns.message(message) {
        DataType::Struct(fields) => fields,
        other => Fields::from(vec![Field::new(WRAPPED, other, true)]),
    }
}

struct Columns {
    /// The message types that the one looked at stands in.
    within: Vec<String>,
    left: usize,
}

impl Columns {
    fn message(&mut self, message: &MessageDescriptor) -> DataType {
        match Known::of(message) {
            Some(Known::Timestamp) => return DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Some(Known::Duration) => return DataType::Int64,
            Some(Known::Wrapper(kind)) => return self.kind(&kind),
            Some(Known::Json) => return DataType::Utf8View,
            None => {}
        }
        let name = message.full_name();
        let count = message.fields().len();
        let is_too_much = self.within.len() >= MOST_NESTING || count > self.left;
        // A struct without fields is nothing that a table can show.
        if count == 0 || is_too_much || self.within.iter().any(|outer| outer == name) {
            return DataType::Utf8View;
        }
        self.left -= count;
        self.within.push(name.to_owned());
        let fields = message.fields().map(|field| {
            let data_type = self.field(&field);
            Field::new(field.name(), data_type, true)
        });
        let fields = fields.collect();
        self.within.pop();
        DataType::Struct(fields)
    }

    fn field(&mut self, field: &FieldDescriptor) -> DataType {
        let kind = field.kind();
        match &kind {
            Kind::Message(entry) if field.is_map() => {
                let key = Field::new("key", self.kind(&entry.map_entry_key_field().kind()), true);
                let value = Field::new("value", self.kind(&entry.map_entry_value_field().kind()), true);
                DataType::new_list(DataType::Struct(vec![key, value].into()), true)
            }
            kind if field.is_list() => DataType::new_list(self.kind(kind), true),
            kind => self.kind(kind),
        }
    }

    fn kind(&mut self, kind: &Kind) -> DataType {
        match kind {
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => DataType::Int32,
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => DataType::Int64,
            Kind::Uint32 | Kind::Fixed32 => DataType::UInt32,
            Kind::Uint64 | Kind::Fixed64 => DataType::UInt64,
            Kind::Float => DataType::Float32,
            Kind::Double => DataType::Float64,
            Kind::Bool => DataType::Boolean,
            Kind::String | Kind::Enum(_) => DataType::Utf8View,
            Kind::Bytes => DataType::Binary,
            Kind::Message(message) => self.message(message),
        }
    }
}

/// The columns that take values of both; where they differ too much it is text.
pub(super) fn merge(one: &Fields, other: &Fields) -> Fields {
    let mut fields: Vec<FieldRef> = one.iter().cloned().collect();
    for field in other {
        match fields.iter_mut().find(|known| known.name() == field.name()) {
            Some(known) => {
                let merged = merge_types(known.data_type(), field.data_type());
                *known = Arc::new(Field::new(field.name(), merged, true));
            }
            None => fields.push(Arc::clone(field)),
        }
    }
    fields.into()
}

fn merge_types(one: &DataType, other: &DataType) -> DataType {
    use DataType::{Float32, Float64, Int32, Int64, List, Struct, UInt32, Utf8View};
    match (one, other) {
        (one, other) if one == other => one.clone(),
        (Struct(one), Struct(other)) => Struct(merge(one, other)),
        (List(one), List(other)) => DataType::new_list(merge_types(one.data_type(), other.data_type()), true),
        (Int32 | Int64 | UInt32, Int32 | Int64 | UInt32) => Int64,
        (Float32 | Float64 | Int32 | UInt32, Float32 | Float64 | Int32 | UInt32) => Float64,
        _ => Utf8View,
    }
}
