//! Messages that prost-reflect writes, and bytes that no writer writes.

mod cells;
mod random;

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use proptest::prelude::*;
use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, Value};
use serde_json::json;

use super::*;
use crate::codec::{EXTRA, Unknown, WRAPPED};
use crate::registry::tests::serve;
use cells::{cell, expected, row, sorted};
use random::Random;

const SCHEMA: &str = include_str!("tests/all.proto");

fn imports() -> BTreeMap<String, String> {
    BTreeMap::from([("old.proto".to_owned(), include_str!("tests/old.proto").to_owned())])
}

fn pool() -> DescriptorPool {
    let mut files = imports();
    files.insert("all.proto".to_owned(), SCHEMA.to_owned());
    crate::show::protobuf::compile(files, "all.proto").unwrap()
}

fn codec(message: &str) -> Protobuf {
    Protobuf::by_source(SCHEMA, &imports(), Some(message), Framing::Bare).unwrap()
}

fn columns(codec: &Protobuf) -> Arc<Schema> {
    Arc::new(codec.infer(&[], &Cancel::default()).unwrap().schema)
}

fn shape(codec: &Protobuf) -> Shape {
    Shape::new(columns(codec))
}

fn decoder(codec: &Protobuf, shape: &Shape) -> Box<dyn Decode> {
    codec.decoder(shape, &Cancel::default()).unwrap()
}

fn read(codec: &Protobuf, shape: &Shape, payloads: &[Vec<u8>]) -> RecordBatch {
    let mut decoder = decoder(codec, shape);
    for payload in payloads {
        decoder.decode(payload).unwrap();
    }
    decoder.finish().unwrap()
}

/// The one row of a payload in all its columns.
fn one(message: &str, payload: &[u8]) -> serde_json::Value {
    let codec = codec(message);
    row(&read(&codec, &shape(&codec), &[payload.to_vec()]), 0)
}

fn refused(message: &str, payload: &[u8]) -> String {
    let codec = codec(message);
    let mut decoder = decoder(&codec, &shape(&codec));
    match decoder.decode(payload) {
        Err(Fault::Bad(reason)) => reason.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_type_has_its_column() {
    let schema = columns(&codec("All"));
    let of = |name: &str| schema.field_with_name(name).unwrap().data_type().clone();
    assert_eq!(of("u64"), DataType::UInt64);
    assert_eq!(of("f32"), DataType::Float32);
    assert_eq!(of("raw"), DataType::Binary);
    assert_eq!(of("state"), DataType::Utf8View);
    assert_eq!(of("at"), DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())));
    assert_eq!(
        (of("took"), of("wrapped"), of("free")),
        (DataType::Int64, DataType::Int64, DataType::Utf8View)
    );
    let DataType::Struct(inner) = of("inner") else { panic!("{:?}", of("inner")) };
    assert_eq!(inner.find("again").unwrap().1.data_type(), &DataType::Utf8View, "a type within itself");
    let entry = DataType::Struct(
        vec![Field::new("key", DataType::Utf8View, true), Field::new("value", DataType::Int64, true)].into(),
    );
    assert_eq!(of("counts"), DataType::new_list(entry, true));
    let wrapper = codec("google.protobuf.StringValue");
    assert_eq!(columns(&wrapper).field(0), &Field::new("value", DataType::Utf8View, true));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_written_is_read(seed: u64) {
        let all = pool().get_message_by_name("t.All").unwrap();
        let mut random = Random(seed);
        let messages: Vec<_> = (0..4).map(|_| random.message(&all, 4)).collect();
        let payloads: Vec<_> = messages.iter().map(DynamicMessage::encode_to_vec).collect();
        let codec = codec("All");
        let batch = read(&codec, &shape(&codec), &payloads);
        for (at, message) in messages.iter().enumerate() {
            prop_assert_eq!(sorted(row(&batch, at)), sorted(expected(message, batch.schema().fields())));
        }
    }

    #[test]
    fn a_part_of_the_columns_is_what_all_have(seed: u64, wanted: u64) {
        let all = pool().get_message_by_name("t.All").unwrap();
        let mut random = Random(seed);
        let payloads: Vec<_> = (0..3).map(|_| random.message(&all, 3).encode_to_vec()).collect();
        let codec = codec("All");
        let full = shape(&codec);
        let fields: Vec<_> = full.schema.fields().iter().enumerate()
            .filter(|(at, _)| wanted >> at & 1 == 1).map(|(_, field)| Arc::clone(field)).collect();
        let part = Shape { schema: Arc::new(Schema::new(fields)), ..full.clone() };
        let (whole, part) = (read(&codec, &full, &payloads), read(&codec, &part, &payloads));
        for (at, field) in part.schema().fields().iter().enumerate() {
            prop_assert_eq!(part.column(at), whole.column_by_name(field.name()).unwrap());
        }
    }

    #[test]
    fn noise_is_a_row_or_bad_and_harms_nothing(seed: u64, noise: Vec<(u16, u8)>, cut: u16) {
        let all = pool().get_message_by_name("t.All").unwrap();
        let good = Random(seed).message(&all, 3).encode_to_vec();
        let mut bad = good.clone();
        bad.truncate(usize::from(cut) % (good.len() + 1));
        for (at, byte) in noise {
            let length = bad.len().max(1);
            if let Some(place) = bad.get_mut(usize::from(at) % length) {
                *place = byte;
            }
        }
        let codec = codec("All");
        let shape = Shape { unknown: Unknown::Keep, ..shape(&codec) };
        let mut decoder = decoder(&codec, &shape);
        decoder.decode(&good).unwrap();
        let rows = 2 + usize::from(decoder.decode(&bad).is_ok());
        decoder.decode(&good).unwrap();
        prop_assert_eq!(decoder.rows(), rows);
        let batch = decoder.finish().unwrap();
        prop_assert_eq!(row(&batch, 0), row(&batch, rows - 1));
    }

    #[test]
    fn parts_of_a_message_are_what_prost_makes_of_them(seeds: Vec<u64>) {
        // Whole messages one after the other are one message by the specification: all singular fields merge.
        let all = pool().get_message_by_name("t.All").unwrap();
        let payload: Vec<u8> = seeds.iter().take(4).flat_map(|seed| Random(*seed).message(&all, 3).encode_to_vec()).collect();
        let merged = DynamicMessage::decode(all, payload.as_slice()).unwrap();
        let codec = codec("All");
        let batch = read(&codec, &shape(&codec), &[payload]);
        prop_assert_eq!(sorted(row(&batch, 0)), sorted(expected(&merged, batch.schema().fields())));
    }
}

#[test]
fn what_is_not_there_is_a_default_or_null() {
    let found = one("Old", &[]);
    assert_eq!(
        found,
        json!({"plain": null, "count": 7, "name": "x", "state": "DONE", "part": null, "list": [], "ratio": 1.5})
    );
    let found = one("All", &[]);
    assert_eq!((&found["i32"], &found["opt"], &found["text"]), (&json!(0), &json!(null), &json!("")));
    assert_eq!(
        (&found["inner"], &found["state"], &found["packed"]),
        (&json!(null), &json!("NONE"), &json!([]))
    );
    assert_eq!((&found["a"], &found["at"], &found["wrapped"]), (&json!(null), &json!(null), &json!(null)));
}

#[test]
fn groups_are_messages() {
    // Group 5 with field 1 = 9 and an unknown group within, then plain = 3.
    let payload = [0x2b, 0x08, 9, 0x13, 0x18, 1, 0x14, 0x2c, 0x08, 3];
    let found = one("Old", &payload);
    assert_eq!((&found["part"]["n"], &found["plain"]), (&json!(9), &json!(3)));
    let unwanted = Schema::new(vec![Field::new("plain", DataType::Int64, true)]);
    let codec = codec("Old");
    let known = columns(&codec);
    let shape = Shape { schema: Arc::new(unwanted), known, unknown: Unknown::Ignore };
    let mut decoder = decoder(&codec, &shape);
    decoder.decode(&payload).unwrap();
    let met: Vec<_> = decoder.drift().unknown.into_keys().collect();
    assert_eq!(met, ["part.#2"], "what is not wanted is looked through");
    assert!(refused("Old", &[0x2b, 0x08, 9]).contains("within a group"));
    assert!(refused("Old", &[0x2c]).contains("did not begin"));
    assert!(refused("Old", &[0x2b, 0x34]).contains("did not begin"));
}

#[test]
fn packed_and_single_items_mix() {
    // `packed` (17) packed and single, `unpacked` (18) packed.
    let payload = [0x8a, 0x01, 2, 1, 2, 0x88, 0x01, 3, 0x92, 0x01, 2, 1, 2];
    let found = one("All", &payload);
    assert_eq!((&found["packed"], &found["unpacked"]), (&json!([1, 2, 3]), &json!([-1, 1])));
}

#[test]
fn of_a_key_the_last_entry_holds() {
    let entry = |key: &str, value: u8| {
        let mut entry = vec![0x0a, key.len() as u8];
        entry.extend_from_slice(key.as_bytes());
        entry.extend([0x10, value]);
        [&[0xb2, 0x01, entry.len() as u8][..], &entry].concat()
    };
    let pair = |key: &str, value: i64| json!({"key": key, "value": value});
    let few = [entry("a", 1), entry("b", 2), entry("a", 3), vec![0xb2, 0x01, 0]].concat();
    assert_eq!(one("All", &few)["counts"], json!([pair("b", 2), pair("a", 3), pair("", 0)]));
    let many: Vec<u8> = (0..40).flat_map(|n| entry(&format!("k{}", n % 20), n)).collect();
    let expected: Vec<_> = (20..40).map(|n| pair(&format!("k{}", n % 20), n)).collect();
    assert_eq!(one("All", &many)["counts"], json!(expected));
}

#[test]
fn what_no_column_holds_is_bad() {
    assert_eq!(refused("All", &[0x72, 1, 0xff]), "field `text`: its text is not valid UTF-8 at byte 0");
    assert_eq!(refused("All", &[0x0a, 0]), "field `i32`: expected a varint, found bytes with a length");
    assert!(refused("All", &[0x08]).contains("not valid Protobuf at byte 1"));
    // Unwanted text too.
    let codec = codec("All");
    let schema = Arc::new(Schema::new(vec![Field::new("i32", DataType::Int8, true)]));
    let shape = Shape { schema, ..shape(&codec) };
    let mut decoder = decoder(&codec, &shape);
    assert!(decoder.decode(&[0x72, 1, 0xff]).is_err());
    let told = match decoder.decode(&[0x08, 0x80, 0x01]) {
        Err(Fault::Bad(reason)) => reason.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(told, "field `i32`: expected an 8-bit integer, found 128");
    assert_eq!(decoder.rows(), 0);
}

#[test]
fn thousands_of_parts_are_no_message() {
    // A chain of messages, each in two parts: every part read again would take 2^60 steps.
    let mut deep = Vec::new();
    for _ in 0..60 {
        let mut next = vec![0x22];
        next.extend(varint(deep.len()));
        next.extend_from_slice(&deep);
        next.extend([0x22, 0]);
        deep = next;
    }
    let mut payload = vec![0xa2, 0x01];
    payload.extend(varint(deep.len()));
    payload.extend(deep);
    assert!(one("All", &payload)["inner"]["again"].is_string());
    let parts = [0xa2, 0x01, 0].repeat(5000);
    assert_eq!(refused("All", &parts), "field `inner`: it comes in more than 100 parts");
}

fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

#[test]
fn fields_that_are_not_known_are_told() {
    let codec = codec("Holder");
    let known = DataType::Struct(vec![Field::new("s", DataType::Utf8View, true)].into());
    let fields = vec![
        Field::new("inner", known.clone(), true),
        Field::new("inners", DataType::new_list(known, true), true),
        Field::new(EXTRA, DataType::Utf8View, true),
    ];
    let schema = Arc::new(Schema::new(fields));
    let mut shape = Shape { known: Arc::clone(&schema), schema, unknown: Unknown::Keep };
    let pool = pool();
    let mut message = DynamicMessage::new(pool.get_message_by_name("t.Holder").unwrap());
    let inner = |n: i64| {
        let mut inner = DynamicMessage::new(pool.get_message_by_name("t.Inner").unwrap());
        inner.set_field_by_name("n", Value::I64(n));
        Value::Message(inner)
    };
    message.set_field_by_name("inner", inner(5));
    message.set_field_by_name("inners", Value::List(vec![inner(1), inner(2)]));
    message.set_field_by_name("note", Value::String("new".into()));
    let mut payload = message.encode_to_vec();
    // Field 17 as a varint, twice, and field 18 as text.
    payload.extend([0x88, 0x01, 7, 0x88, 0x01, 8, 0x92, 0x01, 2, b'h', b'i']);
    let mut reader = decoder(&codec, &shape);
    reader.decode(&payload).unwrap();
    reader.decode(&[]).unwrap();
    reader.decode(&payload).unwrap();
    let batch = reader.finish().unwrap();
    let extra = json!({"inner.n": 5, "inners[].n": [1, 2], "note": "new", "#17": [7, 8], "#18": "hi"});
    let kept = cell(batch.column(2), 0);
    let kept: serde_json::Value = serde_json::from_str(kept.as_str().unwrap()).unwrap();
    assert_eq!(kept, extra);
    assert_eq!(cell(batch.column(2), 1), json!(null));
    let drift = reader.drift();
    let told: Vec<_> = drift.unknown.iter().map(|(path, met)| (path.as_str(), met.messages)).collect();
    assert_eq!(told, [("#17", 2), ("#18", 2), ("inner.n", 2), ("inners[].n", 2), ("note", 2)]);
    assert_eq!(drift.unknown["inners[].n"].example, "[1,2]");
    reader.decode(&payload).unwrap();
    reader.undo();
    assert!(reader.drift().is_empty(), "a row that is taken back is not counted");
    shape.unknown = Unknown::Fail;
    let mut strict = decoder(&codec, &shape);
    let Err(Fault::Bad(reason)) = strict.decode(&payload) else { panic!("it is taken") };
    assert!(reason.to_string().contains("field `inner.n`"), "{reason}");
}

#[test]
fn fields_that_nobody_knows_are_bounded() {
    let codec = codec("Holder");
    let fields = |from: usize, to: usize| {
        (from..to).flat_map(|number| [varint(number << 3), vec![1]].concat()).collect::<Vec<_>>()
    };
    let mut shape = shape(&codec);
    let mut reader = decoder(&codec, &shape);
    reader.decode(&fields(100, 5000)).unwrap();
    for from in (10_000..100_000).step_by(1000) {
        assert!(reader.decode(&[fields(from, from + 1000), vec![0x88]].concat()).is_err());
    }
    reader.decode(&fields(100, 101)).unwrap();
    let drift = reader.drift();
    assert!(drift.more && drift.unknown["#100"].messages == 2);
    shape.unknown = Unknown::Keep;
    let Err(Fault::Bad(reason)) = decoder(&codec, &shape).decode(&fields(100, 5000)) else {
        panic!("something is lost")
    };
    assert!(reason.to_string().contains("more than 1024 fields that are not known"), "{reason}");
}

#[test]
fn local_schemas_are_found_by_name() {
    let money = BTreeMap::from([(
        "shop/common.proto".to_owned(),
        "syntax = \"proto3\"; package shop; message Money { int64 cents = 1; }".to_owned(),
    )]);
    let source = "syntax = \"proto3\"; package shop; import \"shop/common.proto\"; message Order { Money paid = 1; message Line { int32 n = 1; } }";
    let by = |message, framing| Protobuf::by_source(source, &money, message, framing);
    let plain = by(None, Framing::Bare).unwrap();
    assert_eq!(columns(&plain).field(0).name(), "paid");
    let line = by(Some("Order.Line"), Framing::Bare).unwrap();
    assert_eq!(columns(&line).field(0).name(), "n");
    let missing = by(Some("Nothing"), Framing::Bare).unwrap_err().to_string();
    assert!(missing.contains("has no message `Nothing`, but `shop.Money`, `shop.Order`"), "{missing}");
    assert!(Protobuf::by_source("message {", &BTreeMap::new(), None, Framing::Bare).is_err());
    let several = Protobuf::by_source(SCHEMA, &imports(), None, Framing::Bare);
    assert!(several.unwrap_err().to_string().contains("one must be named"));
    // Which message it is, in front: nested message 0 of message 0.
    let framed = by(None, Framing::Confluent).unwrap();
    let payload = [0, 0, 0, 0, 9, 4, 0, 0, 0x08, 5];
    let found = framed.infer(&[&payload], &Cancel::default()).unwrap();
    assert_eq!((found.messages, found.schema.field(0).name().as_str()), (1, "n"));
    let set = pool().encode_to_vec();
    let set = Protobuf::by_descriptor_set(&set, Some("t.Inner"), Framing::Bare).unwrap();
    assert_eq!(columns(&set).field(0).name(), "n");
    assert!(Protobuf::by_descriptor_set(b"\xff", None, Framing::Bare).is_err());
}

#[test]
fn a_registry_gives_each_message_its_schema() {
    let schema = |text: &str| json!({"schemaType": "PROTOBUF", "schema": text}).to_string();
    let old = schema("syntax = \"proto3\"; message A { int32 id = 1; } message B { string note = 1; }");
    let new = schema("syntax = \"proto3\"; message A { int64 id = 1; string tier = 2; }");
    let (registry, asked) = serve(&[
        ("schemas/ids/1", 200, &old),
        ("schemas/ids/2", 200, &new),
        ("schemas/ids/3", 404, r#"{"error_code":40403,"message":"-"}"#),
        ("schemas/ids/4", 500, "{}"),
    ]);
    let codec = Protobuf::by_registry(registry.clone(), None);
    let (a, b, c) =
        ([0, 0, 0, 0, 1, 0, 8, 5], [0, 0, 0, 0, 1, 2, 2, 0x0a, 1, b'x'], [0, 0, 0, 0, 2, 0, 0x12, 1, b'g']);
    let found = codec.infer(&[&a[..], &b, &c, &[0, 0, 0, 0, 3, 0], b"x"], &Cancel::default()).unwrap();
    let names: Vec<_> = found.schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!((names, found.messages, found.bad), (vec!["id", "note", "tier"], 3, 2));
    let before = asked.load(std::sync::atomic::Ordering::Relaxed);
    let shape = Shape::new(Arc::new(found.schema));
    let batch = read(&codec, &shape, &[a.to_vec(), b.to_vec(), c.to_vec(), a.to_vec()]);
    assert_eq!(row(&batch, 0), json!({"id": 5, "note": null, "tier": null}));
    assert_eq!(row(&batch, 1), json!({"id": null, "note": "x", "tier": null}));
    assert_eq!(row(&batch, 2), json!({"id": 0, "note": null, "tier": "g"}));
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), before, "schemas are kept");
    let mut reader = decoder(&codec, &shape);
    let told = |outcome| match outcome {
        Err(Fault::Bad(reason)) => reason.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(told(reader.decode(&[0, 0, 0, 0, 3, 0])), "schema 3 is not in the registry");
    assert_eq!(told(reader.decode(&[0, 0, 0, 0, 1, 2, 40])), "schema 1 has no message [20]");
    assert!(told(reader.decode(b"{}")).contains("no schema's id stands in front"));
    assert!(matches!(reader.decode(&[0, 0, 0, 0, 4, 0]), Err(Fault::Failed(_))), "nobody knows what it says");
    let only = Protobuf::by_registry(registry, Some("B"));
    let mut reader = decoder(&only, &shape);
    assert_eq!(told(reader.decode(&a)), "it is a `A`, and `B` is wanted");
    reader.decode(&b).unwrap();
}

#[test]
fn a_key_may_be_one_value() {
    let text = codec("google.protobuf.StringValue");
    assert_eq!(row(&read(&text, &shape(&text), &[vec![0x0a, 1, b'k'], vec![]]), 1), json!({"value": ""}));
    let whole = Shape::new(Arc::new(Schema::new(vec![Field::new(WRAPPED, DataType::Utf8View, true)])));
    let batch = read(&codec("Inner"), &whole, &[vec![0x08, 3]]);
    assert_eq!(row(&batch, 0), json!({"value": "{\"n\":-2,\"s\":\"\"}"}));
}

#[test]
fn moments_go_where_they_are_wanted() {
    let codec = codec("All");
    let at = [0xea, 0x01, 6, 0x08, 1, 0x10, 0x81, 0x8a, 0x7a];
    let in_column = |of: DataType| {
        let shape = Shape::new(Arc::new(Schema::new(vec![Field::new("at", of, true)])));
        cell(read(&codec, &shape, &[at.to_vec()]).column(0), 0)
    };
    assert_eq!(in_column(DataType::Timestamp(TimeUnit::Microsecond, None)), json!(1_002_000));
    assert_eq!(in_column(DataType::Timestamp(TimeUnit::Nanosecond, None)), json!(1_002_000_129));
    assert_eq!(in_column(DataType::Utf8View), json!("1970-01-01T00:00:01.002000129Z"));
    assert_eq!(in_column(DataType::Int64), json!(1_002_000));
    let parts = Fields::from(vec![Field::new("nanos", DataType::Int64, true)]);
    assert_eq!(in_column(DataType::Struct(parts)), json!({"nanos": 2_000_129}));
}
