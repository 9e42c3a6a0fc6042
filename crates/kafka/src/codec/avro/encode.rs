//! Defaults of a reader's schema as the bytes that a writer would have sent for them.

use apache_avro::Schema;
use apache_avro::schema::{InnerDecimalSchema, RecordField, UuidSchema};
use serde_json::Value;

use crate::codec::MAX_DEPTH;
use crate::show::avro::{Avro, DEFAULT};

/// The default that a field has, if it has one.
pub(super) fn default_of(field: &RecordField) -> Option<&Value> {
    field.custom_attributes.get(DEFAULT)
}

/// The bytes of the field's default, or why it is none of the field's type.
pub(super) fn default_bytes(avro: &Avro, field: &RecordField, default: &Value) -> Result<Box<[u8]>, String> {
    let mut bytes = Vec::new();
    match encode(avro, &field.schema, default, &mut bytes, MAX_DEPTH) {
        Some(()) => Ok(bytes.into()),
        None => Err(format!("the reader's default {default} is not of the field's type")),
    }
}

fn encode(avro: &Avro, schema: &Schema, value: &Value, out: &mut Vec<u8>, depth: usize) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let schema = avro.target(schema);
    match (schema, value) {
        (Schema::Null, Value::Null) => {}
        (Schema::Boolean, Value::Bool(value)) => out.push(u8::from(*value)),
        (Schema::Int | Schema::Date | Schema::TimeMillis, Value::Number(number)) => {
            let number = i32::try_from(number.as_i64()?).ok()?;
            long(i64::from(number), out);
        }
        (
            Schema::Long
            | Schema::TimeMicros
            | Schema::TimestampMillis
            | Schema::TimestampMicros
            | Schema::TimestampNanos
            | Schema::LocalTimestampMillis
            | Schema::LocalTimestampMicros
            | Schema::LocalTimestampNanos,
            Value::Number(number),
        ) => long(number.as_i64()?, out),
        (Schema::Float, value) => out.extend((float(value)? as f32).to_le_bytes()),
        (Schema::Double, value) => out.extend(float(value)?.to_le_bytes()),
        (Schema::String | Schema::Uuid(UuidSchema::String), Value::String(text)) => {
            block(text.as_bytes(), out);
        }
        (Schema::Bytes | Schema::BigDecimal | Schema::Uuid(UuidSchema::Bytes), Value::String(text)) => {
            block(&bytes(text)?, out);
        }
        (Schema::Decimal(decimal), Value::String(text)) => match &decimal.inner {
            InnerDecimalSchema::Bytes => block(&bytes(text)?, out),
            InnerDecimalSchema::Fixed(fixed) => out.extend(sized(text, fixed.size)?),
        },
        (
            Schema::Fixed(fixed) | Schema::Duration(fixed) | Schema::Uuid(UuidSchema::Fixed(fixed)),
            Value::String(text),
        ) => out.extend(sized(text, fixed.size)?),
        (Schema::Enum(of), Value::String(text)) => {
            long(of.symbols.iter().position(|symbol| symbol == text)? as i64, out);
        }
        (Schema::Array(array), Value::Array(items)) => {
            if !items.is_empty() {
                long(items.len() as i64, out);
                items.iter().try_for_each(|item| encode(avro, &array.items, item, out, depth))?;
            }
            out.push(0);
        }
        (Schema::Map(map), Value::Object(entries)) => {
            if !entries.is_empty() {
                long(entries.len() as i64, out);
                for (key, value) in entries {
                    block(key.as_bytes(), out);
                    encode(avro, &map.types, value, out, depth)?;
                }
            }
            out.push(0);
        }
        (Schema::Record(record), Value::Object(values)) => {
            for field in &record.fields {
                let value = values.get(&field.name).or_else(|| default_of(field))?;
                encode(avro, &field.schema, value, out, depth)?;
            }
        }
        // By the letter it is the first branch; most writers of schemas take any.
        (Schema::Union(union), value) => {
            let start = out.len();
            let taken = union.variants().iter().enumerate().find_map(|(number, branch)| {
                out.truncate(start);
                long(number as i64, out);
                encode(avro, branch, value, out, depth)
            });
            taken?;
        }
        _ => return None,
    }
    Some(())
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => match text.as_str() {
            "NaN" => Some(f64::NAN),
            "Infinity" | "INF" => Some(f64::INFINITY),
            "-Infinity" | "-INF" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

/// The bytes that a schema writes as the characters of these numbers.
fn bytes(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).ok()).collect()
}

fn sized(text: &str, size: usize) -> Option<Vec<u8>> {
    bytes(text).filter(|bytes| bytes.len() == size)
}

fn block(bytes: &[u8], out: &mut Vec<u8>) {
    long(bytes.len() as i64, out);
    out.extend_from_slice(bytes);
}

fn long(number: i64, out: &mut Vec<u8>) {
    let mut left = ((number << 1) ^ (number >> 63)) as u64;
    while left >= 0x80 {
        out.push(left as u8 | 0x80);
        left >>= 7;
    }
    out.push(left as u8);
}
