//! Literals in the languages of exported programs.

use std::collections::BTreeSet;

use chrono::{Datelike as _, NaiveTime, Timelike as _};
use polars::prelude::DataType;

use super::{Literal, Typed, python_string, rust_string};
use crate::Target;
use crate::value::code::Code;
use crate::value::{dtype_code, dtype_features};

impl Literal {
    /// An operand to compare a column with: `100`, `lit(100)`, `date(2026, 1, 31)`.
    pub fn code(&self, target: Target) -> Code {
        match (target, &self.value) {
            (Target::Python, Typed::Float(value)) if value.fract() == 0.0 && value.abs() < 1e15 => {
                Code::new(format!("{value:.0}"))
            }
            (Target::Python, _) => self.element(target),
            (Target::Rust, Typed::Null) => Code::new("lit(NULL)"),
            (Target::Rust, _) => rust_literal(self, self.element(target)),
        }
    }

    /// The plain value inside a list or a table: `100`, `"paid"`, `date(2026, 1, 31)`.
    ///
    /// Rust has no values for dates, times, decimals and durations: there it is their text, or their number
    /// in the column's unit, see [`Literal::list`].
    pub fn element(&self, target: Target) -> Code {
        match target {
            Target::Python => self.python_element(),
            Target::Rust => Code::new(self.rust_element()),
        }
    }

    /// What `is_in` takes, of the type of the first.
    pub fn list(literals: &[Self], target: Target) -> Code {
        let elements: Vec<Code> = literals.iter().map(|each| each.element(target)).collect();
        let texts: Vec<&str> = elements.iter().map(|each| each.text.as_str()).collect();
        let mut texts = texts.join(", ");
        let first = literals.first();
        let list = match (target, first.map(Self::dtype)) {
            (Target::Python, Some(DataType::Float32)) => {
                Code::new(format!("pl.Series([{texts}], dtype=pl.Float32).implode()"))
            }
            (Target::Python, _) => Code::new(format!("[{texts}]")),
            (Target::Rust, dtype) => {
                if let (Some(suffix), Some(first)) = (dtype.and_then(suffix), elements.first()) {
                    let plain = first.text.trim_end_matches(suffix);
                    texts = format!("{plain}{suffix}{}", &texts[first.text.len()..]);
                }
                let list = Code::new(format!("Series::from_iter([{texts}])"));
                let typed = match first {
                    Some(first) => rust_literal(first, list),
                    None => list,
                };
                let text = format!("{}.implode(true)", typed.text);
                typed.text(text)
            }
        };
        elements.iter().fold(list, Code::with)
    }

    /// The instant of a datetime with a time zone, as ISO 8601 in UTC: `2026-01-31T09:30:00Z`.
    pub fn utc_text(&self) -> Option<String> {
        match (&self.value, &self.dtype) {
            (Typed::Datetime { utc, .. }, DataType::Datetime(_, Some(_))) => {
                Some(utc.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string())
            }
            _ => None,
        }
    }

    fn python_element(&self) -> Code {
        match &self.value {
            Typed::Null => Code::new("None"),
            Typed::Bool(true) => Code::new("True"),
            Typed::Bool(false) => Code::new("False"),
            Typed::Int(value) => Code::new(value.to_string()),
            Typed::Float(value) => Code::new(format!("{value:?}")),
            Typed::Text(text) => Code::new(python_string(text)),
            Typed::Decimal(_) => Code::new(format!("Decimal({})", python_string(&self.digits())))
                .import("from decimal import Decimal"),
            Typed::Date(date) => {
                Code::new(format!("date({}, {}, {})", date.year(), date.month(), date.day()))
                    .import("from datetime import date")
            }
            Typed::Datetime { local, .. } => {
                let mut parts =
                    vec![local.year().to_string(), local.month().to_string(), local.day().to_string()];
                if local.time() != NaiveTime::MIN {
                    parts.extend(clock(local.time()));
                }
                let mut code = Code::default().import("from datetime import datetime");
                match &self.dtype {
                    DataType::Datetime(_, Some(zone)) if zone.as_str() == "UTC" => {
                        parts.push("tzinfo=timezone.utc".to_owned());
                        code = code.import("from datetime import timezone");
                    }
                    DataType::Datetime(_, Some(zone)) => {
                        parts.push(format!("tzinfo=ZoneInfo({})", python_string(zone.as_str())));
                        code = code.import("from zoneinfo import ZoneInfo");
                    }
                    _ => {}
                }
                code.text(format!("datetime({})", parts.join(", ")))
            }
            Typed::Time(time) => {
                Code::new(format!("time({})", clock(*time).join(", "))).import("from datetime import time")
            }
            Typed::Duration(nanos) => Code::new(timedelta(*nanos)).import("from datetime import timedelta"),
        }
    }

    fn rust_element(&self) -> String {
        match &self.value {
            Typed::Null => "None".to_owned(),
            Typed::Bool(value) => value.to_string(),
            Typed::Int(value) if i32::try_from(*value).is_ok() => value.to_string(),
            Typed::Int(value) if *value > i128::from(i64::MAX) => format!("{value}u64"),
            Typed::Int(value) if self.dtype == DataType::UInt64 => format!("{value}u64"),
            Typed::Int(value) if self.dtype == DataType::UInt32 => format!("{value}u32"),
            Typed::Int(value) => format!("{value}i64"),
            Typed::Float(value) => format!("{value:?}"),
            Typed::Text(text) => rust_string(text),
            Typed::Decimal(_) => rust_string(&self.digits()),
            Typed::Date(date) => rust_string(&date.to_string()),
            Typed::Datetime { local, .. } => rust_string(&local.to_string()),
            Typed::Time(time) => rust_string(&time.to_string()),
            Typed::Duration(nanos) => match &self.dtype {
                DataType::Duration(unit) => format!("{}i64", i128::from(*nanos) / super::per_unit(*unit)),
                _ => format!("{nanos}i64"),
            },
        }
    }

    /// A decimal with its point.
    fn digits(&self) -> String {
        let (Typed::Decimal(value), DataType::Decimal(_, scale)) = (&self.value, &self.dtype) else {
            return String::new();
        };
        let sign = if *value < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let point = if *scale > 0 { "." } else { "" };
        format!("{sign}{whole}{point}{fraction}")
    }
}

/// `lit(element)`, turned into the type of `literal` where Rust's own types cannot say it.
fn rust_literal(literal: &Literal, element: Code) -> Code {
    const PARSED: [&str; 2] = ["strings", "temporal"];
    let dtype = &literal.dtype;
    let (suffix, features): (String, &[&'static str]) = match dtype {
        DataType::Decimal(..) | DataType::Duration(_) => {
            (format!(".cast({})", dtype_code(dtype, Target::Rust)), &[])
        }
        DataType::Date => (".str().to_date(StrptimeOptions::default())".to_owned(), &PARSED),
        DataType::Time => (".str().to_time(StrptimeOptions::default())".to_owned(), &PARSED),
        DataType::Datetime(unit, zone) => {
            let zone = match zone.as_ref().map(|zone| zone.as_str()) {
                None => "None".to_owned(),
                Some("UTC") => "Some(TimeZone::UTC)".to_owned(),
                Some(name) => format!("TimeZone::opt_try_new(Some({}))?", rust_string(name)),
            };
            let arguments =
                format!("Some(TimeUnit::{unit:?}), {zone}, StrptimeOptions::default(), lit(\"raise\")");
            (format!(".str().to_datetime({arguments})"), &PARSED)
        }
        _ => (String::new(), &[]),
    };
    let text = format!("lit({}){suffix}", element.text);
    let code = element.text(text);
    let typed = if suffix.is_empty() { BTreeSet::new() } else { dtype_features(dtype) };
    features.iter().copied().chain(typed).fold(code, Code::feature)
}

/// The suffix that gives a list of numbers its type.
fn suffix(dtype: &DataType) -> Option<&'static str> {
    Some(match dtype {
        DataType::Int8 => "i8",
        DataType::Int16 => "i16",
        DataType::Int64 | DataType::Duration(_) => "i64",
        DataType::UInt8 => "u8",
        DataType::UInt16 => "u16",
        DataType::UInt32 => "u32",
        DataType::UInt64 => "u64",
        DataType::Float32 => "f32",
        _ => return None,
    })
}

/// Hour and minute, and what is not zero behind them.
fn clock(time: NaiveTime) -> Vec<String> {
    let micros = time.nanosecond() / 1_000;
    let mut parts = vec![time.hour(), time.minute()];
    if time.second() > 0 || micros > 0 {
        parts.push(time.second());
    }
    if micros > 0 {
        parts.push(micros);
    }
    parts.into_iter().map(|part| part.to_string()).collect()
}

fn timedelta(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let mut rest = nanos.unsigned_abs() / 1_000;
    let mut parts = Vec::new();
    let units: [(&str, u64); 5] = [
        ("days", 86_400_000_000),
        ("hours", 3_600_000_000),
        ("minutes", 60_000_000),
        ("seconds", 1_000_000),
        ("microseconds", 1),
    ];
    for (name, unit) in units {
        if rest >= unit {
            parts.push(format!("{name}={}", rest / unit));
            rest %= unit;
        }
    }
    format!("{sign}timedelta({})", parts.join(", "))
}
