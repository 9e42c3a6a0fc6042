//! Each editor: clicks and keys give exactly the settings that they should.

use egui::{Event, Key, Modifiers};
use flowloom_flow::NodeId;
use flowloom_ui::request::Request;
use serde_json::{Value as Json, json};

use super::bench::Bench;
use super::{SAMPLE, flow_of};

fn bench(kind: &str, settings: &str) -> Bench {
    Bench::of(&flow_of(kind, settings), "one")
}

#[test]
fn columns_are_picked_moved_and_removed() {
    let mut bench = bench("unique", "");
    bench.click("Columns").pick("customer").pick("amount").key(Key::Escape);
    assert_eq!(bench.setting("one", "columns"), json!(["customer", "amount"]));
    bench.click("Move amount").key(Key::ArrowLeft);
    assert_eq!(bench.setting("one", "columns"), json!(["amount", "customer"]));
    bench.click("Remove amount");
    assert_eq!(bench.setting("one", "columns"), json!(["customer"]));
    bench.click("All columns");
    assert_eq!(bench.setting("one", "columns").as_array().map(Vec::len), Some(5));
    bench.click("No columns");
    assert_eq!(bench.setting("one", "columns"), Json::Null);
}

#[test]
fn a_column_that_is_gone_stays_and_is_marked() {
    let bench = bench("unique", "columns: [customer, country]");
    assert!(bench.has("Remove country"));
    assert!(bench.says("there is no column `country`") || bench.says("There is no column `country`"));
}

#[test]
fn a_column_of_an_unknown_input_is_typed() {
    let flow = "flowloom: 1\nname: U\nnodes:\n  one: {kind: sort}\n";
    let mut bench = Bench::of(flow, "one");
    bench.click("Add key").click("Key 1 column");
    assert!(bench.says("Connect an input to choose from its columns"));
    bench.type_text("amount").key(Key::Enter);
    assert_eq!(bench.setting("one", "keys"), json!([{"column": "amount"}]));
}

#[test]
fn conditions_are_built_by_type() {
    let mut bench = bench("filter", "");
    bench.click("Add condition").choose("Condition 1 column", "amount");
    bench.choose("Condition 1 operator", ">=").fill("Condition 1 value", "20.5");
    let amount = json!({"column": "amount", "op": ">=", "value": 20.5});
    assert_eq!(bench.setting("one", "conditions"), json!([amount]));
    bench.click("Add group").choose("Condition 2.1 column", "customer");
    bench.choose("Condition 2.1 operator", "in").fill("Condition 2.1 value", "a, \"b, c\"");
    let list = json!({"column": "customer", "op": "in", "value": ["a", "b, c"]});
    assert_eq!(bench.setting("one", "conditions"), json!([amount, {"any": [list]}]));
    bench.click("Add condition in 2").choose("Condition 2.2 column", "a_rather_long_name_of_a_column");
    bench.click("false");
    let truth = json!({"column": "a_rather_long_name_of_a_column", "op": "=", "value": false});
    bench.click("All hold");
    bench.shoot("conditions");
    assert_eq!(bench.setting("one", "conditions"), json!([amount, {"all": [list, truth]}]));
    bench.choose("Condition 1 operator", "between").fill("Condition 1 to", "30");
    assert_eq!(bench.setting("one", "conditions")[0]["value"], json!([20.5, 30]));
    bench.choose("Condition 1 operator", "is null");
    assert_eq!(bench.setting("one", "conditions")[0], json!({"column": "amount", "op": "is null"}));
    bench.click("Remove group 2");
    assert_eq!(bench.setting("one", "conditions").as_array().map(Vec::len), Some(1));
}

#[test]
fn rows_are_moved_by_keys() {
    let mut bench = bench("sort", "keys: [{column: amount}, {column: customer}]");
    bench.click("Move key 1").key(Key::ArrowDown);
    assert_eq!(bench.setting("one", "keys"), json!([{"column": "customer"}, {"column": "amount"}]));
    bench.undo();
    assert_eq!(bench.setting("one", "keys")[0]["column"], json!("amount"));
}

#[test]
fn what_is_wrong_with_a_condition_stands_under_it() {
    let bench = bench("filter", "conditions: [{column: amount, op: '=', value: much}]");
    assert!(bench.says("`much` is not a number"));
}

#[test]
fn an_expression_is_completed_and_its_error_told() {
    let mut bench = bench("filter", "mode: sql");
    bench.click("SQL expression").type_text("amo").key(Key::Enter).type_text(" > 20");
    assert_eq!(bench.setting("one", "expression"), json!("amount > 20"));
    bench.fill("SQL expression", "amuont > 20");
    assert!(bench.says("There is no column `amuont`; did you mean `amount`?"));
    bench.fill("SQL expression", "");
    bench.press(Modifiers::CTRL, Key::Space);
    assert!(bench.says("order_id"));
    bench.key(Key::Enter);
    assert_eq!(bench.setting("one", "expression"), json!("order_id"));
}

#[test]
fn formulas_see_the_columns_above_them() {
    let mut bench = bench("formula", "");
    bench.click("Add formula").fill("Formula 1 column", "gross").fill("Formula 1 expression", "amount * 1.2");
    bench.click("Add formula").fill("Formula 2 column", "twice").click("Formula 2 expression");
    bench.type_text("gro").key(Key::Enter).type_text(" * 2").choose("Formula 2 type", "Int64");
    let wanted = json!([
        {"column": "gross", "expression": "amount * 1.2"},
        {"column": "twice", "expression": "gross * 2", "type": "Int64"},
    ]);
    assert_eq!(bench.setting("one", "formulas"), wanted);
    assert!(!bench.says("There is no column"));
}

#[test]
fn aggregates_have_a_column_and_a_name_where_they_need_one() {
    let mut bench = bench("group_by", "");
    bench.click("Add aggregate").choose("Aggregate 1 column", "amount").choose("Aggregate 1", "Quantile");
    bench.fill("Aggregate 1 quantile", "0.95");
    bench.click("Add aggregate").choose("Aggregate 2", "Count of rows").fill("Aggregate 2 name", "orders");
    let wanted = json!([
        {"aggregate": "quantile", "column": "amount", "quantile": 0.95},
        {"aggregate": "count_rows", "as": "orders"},
    ]);
    assert_eq!(bench.setting("one", "aggregations"), wanted);
}

#[test]
fn join_keys_are_pairs_and_types_that_never_match_are_told() {
    let mut bench = bench("join", "");
    bench.click("Add key");
    assert_eq!(
        bench.setting("one", "keys"),
        json!([{"left": "order_id", "right": "order_id"}]),
        "the likely one"
    );
    bench.choose("Key 1 right", "customer");
    assert_eq!(bench.setting("one", "keys"), json!([{"left": "order_id", "right": "customer"}]));
    assert!(bench.says("which never compare safely"));
}

#[test]
fn columns_are_kept_renamed_and_cast() {
    let mut bench = bench("select", "");
    bench.click("Keep customer").click("Keep amount").fill("New name of customer", "who");
    bench.choose("Type of amount", "Int64");
    let wanted = json!([{"column": "customer", "as": "who"}, {"column": "amount", "type": "Int64"}]);
    assert_eq!(bench.setting("one", "columns"), wanted);
    bench.click("Move column amount").key(Key::ArrowUp);
    assert_eq!(bench.setting("one", "columns")[0]["column"], json!("amount"));
}

#[test]
fn sort_keys_have_a_direction_and_a_place_for_nulls() {
    let mut bench = bench("sort", "");
    bench.click("Add key").choose("Key 1 column", "amount").choose("Key 1 direction", "Descending");
    bench.choose("Key 1 nulls", "Nulls first");
    let wanted = json!([{"column": "amount", "descending": true, "nulls_first": true}]);
    assert_eq!(bench.setting("one", "keys"), wanted);
}

#[test]
fn fields_are_typed_and_inferred() {
    let mut bench = Bench::of(SAMPLE, "orders");
    bench.click("Add field").type_text("vip").choose("Field 9 type", "Boolean").click("Remove field 1");
    let fields = bench.setting("orders", "fields");
    assert_eq!(
        (&fields[0]["name"], &fields[7]),
        (&json!("customer"), &json!({"name": "vip", "type": "Boolean"}))
    );
    bench.click("Infer from a sample");
    assert!(matches!(bench.ui.state().asked.last(), Some(Request::Infer(node)) if node.as_str() == "orders"));
}

#[test]
fn a_table_is_typed_and_pasted() {
    let mut bench = Bench::of("flowloom: 1\nname: T\nnodes:\n  one: {kind: table}\n", "one");
    bench.click("Paste a table here");
    bench.ui.event(Event::Paste("country\tcount\nDE\t3\nFR\t4\n".to_owned()));
    bench.settle();
    let data = bench.setting("one", "data");
    assert_eq!(data["rows"], json!([["DE", 3], ["FR", 4]]));
    assert_eq!(data["columns"][1], json!({"name": "count", "type": "Int64"}));
    bench.fill("Row 2 count", "50").key(Key::Enter).type_text("6").key(Key::ArrowUp);
    assert_eq!(bench.setting("one", "data")["rows"], json!([["DE", 3], ["FR", 50], [null, 6]]));
    bench.click("Remove row 1").click("Remove column 2");
    assert_eq!(bench.setting("one", "data")["rows"], json!([["FR"], [null]]));
}

#[test]
fn a_path_is_typed_or_picked() {
    let mut bench = bench("write_file", "");
    bench.fill("Path", "out/a.csv");
    assert_eq!(bench.setting("one", "path"), json!("out/a.csv"));
    bench.click("Browse…");
    let asked = bench.ui.state().asked.last();
    assert!(matches!(asked, Some(Request::Pick(pick)) if pick.key == "path" && pick.is_save));
    let place = (NodeId::nearest("one"), "path".to_owned());
    bench.ui.state_mut().doc.picked.insert(place, "/data/b.csv".into());
    bench.settle();
    assert_eq!(bench.setting("one", "path"), json!("/data/b.csv"));
    assert!(bench.ui.state().doc.picked.is_empty());
}

#[test]
fn topics_are_asked_for_when_the_list_opens() {
    let mut bench = Bench::of(SAMPLE, "orders");
    bench.click("Find topic");
    let asked = bench.ui.state().asked.last();
    assert!(matches!(asked, Some(Request::Suggest { key, .. }) if key == "topic"));
    bench.key(Key::Escape);
    bench.fill("Topic", "clicks");
    assert_eq!(bench.setting("orders", "topic"), json!("clicks"));
}

#[test]
fn properties_stay_in_place_while_they_are_named() {
    let mut bench = Bench::of(SAMPLE, "orders");
    bench.click("Add property").type_text("fetch.min.bytes").fill("Property 1 value", "1");
    bench.click("Add property").type_text("client.rack").fill("Property 2 value", "eu-1");
    let wanted = json!({"client.rack": "eu-1", "fetch.min.bytes": "1"});
    assert_eq!(bench.setting("orders", "properties"), wanted);
    bench.click("Remove property 1");
    assert_eq!(bench.setting("orders", "properties"), json!({"client.rack": "eu-1"}));
}
