//! The orders of the bench in each format.

use std::collections::BTreeMap;
use std::sync::Arc;

use flowloom_kafka::codec::{
    Avro, AvroSchemas, Cbor, Codec, Csv, Framing, Json, MessagePack, Protobuf, Raw, Text,
};
use serde_json::Value;

use crate::Outcome;

/// The formats by the names that they have on the command line.
pub(crate) const ALL: [&str; 8] = ["json", "avro", "protobuf", "messagepack", "cbor", "csv", "text", "raw"];

const AVRO: &str = r#"{"type": "record", "name": "Order", "fields": [
    {"name": "order_id", "type": "long"}, {"name": "customer", "type": "string"}, {"name": "amount", "type": "double"},
    {"name": "currency", "type": "string"}, {"name": "status", "type": "string"},
    {"name": "created_at", "type": "string"}, {"name": "items", "type": "long"}, {"name": "priority", "type": "boolean"}
]}"#;

const PROTOBUF: &str = r#"syntax = "proto3"; message Order {
    int64 order_id = 1; string customer = 2; double amount = 3; string currency = 4; string status = 5;
    string created_at = 6; int64 items = 7; bool priority = 8; }"#;

/// What reads the format.
pub(crate) fn codec(format: &str) -> Outcome<Arc<dyn Codec>> {
    Ok(match format {
        "json" => Arc::new(Json),
        "avro" => Arc::new(Avro::new(AvroSchemas::local(AVRO, Framing::Bare))),
        "protobuf" => Arc::new(Protobuf::by_source(PROTOBUF, &BTreeMap::new(), None, Framing::Bare)?),
        "messagepack" => Arc::new(MessagePack),
        "cbor" => Arc::new(Cbor),
        "csv" => Arc::new(Csv {
            names: crate::COLUMNS.iter().map(|(name, _)| (*name).to_owned()).collect(),
            ..Csv::default()
        }),
        "text" => Arc::new(Text),
        "raw" => Arc::new(Raw),
        other => return Err(format!("unknown format: {other}").into()),
    })
}

/// Whether its messages have the bench's columns.
pub(crate) fn has_columns(format: &str) -> bool {
    !matches!(format, "text" | "raw")
}

/// One order, given as JSON, in the format.
pub(crate) fn encode(format: &str, json: &str) -> Outcome<Vec<u8>> {
    if matches!(format, "json" | "text" | "raw") {
        return Ok(json.as_bytes().to_vec());
    }
    let order: Value = serde_json::from_str(json)?;
    let mut out = Vec::with_capacity(128);
    match format {
        "cbor" => ciborium::into_writer(&order, &mut out)?,
        "messagepack" => {
            let fields =
                crate::COLUMNS.iter().map(|(name, _)| (rmpv::Value::from(*name), packed(&order[*name])));
            rmpv::encode::write_value(&mut out, &rmpv::Value::Map(fields.collect()))?;
        }
        "csv" => {
            let fields = crate::COLUMNS.iter().map(|(name, _)| match &order[*name] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            out.extend(fields.collect::<Vec<_>>().join(",").into_bytes());
        }
        "avro" => {
            for (name, _) in &crate::COLUMNS {
                match &order[*name] {
                    Value::String(text) => {
                        varint(&mut out, (text.len() as u64) << 1);
                        out.extend(text.bytes());
                    }
                    Value::Bool(flag) => out.push(u8::from(*flag)),
                    number if *name == "amount" => {
                        out.extend(number.as_f64().unwrap_or_default().to_le_bytes());
                    }
                    number => {
                        let value = number.as_i64().unwrap_or_default();
                        varint(&mut out, ((value << 1) ^ (value >> 63)) as u64);
                    }
                }
            }
        }
        "protobuf" => {
            for (index, (name, _)) in crate::COLUMNS.iter().enumerate() {
                let tag = |wire: u8| ((index as u8 + 1) << 3) | wire;
                match &order[*name] {
                    Value::String(text) => {
                        out.push(tag(2));
                        varint(&mut out, text.len() as u64);
                        out.extend(text.bytes());
                    }
                    Value::Bool(false) => {}
                    Value::Bool(true) => out.extend([tag(0), 1]),
                    number if *name == "amount" => {
                        out.push(tag(1));
                        out.extend(number.as_f64().unwrap_or_default().to_le_bytes());
                    }
                    number => {
                        out.push(tag(0));
                        varint(&mut out, number.as_u64().unwrap_or_default());
                    }
                }
            }
        }
        other => return Err(format!("unknown format: {other}").into()),
    }
    Ok(out)
}

fn packed(value: &Value) -> rmpv::Value {
    match value {
        Value::String(text) => text.as_str().into(),
        Value::Bool(flag) => (*flag).into(),
        number => match number.as_i64() {
            Some(integer) => integer.into(),
            None => number.as_f64().unwrap_or_default().into(),
        },
    }
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
