//! Random schemas and values: what is written is read, whatever the columns, and no bytes do harm.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// A type and its schema in JSON.
#[derive(Clone, Debug)]
enum Kind {
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Text,
    Bytes,
    Fixed(u8),
    Enum(u8),
    Optional(Box<Self>),
    Array(Box<Self>),
    Map(Box<Self>),
    Record(Vec<Self>),
}

fn kind() -> impl Strategy<Value = Kind> {
    let leaf = prop_oneof![
        Just(Kind::Boolean),
        Just(Kind::Int),
        Just(Kind::Long),
        Just(Kind::Float),
        Just(Kind::Double),
        Just(Kind::Text),
        Just(Kind::Bytes),
        (0_u8..4).prop_map(Kind::Fixed),
        (1_u8..4).prop_map(Kind::Enum),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let optional = inner.clone().prop_map(|kind| match kind {
            Kind::Optional(_) => kind,
            other => Kind::Optional(Box::new(other)),
        });
        prop_oneof![
            optional,
            inner.clone().prop_map(|kind| Kind::Array(Box::new(kind))),
            inner.clone().prop_map(|kind| Kind::Map(Box::new(kind))),
            prop::collection::vec(inner, 1..4).prop_map(Kind::Record),
        ]
    })
}

impl Kind {
    /// Its schema; named types are numbered.
    fn schema(&self, names: &mut usize) -> String {
        let mut name = || {
            *names += 1;
            format!("N{names}")
        };
        match self {
            Self::Boolean => r#""boolean""#.into(),
            Self::Int => r#""int""#.into(),
            Self::Long => r#""long""#.into(),
            Self::Float => r#""float""#.into(),
            Self::Double => r#""double""#.into(),
            Self::Text => r#""string""#.into(),
            Self::Bytes => r#""bytes""#.into(),
            Self::Fixed(size) => format!(r#"{{"type":"fixed","name":"{}","size":{size}}}"#, name()),
            Self::Enum(count) => {
                let symbols: Vec<_> = (0..*count).map(|n| format!("\"S{n}\"")).collect();
                format!(r#"{{"type":"enum","name":"{}","symbols":[{}]}}"#, name(), symbols.join(","))
            }
            Self::Optional(inner) => format!(r#"["null",{}]"#, inner.schema(names)),
            Self::Array(inner) => format!(r#"{{"type":"array","items":{}}}"#, inner.schema(names)),
            Self::Map(inner) => format!(r#"{{"type":"map","values":{}}}"#, inner.schema(names)),
            Self::Record(kinds) => {
                let name = name();
                let fields: Vec<_> = kinds
                    .iter()
                    .enumerate()
                    .map(|(n, kind)| format!(r#"{{"name":"f{n}","type":{}}}"#, kind.schema(names)))
                    .collect();
                format!(r#"{{"type":"record","name":"{name}","fields":[{}]}}"#, fields.join(","))
            }
        }
    }

    fn value(&self) -> BoxedStrategy<Value> {
        match self {
            Self::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
            Self::Int => any::<i32>().prop_map(Value::Int).boxed(),
            Self::Long => any::<i64>().prop_map(Value::Long).boxed(),
            Self::Float => any::<f32>().prop_map(Value::Float).boxed(),
            Self::Double => any::<f64>().prop_map(Value::Double).boxed(),
            Self::Text => ".{0,20}".prop_map(Value::String).boxed(),
            Self::Bytes => prop::collection::vec(any::<u8>(), 0..20).prop_map(Value::Bytes).boxed(),
            Self::Fixed(size) => {
                let size = usize::from(*size);
                prop::collection::vec(any::<u8>(), size)
                    .prop_map(move |bytes| Value::Fixed(size, bytes))
                    .boxed()
            }
            Self::Enum(count) => (0..u32::from(*count)).prop_map(|n| Value::Enum(n, format!("S{n}"))).boxed(),
            Self::Optional(inner) => prop::option::of(inner.value())
                .prop_map(|value| match value {
                    None => Value::Union(0, Box::new(Value::Null)),
                    Some(value) => Value::Union(1, Box::new(value)),
                })
                .boxed(),
            Self::Array(inner) => prop::collection::vec(inner.value(), 0..4).prop_map(Value::Array).boxed(),
            Self::Map(inner) => prop::collection::hash_map("[a-z]{1,3}", inner.value(), 0..4)
                .prop_map(|entries| Value::Map(entries.into_iter().collect::<HashMap<_, _>>()))
                .boxed(),
            Self::Record(kinds) => {
                let fields: Vec<_> = kinds.iter().map(Self::value).collect();
                fields
                    .prop_map(|values| {
                        let named = values.into_iter().enumerate();
                        Value::Record(named.map(|(n, value)| (format!("f{n}"), value)).collect())
                    })
                    .boxed()
            }
        }
    }

    /// The value that was read into `array`.
    fn found(&self, array: &ArrayRef, row: usize) -> Value {
        match self {
            Self::Optional(_) if array.is_null(row) => Value::Union(0, Box::new(Value::Null)),
            Self::Optional(inner) => Value::Union(1, Box::new(inner.found(array, row))),
            _ if array.is_null(row) => Value::Null,
            Self::Boolean => Value::Boolean(array.as_boolean().value(row)),
            Self::Int => Value::Int(array.as_primitive::<Int32Type>().value(row)),
            Self::Long => Value::Long(array.as_primitive::<Int64Type>().value(row)),
            Self::Float => Value::Float(array.as_primitive::<Float32Type>().value(row)),
            Self::Double => Value::Double(array.as_primitive::<Float64Type>().value(row)),
            Self::Text => Value::String(array.as_string_view().value(row).into()),
            Self::Bytes => Value::Bytes(array.as_binary::<i32>().value(row).to_vec()),
            Self::Fixed(size) => {
                Value::Fixed(usize::from(*size), array.as_binary::<i32>().value(row).to_vec())
            }
            Self::Enum(_) => {
                let symbol = array.as_string_view().value(row);
                Value::Enum(symbol[1..].parse().unwrap(), symbol.into())
            }
            Self::Array(inner) => {
                let items = array.as_list::<i32>().value(row);
                Value::Array((0..items.len()).map(|item| inner.found(&items, item)).collect())
            }
            Self::Map(inner) => {
                let entries = array.as_list::<i32>().value(row);
                let (keys, values) = (entries.as_struct().column(0), entries.as_struct().column(1));
                let entry = |n: usize| (keys.as_string_view().value(n).to_owned(), inner.found(values, n));
                Value::Map((0..entries.len()).map(entry).collect())
            }
            Self::Record(kinds) => {
                let fields = kinds
                    .iter()
                    .enumerate()
                    .map(|(n, kind)| (format!("f{n}"), kind.found(array.as_struct().column(n), row)));
                Value::Record(fields.collect())
            }
        }
    }
}

/// A record with up to six fields, and some values of it.
fn messages() -> impl Strategy<Value = (Kind, Vec<Value>)> {
    prop::collection::vec(kind(), 1..6).prop_map(Kind::Record).prop_flat_map(|kind| {
        let values = prop::collection::vec(kind.value(), 1..4);
        (Just(kind), values)
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read((kind, values) in messages(), wanted: u8) {
        let schema = kind.schema(&mut 0);
        let writer = AvroSchema::parse_str(&schema).unwrap();
        let written: Vec<_> =
            values.iter().map(|value| datum(&writer, value.clone())).collect();
        let written: Vec<&[u8]> = written.iter().map(Vec::as_slice).collect();
        let avro = local(&schema);
        let batch = read(&avro, &written);
        let Kind::Record(kinds) = &kind else { unreachable!() };
        for (row, value) in values.iter().enumerate() {
            let found = kinds.iter().enumerate().map(|(n, kind)| (format!("f{n}"), kind.found(batch.column(n), row)));
            // NaN is not equal to itself, its text is.
            prop_assert_eq!(format!("{:?}", sorted(&Value::Record(found.collect()))), format!("{:?}", sorted(value)));
        }
        // A part of the columns is the same as in all of them, and a reader of the same schema changes nothing.
        let fields = batch.schema_ref().fields().iter().enumerate();
        let part: Vec<Field> =
            fields.filter(|(n, _)| wanted & 1 << n != 0).map(|(_, field)| field.as_ref().clone()).collect();
        let same = avro.clone().read_as(AvroReader::Local { schema: schema.clone(), references: Vec::new() });
        for avro in [&avro, &same] {
            let mut decoder = decoder(avro, part.clone());
            for message in &written {
                decoder.decode(message).unwrap();
            }
            let some = decoder.finish().unwrap();
            for field in &part {
                prop_assert_eq!(some.column_by_name(field.name()), batch.column_by_name(field.name()));
            }
        }
    }

    #[test]
    fn garbled_messages_harm_nothing(
        (kind, values) in messages(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut: prop::sample::Index,
    ) {
        let schema = kind.schema(&mut 0);
        let writer = AvroSchema::parse_str(&schema).unwrap();
        let avro = local(&schema);
        let good = datum(&writer, values[0].clone());
        let columns = inferred(&avro, &[&good]);
        let all: Vec<Field> = columns.fields().iter().map(|field| field.as_ref().clone()).collect();
        let texts = all.iter().map(|field| field.clone().with_data_type(DataType::Utf8View)).collect();
        let mut garbled = good.clone();
        for (place, byte) in changes {
            if !garbled.is_empty() {
                let at = place.index(garbled.len());
                garbled[at] = byte;
            }
        }
        let mut full = decoder(&avro, all);
        let mut none = decoder(&avro, Vec::new());
        let mut text = decoder(&avro, texts);
        let mut rows = 0;
        let cut = &good[..cut.index(good.len() + 1)];
        for message in [&garbled, cut, &good] {
            let taken = full.decode(message).is_ok();
            rows += usize::from(taken);
            prop_assert_eq!(none.decode(message).is_ok(), taken);
            // Text columns refuse bytes that are none.
            prop_assert!(taken || text.decode(message).is_err());
        }
        let batch = full.finish().unwrap();
        prop_assert_eq!(batch.num_rows(), rows);
        prop_assert_eq!(none.finish().unwrap().num_rows(), rows);
        let again = read(&avro, &[&good]);
        prop_assert_eq!(batch.slice(rows - 1, 1), again);
    }

    #[test]
    fn random_bytes_are_rows_or_reasons(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let schema = record(&format!(r#"{LOGICAL},{{"name":"next","type":["null","R"]}}"#));
        let avro = local(&schema);
        let mut full = avro.decoder(&Shape::new(inferred(&avro, &[])), &Cancel::default()).unwrap();
        let rows = usize::from(full.decode(&bytes).is_ok());
        prop_assert_eq!(full.finish().unwrap().num_rows(), rows);
    }
}

/// The same with the entries of maps in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Map(entries) => {
            let mut entries: Vec<_> =
                entries.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Record(entries)
        }
        Value::Record(fields) => {
            Value::Record(fields.iter().map(|(name, value)| (name.clone(), sorted(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Union(branch, value) => Value::Union(*branch, Box::new(sorted(value))),
        other => other.clone(),
    }
}
