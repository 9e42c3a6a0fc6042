//! What a value becomes, as text, as data and as code; the Rust code's own calls are made here too.

use polars::prelude::*;
use serde_json::{Value as Json, json};

use super::Literal;
use crate::Target;

fn parse(json: &Json, dtype: &DataType) -> Literal {
    Literal::parse(json, dtype, "x").expect("the value fits")
}

fn refusal(json: &Json, dtype: &DataType) -> String {
    Literal::parse(json, dtype, "x").expect_err("the value does not fit").message
}

fn written(json: &Json, dtype: &DataType) -> [String; 2] {
    let literal = parse(json, dtype);
    [literal.code(Target::Python).text, literal.code(Target::Rust).text]
}

fn eval(expr: Expr) -> AnyValue<'static> {
    let frame =
        df!["row" => [1]].expect("a frame").lazy().select([expr.alias("x")]).collect().expect("a value");
    frame.column("x").expect("x").get(0).expect("one row").into_static()
}

const US: TimeUnit = TimeUnit::Microseconds;

#[test]
fn a_value_that_does_not_fit_is_refused_with_its_column_and_type() {
    let float = DataType::Float64;
    assert_eq!(refusal(&json!("abc"), &float), "`abc` is not a number; column `x` is Float64");
    assert_eq!(refusal(&json!(true), &float), "`true` is not a number; column `x` is Float64");
    assert!(refusal(&json!("inf"), &float).starts_with("`inf` is not a number"));
    assert!(refusal(&json!(1.5), &DataType::Int64).starts_with("`1.5` is not a whole number"));
    assert!(refusal(&json!(300), &DataType::UInt8).starts_with("`300` is not between 0 and 255"));
    assert!(refusal(&json!(5), &DataType::String).starts_with("`5` is not text: put it in quotes"));
    assert!(refusal(&json!(1), &DataType::Boolean).starts_with("`1` is not true or false"));
    assert!(refusal(&json!("2026-02-30"), &DataType::Date).starts_with("`2026-02-30` is not a date"));
    assert!(
        refusal(&json!("1.234"), &DataType::Decimal(10, 2)).contains("more than 2 digits after the point")
    );
    assert!(refusal(&json!("123456"), &DataType::Decimal(4, 0)).contains("more than 4 digits"));
    assert!(refusal(&json!("5"), &DataType::Duration(US)).contains("is not a duration like 1h30m"));
    assert!(refusal(&json!("1ns"), &DataType::Duration(US)).contains("finer than a microsecond"));
    assert!(refusal(&json!("x"), &DataType::List(Box::new(float))).contains("cannot be typed in"));
}

#[test]
fn the_clock_of_a_time_zone_is_kept_and_its_gaps_are_refused() {
    let berlin = DataType::Datetime(US, TimeZone::opt_try_new(Some("Europe/Berlin")).expect("a zone"));
    let utc = DataType::Datetime(US, Some(TimeZone::UTC));
    let at = |json: Json, dtype: &DataType| parse(&json, dtype).any_value().extract::<i64>();
    assert_eq!(at(json!("2026-07-01 12:00:00"), &berlin), at(json!("2026-07-01T12:00:00+02:00"), &utc));
    assert!(refusal(&json!("2026-03-29 02:30"), &berlin).contains("never happened"));
    assert!(refusal(&json!("2026-10-25 02:30"), &berlin).contains("happened twice"));
    assert!(refusal(&json!("2026-01-01T00:00:00Z"), &berlin).contains("write the column's local time"));
    assert!(refusal(&json!("2026-01-01T00:00:00Z"), &DataType::Datetime(US, None)).contains("no time zone"));
}

#[test]
fn each_type_is_written_in_both_languages() {
    let cases = [
        (json!(100), DataType::Int64, "100", "lit(100)"),
        (json!("-5"), DataType::Int8, "-5", "lit(-5)"),
        (json!(3_000_000_000_u64), DataType::Int64, "3000000000", "lit(3000000000i64)"),
        (json!(u64::MAX), DataType::UInt64, "18446744073709551615", "lit(18446744073709551615u64)"),
        (json!(100), DataType::Float64, "100", "lit(100.0)"),
        (json!(0.1), DataType::Float32, "0.1", "lit(0.1)"),
        (json!("say \"hi\""), DataType::String, r#"'say "hi"'"#, r#"lit("say \"hi\"")"#),
        (json!(true), DataType::Boolean, "True", "lit(true)"),
        (Json::Null, DataType::Int64, "None", "lit(NULL)"),
        (
            json!("-0.5"),
            DataType::Decimal(10, 2),
            r#"Decimal("-0.50")"#,
            r#"lit("-0.50").cast(DataType::Decimal(10, 2))"#,
        ),
        (
            json!("2026-01-31"),
            DataType::Date,
            "date(2026, 1, 31)",
            r#"lit("2026-01-31").str().to_date(StrptimeOptions::default())"#,
        ),
        (
            json!("2026-01-31T10:00:00Z"),
            DataType::Datetime(US, Some(TimeZone::UTC)),
            "datetime(2026, 1, 31, 10, 0, tzinfo=timezone.utc)",
            r#"lit("2026-01-31 10:00:00").str().to_datetime(Some(TimeUnit::Microseconds), Some(TimeZone::UTC), StrptimeOptions::default(), lit("raise"))"#,
        ),
        (
            json!("10:30"),
            DataType::Time,
            "time(10, 30)",
            r#"lit("10:30:00").str().to_time(StrptimeOptions::default())"#,
        ),
        (
            json!("-1h30m"),
            DataType::Duration(TimeUnit::Milliseconds),
            "-timedelta(hours=1, minutes=30)",
            "lit(-5400000i64).cast(DataType::Duration(TimeUnit::Milliseconds))",
        ),
    ];
    for (json, dtype, python, rust) in cases {
        assert_eq!(written(&json, &dtype), [python, rust]);
    }
}

#[test]
fn the_expression_has_the_type_of_the_column_and_the_value_of_the_code() {
    let same = |json: Json, code: Expr, dtype: DataType| {
        let literal = parse(&json, &dtype);
        assert_eq!(literal.any_value().dtype(), dtype);
        assert_eq!(eval(literal.expr()), eval(code), "{dtype}");
    };
    same(json!("-0.5"), lit("-0.50").cast(DataType::Decimal(10, 2)), DataType::Decimal(10, 2));
    let date = lit("2026-01-31").str().to_date(StrptimeOptions::default());
    same(json!("2026-01-31"), date, DataType::Date);
    let time = lit("10:30:00").str().to_time(StrptimeOptions::default());
    same(json!("10:30"), time, DataType::Time);
    let duration = DataType::Duration(TimeUnit::Milliseconds);
    same(json!("-1h30m"), lit(-5_400_000_i64).cast(duration.clone()), duration);
    for zone in [None, Some("UTC"), Some("Europe/Berlin")] {
        for (json, text) in [
            (json!("2026-07-01 12:00"), "2026-07-01 12:00:00"),
            (json!("2026-07-01T12:00:00.25"), "2026-07-01 12:00:00.250"),
        ] {
            let zone = TimeZone::opt_try_new(zone).expect("a zone");
            let code =
                lit(text).str().to_datetime(Some(US), zone.clone(), StrptimeOptions::default(), lit("raise"));
            assert_eq!(
                parse(&json, &DataType::Datetime(US, zone.clone())).element(Target::Rust).text,
                format!("\"{text}\"")
            );
            same(json, code, DataType::Datetime(US, zone));
        }
    }
}

#[test]
fn a_list_has_the_type_of_the_column() {
    let list = |values: &[Json], dtype: DataType| {
        let literals: Vec<Literal> = values.iter().map(|json| parse(json, &dtype)).collect();
        [Literal::list(&literals, Target::Python).text, Literal::list(&literals, Target::Rust).text]
    };
    assert_eq!(
        list(&[json!("x"), json!("y")], DataType::String),
        [r#"["x", "y"]"#, r#"lit(Series::from_iter(["x", "y"])).implode(true)"#]
    );
    assert_eq!(
        list(&[json!(1), json!(2)], DataType::Int64),
        ["[1, 2]", "lit(Series::from_iter([1i64, 2])).implode(true)"]
    );
    assert_eq!(list(&[json!(0.1)], DataType::Float32)[0], "pl.Series([0.1], dtype=pl.Float32).implode()");
    assert_eq!(
        list(&[json!("2026-01-31")], DataType::Date)[1],
        r#"lit(Series::from_iter(["2026-01-31"])).str().to_date(StrptimeOptions::default()).implode(true)"#
    );
}
