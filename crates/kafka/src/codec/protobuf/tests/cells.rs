//! Cells of columns, and what a message says they must be, as JSON.

use std::fmt::Write as _;

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use arrow::datatypes::{
    DataType, Fields, Float32Type, Float64Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
    TimestampNanosecondType, UInt32Type, UInt64Type,
};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage as _, Value};
use serde_json::{Map, Value as Json, json};

use crate::show::out::Out;
use crate::show::protobuf;

pub(super) fn row(batch: &RecordBatch, row: usize) -> Json {
    let schema = batch.schema();
    let cells = batch.columns().iter().zip(schema.fields());
    Json::Object(cells.map(|(column, field)| (field.name().clone(), cell(column, row))).collect())
}

pub(super) fn cell(array: &ArrayRef, row: usize) -> Json {
    if array.is_null(row) {
        return Json::Null;
    }
    match array.data_type() {
        DataType::Boolean => json!(array.as_boolean().value(row)),
        DataType::Int32 => json!(array.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => json!(array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt32 => json!(array.as_primitive::<UInt32Type>().value(row)),
        DataType::UInt64 => json!(array.as_primitive::<UInt64Type>().value(row)),
        DataType::Float32 => float(f64::from(array.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8View => json!(array.as_string_view().value(row)),
        DataType::Binary => hex(array.as_binary::<i32>().value(row)),
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

fn float(value: f64) -> Json {
    if value.is_finite() { json!(value) } else { json!(value.to_string()) }
}

fn hex(bytes: &[u8]) -> Json {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").unwrap();
    }
    json!(text)
}

/// Maps have no order.
pub(super) fn sorted(value: Json) -> Json {
    match value {
        Json::Array(items) => {
            let mut items: Vec<_> = items.into_iter().map(sorted).collect();
            let is_entry = |item: &Json| item.as_object().is_some_and(|item| item.contains_key("key"));
            if items.iter().all(is_entry) {
                items.sort_by_key(ToString::to_string);
            }
            Json::Array(items)
        }
        Json::Object(fields) => {
            Json::Object(fields.into_iter().map(|(name, value)| (name, sorted(value))).collect())
        }
        other => other,
    }
}

/// What the columns `fields` must be of `message`.
pub(super) fn expected(message: &DynamicMessage, fields: &Fields) -> Json {
    let mut cells = Map::new();
    for column in fields {
        let field = message.descriptor().get_field_by_name(column.name()).unwrap();
        cells.insert(column.name().clone(), of_field(message, &field, column.data_type()));
    }
    Json::Object(cells)
}

fn of_field(message: &DynamicMessage, field: &FieldDescriptor, column: &DataType) -> Json {
    if field.supports_presence() && !message.has_field(field) {
        return Json::Null;
    }
    match (&*message.get_field(field), column) {
        (Value::List(items), DataType::List(item)) => {
            Json::Array(items.iter().map(|value| single(value, &field.kind(), item.data_type())).collect())
        }
        (Value::Map(entries), DataType::List(item)) => {
            let (DataType::Struct(entry), Kind::Message(of)) = (item.data_type(), field.kind()) else {
                panic!("a map")
            };
            let kind = of.map_entry_value_field().kind();
            let entries = entries.iter().map(|(name, value)| {
                let name = match name {
                    MapKey::Bool(name) => json!(name),
                    MapKey::I32(name) => json!(name),
                    MapKey::String(name) => json!(name),
                    other => panic!("{other:?}"),
                };
                json!({"key": name, "value": single(value, &kind, entry[1].data_type())})
            });
            Json::Array(entries.collect())
        }
        (value, column) => single(value, &field.kind(), column),
    }
}

fn single(value: &Value, kind: &Kind, column: &DataType) -> Json {
    match (value, kind) {
        (Value::Bool(value), _) => json!(value),
        (Value::I32(value), _) => json!(value),
        (Value::I64(value), _) => json!(value),
        (Value::U32(value), _) => json!(value),
        (Value::U64(value), _) => json!(value),
        (Value::F32(value), _) => float(f64::from(*value)),
        (Value::F64(value), _) => float(*value),
        (Value::String(value), _) => json!(value),
        (Value::Bytes(value), _) => hex(value),
        (Value::EnumNumber(number), Kind::Enum(of)) => match of.get_value(*number) {
            Some(value) => json!(value.name()),
            None => json!(number.to_string()),
        },
        (Value::Message(message), Kind::Message(of)) => match (column, of.name()) {
            (DataType::Struct(fields), _) => expected(message, fields),
            (DataType::Timestamp(..), _) => {
                let (seconds, nanos) = moment(message);
                json!(seconds * 1_000_000 + nanos / 1000)
            }
            (DataType::Int64, "Duration") => {
                let (seconds, nanos) = moment(message);
                json!(seconds * 1_000_000_000 + nanos)
            }
            (column, "Int64Value" | "StringValue" | "DoubleValue") => {
                let field = of.get_field(1).unwrap();
                single(&message.get_field(&field), &field.kind(), column)
            }
            _ => {
                let mut out = Out::new(usize::MAX);
                protobuf::message(message, &mut out).unwrap();
                json!(out.finish())
            }
        },
        other => panic!("{other:?}"),
    }
}

fn moment(message: &DynamicMessage) -> (i64, i64) {
    let (seconds, nanos) =
        (message.get_field_by_name("seconds").unwrap(), message.get_field_by_name("nanos").unwrap());
    (seconds.as_i64().unwrap(), i64::from(nanos.as_i32().unwrap()))
}
