//! Given a sample, then fields that take all of it without loss.

use arrow::datatypes::{DataType, Field, TimeUnit};

use super::super::{Codec as _, Decoder, Encoding, Json};
use super::*;
use crate::cancel::Cancel;

fn types(payloads: &[&str]) -> Vec<(String, DataType)> {
    let inferred = infer(payloads.iter().map(|payload| payload.as_bytes()));
    assert_eq!(inferred.bad, 0, "{:?}", inferred.first_bad);
    inferred.schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
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
fn a_key_that_comes_twice_takes_both_values_and_counts_once() {
    let messages = [r#"{"a":1,"a":true}"#, r#"{"a":2,"b":{"c":1,"c":0.5}}"#];
    let found = infer(messages.iter().map(|message| message.as_bytes()));
    assert_eq!(found.schema.field(0).data_type(), &DataType::Utf8View);
    assert_eq!((found.facts[0].seen, found.facts[0].of), (2, 2));
    let mut decoder = Decoder::new(found.schema.into()).unwrap();
    for message in messages {
        decoder.decode(message.as_bytes()).unwrap();
    }
    assert_eq!(decoder.finish().unwrap().num_rows(), 2);
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

fn whole(payloads: &[&str]) -> Inference {
    Json.infer(&payloads.iter().map(|payload| payload.as_bytes()).collect::<Vec<_>>(), &Cancel::default())
        .unwrap()
}

fn utc(unit: TimeUnit) -> DataType {
    DataType::Timestamp(unit, Some("UTC".into()))
}

#[test]
fn times_are_found_and_said() {
    for (name, values, data_type, encoding, note) in [
        (
            "x",
            &[r#""2026-01-01T00:00:00Z""#, "null", r#""2026-01-01T00:00:00.5+01:00""#][..],
            utc(TimeUnit::Microsecond),
            Encoding::Auto,
            "RFC 3339",
        ),
        (
            "x",
            &[r#""2026-01-01T00:00:00.123456789Z""#],
            utc(TimeUnit::Nanosecond),
            Encoding::Auto,
            "RFC 3339",
        ),
        (
            "x",
            &[r#""1066-10-14T00:00:00.123456789Z""#],
            DataType::Utf8View,
            Encoding::Auto,
            "RFC 3339, finer than a column holds",
        ),
        ("x", &[r#""2026-01-01""#, r#""1999-12-31""#], DataType::Date32, Encoding::Auto, "date"),
        ("x", &[r#""2026-01-01""#, r#""2026-01-01T00:00:00Z""#], DataType::Utf8View, Encoding::Auto, ""),
        ("x", &[r#""2026-01-01T00:00:00Z""#, r#""soon""#], DataType::Utf8View, Encoding::Auto, ""),
        ("x", &[r#""2026-01-01T00:00:00Z""#, "7"], DataType::Utf8View, Encoding::Auto, ""),
        (
            "created_at",
            &["1767225600", "null"],
            utc(TimeUnit::Microsecond),
            Encoding::EpochSeconds,
            "epoch seconds",
        ),
        (
            "createdAt",
            &["1767225600000", "1767225600001"],
            utc(TimeUnit::Millisecond),
            Encoding::Auto,
            "epoch milliseconds",
        ),
        ("ts", &["1767225600000000"], utc(TimeUnit::Microsecond), Encoding::Auto, "epoch microseconds"),
        (
            "event_time",
            &["1767225600000000000"],
            utc(TimeUnit::Nanosecond),
            Encoding::Auto,
            "epoch nanoseconds",
        ),
        ("created_at", &["1767225600", "7"], DataType::Int64, Encoding::Auto, ""),
        ("created_at", &["1767225600", "1767225600000"], DataType::Int64, Encoding::Auto, ""),
        ("id", &["1767225600"], DataType::Int64, Encoding::Auto, ""),
        ("ts", &["1767225600.5"], DataType::Float64, Encoding::Auto, ""),
        (
            "x",
            &[r#""12.50""#, r#""-1234.5""#],
            DataType::Utf8View,
            Encoding::Auto,
            "decimal text: Decimal(6, 2)",
        ),
        ("x", &[r#""12""#], DataType::Utf8View, Encoding::Auto, ""),
    ] {
        let payloads: Vec<_> = values.iter().map(|value| format!(r#"{{"{name}":{value}}}"#)).collect();
        let found = whole(&payloads.iter().map(String::as_str).collect::<Vec<_>>());
        let field = found.schema.field(0);
        assert_eq!((field.data_type(), found.facts[0].note.as_str()), (&data_type, note), "{values:?}");
        assert_eq!(field, &encoding.on(Field::new(name, data_type, true)));
        // Each value of the sample is taken by the column.
        let mut decoder = Decoder::new(found.schema.into()).unwrap();
        for payload in &payloads {
            decoder.decode(payload.as_bytes()).unwrap();
        }
    }
    let list = whole(&[r#"{"seen_at":[1767225600000],"who":{"at":"2026-01-01T00:00:00Z"}}"#]);
    let DataType::List(item) = list.schema.field(0).data_type() else { panic!("a list") };
    assert_eq!(item.as_ref(), &Field::new("item", utc(TimeUnit::Millisecond), true));
    let nested = whole(&[r#"{"who":{"seen_at":1767225600}}"#]);
    let DataType::Struct(who) = nested.schema.field(0).data_type() else { panic!("a struct") };
    assert_eq!(who[0].as_ref(), &Field::new("seen_at", DataType::Int64, true), "no type says seconds");
    assert_eq!(list.facts[1].children[0].note, "RFC 3339");
}

#[test]
fn facts_tell_missing_from_null() {
    let found = whole(&[
        r#"{"a":1,"who":{"name":"x"},"items":[{"n":1},{"n":2}],"tags":["p","q"]}"#,
        r#"{"a":null,"who":{"name":null,"age":3},"items":[{}]}"#,
        r#"{"a":1,"who":null}"#,
        r#"{"b":"a text that is longer than the sixty characters which an example may have"}"#,
        "nonsense",
    ]);
    assert_eq!((found.messages, found.bad), (4, 1));
    let fact = |facts: &[Facts], key: &str| facts.iter().find(|facts| facts.key == key).unwrap().clone();
    let a = fact(&found.facts, "a");
    assert_eq!((a.seen, a.of, a.nulls, a.examples.len(), a.is_nullable()), (3, 4, 1, 1, true));
    let who = fact(&found.facts, "who");
    assert_eq!((who.seen, who.nulls, who.examples.len()), (3, 1, 0));
    let (name, age) = (fact(&who.children, "name"), fact(&who.children, "age"));
    assert_eq!((name.seen, name.of, name.nulls, age.seen, age.of), (2, 2, 1, 1, 2));
    let n = fact(&fact(&found.facts, "items").children, "n");
    assert_eq!((n.seen, n.of, n.examples.as_slice()), (2, 3, &["1".to_owned(), "2".to_owned()][..]));
    assert_eq!(fact(&found.facts, "tags").examples, [r#"["p","q"]"#]);
    assert_eq!(fact(&found.facts, "b").examples[0].chars().count(), 60);
    for (field, facts) in found.schema.fields().iter().zip(&found.facts) {
        assert_eq!((field.name(), field.data_type()), (&facts.key, &facts.data_type));
    }
}

#[test]
fn changes_tell_the_fields_of_their_rows() {
    let wrap = |message: &str| format!(r#"{{"schema":{{"type":"struct"}},"payload":{message}}}"#);
    let changes = [
        r#"{"before":null,"after":{"id":1,"at":"2026-01-01T00:00:00Z"},"op":"c","ts_ms":1767225600000}"#,
        r#"{"before":{"id":1.5},"after":{"id":2,"new":true},"op":"u","ts_ms":1}"#,
        r#"{"before":{"id":3,"old":1},"after":null,"op":"d","ts_ms":2}"#,
    ];
    for wrapped in [false, true] {
        let messages = changes.map(|change| if wrapped { wrap(change) } else { change.to_owned() });
        let found = whole(&messages.each_ref().map(String::as_str));
        assert_eq!(found.envelope, Envelope::Debezium { wrapped });
        let fields: Vec<_> = found.facts.iter().map(|it| (it.key.as_str(), it.seen, it.of)).collect();
        assert_eq!(fields, [("id", 3, 3), ("at", 1, 3), ("new", 1, 3), ("old", 1, 3)]);
        assert_eq!(found.schema.field(0).data_type(), &DataType::Float64);
        let mut mostly: Vec<_> = std::iter::repeat_n(messages[0].as_str(), 19).collect();
        mostly.push(r#"{"heartbeat":1}"#);
        let found = whole(&mostly);
        assert_eq!((found.envelope, found.messages, found.bad), (Envelope::Debezium { wrapped }, 19, 1));
        mostly.push("{}");
        assert_eq!(whole(&mostly).envelope, Envelope::None);
    }
    let found = whole(&[
        r#"{"op":"I","data":{"id":1},"metadata":{"at":1}}"#,
        r#"{"op":"D","data":null,"metadata":{}}"#,
    ]);
    assert_eq!(
        (found.envelope, found.facts[0].key.as_str(), found.facts[0].of),
        (Envelope::Structured, "id", 2)
    );
    for plain in [
        r#"{"op":"c","amount":1}"#,
        r#"{"op":"I","data":{},"metadata":{},"more":1}"#,
        r#"{"op":"x","after":{},"ts_ms":1}"#,
    ] {
        assert_eq!(whole(&[plain]).envelope, Envelope::None, "{plain}");
    }
    assert_eq!(infer([changes[0].as_bytes()]).envelope, Envelope::None);
}

#[test]
fn bytes_take_text_and_anything_takes_the_rest() {
    let field = |shapes: Vec<Shape>| {
        let mut sample = Sample::default();
        for shape in shapes {
            sample.push(Ok(Shape::message(FieldShapes::from([("a".to_owned(), shape)]))));
        }
        sample.inference().schema.field(0).data_type().clone()
    };
    let nanos = || Shape::instant(TimeUnit::Nanosecond, "now");
    assert_eq!(field(vec![Shape::bytes(b"x"), Shape::text("y"), Shape::null()]), DataType::Binary);
    assert_eq!(field(vec![Shape::text("y"), Shape::bytes(b"x")]), DataType::Binary);
    assert_eq!(field(vec![Shape::text("y"), Shape::integer(1), Shape::bytes(b"x")]), DataType::Utf8View);
    assert_eq!(field(vec![Shape::instant(TimeUnit::Microsecond, "now"), nanos()]), utc(TimeUnit::Nanosecond));
    assert_eq!(field(vec![nanos(), Shape::text("2026-01-01T00:00:00Z")]), DataType::Utf8View);
}
