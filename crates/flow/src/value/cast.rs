//! Casts that lose nothing silently and mean the same in every Polars.
//!
//! Polars 2 no longer casts text to dates and times, and its own guess of their format takes `01/02/2026`
//! for February. Here text has one format: ISO 8601.

use polars::prelude::{AnyValue, DataType, Expr, Series, StrptimeOptions, lit};
use serde::{Deserialize, Serialize};

use super::code::Code;
use super::dtype::unit_name;
use super::dtype_code::{rust_unit, rust_zone};
use super::{dtype_code, dtype_features, show_dtype};
use crate::form::{Choice, Choices};
use crate::{Problem, Target};

/// What becomes of a value that the new type does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadCast {
    #[default]
    Fail,
    Null,
}

impl Choices for BadCast {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Fail, Choice { key: "fail", label: "Fail" }),
        (Self::Null, Choice { key: "null", label: "Make it null" }),
    ];
}

/// A change of type that Polars can make.
#[derive(Clone, Debug, PartialEq)]
pub struct Cast {
    from: DataType,
    to: DataType,
    strict: bool,
}

const DATE: &str = "%Y-%m-%d";
const TIME: &str = "%H:%M:%S%.f";
const DATETIME: &str = "%Y-%m-%dT%H:%M:%S%.f";
const DATETIME_WITH_OFFSET: &str = "%Y-%m-%dT%H:%M:%S%.f%#z";

impl Cast {
    /// A cast of `column`, or why there is none between these types.
    pub fn new(column: &str, from: &DataType, to: &DataType, bad: BadCast) -> Result<Self, Problem> {
        let cast = Self { from: from.clone(), to: to.clone(), strict: bad == BadCast::Fail };
        if cast.format().is_some() || from == to || is_possible(from, to) {
            return Ok(cast);
        }
        let hint = match (from, to) {
            (DataType::String, DataType::Boolean) => format!("use a formula, like `{column} = 'true'`"),
            _ => "use a formula that computes it".to_owned(),
        };
        Err(Problem::user(format!(
            "column `{column}` is {} and cannot become {}",
            show_dtype(from),
            show_dtype(to)
        ))
        .hint(hint))
    }

    /// Whether the types differ at all.
    pub fn is_needed(&self) -> bool {
        self.from != self.to
    }

    pub fn expr(&self, column: Expr) -> Expr {
        let Some(format) = self.format() else {
            return match (self.from == self.to, self.strict) {
                (true, _) => column,
                (false, true) => column.strict_cast(self.to.clone()),
                (false, false) => column.cast(self.to.clone()),
            };
        };
        let options = StrptimeOptions {
            format: Some(format.into()),
            strict: self.strict,
            ..StrptimeOptions::default()
        };
        match &self.to {
            DataType::Datetime(unit, zone) => column
                .str()
                .replace(lit(" "), lit("T"), true)
                .str()
                .to_datetime(Some(*unit), zone.clone(), options, lit("raise")),
            DataType::Time => column.str().to_time(options),
            _ => column.str().to_date(options),
        }
    }

    /// The same cast of `column` in an exported program.
    pub fn code(&self, column: &Code, target: Target) -> Code {
        let operand = column.operand();
        let call = match (self.format(), target) {
            (None, _) if self.from == self.to => return column.clone(),
            (None, Target::Python) => {
                let strict = if self.strict { "" } else { ", strict=False" };
                format!(".cast({}{strict})", dtype_code(&self.to, target))
            }
            (None, Target::Rust) => {
                let cast = if self.strict { "strict_cast" } else { "cast" };
                format!(".{cast}({})", dtype_code(&self.to, target))
            }
            (Some(format), Target::Python) => self.python_parse(format),
            (Some(format), Target::Rust) => self.rust_parse(format),
        };
        let code = column.clone().text(format!("{operand}{call}"));
        let code = dtype_features(&self.to).into_iter().fold(code, Code::feature);
        if self.format().is_some() { code.feature("strings").feature("temporal") } else { code }
    }

    fn python_parse(&self, format: &str) -> String {
        let strict = if self.strict { "" } else { ", strict=False" };
        match &self.to {
            DataType::Datetime(unit, zone) => {
                let unit = unit_name(*unit);
                let zone = zone.as_ref().map(|zone| format!(", time_zone=\"{zone}\"")).unwrap_or_default();
                format!(
                    ".str.replace(\" \", \"T\", literal=True)\
                     .str.to_datetime(\"{format}\", time_unit=\"{unit}\"{zone}{strict})"
                )
            }
            DataType::Time => format!(".str.to_time(\"{format}\"{strict})"),
            _ => format!(".str.to_date(\"{format}\"{strict})"),
        }
    }

    fn rust_parse(&self, format: &str) -> String {
        let strict = if self.strict { "" } else { "strict: false, " };
        let options =
            format!("StrptimeOptions {{ format: Some(\"{format}\".into()), {strict}..Default::default() }}");
        match &self.to {
            DataType::Datetime(unit, zone) => format!(
                ".str().replace(lit(\" \"), lit(\"T\"), true)\
                 .str().to_datetime(Some({}), {}, {options}, lit(\"raise\"))",
                rust_unit(*unit),
                rust_zone(zone.as_ref())
            ),
            DataType::Time => format!(".str().to_time({options})"),
            _ => format!(".str().to_date({options})"),
        }
    }

    /// How text is read, where Polars does not cast it.
    fn format(&self) -> Option<&'static str> {
        match (&self.from, &self.to) {
            (DataType::String, DataType::Date) => Some(DATE),
            (DataType::String, DataType::Time) => Some(TIME),
            (DataType::String, DataType::Datetime(_, None)) => Some(DATETIME),
            (DataType::String, DataType::Datetime(_, Some(_))) => Some(DATETIME_WITH_OFFSET),
            _ => None,
        }
    }
}

/// Tried on one value: some casts are only refused when there is one.
fn is_possible(from: &DataType, to: &DataType) -> bool {
    let sample = [AnyValue::default_value(from, false, 1)];
    Series::from_any_values_and_dtype("".into(), &sample, from, false)
        .and_then(|sample| sample.cast(to))
        .is_ok_and(|cast| cast.dtype() == to)
}

#[cfg(test)]
mod tests {
    use polars::prelude::{Column, DataFrame, Engine, IntoLazy as _, TimeZone, col};

    use super::*;
    use crate::value::parse_dtype;

    /// `text` cast to `to` by both engines; every value as Polars prints it, or what went wrong.
    fn cast(text: &[Option<&str>], to: &str, bad: BadCast) -> Result<Vec<String>, String> {
        let cast = Cast::new("x", &DataType::String, &parse_dtype(to).unwrap(), bad).unwrap();
        let frame = DataFrame::new_infer_height(vec![Column::new("x".into(), text)]).unwrap().lazy();
        let plan = frame.select([cast.expr(col("x"))]);
        let run = |engine| {
            let rows = plan.clone().collect_with_engine(engine).map_err(|error| error.to_string())?;
            let rows = rows.unwrap_single();
            assert_eq!(show_dtype(rows.column("x").unwrap().dtype()), to);
            Ok(rows.column("x").unwrap().as_materialized_series().iter().map(|v| v.to_string()).collect())
        };
        let (memory, streaming): (Result<Vec<_>, String>, Result<Vec<_>, String>) =
            (run(Engine::InMemory), run(Engine::Streaming));
        assert_eq!(memory.as_ref().ok(), streaming.as_ref().ok());
        memory
    }

    #[test]
    fn text_becomes_dates_and_times_by_one_format() {
        let iso = [Some("2026-01-31T10:30:05.5"), Some("2026-01-31 10:30:05"), None];
        assert_eq!(
            cast(&iso, "Datetime(us)", BadCast::Fail).unwrap(),
            ["2026-01-31 10:30:05.500", "2026-01-31 10:30:05", "null"]
        );
        let offsets = [Some("2026-01-31T10:30:05Z"), Some("2026-01-31 10:30:05.250+02:00")];
        assert_eq!(
            cast(&offsets, "Datetime(ms, Europe/Berlin)", BadCast::Fail).unwrap(),
            ["2026-01-31 11:30:05 CET", "2026-01-31 09:30:05.250 CET"]
        );
        assert_eq!(cast(&[Some("2026-01-31"), None], "Date", BadCast::Fail).unwrap(), ["2026-01-31", "null"]);
        assert_eq!(cast(&[Some("10:30:05")], "Time", BadCast::Fail).unwrap(), ["10:30:05"]);
        assert!(cast(&[], "Datetime(us, UTC)", BadCast::Fail).unwrap().is_empty());
    }

    #[test]
    fn what_does_not_fit_fails_or_becomes_null() {
        for (text, to) in [
            ("01/02/2026", "Date"),
            ("2026-01-31T10:30:05", "Datetime(us, UTC)"),
            ("2026-01-31T10:30:05Z", "Datetime(us)"),
            ("ten", "Time"),
            ("1.5", "Int64"),
            ("300", "UInt8"),
        ] {
            let told = cast(&[Some(text)], to, BadCast::Fail).unwrap_err();
            assert!(told.contains(text), "{told}");
            assert_eq!(cast(&[Some(text)], to, BadCast::Null).unwrap(), ["null"]);
        }
    }

    #[test]
    fn an_impossible_cast_is_refused_before_any_row() {
        let told = |from: &str, to: &str| {
            let (from, to) = (parse_dtype(from).unwrap(), parse_dtype(to).unwrap());
            Cast::new("x", &from, &to, BadCast::Fail).map_err(|problem| problem.to_string())
        };
        assert_eq!(
            told("String", "Boolean").unwrap_err(),
            "column `x` is String and cannot become Boolean; use a formula, like `x = 'true'`"
        );
        assert!(told("List(Int64)", "Int64").is_err());
        assert!(told("List(Int64)", "List(Float64)").is_ok());
        assert!(told("Date", "Datetime(us)").is_ok());
        assert!(told("Decimal(10, 2)", "Float64").is_ok());
    }

    #[test]
    fn code_says_the_same() {
        let zone = TimeZone::opt_try_new(Some("Europe/Berlin")).unwrap();
        let code = |to: DataType, bad, target, column: &str| {
            Cast::new("x", &DataType::String, &to, bad).unwrap().code(&Code::new(column), target)
        };
        let at = DataType::Datetime(polars::prelude::TimeUnit::Microseconds, zone);
        assert_eq!(
            code(at.clone(), BadCast::Null, Target::Python, "pl.col(\"x\")").text,
            "pl.col(\"x\").str.replace(\" \", \"T\", literal=True)\
             .str.to_datetime(\"%Y-%m-%dT%H:%M:%S%.f%#z\", time_unit=\"us\", time_zone=\"Europe/Berlin\", strict=False)"
        );
        let rust = code(at, BadCast::Fail, Target::Rust, "col(\"x\")");
        assert_eq!(
            rust.text,
            "col(\"x\").str().replace(lit(\" \"), lit(\"T\"), true)\
             .str().to_datetime(Some(TimeUnit::Microseconds), TimeZone::opt_try_new(Some(\"Europe/Berlin\"))?, \
             StrptimeOptions { format: Some(\"%Y-%m-%dT%H:%M:%S%.f%#z\".into()), ..Default::default() }, lit(\"raise\"))"
        );
        assert_eq!(
            rust.features.into_iter().collect::<Vec<_>>(),
            ["dtype-datetime", "strings", "temporal", "timezones"]
        );
        assert_eq!(
            code(DataType::Int64, BadCast::Fail, Target::Rust, "col(\"x\")").text,
            "col(\"x\").strict_cast(DataType::Int64)"
        );
        assert_eq!(
            code(DataType::Int64, BadCast::Null, Target::Python, "pl.col(\"x\")").text,
            "pl.col(\"x\").cast(pl.Int64, strict=False)"
        );
    }
}
