//! What holds for every format of tokens: rows and JSON text of values at random.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use arrow::datatypes::{DataType, Field, Float32Type, Float64Type, Int64Type, Schema, TimeUnit};
use arrow::datatypes::{TimestampMicrosecondType, TimestampNanosecondType};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::*;
use crate::codec::Codec;

/// A value that both formats have.
#[derive(Clone, Debug)]
pub(crate) enum Sent {
    Null,
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    Single(f32),
    Double(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Self>),
    /// Text keys and others.
    Map(Vec<(Self, Self)>),
}

/// Any value of so many levels.
pub(crate) fn any_value() -> impl Strategy<Value = Sent> {
    let leaf = prop_oneof![
        Just(Sent::Null),
        any::<bool>().prop_map(Sent::Bool),
        any::<i64>().prop_map(Sent::Int),
        (-200_i64..200).prop_map(Sent::Int),
        any::<u64>().prop_map(Sent::Unsigned),
        // serde_json reads other floats back as their neighbours.
        any::<i16>().prop_map(|value| Sent::Single(f32::from(value) / 4.0)),
        any::<i16>().prop_map(|value| Sent::Double(f64::from(value) / 8.0)),
        prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY]).prop_map(Sent::Single),
        ".{0,20}".prop_map(Sent::Text),
        vec(any::<u8>(), 0..300).prop_map(Sent::Bytes),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let key = prop_oneof![
            "[a-c]".prop_map(Sent::Text),
            (-3_i64..300).prop_map(Sent::Int),
            any::<bool>().prop_map(Sent::Bool),
        ];
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Sent::List),
            vec((key, inner), 0..5).prop_map(Sent::Map),
        ]
    })
}

impl Sent {
    /// As JSON text of it says.
    pub(crate) fn json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => json!(value),
            Self::Int(value) => json!(value),
            Self::Unsigned(value) => json!(value),
            Self::Single(value) if value.is_finite() => serde_json::from_str(&format!("{value:?}")).unwrap(),
            Self::Single(value) => json!(value.to_string()),
            Self::Double(value) if value.is_finite() => json!(value),
            Self::Double(value) => json!(value.to_string()),
            Self::Text(value) => json!(value),
            Self::Bytes(bytes) => json!(hex(bytes)),
            Self::List(items) => Json::Array(items.iter().map(Self::json).collect()),
            Self::Map(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.key(), value.json())).collect())
            }
        }
    }

    fn key(&self) -> String {
        match self.json() {
            Json::String(text) => text,
            other => other.to_string(),
        }
    }
}

pub(crate) fn decoder(codec: &dyn Codec, fields: &[(&str, DataType)]) -> Box<dyn Decode> {
    let fields: Vec<_> = fields.iter().map(|(name, of)| Field::new(*name, of.clone(), true)).collect();
    codec.decoder(&Shape::new(Arc::new(Schema::new(fields))), &Cancel::default()).unwrap()
}

/// The one value of a payload in a column of type `of`, or why it is refused.
pub(crate) fn value_of(codec: &dyn Codec, payload: &[u8], of: DataType) -> std::result::Result<Json, String> {
    let mut decoder = decoder(codec, &[(crate::codec::WRAPPED, of)]);
    match decoder.decode(payload) {
        Ok(()) => Ok(cell(decoder.finish().unwrap().column(0), 0)),
        Err(Fault::Bad(reason)) => Err(reason.to_string()),
        Err(other) => panic!("{other:?}"),
    }
}

/// As text; what is one value stands there as it is, a list or an object as JSON.
pub(crate) fn check_text(codec: &dyn Codec, sent: &Sent, payload: &[u8]) {
    let found = match (value_of(codec, payload, DataType::Utf8View), sent) {
        (Ok(found), Sent::List(_)) => parse(&found),
        (Ok(found), Sent::Map(_)) => panic!("an object is fields: {found}"),
        (Ok(found), _) => found,
        (Err(reason), _) => panic!("{reason}: {sent:?}"),
    };
    let expected = match sent.json() {
        json if matches!(sent, Sent::List(_) | Sent::Null | Sent::Text(_)) => json,
        _ => match sent {
            // Bytes are text where they are UTF-8.
            Sent::Bytes(bytes) => std::str::from_utf8(bytes).map_or_else(|_| sent.json(), |text| json!(text)),
            Sent::Single(value) => json!(value.to_string()),
            Sent::Double(value) => json!(value.to_string()),
            other => json!(other.json().to_string()),
        },
    };
    assert_eq!(found, expected, "{sent:?}");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

fn parse(text: &Json) -> Json {
    text.as_str().map_or(Json::Null, |text| serde_json::from_str(text).unwrap())
}

/// A message of any fields by the columns that are inferred of it: each holds what was sent.
pub(crate) fn check_fields(codec: &dyn Codec, fields: &[(String, Sent)], payload: &[u8]) {
    let found = codec.infer(&[payload], &Cancel::default()).unwrap();
    assert_eq!((found.messages, found.bad), (1, 0), "{:?}", found.first_bad);
    let mut decoder = codec.decoder(&Shape::new(Arc::new(found.schema)), &Cancel::default()).unwrap();
    decoder.decode(payload).unwrap_or_else(|fault| panic!("{fault:?}: {fields:?}"));
    let batch = decoder.finish().unwrap();
    let last: Map<String, Json> = fields.iter().map(|(name, value)| (name.clone(), value.json())).collect();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        let sent = &last[field.name()];
        assert_same(sent, &cell(column, 0), field.data_type());
    }
}

fn assert_same(sent: &Json, found: &Json, of: &DataType) {
    match (sent, found, of) {
        (Json::Null, found, _) => assert_eq!(found, &Json::Null),
        (Json::Object(sent), Json::Object(found), DataType::Struct(fields)) => {
            for field in fields {
                let nothing = Json::Null;
                let sent = sent.get(field.name()).unwrap_or(&nothing);
                assert_same(sent, &found[field.name()], field.data_type());
            }
        }
        (Json::Array(sent), Json::Array(found), DataType::List(item)) => {
            assert_eq!(sent.len(), found.len());
            for (sent, found) in sent.iter().zip(found) {
                assert_same(sent, found, item.data_type());
            }
        }
        (Json::Array(_) | Json::Object(_), found, _) => assert_eq!(sent, &parse(found)),
        // A mixed column holds text, a column of floats whole numbers too.
        (sent, Json::String(found), _) if !sent.is_string() => {
            let sent = sent.to_string();
            assert!(sent == *found || sent.parse::<f64>() == found.parse(), "{sent} {found}");
        }
        (Json::Number(sent), Json::Number(found), _) => {
            assert_eq!(sent.as_f64().map(f64::to_bits), found.as_f64().map(f64::to_bits));
        }
        // Bytes among values of other kinds, and text among bytes.
        (Json::String(sent), Json::String(found), _) => {
            let is_same = sent == found || *sent == hex(found.as_bytes()) || *found == hex(sent.as_bytes());
            assert!(is_same, "{sent} {found}");
        }
        (sent, found, _) => assert_eq!(sent, found),
    }
}

/// Noise is a row or bad, and harms no other message.
pub(crate) fn check_noise(codec: &dyn Codec, good: &[u8], bad: &[u8]) {
    let columns = [
        ("a", DataType::Utf8View),
        ("b", DataType::new_list(DataType::Int64, true)),
        ("value", DataType::Struct(vec![Field::new("a", DataType::Utf8View, true)].into())),
    ];
    let _ = codec.infer(&[bad], &Cancel::default()).unwrap();
    let mut decoder = decoder(codec, &columns);
    let is_good = decoder.decode(good).is_ok();
    let rows = 2 * usize::from(is_good) + usize::from(decoder.decode(bad).is_ok());
    let again = decoder.decode(good).is_ok();
    assert_eq!((again, decoder.rows()), (is_good, rows));
    let batch = decoder.finish().unwrap();
    if is_good {
        assert_eq!(batch.slice(0, 1), batch.slice(rows - 1, 1));
    }
}

/// Fields that are not known are counted, kept with the numbers of their items, or refused.
pub(crate) fn check_drift(codec: &dyn Codec, payload: &[u8]) {
    let item = DataType::Struct(vec![Field::new("n", DataType::Int64, true)].into());
    let fields = vec![
        Field::new("items", DataType::new_list(item, true), true),
        Field::new(EXTRA, DataType::Utf8View, true),
    ];
    let schema = Arc::new(Schema::new(fields));
    let mut shape = Shape { known: Arc::clone(&schema), schema, unknown: Unknown::Keep };
    let make = |shape: &Shape| codec.decoder(shape, &Cancel::default()).unwrap();
    let mut decoder = make(&shape);
    decoder.decode(payload).unwrap();
    decoder.decode(payload).unwrap();
    decoder.undo();
    let batch = decoder.finish().unwrap();
    assert_eq!(cell(batch.column(0), 0), json!([{"n": 1}, {"n": 2}]));
    let expected = json!({"items[0].x": "a", "items[1].x": [1], "tier": "gold", "7": true});
    assert_eq!(parse(&cell(batch.column(1), 0)), expected);
    let drift = decoder.drift();
    let told: Vec<_> =
        drift.unknown.iter().map(|(path, met)| (path.as_str(), met.messages, met.example.as_str())).collect();
    assert_eq!(told, [("7", 1, "true"), ("items[].x", 1, "\"a\""), ("tier", 1, "\"gold\"")]);
    assert!(decoder.drift().is_empty());
    shape.unknown = Unknown::Fail;
    let Err(Fault::Bad(reason)) = make(&shape).decode(payload) else { panic!("it is taken") };
    assert_eq!(reason.to_string(), "field `items[].x`: it is not among the fields that are known");
    // What is not wanted is looked through.
    shape.unknown = Unknown::Ignore;
    shape.schema = Arc::new(Schema::empty());
    let mut decoder = make(&shape);
    decoder.decode(payload).unwrap();
    assert_eq!(decoder.drift().unknown.len(), 3);
}

fn cell(array: &ArrayRef, row: usize) -> Json {
    if array.is_null(row) {
        return Json::Null;
    }
    match array.data_type() {
        DataType::Boolean => json!(array.as_boolean().value(row)),
        DataType::Int64 => json!(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => json!(array.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => {
            let value = array.as_primitive::<Float64Type>().value(row);
            if value.is_finite() { json!(value) } else { json!(value.to_string()) }
        }
        DataType::Utf8View => json!(array.as_string_view().value(row)),
        DataType::Binary => json!(hex(array.as_binary::<i32>().value(row))),
        DataType::Decimal128(..) => {
            json!(array.as_primitive::<arrow::datatypes::Decimal128Type>().value_as_string(row))
        }
        DataType::Date32 => json!(array.as_primitive::<arrow::datatypes::Date32Type>().value(row)),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            json!(array.as_primitive::<TimestampNanosecondType>().value(row))
        }
        DataType::Timestamp(..) => json!(array.as_primitive::<TimestampMicrosecondType>().value(row)),
        DataType::Struct(fields) => {
            let cells = array.as_struct().columns().iter().zip(fields);
            Json::Object(cells.map(|(column, field)| (field.name().clone(), cell(column, row))).collect())
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            Json::Array((0..items.len()).map(|item| cell(&items, item)).collect())
        }
        other => panic!("no cell of {other}"),
    }
}

/// The rows of payloads in columns of these types.
pub(crate) fn rows(codec: &dyn Codec, fields: &[(&str, DataType)], payloads: &[&[u8]]) -> Vec<Json> {
    let mut decoder = decoder(codec, fields);
    for payload in payloads {
        decoder.decode(payload).unwrap();
    }
    let batch: RecordBatch = decoder.finish().unwrap();
    let row = |row| batch.columns().iter().map(|column| cell(column, row)).collect();
    (0..batch.num_rows()).map(row).collect()
}
