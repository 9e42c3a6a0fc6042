//! Keys that no known field has: counted, kept, refused; whatever the columns wanted.

use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::{DataType, Field, Fields, Int64Type, Schema};
use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8View, true)
}

fn number(name: &str) -> Field {
    Field::new(name, DataType::Int64, true)
}

fn object(name: &str, fields: Vec<Field>) -> Field {
    Field::new_struct(name, fields, true)
}

fn list(name: &str, fields: Vec<Field>) -> Field {
    Field::new(name, DataType::new_list(DataType::Struct(Fields::from(fields)), true), true)
}

/// Orders as they are known: an id, a customer with an address, items.
fn known() -> Vec<Field> {
    let address = object("address", vec![text("city")]);
    vec![
        number("id"),
        object("customer", vec![text("name"), address]),
        list("items", vec![number("n")]),
        text("any"),
    ]
}

fn shape(wanted: Vec<Field>, unknown: Unknown) -> Shape {
    Shape { schema: Arc::new(Schema::new(wanted)), known: Arc::new(Schema::new(known())), unknown }
}

fn told(drift: &Drift) -> Vec<(&str, u64, &str)> {
    drift.unknown.iter().map(|(path, it)| (path.as_str(), it.messages, it.example.as_str())).collect()
}

const MESSAGES: [&str; 4] = [
    r#"{"id":1,"tier":"gold","customer":{"name":"a","vip":true,"address":{"zip":7}},"any":{"x":1}}"#,
    r#"{"id":2,"items":[{"n":1},{"n":2,"w": 0.50},null,{"w":[1, 2]}]}"#,
    r#"{"id":3,"tier":null,"customer":null,"items":[]}"#,
    r#"{"id":4,"customer":7}"#,
];

const MET: [(&str, u64, &str); 4] = [
    ("customer.address.zip", 1, "7"),
    ("customer.vip", 1, "true"),
    ("items[].w", 1, "0.50"),
    ("tier", 2, "\"gold\""),
];

#[test]
fn unknown_keys_are_counted_by_path_and_message_whatever_is_wanted() {
    for wanted in [
        known(),
        vec![number("id")],
        Vec::new(),
        vec![object("customer", vec![text("name")])],
        vec![list("items", Vec::new()), object("customer", vec![object("address", Vec::new())])],
    ] {
        let wants_customer = wanted.iter().any(|field| field.name() == "customer");
        let mut decoder = Decoder::of(&shape(wanted, Unknown::Ignore)).unwrap();
        for (index, message) in MESSAGES.iter().enumerate() {
            assert_eq!(decoder.decode(message.as_bytes()).is_err(), index == 3 && wants_customer);
        }
        assert_eq!(told(&Decode::drift(&mut decoder)), MET);
        assert!(Decode::drift(&mut decoder).is_empty());
        decoder.decode(MESSAGES[2].as_bytes()).unwrap();
        assert_eq!(told(&Decode::drift(&mut decoder)), [("tier", 1, "null")]);
    }
}

#[test]
fn long_keys_are_kept_and_not_remembered() {
    let key = "k".repeat(257);
    let message = format!(r#"{{"{key}":1,"id":2,"{key}":3}}"#);
    let mut decoder = Decoder::of(&shape(vec![number("id"), text(EXTRA)], Unknown::Keep)).unwrap();
    decoder.decode(message.as_bytes()).unwrap();
    let drift = Decode::drift(&mut decoder);
    assert!(drift.is_empty() && drift.more);
    let batch = Decode::finish(&mut decoder).unwrap();
    let kept = batch.column(1).as_string_view().value(0);
    assert_eq!(serde_json::from_str::<Value>(kept).unwrap()[&key], 3);
}

#[test]
fn bad_messages_and_rows_taken_back_are_not_counted() {
    let mut decoder = Decoder::of(&shape(vec![number("id")], Unknown::Ignore)).unwrap();
    assert!(decoder.decode(br#"{"tier":1,"customer":{"vip":1},"id":"x"}"#).is_err());
    assert!(decoder.decode(br#"{"tier":2,"items":[{"w":1}]"#).is_err());
    decoder.decode(br#"{"tier":3,"id":1}"#).unwrap();
    decoder.undo();
    decoder.decode(br#"{"tier":4,"id":1}"#).unwrap();
    decoder.decode_null();
    decoder.undo();
    assert_eq!(told(&Decode::drift(&mut decoder)), [("tier", 1, "4")]);
    assert_eq!(decoder.rows(), 1);
}

#[test]
fn unknown_values_are_kept_as_they_are_written() {
    for wanted in [vec![], vec![number("id")], known()] {
        let mut wanted = wanted;
        wanted.insert(wanted.len().min(1), text(EXTRA));
        let at = wanted.iter().position(|field| field.name() == EXTRA).unwrap();
        let mut decoder = Decoder::of(&shape(wanted, Unknown::Keep)).unwrap();
        for message in &MESSAGES[..3] {
            decoder.decode(message.as_bytes()).unwrap();
        }
        decoder.decode_null();
        assert!(decoder.decode(br#"{"id":1,"tier":1"#).is_err());
        // A key of the column's own name is one like any other.
        decoder.decode(br#"{"_extra":{"a":1},"id":5}"#).unwrap();
        decoder.decode(br#"{"id":5}"#).unwrap();
        decoder.decode(b"[1]").unwrap();
        let batch = decoder.finish().unwrap();
        let extra: Vec<_> = batch.column(at).as_string_view().iter().collect();
        assert_eq!(
            extra,
            [
                Some(r#"{"tier":"gold","customer.vip":true,"customer.address.zip":7}"#),
                Some(r#"{"items[1].w":0.50,"items[3].w":[1, 2]}"#),
                Some(r#"{"tier":null}"#),
                None,
                Some(r#"{"_extra":{"a":1}}"#),
                None,
                Some(r#"{"value":[1]}"#),
            ]
        );
        assert_eq!(batch.num_rows(), 7);
    }
}

#[test]
fn of_keys_that_come_twice_the_last_is_kept() {
    for wanted in [vec![text(EXTRA)], [known(), vec![text(EXTRA)]].concat()] {
        let at = wanted.len() - 1;
        let mut decoder = Decoder::of(&shape(wanted, Unknown::Keep)).unwrap();
        for message in [
            r#"{"a":1,"b":2,"a":3}"#,
            r#"{"customer":{"x":1},"a":1,"customer":{"y":2}}"#,
            r#"{"items":[{"x":1},{"x":2,"x":3}],"customer":{"address":{"x":1},"address":null}}"#,
            r#"{"customer":{"x":1},"customer":null,"customer":{}}"#,
            r#"{"items":[{"x":1}],"items":[{"x":2}]}"#,
        ] {
            decoder.decode(message.as_bytes()).unwrap();
        }
        let batch = decoder.finish().unwrap();
        let extra: Vec<_> = batch.column(at).as_string_view().iter().collect();
        assert_eq!(
            extra,
            [
                Some(r#"{"a":3,"b":2}"#),
                Some(r#"{"a":1,"customer.y":2}"#),
                Some(r#"{"items[0].x":1,"items[1].x":3}"#),
                None,
                Some(r#"{"items[0].x":2}"#),
            ]
        );
    }
}

#[test]
fn unknown_keys_are_refused_by_name() {
    for wanted in [known(), Vec::new()] {
        let mut decoder = Decoder::of(&shape(wanted, Unknown::Fail)).unwrap();
        for (message, path) in [
            (r#"{"id":1,"tier":1}"#, "tier"),
            (r#"{"customer":{"address":{"zip":1}}}"#, "customer.address.zip"),
            (r#"{"items":[{"n":1},{"w":1}]}"#, "items[].w"),
            ("7", "value"),
        ] {
            let why = decoder.decode(message.as_bytes()).unwrap_err().to_string();
            assert_eq!(why, format!("field `{path}`: it is not among the fields that are known"));
        }
        decoder.decode(br#"{"id":1,"any":{"x":1},"items":[null]}"#).unwrap();
        assert_eq!(decoder.finish().unwrap().num_rows(), 1);
        assert!(Decode::drift(&mut decoder).is_empty());
    }
}

#[test]
fn objects_used_as_maps_do_not_fill_the_memory() {
    for (unknown, refuses) in [(Unknown::Keep, false), (Unknown::Fail, true)] {
        let mut decoder = Decoder::of(&shape(vec![number("id"), text(EXTRA)], unknown)).unwrap();
        for n in 0..3000 {
            let outcome = decoder.decode(format!(r#"{{"id":{n},"key{n}":{n}}}"#).as_bytes());
            assert_eq!(outcome.is_err(), refuses);
        }
        if let Some(row) = (!refuses).then(|| decoder.finish().unwrap()) {
            let extra = row.column(1).as_string_view();
            assert_eq!((extra.value(2999), extra.null_count()), (r#"{"key2999":2999}"#, 0));
            assert_eq!(row.column(0).as_primitive::<Int64Type>().value(2999), 2999);
            let drift = Decode::drift(&mut decoder);
            assert_eq!((drift.unknown.len(), drift.more), (Drift::MOST, true));
        }
    }
    // A field that is always there costs nothing once it was met, however many fields are known.
    let fields: Vec<_> = (0..2000).map(|n| number(&format!("k{n}"))).collect();
    let schema = Arc::new(Schema::new(fields));
    let mut decoder = Decoder::new(schema).unwrap();
    decoder.decode(br#"{"k1999":1,"more":2}"#).unwrap();
    decoder.decode(br#"{"k1999":1,"more":2}"#).unwrap();
    assert_eq!(told(&Decode::drift(&mut decoder)), [("more", 2, "2")]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// What is kept is what was not known: the message can be made of both.
    #[test]
    fn nothing_is_lost_of_flat_objects(keys in prop::collection::vec("[a-d\"é]{1,2}", 0..8), wanted: bool) {
        let message: Value = keys.iter().enumerate().map(|(n, key)| (key.clone(), Value::from(n))).collect::<serde_json::Map<_, _>>().into();
        let fields = ["a", "b", "é"].map(number).to_vec();
        let known = Arc::new(Schema::new(fields.clone()));
        let columns = if wanted { fields } else { Vec::new() };
        let schema = Arc::new(Schema::new([columns, vec![text(EXTRA)]].concat()));
        let mut decoder = Decoder::of(&Shape { schema, known, unknown: Unknown::Keep }).unwrap();
        let payload = message.to_string();
        prop_assert_eq!(decoder.decode(payload.as_bytes()), Ok(()));
        let batch = decoder.finish().unwrap();
        let extra = batch.column_by_name(EXTRA).unwrap().as_string_view();
        let kept: Value = if extra.is_null(0) { Value::Object(serde_json::Map::new()) } else { serde_json::from_str(extra.value(0)).unwrap() };
        let expected: Value = message.as_object().unwrap().iter().filter(|(key, _)| !["a", "b", "é"].contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone())).collect::<serde_json::Map<_, _>>().into();
        prop_assert_eq!(kept, expected);
    }
}
