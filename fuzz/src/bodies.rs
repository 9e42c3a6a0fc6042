//! One function for each format: given any bytes, it must not panic, and what the format promises must hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use flowloom_kafka::Cancel;
use flowloom_kafka::codec::{
    Avro, AvroSchemas, Cbor, Codec, Csv, EXTRA, Envelope, Escape, Framing, Json, JsonSchema, MessagePack,
    Protobuf, Raw, Shape, Text, Unknown, WRAPPED,
};

/// Between two messages.
const BREAK: u8 = 0xff;

pub fn json(data: &[u8]) {
    promises(&Json, data, true);
}

/// The first byte says how it is written.
pub fn csv(data: &[u8]) {
    let Some((settings, data)) = data.split_first() else { return };
    let is = |bit: u8| settings & bit != 0;
    let codec = Csv {
        delimiter: if is(1) { b';' } else { b',' },
        quote: (!is(2)).then_some(b'"'),
        escape: if is(4) { Escape::Backslash } else { Escape::Doubled },
        null: if is(8) { "\\N".to_owned() } else { String::new() },
        trim: is(16),
        fewer: is(32),
        more: is(64),
        names: Vec::new(),
    };
    promises(&codec, data, true);
}

pub fn text(data: &[u8]) {
    promises(&Text, data, true);
    promises(&Raw, data, true);
}

/// The first message is the schema.
pub fn json_schema(data: &[u8]) {
    let Some(schema) = data.split(|byte| *byte == BREAK).next() else { return };
    let Ok(schema) = std::str::from_utf8(schema) else { return };
    let others = BTreeMap::from([("other.json".to_owned(), r#"{"$id":"o","$ref":"other.json"}"#.to_owned())]);
    for framing in [Framing::Bare, Framing::Confluent] {
        if let Ok(codec) = JsonSchema::by_text(schema, &others, framing) {
            promises(&codec, data, false);
        }
    }
}

pub fn messagepack(data: &[u8]) {
    promises_of(&MessagePack, &measured(data), true);
}

pub fn cbor(data: &[u8]) {
    promises_of(&Cbor, &measured(data), true);
}

pub fn avro(data: &[u8]) {
    let codec = Avro::new(AvroSchemas::local(AVRO, Framing::Bare));
    promises_of(&codec, &measured(data), false);
}

pub fn protobuf(data: &[u8]) {
    let Ok(codec) = Protobuf::by_source(PROTOBUF, &BTreeMap::new(), Some("M"), Framing::Bare) else { return };
    promises_of(&codec, &measured(data), false);
}

const AVRO: &str = r#"{"type": "record", "name": "M", "fields": [
    {"name": "a", "type": "long"}, {"name": "b", "type": ["null", "string"]},
    {"name": "c", "type": {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 4}},
    {"name": "d", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "l", "type": {"type": "array", "items": {"type": "map", "values": ["int", "string", "M"]}}},
    {"name": "s", "type": ["null", {"type": "record", "name": "S", "fields": [
        {"name": "g", "type": "bytes"}, {"name": "k", "type": {"type": "enum", "name": "E", "symbols": ["x", "y"]}},
        {"name": "m", "type": ["null", "M"]}]}]}]}"#;

const PROTOBUF: &str = r#"syntax = "proto3"; import "google/protobuf/timestamp.proto";
    import "google/protobuf/struct.proto";
    message M { int64 a = 1; optional string b = 2; google.protobuf.Timestamp d = 3; repeated S l = 4; S s = 5;
        map<string, int32> m = 6; oneof o { bool h = 7; double f = 8; } repeated sint32 p = 9; M again = 10;
        google.protobuf.Value v = 11; }
    message S { bytes g = 1; fixed32 x = 2; E k = 3; } enum E { X = 0; Y = 1; }"#;

/// Messages, each behind a byte that says how long it is.
fn measured(mut data: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    while let Some((length, rest)) = data.split_first() {
        let (message, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        messages.push(message);
        data = rest;
    }
    messages
}

fn promises(codec: &dyn Codec, data: &[u8], is_sampled: bool) {
    let messages: Vec<_> = data.split(|byte| *byte == BREAK).collect();
    promises_of(codec, &messages, is_sampled);
}

/// Messages are rows or bad, whatever the columns; `is_sampled`: what the schema was made of fits it.
fn promises_of(codec: &dyn Codec, messages: &[&[u8]], is_sampled: bool) {
    let Ok(found) = codec.infer(messages, &Cancel::default()) else { return };
    assert_eq!(found.messages + found.bad, messages.len());
    assert_eq!(found.facts.len(), found.schema.fields().len());
    if found.envelope == Envelope::None {
        let rows = read(codec, &Shape::new(Arc::new(found.schema.clone())), messages);
        assert!(!is_sampled || found.messages == rows, "{} of {rows} messages", found.messages);
    }
    let known = Arc::new(known());
    let columns: Vec<_> = known.fields().iter().map(|field| field.as_ref().clone()).collect();
    for unknown in [Unknown::Ignore, Unknown::Keep, Unknown::Fail] {
        let extra = Field::new(EXTRA, DataType::Utf8View, true);
        let schema = Arc::new(Schema::new([columns.clone(), vec![extra.clone()]].concat()));
        read(codec, &Shape { schema, known: Arc::clone(&known), unknown }, messages);
        let none = Arc::new(Schema::new(vec![extra]));
        read(codec, &Shape { schema: none, known: Arc::clone(&known), unknown }, messages);
    }
}

/// The rows that `messages` give.
fn read(codec: &dyn Codec, shape: &Shape, messages: &[&[u8]]) -> usize {
    let Ok(mut decoder) = codec.decoder(shape, &Cancel::default()) else { return 0 };
    let mut rows = 0;
    for message in messages {
        rows += usize::from(decoder.decode(message).is_ok());
        assert_eq!(decoder.rows(), rows);
    }
    decoder.decode_null();
    decoder.undo();
    assert_eq!(decoder.finish().expect("a batch of what was read").num_rows(), rows);
    let drift = decoder.drift();
    assert!(drift.unknown.values().all(|field| field.messages <= rows as u64));
    rows
}

/// Columns of every type.
fn known() -> Schema {
    let utc = |unit| DataType::Timestamp(unit, Some("UTC".into()));
    let flat = vec![
        Field::new("a", DataType::Int64, true),
        Field::new("b", DataType::Utf8View, true),
        Field::new("c", DataType::Decimal128(20, 4), true),
        Field::new("d", utc(TimeUnit::Microsecond), true),
        Field::new("e", DataType::Date32, true),
        Field::new("f", DataType::Float64, true),
        Field::new("g", DataType::Binary, true),
        Field::new("h", DataType::Boolean, true),
        Field::new("i", DataType::Time64(TimeUnit::Nanosecond), true),
        Field::new("j", utc(TimeUnit::Nanosecond), true),
        Field::new(WRAPPED, DataType::UInt64, true),
    ];
    let object = DataType::Struct(flat.clone().into());
    let nested =
        vec![Field::new("l", DataType::new_list(object.clone(), true), true), Field::new("s", object, true)];
    Schema::new([flat, nested].concat())
}
