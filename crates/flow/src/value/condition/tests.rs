//! Which rows conditions keep, how they are written, and what is refused.

use polars::prelude::*;
use serde_json::{Value as Json, json};

use super::Conditions;
use crate::{Problems, Target};

fn conditions(json: Json) -> Conditions {
    serde_json::from_value(json).unwrap()
}

fn orders() -> DataFrame {
    let days = Series::new("day".into(), [Some(20_484_i32), Some(20_485), None, Some(20_487)]);
    let seen = Series::new("seen".into(), [Some(1_769_853_600_000_000_i64), Some(0), None, Some(1)]);
    let seen_at = seen.cast(&DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))).unwrap();
    let price = Series::new("price".into(), [Some("1.50"), Some("2.00"), None, Some("-3.25")]);
    let mut frame = df![
        "id" => [0_i64, 1, 2, 3],
        "amount" => [Some(150.0), Some(50.0), None, Some(100.0)],
        "small" => [Some(0.1_f32), Some(0.2), None, Some(0.3)],
        "big" => [Some(u64::MAX), Some(1), None, Some(2)],
        "status" => [Some("paid"), Some("say \"hi\""), None, Some("x.y (1")],
        "vip" => [Some(false), Some(true), None, Some(true)],
        "größe" => [Some(1_i32), Some(2), None, Some(3)],
        "*" => [Some(1_i32), Some(2), None, Some(3)],
    ]
    .unwrap();
    for column in [
        days.cast(&DataType::Date).unwrap(),
        seen_at,
        price.cast(&DataType::Decimal(10, 2)).unwrap(),
        Series::new_null("nothing".into(), 4),
        frame
            .column("status")
            .unwrap()
            .as_materialized_series()
            .clone()
            .with_name("tags".into())
            .cast(&DataType::from_categories(Categories::global()))
            .unwrap(),
    ] {
        frame.with_column(column.into()).unwrap();
    }
    frame
}

/// Ids of the rows that match, the same on both engines.
fn matching(json: Json) -> Vec<i64> {
    let frame = orders();
    let lazy = frame.clone().lazy().filter(conditions(json).expr(frame.schema()).unwrap());
    let ids = |frame: DataFrame| -> Vec<i64> {
        frame.column("id").unwrap().i64().unwrap().into_no_null_iter().collect()
    };
    let found = ids(lazy.clone().collect().unwrap());
    let streamed = lazy.collect_with_engine(Engine::Streaming).unwrap().unwrap_single();
    assert_eq!(found, ids(streamed), "both engines find the same");
    found
}

fn one(column: &str, op: &str, value: Json) -> Vec<i64> {
    let mut condition = json!({"column": column, "op": op});
    condition["value"] = value;
    matching(json!([condition]))
}

fn problems(json: Json) -> Vec<String> {
    let mut problems = Problems::default();
    conditions(json).check(orders().schema(), &mut problems);
    problems.into_vec().iter().map(ToString::to_string).collect()
}

fn code(json: Json) -> [String; 2] {
    let (frame, conditions) = (orders(), conditions(json));
    Target::ALL.map(|target| conditions.code(target, frame.schema()).unwrap().text)
}

#[test]
fn a_column_is_compared_as_what_it_is() {
    assert_eq!(one("amount", ">", json!(100)), [0]);
    assert_eq!(one("amount", ">=", json!("100")), [0, 3]);
    assert_eq!(one("amount", "!=", json!(50)), [0, 3]);
    assert_eq!(one("amount", "between", json!([50, 100])), [1, 3]);
    assert_eq!(one("small", "=", json!(0.1)), [0]);
    assert_eq!(one("small", "in", json!([0.1, 0.3])), [0, 3]);
    assert_eq!(one("big", "=", json!(u64::MAX)), [0]);
    assert_eq!(one("big", "in", json!([u64::MAX, 1])), [0, 1]);
    assert_eq!(one("day", ">", json!("2026-01-31")), [1, 3]);
    assert_eq!(one("day", "in", json!(["2026-01-31"])), [0]);
    assert_eq!(one("seen", "=", json!("2026-01-31T10:00:00Z")), [0]);
    assert_eq!(one("seen", "in", json!(["2026-01-31 10:00", "1970-01-01"])), [0, 1]);
    assert_eq!(one("price", "<", json!(1.5)), [3]);
    assert_eq!(one("price", "in", json!(["1.5", "2"])), [0, 1]);
    assert_eq!(one("vip", "=", json!(true)), [1, 3]);
    assert_eq!(one("vip", "=", json!(false)), [0]);
    assert_eq!(one("vip", "in", json!([true])), [1, 3]);
    assert_eq!(one("größe", "<", json!(3)), [0, 1]);
    assert_eq!(one("*", "=", json!(2)), [1]);
}

#[test]
fn text_is_looked_for_as_it_stands() {
    assert_eq!(one("status", "=", json!("say \"hi\"")), [1]);
    assert_eq!(one("status", "contains", json!(".")), [3]);
    assert_eq!(one("status", "contains", json!("(1")), [3]);
    assert_eq!(one("status", "not contains", json!("i")), [3]);
    assert_eq!(one("status", "starts with", json!("x.")), [3]);
    assert_eq!(one("status", "ends with", json!("hi\"")), [1]);
    assert_eq!(one("status", "matches", json!("^[a-z]+$")), [0]);
    assert_eq!(one("status", "in", json!(["paid", "x.y (1"])), [0, 3]);
    assert_eq!(one("tags", "contains", json!("ai")), [0]);
    assert_eq!(one("tags", "in", json!(["paid", "unknown"])), [0]);
    assert_eq!(one("tags", "=", json!("paid")), [0]);
}

#[test]
fn null_matches_nothing_but_is_null() {
    assert_eq!(one("status", "not in", json!(["paid"])), [1, 3]);
    assert_eq!(one("status", "is null", json!(null)), [2]);
    assert_eq!(one("status", "is not null", json!(null)), [0, 1, 3]);
    assert_eq!(one("nothing", "=", json!(1)), [] as [i64; 0]);
    assert_eq!(one("nothing", "contains", json!("x")), [] as [i64; 0]);
    assert_eq!(one("nothing", "is null", json!(null)), [0, 1, 2, 3]);
}

#[test]
fn groups_hold_as_they_say() {
    let paid = json!({"column": "status", "op": "=", "value": "paid"});
    let vip = json!({"column": "vip", "op": "=", "value": true});
    let large = json!({"column": "amount", "op": ">", "value": 60});
    assert_eq!(matching(json!([large, {"any": [paid, vip]}])), [0, 3]);
    assert_eq!(matching(json!([{"any": [paid, {"all": [large, vip]}]}])), [0, 3]);
    assert_eq!(matching(json!([{"all": []}])), [0, 1, 2, 3]);
    assert_eq!(matching(json!([])), [0, 1, 2, 3]);
}

#[test]
fn what_does_not_fit_is_refused_at_its_path() {
    assert_eq!(
        problems(json!([
            {"column": "amount", "op": ">", "value": "abc"},
            {"any": [{"column": "statu", "op": "=", "value": "x"}, {"any": []}]},
        ])),
        [
            "conditions[0].value: `abc` is not a number; column `amount` is Float64",
            "conditions[1].any[0].column: there is no column `statu`; did you mean `status`?",
            "conditions[1].any[1].any: none of no conditions can hold: the group is empty; add a condition, or remove the group",
        ]
    );
    let first = |op: &str, column: &str, value| {
        problems(json!([{"column": column, "op": op, "value": value}]))[0].clone()
    };
    assert_eq!(
        first("contains", "amount", json!("1")),
        "conditions[0].op: `contains` needs text; column `amount` is Float64; compare with `=`, or cast the column first"
    );
    assert!(
        first("matches", "status", json!("a(b"))
            .starts_with("conditions[0].value: `a(b` is not a regular expression: ")
    );
    assert!(first("=", "amount", json!(null)).contains("a value is missing; nulls are found by `is null`"));
    assert!(first("in", "amount", json!(1)).contains("needs a list like `[a, b]`, not `1`"));
    assert!(first("in", "amount", json!([])).contains("the list of `in` is empty"));
    assert!(first("between", "amount", json!([1])).contains("`between` needs `[low, high]`"));
    assert!(first("=", "", json!(1)).contains("conditions[0].column: no column is chosen"));
}

#[test]
fn captions_are_plain_words() {
    let shown = |json| conditions(json).caption();
    assert_eq!(
        shown(json!([
            {"column": "amount", "op": ">", "value": 100},
            {"any": [{"column": "status", "op": "=", "value": "paid"}, {"column": "vip", "op": "=", "value": true}]},
        ])),
        "amount > 100 and (status = paid or vip = true)"
    );
    assert_eq!(
        shown(json!([
            {"column": "s", "op": "in", "value": ["a", "b"]},
            {"column": "n", "op": "between", "value": [1, 2]},
            {"column": "n", "op": "is not null"},
        ])),
        "s in (a, b) and n between 1 and 2 and n is not null"
    );
}

#[test]
fn code_is_idiomatic() {
    let cases = [
        (
            json!([{"column": "amount", "op": "=", "value": 1}, {"column": "status", "op": "in", "value": ["x", "y"]}]),
            r#"(pl.col("amount") == 1) & pl.col("status").is_in(["x", "y"])"#,
            r#"col("amount").eq(lit(1.0)).and(col("status").is_in(lit(Series::from_iter(["x", "y"])).implode(true), false))"#,
        ),
        (
            json!([{"any": [
                {"column": "vip", "op": "=", "value": true},
                {"all": [{"column": "vip", "op": "!=", "value": true}, {"column": "id", "op": "not in", "value": [1]}]},
            ]}]),
            r#"pl.col("vip") | (~pl.col("vip") & ~pl.col("id").is_in([1]))"#,
            r#"col("vip").or(col("vip").not().and(col("id").is_in(lit(Series::from_iter([1i64])).implode(true), false).not()))"#,
        ),
        (
            json!([{"column": "day", "op": "between", "value": ["2026-01-01", "2026-01-31"]}]),
            r#"pl.col("day").is_between(date(2026, 1, 1), date(2026, 1, 31))"#,
            r#"col("day").is_between(lit("2026-01-01").str().to_date(StrptimeOptions::default()), lit("2026-01-31").str().to_date(StrptimeOptions::default()), ClosedInterval::Both)"#,
        ),
        (
            json!([{"column": "status", "op": "not contains", "value": "\"\\"}, {"column": "tags", "op": "matches", "value": "\\d"}]),
            r#"~pl.col("status").str.contains('"\\', literal=True) & pl.col("tags").cast(pl.String).str.contains("\\d")"#,
            r#"col("status").str().contains_literal(lit("\"\\")).not().and(col("tags").cast(DataType::String).str().contains(lit("\\d"), true))"#,
        ),
        (
            json!([{"column": "*", "op": "is null"}]),
            r#"pl.col("^\\*$").is_null()"#,
            r#"Expr::Column("*".into()).is_null()"#,
        ),
    ];
    for (json, python, rust) in cases {
        assert_eq!(code(json), [python, rust]);
    }
}
