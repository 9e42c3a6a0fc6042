//! Rows as JSON, whatever their types.

use polars::prelude::{AnyValue, DataFrame};
use serde_json::{Map, Value};

/// One object for each row, in column order. Bytes are text where they are UTF-8, else `0x` and hex digits;
/// what JSON has no type for is text as Polars shows it.
pub(crate) fn rows(frame: &DataFrame) -> Vec<Value> {
    (0..frame.height())
        .map(|row| {
            let cells = frame.columns().iter().map(|column| {
                let cell = column.get(row).map_or(Value::Null, |cell| value(&cell));
                (column.name().to_string(), cell)
            });
            Value::Object(cells.collect())
        })
        .collect()
}

fn value(cell: &AnyValue<'_>) -> Value {
    match cell {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(value) => Value::from(*value),
        AnyValue::Int8(value) => Value::from(*value),
        AnyValue::Int16(value) => Value::from(*value),
        AnyValue::Int32(value) => Value::from(*value),
        AnyValue::Int64(value) => Value::from(*value),
        AnyValue::UInt8(value) => Value::from(*value),
        AnyValue::UInt16(value) => Value::from(*value),
        AnyValue::UInt32(value) => Value::from(*value),
        AnyValue::UInt64(value) => Value::from(*value),
        AnyValue::Float32(value) => number(f64::from(*value)),
        AnyValue::Float64(value) => number(*value),
        AnyValue::String(text) => Value::from(*text),
        AnyValue::StringOwned(text) => Value::from(text.as_str()),
        AnyValue::Binary(bytes) => Value::from(readable(bytes)),
        AnyValue::BinaryOwned(bytes) => Value::from(readable(bytes)),
        AnyValue::List(items) => items.iter().map(|item| value(&item)).collect(),
        AnyValue::Struct(..) | AnyValue::StructOwned(_) => object(cell),
        other => Value::from(other.str_value().into_owned()),
    }
}

/// JSON has neither infinities nor NaN: they are text.
fn number(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or_else(|| Value::from(value.to_string()), Value::Number)
}

fn object(cell: &AnyValue<'_>) -> Value {
    let fields: Map<String, Value> = match cell {
        AnyValue::Struct(_, _, fields) => {
            let values = cell._iter_struct_av();
            fields.iter().zip(values).map(|(field, item)| (field.name().to_string(), value(&item))).collect()
        }
        AnyValue::StructOwned(owned) => {
            let (values, fields) = &**owned;
            fields.iter().zip(values).map(|(field, item)| (field.name().to_string(), value(item))).collect()
        }
        _ => Map::new(),
    };
    Value::Object(fields)
}

fn readable(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().fold("0x".to_owned(), |hex, byte| format!("{hex}{byte:02x}")),
    }
}

#[cfg(test)]
mod tests {
    use polars::df;
    use polars::prelude::IntoLazy as _;
    use polars::prelude::{as_struct, col};
    use serde_json::json;

    use super::*;

    #[test]
    fn every_cell_has_its_json() {
        let frame = df!(
            "n" => [Some(1_i64), None],
            "x" => [0.5, f64::NAN],
            "bytes" => [&b"text"[..], &b"\xff\x00"[..]],
        )
        .expect("frame");
        let frame = frame
            .lazy()
            .with_column(as_struct(vec![col("n"), col("x")]).alias("both"))
            .collect()
            .expect("collected");
        assert_eq!(
            Value::from(rows(&frame)),
            json!([
                {"n": 1, "x": 0.5, "bytes": "text", "both": {"n": 1, "x": 0.5}},
                {"n": null, "x": "NaN", "bytes": "0xff00", "both": {"n": null, "x": "NaN"}},
            ])
        );
    }
}
