//! Data types in the languages of exported programs.

use std::collections::BTreeSet;

use polars::prelude::{DataType, TimeUnit, TimeZone};

use super::code::{python_string, rust_string};
use super::dtype::{plain_name, unit_name};
use crate::Target;

/// `dtype` in the target's language: `pl.List(pl.Int64)`, `DataType::List(Box::new(DataType::Int64))`.
///
/// Python needs `import polars as pl`, Rust `use polars::prelude::*;` and [`dtype_features`].
pub fn dtype_code(dtype: &DataType, target: Target) -> String {
    match target {
        Target::Python => python(dtype),
        Target::Rust => rust(dtype),
    }
}

/// Features of the Rust crate `polars` without which `dtype` does not exist.
pub fn dtype_features(dtype: &DataType) -> BTreeSet<&'static str> {
    let mut features = BTreeSet::new();
    collect_features(dtype, &mut features);
    features
}

fn python(dtype: &DataType) -> String {
    match dtype {
        DataType::Datetime(unit, None) => format!("pl.Datetime(\"{}\")", unit_name(*unit)),
        DataType::Datetime(unit, Some(zone)) => format!("pl.Datetime(\"{}\", \"{zone}\")", unit_name(*unit)),
        DataType::Duration(unit) => format!("pl.Duration(\"{}\")", unit_name(*unit)),
        DataType::Decimal(precision, scale) => format!("pl.Decimal({precision}, {scale})"),
        DataType::List(inner) => format!("pl.List({})", python(inner)),
        DataType::Array(inner, width) => format!("pl.Array({}, {width})", python(inner)),
        DataType::Struct(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|field| format!("{}: {}", python_string(&field.name), python(&field.dtype)))
                .collect();
            format!("pl.Struct({{{}}})", fields.join(", "))
        }
        _ => format!("pl.{}", plain_name(dtype)),
    }
}

/// `TimeUnit::Microseconds`.
pub(super) fn rust_unit(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Milliseconds => "TimeUnit::Milliseconds",
        TimeUnit::Microseconds => "TimeUnit::Microseconds",
        TimeUnit::Nanoseconds => "TimeUnit::Nanoseconds",
    }
}

/// A time zone as `Option<TimeZone>`.
pub(super) fn rust_zone(zone: Option<&TimeZone>) -> String {
    match zone {
        None => "None".to_owned(),
        Some(zone) if *zone == TimeZone::UTC => "Some(TimeZone::UTC)".to_owned(),
        Some(zone) => format!("TimeZone::opt_try_new(Some(\"{zone}\"))?"),
    }
}

fn rust(dtype: &DataType) -> String {
    match dtype {
        DataType::Datetime(unit, zone) => {
            format!("DataType::Datetime({}, {})", rust_unit(*unit), rust_zone(zone.as_ref()))
        }
        DataType::Duration(unit) => format!("DataType::Duration({})", rust_unit(*unit)),
        DataType::Decimal(precision, scale) => format!("DataType::Decimal({precision}, {scale})"),
        DataType::List(inner) => format!("DataType::List(Box::new({}))", rust(inner)),
        DataType::Array(inner, width) => format!("DataType::Array(Box::new({}), {width})", rust(inner)),
        DataType::Struct(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|field| {
                    format!("Field::new({}.into(), {})", rust_string(&field.name), rust(&field.dtype))
                })
                .collect();
            format!("DataType::Struct(vec![{}])", fields.join(", "))
        }
        _ => format!("DataType::{}", plain_name(dtype)),
    }
}

fn collect_features(dtype: &DataType, features: &mut BTreeSet<&'static str>) {
    let needed: &[&'static str] = match dtype {
        DataType::Int8 => &["dtype-i8"],
        DataType::Int16 => &["dtype-i16"],
        DataType::UInt8 => &["dtype-u8"],
        DataType::UInt16 => &["dtype-u16"],
        DataType::Date => &["dtype-date"],
        DataType::Time => &["dtype-time"],
        DataType::Duration(_) => &["dtype-duration"],
        // Polars groups and joins decimals as 128-bit unsigned integers.
        DataType::Decimal(..) => &["dtype-decimal", "dtype-u128"],
        DataType::Datetime(_, None) => &["dtype-datetime"],
        DataType::Datetime(_, Some(_)) => &["dtype-datetime", "timezones"],
        DataType::Array(..) => &["dtype-array"],
        DataType::Struct(_) => &["dtype-struct"],
        _ => &[],
    };
    features.extend(needed);
    match dtype {
        DataType::List(inner) | DataType::Array(inner, _) => collect_features(inner, features),
        DataType::Struct(fields) => {
            for field in fields {
                collect_features(&field.dtype, features);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::parse_dtype;

    #[test]
    fn a_type_is_written_for_each_target() {
        let dtype = parse_dtype(
            "Struct{at: Datetime(us, UTC), there: Datetime(ms, Europe/Berlin), \"ä b\": List(Decimal(10, 2)), n: UInt8, d: Date}",
        )
        .unwrap();
        assert_eq!(
            dtype_code(&dtype, Target::Python),
            "pl.Struct({\"at\": pl.Datetime(\"us\", \"UTC\"), \"there\": pl.Datetime(\"ms\", \"Europe/Berlin\"), \
             \"ä b\": pl.List(pl.Decimal(10, 2)), \"n\": pl.UInt8, \"d\": pl.Date})"
        );
        assert_eq!(
            dtype_code(&dtype, Target::Rust),
            "DataType::Struct(vec![\
             Field::new(\"at\".into(), DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))), \
             Field::new(\"there\".into(), DataType::Datetime(TimeUnit::Milliseconds, TimeZone::opt_try_new(Some(\"Europe/Berlin\"))?)), \
             Field::new(\"ä b\".into(), DataType::List(Box::new(DataType::Decimal(10, 2)))), \
             Field::new(\"n\".into(), DataType::UInt8), Field::new(\"d\".into(), DataType::Date)])"
        );
        assert_eq!(
            dtype_features(&dtype).into_iter().collect::<Vec<_>>(),
            [
                "dtype-date",
                "dtype-datetime",
                "dtype-decimal",
                "dtype-struct",
                "dtype-u128",
                "dtype-u8",
                "timezones"
            ]
        );
    }
}
