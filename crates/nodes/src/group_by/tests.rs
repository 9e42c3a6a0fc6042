//! Groups and their aggregates, on both engines; and the code that makes them.

use flowloom_flow::Choices as _;
use flowloom_flow::testing::{both_engines, code, every_type, run};
use flowloom_flow::value::{Aggregate, Aggregation};
use polars::prelude::{AnyValue, DataFrame, df};
use serde_json::{Value as Json, json};

use super::*;

fn group_by(settings: Json) -> GroupBy {
    serde_json::from_value(settings).unwrap()
}

fn orders() -> DataFrame {
    df![
        "country" => [Some("DE"), None, Some("DE"), Some("AT"), Some("DE")],
        "amount" => [Some(1_i64), Some(7), Some(4), None, None],
        "state" => [Some("x"), None, None, Some("y"), Some("x")],
        "größe" => [1.0, 2.0, 3.0, 4.0, 5.0],
    ]
    .unwrap()
}

fn grouped(settings: Json) -> DataFrame {
    both_engines(&group_by(settings), &[orders()]).remove(0)
}

/// The values of an aggregate for AT, DE and null, as Polars shows them.
fn each(aggregation: Json) -> Vec<String> {
    let mut named = aggregation;
    named["as"] = json!("result");
    let frame = grouped(json!({"keys": ["country"], "aggregations": [named]}));
    assert_eq!(frame.column("country").unwrap().get(0).unwrap(), AnyValue::Null, "nulls first");
    let result = frame.column("result").unwrap();
    [1, 2, 0].map(|row| result.get(row).unwrap().to_string()).to_vec()
}

#[test]
fn each_aggregate_leaves_nulls_out_as_it_says() {
    let of = |aggregate: &str, column: &str| each(json!({"aggregate": aggregate, "column": column}));
    assert_eq!(of("sum", "amount"), ["0", "5", "7"]);
    assert_eq!(of("mean", "amount"), ["null", "2.5", "7.0"]);
    assert_eq!(of("min", "amount"), ["null", "1", "7"]);
    assert_eq!(of("max", "state"), ["\"y\"", "\"x\"", "null"]);
    assert_eq!(of("count", "amount"), ["0", "2", "1"]);
    assert_eq!(each(json!({"aggregate": "count_rows"})), ["1", "3", "1"]);
    assert_eq!(of("n_unique", "state"), ["1", "1", "0"]);
    assert_eq!(of("first", "amount"), ["null", "1", "7"]);
    assert_eq!(of("last", "amount"), ["null", "null", "7"]);
    assert_eq!(of("median", "größe"), ["4.0", "3.0", "2.0"]);
    assert_eq!(of("std", "größe"), ["null", "2.0", "null"]);
    assert_eq!(of("var", "größe"), ["null", "4.0", "null"]);
    assert_eq!(
        each(json!({"aggregate": "quantile", "column": "größe", "quantile": 0.75})),
        ["4.0", "4.0", "2.0"]
    );
    assert_eq!(of("list", "amount"), ["[null]", "[1, 4, null]", "[7]"]);
    assert_eq!(of("join", "state"), ["\"y\"", "\"x,x\"", "\"\""]);
    assert_eq!(
        each(json!({"aggregate": "join", "column": "größe", "separator": " | "}))[1],
        "\"1.0 | 3.0 | 5.0\""
    );
}

#[test]
fn without_keys_there_is_one_row_and_without_aggregates_the_distinct_keys() {
    let all = json!({"aggregations": [
        {"aggregate": "sum", "column": "amount"}, {"aggregate": "count_rows"},
        {"aggregate": "list", "column": "amount"}, {"aggregate": "join", "column": "state"},
    ]});
    let one = grouped(all.clone());
    assert_eq!(one.get_column_names(), ["amount_sum", "rows", "amount_list", "state_join"]);
    assert_eq!(one.height(), 1);
    assert_eq!(one.column("amount_sum").unwrap().get(0).unwrap(), AnyValue::Int64(12));
    assert_eq!(one.column("rows").unwrap().get(0).unwrap(), AnyValue::UInt32(5));
    assert_eq!(both_engines(&group_by(all), &[orders().clear()])[0].height(), 1);

    let distinct = grouped(json!({"keys": ["country"]}));
    assert_eq!(distinct, df!["country" => [None, Some("AT"), Some("DE")]].unwrap());
    let pairs = grouped(json!({"keys": ["state", "country"]}));
    assert_eq!(pairs.get_column_names(), ["state", "country"]);
    assert_eq!(pairs.height(), 4);
}

#[test]
fn groups_keep_the_order_of_the_input_on_both_engines() {
    let rows = 300_000_i64;
    let frame = df![
        "key" => (0..rows).map(|row| row % 5).collect::<Vec<_>>(),
        "row" => (0..rows).collect::<Vec<_>>(),
    ]
    .unwrap();
    let aggregates =
        ["first", "last", "list", "join"].map(|name| json!({"aggregate": name, "column": "row"}));
    for keys in [json!(["key"]), json!([])] {
        let of_all = group_by(json!({"keys": keys, "aggregations": aggregates}));
        let made = both_engines(&of_all, std::slice::from_ref(&frame)).remove(0);
        let step = if made.height() == 1 { 1 } else { 5 };
        assert_eq!(made.column("row_first").unwrap().get(0).unwrap(), AnyValue::Int64(0));
        assert_eq!(made.column("row_last").unwrap().get(0).unwrap(), AnyValue::Int64(rows - step));
        let list = made.column("row_list").unwrap().list().unwrap().get_as_series(0).unwrap();
        let list: Vec<i64> = list.i64().unwrap().into_no_null_iter().collect();
        assert!(list.windows(2).all(|pair| pair[1] - pair[0] == step));
        let joined = list.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        assert_eq!(made.column("row_join").unwrap().str().unwrap().get(0), Some(joined.as_str()));
    }
}

#[test]
fn every_aggregate_of_every_type_is_computed_as_announced_or_refused() {
    let frame = every_type();
    let mut computed = 0;
    for column in frame.get_column_names_owned() {
        for (aggregate, _) in Aggregate::ALL {
            let aggregation = Aggregation {
                aggregate: *aggregate,
                column: column.to_string(),
                quantile: Some(0.5),
                ..Aggregation::default()
            };
            for keys in [vec![], vec!["key".to_owned()]] {
                let aggregations = Aggregations(vec![aggregation.clone()]);
                let node = GroupBy { keys: Columns(keys), aggregations };
                if node.problems(frame.schema()).is_empty() {
                    both_engines(&node, std::slice::from_ref(&frame));
                    both_engines(&node, &[frame.clear()]);
                    computed += 1;
                }
            }
        }
    }
    assert!(computed > 300, "{computed}");
}

#[test]
fn every_type_can_be_a_key() {
    let frame = every_type();
    for column in frame.get_column_names_owned() {
        let by = group_by(json!({"keys": [column.as_str()], "aggregations": [{"aggregate": "count_rows"}]}));
        let groups = both_engines(&by, std::slice::from_ref(&frame)).remove(0);
        assert_eq!(groups.column(&column).unwrap().get(0).unwrap(), AnyValue::Null, "{column}");
        assert_eq!(both_engines(&by, &[frame.clear()])[0].height(), 0);
        both_engines(&group_by(json!({"keys": [column.as_str()]})), std::slice::from_ref(&frame));
    }
}

#[test]
fn what_cannot_be_computed_is_refused_by_name() {
    let told = |settings: Json| -> Vec<String> {
        let mut problems = Problems::default();
        group_by(settings).check(&[(**orders().schema()).clone()], &mut problems);
        problems.into_vec().iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        told(json!({"keys": ["contry"], "aggregations": [
            {"aggregate": "sum", "column": "state"},
            {"aggregate": "quantile", "column": "amount"},
            {"aggregate": "quantile", "column": "amount", "quantile": 95},
            {"aggregate": "sum", "column": "amount"},
            {"aggregate": "mean", "column": "amount", "as": "amount_sum"},
        ]})),
        [
            "keys[0]: there is no column `contry`; did you mean `country`?",
            "aggregations[0].column: `sum` needs numbers; column `state` is String",
            "aggregations[1].quantile: the quantile is missing; give one from 0 to 1, 0.95 for instance",
            "aggregations[2].quantile: `95` is not between 0 and 1",
            "aggregations[4].as: `sum(amount)` and `mean(amount) as amount_sum` are both named `amount_sum`; \
             give one of them another name",
        ]
    );
    assert_eq!(
        told(json!({"keys": ["state"], "aggregations": [{"aggregate": "count_rows", "as": "state"}]})),
        [
            "aggregations[0].as: key `state` and `rows as state` are both named `state`; give one of them another name"
        ]
    );
    assert_eq!(told(json!({"keys": ["state", "state"]})), ["keys[1]: column `state` is a key already"]);
    assert_eq!(told(json!({})), ["there is nothing to compute; choose a key or an aggregate"]);
    let problem = run(&group_by(json!({"keys": ["nope"]})), &[orders()]).unwrap_err();
    assert_eq!(problem.to_string(), "keys[0]: there is no column `nope`");
}

#[test]
fn the_caption_says_what_is_computed() {
    let shown = |settings: Json| group_by(settings).caption();
    let aggregations =
        json!([{"aggregate": "sum", "column": "amount", "as": "total"}, {"aggregate": "count_rows"}]);
    assert_eq!(
        shown(json!({"keys": ["country", "state"], "aggregations": aggregations})),
        "sum(amount) as total, rows by country, state"
    );
    assert_eq!(shown(json!({"keys": ["country"]})), "distinct country");
    assert_eq!(
        shown(json!({"aggregations": [{"aggregate": "quantile", "column": "amount", "quantile": 0.9}]})),
        "quantile(amount, 0.9)"
    );
}

#[test]
fn code_computes_the_same() {
    let schema = [(**orders().schema()).clone()];
    let short = group_by(json!({"keys": ["country"], "aggregations": [{"aggregate": "count_rows"}]}));
    insta::assert_snapshot!(code(&short, Target::Python, &schema).unwrap(), @r#"
    package polars >=2.1 
    import polars as pl
    out = left.group_by("country").agg(pl.len().alias("rows")).sort("country")
    "#);
    insta::assert_snapshot!(code(&short, Target::Rust, &schema).unwrap(), @r#"
    package polars 0.55 lazy
    use polars::prelude::*;
    let out = left
        .group_by([col("country")])
        .agg([len().alias("rows")])
        .sort(["country"], SortMultipleOptions::default());
    "#);
    let distinct = group_by(json!({"keys": ["country", "größe"]}));
    insta::assert_snapshot!(code(&distinct, Target::Python, &schema).unwrap(), @r#"
    package polars >=2.1 
    import polars as pl
    out = left.select("country", "größe").unique().sort("country", "größe")
    "#);
    insta::assert_snapshot!(code(&distinct, Target::Rust, &schema).unwrap(), @r#"
    package polars 0.55 lazy
    use polars::prelude::*;
    let out = left
        .select([col("country"), col("größe")])
        .unique(None, UniqueKeepStrategy::Any)
        .sort(["country", "größe"], SortMultipleOptions::default());
    "#);
    let all: Vec<Json> = Aggregate::ALL
        .iter()
        .map(|(_, choice)| match choice.key {
            "count_rows" => json!({"aggregate": "count_rows"}),
            "quantile" => json!({"aggregate": "quantile", "column": "amount", "quantile": 0.9}),
            key => json!({"aggregate": key, "column": "amount"}),
        })
        .collect();
    let every = group_by(json!({"aggregations": all}));
    insta::assert_snapshot!(code(&every, Target::Python, &schema).unwrap(), @r#"
    package polars >=2.1 
    import polars as pl
    out = left.select(
        pl.col("amount").sum().alias("amount_sum"),
        pl.col("amount").mean().alias("amount_mean"),
        pl.col("amount").min().alias("amount_min"),
        pl.col("amount").max().alias("amount_max"),
        pl.col("amount").count().alias("amount_count"),
        pl.len().alias("rows"),
        pl.col("amount").drop_nulls().n_unique().alias("amount_n_unique"),
        pl.col("amount").first().alias("amount_first"),
        pl.col("amount").last().alias("amount_last"),
        pl.col("amount").median().alias("amount_median"),
        pl.col("amount").std().alias("amount_std"),
        pl.col("amount").var().alias("amount_var"),
        pl.col("amount").quantile(0.9, "linear").alias("amount_quantile"),
        pl.col("amount").implode().alias("amount_list"),
        pl.col("amount").cast(pl.String).str.join(",").alias("amount_join"),
    )
    "#);
    insta::assert_snapshot!(code(&every, Target::Rust, &schema).unwrap(), @r#"
    package polars 0.55 concat_str lazy strings
    use polars::prelude::*;
    let out = left.select([
        col("amount").sum().alias("amount_sum"),
        col("amount").mean().alias("amount_mean"),
        col("amount").min().alias("amount_min"),
        col("amount").max().alias("amount_max"),
        col("amount").count().alias("amount_count"),
        len().alias("rows"),
        col("amount")
            .drop_nulls()
            .n_unique()
            .alias("amount_n_unique"),
        col("amount").first().alias("amount_first"),
        col("amount").last().alias("amount_last"),
        col("amount").median().alias("amount_median"),
        col("amount").std(1).alias("amount_std"),
        col("amount").var(1).alias("amount_var"),
        col("amount")
            .quantile(lit(0.9), QuantileMethod::Linear)
            .alias("amount_quantile"),
        col("amount").implode(true).alias("amount_list"),
        col("amount")
            .cast(DataType::String)
            .str()
            .join(",", true)
            .alias("amount_join"),
    ]);
    "#);
}
