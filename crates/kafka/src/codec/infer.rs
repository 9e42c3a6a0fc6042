//! The schema of a topic, from sample payloads, merged so that no value is lost.

use arrow::datatypes::{DataType, Field, Schema};
use indexmap::IndexMap;
use indexmap::map::Entry;

use super::cursor::Cursor;
use super::reason::{Parsed, Reason};
use super::{Envelope, Facts, WRAPPED, payload_column};

/// Objects nested deeper are kept as JSON text: Arrow IPC readers refuse schemas of great depth.
const MAX_NESTING: usize = 16;

/// An object with more distinct keys is a map and not a struct, and is kept as JSON text.
const MOST_FIELDS: usize = 500;

/// Integers up to here are exact in a `Float64`.
const LARGEST_EXACT: i128 = 1 << 53;

/// What sample payloads have in common.
#[derive(Clone, Debug)]
pub struct Inference {
    /// One nullable field for each key, in order of first appearance.
    pub schema: Schema,
    /// Payloads that shaped the schema.
    pub messages: usize,
    /// Payloads that are not JSON, and why the first of them is not.
    pub bad: usize,
    /// See [`bad`](Self::bad).
    pub first_bad: Option<Reason>,
    /// What the sample says of each field, in the order of the schema's.
    pub facts: Vec<Facts>,
    /// What stands around the fields, which are those of its body.
    pub envelope: Envelope,
}

impl Default for Inference {
    fn default() -> Self {
        Self {
            schema: Schema::empty(),
            messages: 0,
            bad: 0,
            first_bad: None,
            facts: Vec::new(),
            envelope: Envelope::None,
        }
    }
}

/// Infers a schema that takes each of `payloads` without loss.
///
/// Integers and floats make a float column (text where an integer is too large for one), integers
/// beyond 64 bits, mixed kinds, and keys that are always null make a string column, late keys are
/// added, objects and lists are merged member by member. Payloads that are not objects make the
/// column `value`.
pub fn infer<'a>(payloads: impl IntoIterator<Item = &'a [u8]>) -> Inference {
    let mut root = IndexMap::new();
    let mut scratch = Vec::new();
    let (mut messages, mut bad, mut first_bad) = (0, 0, None);
    for payload in payloads {
        match message(payload, &mut scratch) {
            Ok(fields) => {
                messages += 1;
                merge_fields(&mut root, fields);
            }
            Err(reason) => {
                bad += 1;
                first_bad.get_or_insert(reason);
            }
        }
    }
    let fields =
        root.into_iter().map(|(key, shape)| Field::new(payload_column(&key), shape.data_type(), true));
    Inference {
        schema: Schema::new(fields.collect::<Vec<_>>()),
        messages,
        bad,
        first_bad,
        ..Inference::default()
    }
}

type FieldShapes = IndexMap<String, Shape>;

/// What values of one place look like.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Null,
    Boolean,
    /// `exact` while each fits a `Float64` without loss.
    Integer {
        exact: bool,
    },
    Float,
    Text,
    List(Box<Self>),
    Object(FieldShapes),
}

fn message(payload: &[u8], scratch: &mut Vec<u8>) -> Parsed<FieldShapes> {
    if simdutf8::basic::from_utf8(payload).is_err() {
        return Err(Reason::new("not valid UTF-8"));
    }
    let mut cursor = Cursor::new(payload, scratch);
    let fields = match cursor.peek() {
        None => return Err(Reason::new("empty payload")),
        Some(b'{') => object(&mut cursor, 0)?,
        Some(_) => FieldShapes::from([(WRAPPED.to_owned(), value(&mut cursor, 0)?)]),
    };
    cursor.end()?;
    Ok(fields)
}

fn value(cursor: &mut Cursor<'_>, nesting: usize) -> Parsed<Shape> {
    Ok(match cursor.peek() {
        Some(b'{' | b'[') if nesting == MAX_NESTING => {
            cursor.skip()?;
            Shape::Text
        }
        Some(b'{') => {
            let fields = object(cursor, nesting + 1)?;
            if fields.len() > MOST_FIELDS { Shape::Text } else { Shape::Object(fields) }
        }
        Some(b'[') => Shape::List(Box::new(list(cursor, nesting + 1)?)),
        Some(b'"') => {
            cursor.string()?;
            Shape::Text
        }
        Some(b't' | b'f') => {
            cursor.skip()?;
            Shape::Boolean
        }
        Some(b'n') => {
            cursor.skip()?;
            Shape::Null
        }
        _ => {
            let number = cursor.number()?;
            match number.integer() {
                Ok(value) if number.is_plain_integer() && i64::try_from(value).is_ok() => {
                    Shape::Integer { exact: value.abs() <= LARGEST_EXACT }
                }
                _ if number.is_plain_integer() || number.double().is_none() => Shape::Text,
                _ => Shape::Float,
            }
        }
    })
}

fn object(cursor: &mut Cursor<'_>, nesting: usize) -> Parsed<FieldShapes> {
    let mut fields = FieldShapes::new();
    if cursor.open(b'}')? {
        loop {
            if cursor.peek() != Some(b'"') {
                return Err(cursor.unexpected("a key"));
            }
            let key = String::from_utf8_lossy(cursor.string()?).into_owned();
            cursor.expect(b':')?;
            let shape = value(cursor, nesting)?;
            fields.insert(key, shape);
            if !cursor.more(b'}')? {
                break;
            }
        }
        cursor.close();
    }
    Ok(fields)
}

fn list(cursor: &mut Cursor<'_>, nesting: usize) -> Parsed<Shape> {
    let mut items = Shape::Null;
    if cursor.open(b']')? {
        loop {
            let item = value(cursor, nesting)?;
            items.merge(item);
            if !cursor.more(b']')? {
                break;
            }
        }
        cursor.close();
    }
    Ok(items)
}

fn merge_fields(into: &mut FieldShapes, from: FieldShapes) {
    for (key, shape) in from {
        match into.entry(key) {
            Entry::Occupied(mut known) => known.get_mut().merge(shape),
            Entry::Vacant(late) => {
                late.insert(shape);
            }
        }
    }
}

impl Shape {
    /// Widens this shape until it takes `other` too.
    fn merge(&mut self, other: Self) {
        match (&mut *self, other) {
            (_, Self::Null)
            | (Self::Boolean, Self::Boolean)
            | (Self::Float, Self::Float | Self::Integer { exact: true }) => {}
            (Self::Null, other) => *self = other,
            (Self::Integer { exact }, Self::Integer { exact: also }) => *exact &= also,
            (Self::Integer { exact: true }, Self::Float) => *self = Self::Float,
            (Self::List(items), Self::List(more)) => items.merge(*more),
            (Self::Object(fields), Self::Object(more)) => {
                merge_fields(fields, more);
                if fields.len() > MOST_FIELDS {
                    *self = Self::Text;
                }
            }
            _ => *self = Self::Text,
        }
    }

    fn data_type(&self) -> DataType {
        match self {
            Self::Null | Self::Text => DataType::Utf8View,
            Self::Boolean => DataType::Boolean,
            Self::Integer { .. } => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::List(items) => DataType::new_list(items.data_type(), true),
            // A struct without fields is nothing that a table can show.
            Self::Object(fields) if fields.is_empty() => DataType::Utf8View,
            Self::Object(fields) => DataType::Struct(
                fields.iter().map(|(key, shape)| Field::new(key, shape.data_type(), true)).collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(payloads: &[&str]) -> Vec<(String, DataType)> {
        let inferred = infer(payloads.iter().map(|payload| payload.as_bytes()));
        assert_eq!(inferred.bad, 0, "{:?}", inferred.first_bad);
        inferred
            .schema
            .fields()
            .iter()
            .map(|field| (field.name().clone(), field.data_type().clone()))
            .collect()
    }

    fn one(values: &[&str]) -> DataType {
        let payloads: Vec<_> = values.iter().map(|value| format!(r#"{{"a":{value}}}"#)).collect();
        types(&payloads.iter().map(String::as_str).collect::<Vec<_>>()).remove(0).1
    }

    #[test]
    fn merging_loses_nothing() {
        use DataType::{Boolean, Float64, Int64, Utf8View};
        for (values, expected) in [
            (vec!["1", "2"], Int64),
            (vec!["1", "2.5"], Float64),
            (vec!["2.5", "null", "1"], Float64),
            (vec!["9007199254740993", "0.5"], Utf8View),
            (vec!["9223372036854775807"], Int64),
            (vec!["9223372036854775808"], Utf8View),
            (vec!["1", "123456789012345678901234567890"], Utf8View),
            (vec!["1e999"], Utf8View),
            (vec!["1", "\"x\""], Utf8View),
            (vec!["true", "1"], Utf8View),
            (vec!["true", "false"], Boolean),
            (vec!["null"], Utf8View),
            (vec!["null", "null", "1"], Int64),
            (vec!["1", "{\"b\":1}"], Utf8View),
            (vec!["[1]", "{\"b\":1}"], Utf8View),
            (vec!["[]"], DataType::new_list(Utf8View, true)),
            (vec!["[1]", "[]", "[0.5,null]"], DataType::new_list(Float64, true)),
            (vec!["{}"], Utf8View),
        ] {
            assert_eq!(one(&values), expected, "{values:?}");
        }
    }

    #[test]
    fn late_keys_are_kept_in_order_of_appearance() {
        let fields = types(&[r#"{"b":1}"#, r#"{"a":true,"b":2}"#, r#"{"c":"x"}"#]);
        assert_eq!(fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["b", "a", "c"]);
    }

    #[test]
    fn structs_are_merged_member_by_member() {
        let expected = DataType::Struct(
            vec![Field::new("x", DataType::Float64, true), Field::new("y", DataType::Utf8View, true)].into(),
        );
        assert_eq!(one(&[r#"{"x":1}"#, r#"{"x":1.5,"y":"z"}"#, "null"]), expected);
        assert_eq!(one(&[r#"[{"x":1}]"#, r#"[{"x":1.5},{"y":"z"}]"#]), DataType::new_list(expected, true));
    }

    #[test]
    fn messages_that_are_not_objects_are_the_column_value() {
        assert_eq!(types(&["1", "2.5"]), [("value".to_owned(), DataType::Float64)]);
        assert_eq!(types(&["[1]"])[0].1, DataType::new_list(DataType::Int64, true));
    }

    #[test]
    fn maps_and_deep_objects_stay_text() {
        let keys = |range: std::ops::Range<usize>| {
            format!("{{{}}}", range.map(|n| format!(r#""k{n}":1"#)).collect::<Vec<_>>().join(","))
        };
        assert_eq!(one(&[&keys(0..300), &keys(300..600)]), DataType::Utf8View);
        let deep = format!("{}1{}", r#"{"a":"#.repeat(40), "}".repeat(40));
        assert!(!matches!(one(&[&deep]), DataType::Utf8View));
    }

    #[test]
    fn keys_of_metadata_columns_get_their_own_name() {
        assert_eq!(types(&[r#"{"_kafka_offset":7}"#])[0].0, "_kafka_offset_payload");
    }

    #[test]
    fn bad_payloads_are_counted() {
        let inferred = infer([&b"{"[..], b"", b"\xff", b"{\"a\":1}", b"{}{}"]);
        assert_eq!((inferred.messages, inferred.bad), (1, 4));
        assert!(inferred.first_bad.is_some_and(|reason| reason.to_string().contains("byte 1")));
    }
}
