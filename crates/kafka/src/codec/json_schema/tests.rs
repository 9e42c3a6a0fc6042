//! Given schemas and messages, then columns, rows or reasons.

use arrow::array::AsArray as _;
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::Encoding;
use super::*;

fn local(schema: &Value, references: &[(&str, Value)]) -> JsonSchema {
    let references = references.iter().map(|(name, it)| ((*name).to_owned(), it.to_string())).collect();
    JsonSchema::by_text(&schema.to_string(), &references, Framing::Bare).unwrap()
}

fn found(schema: &Value, references: &[(&str, Value)]) -> Schema {
    local(schema, references).infer(&[], &Cancel::default()).unwrap().schema
}

/// The type of a field with this schema.
fn one(schema: &Value) -> DataType {
    found(&json!({"type": "object", "properties": {"a": schema}}), &[]).field(0).data_type().clone()
}

fn utc() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

fn object(fields: &[(&str, DataType)]) -> DataType {
    DataType::Struct(fields.iter().map(|(name, it)| Field::new(*name, it.clone(), true)).collect())
}

#[test]
fn types_are_those_of_the_schema() {
    use DataType::{Binary, Boolean, Date32, Float64, Int64, UInt64, Utf8View};
    let list = |item| DataType::new_list(item, true);
    for (schema, expected) in [
        (json!({"type": "integer"}), Int64),
        (json!({"type": "integer", "minimum": 0, "maximum": u64::MAX}), UInt64),
        (json!({"type": ["null", "number"]}), Float64),
        (json!({"type": ["integer", "number"]}), Float64),
        (json!({"type": ["integer", "string"]}), Utf8View),
        (json!({"type": "boolean"}), Boolean),
        (json!({"type": "null"}), Utf8View),
        (json!({"type": "string", "format": "date-time"}), utc()),
        (json!({"type": ["string", "null"], "format": "date"}), Date32),
        (json!({"type": "string", "format": "time"}), DataType::Time64(TimeUnit::Nanosecond)),
        (json!({"type": "string", "format": "uuid"}), Utf8View),
        (json!({"type": "string", "contentEncoding": "base64"}), Binary),
        (json!({"enum": ["a", "b", null]}), Utf8View),
        (json!({"enum": [1, 2]}), Int64),
        (json!({"type": "number", "enum": [1, 2.5]}), Float64),
        (json!({"const": true}), Boolean),
        (json!({"type": "array", "items": {"type": "integer"}}), list(Int64)),
        (json!({"items": [{"type": "integer"}, {"type": "number"}]}), list(Float64)),
        (json!({"type": "array", "prefixItems": [{"type": "integer"}], "items": false}), list(Int64)),
        (json!({"type": "array"}), list(Utf8View)),
        (json!({"type": "object"}), Utf8View),
        (json!({"type": "object", "additionalProperties": {"type": "integer"}}), Utf8View),
        (json!({"properties": {"b": {"type": "integer"}}}), object(&[("b", Int64)])),
        (json!({"oneOf": [{"type": "null"}, {"type": "integer"}]}), Int64),
        (json!({"anyOf": [{"type": "string"}, {"type": "integer"}]}), Utf8View),
        (json!({"anyOf": [{"type": "integer"}, {}]}), Utf8View),
        (json!({"allOf": [{"type": "number"}, {"type": "integer"}, {"minimum": 1}]}), Int64),
        (
            json!({"type": "object", "properties": {"b": {"type": "integer"}}, "oneOf": [{"required": ["b"]}, {"required": ["c"]}]}),
            object(&[("b", Int64)]),
        ),
        (
            json!({"oneOf": [{"properties": {"b": {"type": "integer"}, "c": {"type": "string"}}}, {"properties": {"b": {"type": "number"}, "d": {"type": "boolean"}}}]}),
            object(&[("b", Float64), ("c", Utf8View), ("d", Boolean)]),
        ),
        (
            json!({"type": "object", "properties": {"b": {"type": "integer"}}, "if": {}, "then": {"properties": {"c": {"type": "integer"}}}}),
            object(&[("b", Int64), ("c", Int64)]),
        ),
        (json!({"type": "integer", "title": "org.apache.kafka.connect.data.Timestamp"}), utc()),
        (json!({"type": "integer", "title": "org.apache.kafka.connect.data.Date"}), Date32),
        (
            json!({"type": "number", "title": "org.apache.kafka.connect.data.Decimal", "connect.parameters": {"scale": "2"}}),
            DataType::Decimal128(38, 2),
        ),
        (json!(true), Utf8View),
    ] {
        assert_eq!(one(&schema), expected, "{schema}");
    }
    let at = json!({"type": "object", "properties": {"a": {"type": "integer", "title": "org.apache.kafka.connect.data.Timestamp"}}});
    assert_eq!(found(&at, &[]).field(0), &Encoding::EpochMillis.on(Field::new("a", utc(), true)));
    assert_eq!(found(&json!({"type": "integer"}), &[]).field(0).name(), "value");
    let reserved = json!({"properties": {"_kafka_offset": {"type": "integer"}}});
    assert_eq!(found(&reserved, &[]).field(0).name(), "_kafka_offset_payload");
}

#[test]
fn references_lead_through_drafts_and_documents() {
    let money = object(&[("cents", DataType::Int64)]);
    let definition = json!({"type": "object", "properties": {"cents": {"type": "integer"}}});
    for (reference, schema, others) in [
        ("#/definitions/money", json!({"definitions": {"money": definition}}), vec![]),
        ("#/$defs/a~1b%20c", json!({"$defs": {"a/b c": definition}}), vec![]),
        ("#money", json!({"$defs": {"m": {"$anchor": "money", "allOf": [definition]}}}), vec![]),
        ("#money", json!({"definitions": {"m": {"id": "#money", "allOf": [definition]}}}), vec![]),
        ("http://x/money", json!({"$defs": {"m": {"$id": "http://x/money", "allOf": [definition]}}}), vec![]),
        ("money.json", json!({}), vec![("money.json", definition.clone())]),
        ("http://x/money.json#", json!({}), vec![("money.json", definition.clone())]),
        ("money.json#/$defs/m", json!({}), vec![("money.json", json!({"$defs": {"m": definition}}))]),
        ("http://y/m", json!({}), vec![("any", json!({"$id": "http://y/m", "allOf": [definition]}))]),
        (
            "one.json",
            json!({}),
            vec![
                ("one.json", json!({"$ref": "two.json#/$defs/m"})),
                ("two.json", json!({"$defs": {"m": {"$ref": "#/$defs/n"}, "n": definition}})),
            ],
        ),
    ] {
        let mut schema = schema;
        schema["properties"] = json!({"price": {"$ref": reference, "description": "beside it"}});
        assert_eq!(found(&schema, &others).field(0).data_type(), &money, "{reference} in {schema}");
    }
    let lost = json!({"properties": {"a": {"$ref": "nowhere.json"}}});
    assert_eq!(found(&lost, &[]).field(0).data_type(), &DataType::Utf8View);
    // A tree within itself is text where it begins anew.
    let tree = json!({"$ref": "#/$defs/tree", "$defs": {"tree": {"type": "object", "properties": {
        "name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}}});
    let children = DataType::new_list(DataType::Utf8View, true);
    assert_eq!(found(&tree, &[]).field(1).data_type(), &children);
    let root = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
    let next = found(&root, &[]);
    assert!(next.field(0).data_type().to_string().len() < 1000, "{next}");
    for wrong in ["", "[]", "7", "{"] {
        assert!(JsonSchema::by_text(wrong, &BTreeMap::new(), Framing::Bare).is_err(), "{wrong}");
    }
}

#[test]
fn messages_are_read_by_what_the_schema_says() {
    let schema = json!({"type": "object", "properties": {
        "id": {"type": "integer"}, "at": {"type": "string", "format": "date-time"}, "any": {}}});
    let codec = local(&schema, &[]);
    let messages: [&[u8]; 3] =
        [br#"{"id":1,"at":"2026-01-01T00:00:00Z","any":{"x":[1]}}"#, br#"{"id":"x"}"#, br#"{"id":2}"#];
    let found = codec.infer(&messages, &Cancel::default()).unwrap();
    assert_eq!((found.messages, found.bad), (2, 1));
    assert_eq!((found.facts[0].seen, found.facts[1].seen, found.facts[1].of), (2, 1, 2));
    let mut decoder = codec.decoder(&Shape::new(Arc::new(found.schema)), &Cancel::default()).unwrap();
    decoder.decode(messages[0]).unwrap();
    assert!(decoder.decode(messages[1]).is_err());
    decoder.decode(br#"{"id":3,"new":true}"#).unwrap();
    decoder.undo();
    decoder.decode_null();
    let batch = decoder.finish().unwrap();
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(1), None]);
    let at = batch.column(1).as_primitive::<TimestampMicrosecondType>();
    assert_eq!(at.value(0), 1_767_225_600_000_000);
    assert_eq!(batch.column(2).as_string_view().value(0), r#"{"x":[1]}"#);
    assert!(decoder.drift().is_empty());

    let framed = JsonSchema::by_text(&schema.to_string(), &BTreeMap::new(), Framing::Confluent);
    let shape = Shape::new(Arc::new(Schema::new(vec![Field::new("id", DataType::Int64, true)])));
    let mut decoder = framed.unwrap().decoder(&shape, &Cancel::default()).unwrap();
    decoder.decode(b"\0\0\0\0\x07{\"id\":1}").unwrap();
    for (message, expected) in [
        (&b""[..], "empty payload"),
        (b"{\"id\":1}", "begins with byte 0x7b"),
        (b"\0\0\0\0\x07", "empty payload"),
        (b"\0\0\0\0\0{}", "not positive"),
    ] {
        let Err(Fault::Bad(why)) = decoder.decode(message) else { panic!("{message:?} is bad") };
        assert!(why.to_string().contains(expected), "{why}");
    }
    assert_eq!(decoder.finish().unwrap().num_rows(), 1);
}

#[test]
fn schemas_without_end_end() {
    let name = |n: usize| format!("d{n}");
    let twice = |n: usize| json!({"properties": {"a": {"$ref": format!("#/$defs/d{n}")}, "b": {"$ref": format!("#/$defs/d{n}")}, "c": {"$ref": format!("#/$defs/d{n}")}}});
    let definitions: serde_json::Map<_, _> = (0..40).map(|n| (name(n), twice(n + 1))).collect();
    assert_eq!(found(&json!({"$ref": "#/$defs/d0", "$defs": definitions}), &[]).fields().len(), 3);
    let chain = |n: usize| json!({"$ref": format!("#/$defs/d{}", n + 1)});
    let definitions: serde_json::Map<_, _> = (0..50_000).map(|n| (name(n), chain(n))).collect();
    assert_eq!(found(&json!({"$ref": "#/$defs/d0", "$defs": definitions}), &[]).field(0).name(), "value");
}

/// Any JSON that may be taken for a schema.
fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        prop::sample::select(vec!["null", "boolean", "integer", "number", "string"])
            .prop_map(|name| json!({"type": name})),
        prop::sample::select(vec!["#", "#/properties/a", "#x", "other.json", "other.json#/$defs/b"])
            .prop_map(|to| json!({"$ref": to})),
        prop::collection::vec(any::<i8>(), 0..3).prop_map(|values| json!({"enum": values})),
    ];
    leaf.prop_recursive(4, 20, 3, |inner| {
        prop_oneof![
            prop::collection::vec(("[a-c]", inner.clone()), 0..4).prop_map(|members| json!({"type": "object", "properties": members.into_iter().collect::<serde_json::Map<_, _>>()})),
            (prop::sample::select(vec!["allOf", "anyOf", "oneOf", "items", "prefixItems"]), prop::collection::vec(inner.clone(), 0..3)).prop_map(|(keyword, parts)| json!({keyword: parts})),
            ("[a-c]", inner).prop_map(|(name, part)| json!({"$defs": {name: part}, "allOf": [{"$ref": "#/$defs/a"}]})),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_schema_gives_columns_and_any_message_is_a_row_or_bad(schema in schema(), other in schema(), messages in prop::collection::vec("[{}\\[\\]\"a-c:,1.]{0,12}", 0..8)) {
        let codec = local(&schema, &[("other.json", other)]);
        let payloads: Vec<_> = messages.iter().map(String::as_bytes).collect();
        let found = codec.infer(&payloads, &Cancel::default()).unwrap();
        prop_assert_eq!(found.messages + found.bad, messages.len());
    }
}
