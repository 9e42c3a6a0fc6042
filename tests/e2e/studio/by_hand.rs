//! The sample flow, built by hand on an empty canvas against a real broker: found, wired, set, previewed, run.

use std::collections::BTreeMap;

use egui::accesskit::Role;
use egui::{Key, Vec2};
use flowloom_ui::action::Action;
use flowloom_ui::status::Status::{Done, Skipped, Stale};
use serde_json::{Value, json};

use super::Studio;
use super::hands::{CTRL, PLAIN};
use crate::broker::Broker;
use crate::group::committed;
use crate::message::Message;
use crate::rows::written;
use crate::topic::{Topic, unique};

const ORDERS: i32 = 60;

/// Orders of three currencies, of which every second is paid.
fn order(i: i32) -> Value {
    let currency = ["EUR", "USD", "GBP"][usize::try_from(i % 3).expect("positive")];
    let status = if i % 2 == 0 { "paid" } else { "open" };
    json!({"order_id": i, "amount": f64::from(i) * 1.5, "currency": currency, "status": status})
}

/// Paid orders of at least `least`: their number and sum by currency.
fn expected(least: f64) -> BTreeMap<String, (u64, f64)> {
    let mut found = BTreeMap::new();
    for order in (0..ORDERS).map(order) {
        let amount = order["amount"].as_f64().expect("a number");
        if order["status"] == "paid" && amount >= least {
            let entry: &mut (u64, f64) =
                found.entry(order["currency"].as_str().expect("text").to_owned()).or_default();
            *entry = (entry.0 + 1, entry.1 + amount);
        }
    }
    found
}

/// What the written file has, as [`expected`] has it.
fn result(studio: &Studio) -> BTreeMap<String, (u64, f64)> {
    let rows = written(&studio.path("out"));
    let rows = &rows["result.parquet"];
    assert_eq!(rows[0], json!(["currency: String", "orders: UInt32", "revenue: Float64"]), "types");
    rows[1..]
        .iter()
        .map(|row| {
            let number = row["orders"].as_u64().expect("a number");
            (
                row["currency"].as_str().expect("text").to_owned(),
                (number, row["revenue"].as_f64().expect("one")),
            )
        })
        .collect()
}

#[test]
fn the_sample_flow_is_built_previewed_and_run_by_hand() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "by-hand", 3);
    topic.send((0..ORDERS).map(|i| Message::new(order(i).to_string()).partition(i % 3)));
    let sync = unique("by-hand-sync");
    let mut studio = Studio::empty();
    let empty = studio.flow().clone();

    place_the_nodes(&mut studio);
    wire_them(&mut studio);
    set_the_source(&mut studio, &topic, &sync);
    set_the_rest(&mut studio);
    assert!(studio.doc().first_error().is_none(), "{:?}", studio.doc().first_error());

    // A preview shows rows at every node, and commits nothing.
    studio.perform(Action::Preview);
    studio.finish();
    assert_eq!(studio.states(), [Done; 4], "{}", studio.seen());
    studio.click_at(studio.node("By currency"), PLAIN);
    assert_eq!(table(&studio), expected(20.0));
    assert_eq!(committed(&topic, &sync), [None, None, None]);

    // Another condition: everything from there on is stale, until it is previewed again.
    studio.click_at(studio.node("Paid"), PLAIN);
    studio.fill("Condition 2 value", "50");
    assert_eq!(studio.states(), [Done, Stale, Stale, Stale]);
    studio.perform(Action::Preview);
    studio.finish();
    assert_eq!(studio.states(), [Done; 4]);
    studio.click_at(studio.node("By currency"), PLAIN);
    assert_eq!(table(&studio), expected(50.0));

    // A run writes and commits; the next one has nothing new to read.
    studio.perform(Action::Run);
    studio.finish();
    assert_eq!(studio.states(), [Done; 4], "{}", studio.seen());
    assert_eq!(result(&studio), expected(50.0));
    assert_eq!(committed(&topic, &sync), [Some(20), Some(20), Some(20)]);
    studio.perform(Action::Run);
    studio.finish();
    assert_eq!(studio.states()[3], Skipped);
    assert!(studio.has("Result, Write file, skipped: nothing to do"), "{}", studio.seen());
    assert_eq!(result(&studio), expected(50.0));
    assert_eq!(committed(&topic, &sync), [Some(20), Some(20), Some(20)]);

    // All the way back, and forth again.
    let built = studio.flow().clone();
    studio.click_at(studio.nowhere(), PLAIN);
    let steps = repeat(&mut studio, Action::Undo, |studio| studio.doc().can_undo);
    assert_eq!(*studio.flow(), empty);
    assert_eq!(repeat(&mut studio, Action::Redo, |studio| studio.doc().can_redo), steps);
    assert_eq!(*studio.flow(), built);
}

fn place_the_nodes(studio: &mut Studio) {
    let left = studio.canvas().left_center() + Vec2::new(40.0, -60.0);
    let words = ["kafka", "filter", "group", "write"];
    let names = ["Orders", "Paid", "By currency", "Result"];
    for (at, (word, name)) in words.into_iter().zip(names).enumerate() {
        let place = left + Vec2::new(230.0 * at as f32, 0.0);
        studio.double_click_at(place);
        studio.write(word);
        studio.press(PLAIN, Key::Enter);
        studio.settle();
        let node = studio.doc().selection.first().cloned().expect("the new node is selected");
        let rect = studio.doc().canvas.screen_rect(&node).expect("it is drawn");
        assert!(rect.left_top().distance(place) < 12.0, "{node} stands at {rect:?}, not at {place:?}");
        studio.perform(Action::Rename);
        studio.press(CTRL, Key::A);
        studio.write(name);
        studio.press(PLAIN, Key::Enter);
        studio.settle();
    }
    assert_eq!(studio.nodes(), ["orders", "paid", "by_currency", "result"]);
}

fn wire_them(studio: &mut Studio) {
    for (from, to) in [
        ("Orders output out", "Paid input in"),
        ("Paid output pass", "By currency input in"),
        ("By currency output out", "Result input in"),
    ] {
        studio.drag(studio.port(from), studio.port(to));
    }
    assert_eq!(studio.wires(), ["orders>paid.in", "paid>by_currency.in", "by_currency>result.in"]);
}

fn set_the_source(studio: &mut Studio, topic: &Topic<'_>, sync: &str) {
    studio.click_at(studio.node("Orders"), PLAIN);
    studio.fill("Bootstrap servers", topic.broker.bootstrap());
    studio.click_role(Role::Button, "Find topic");
    studio.until("the broker names its topics", |studio| !studio.labels(Role::ListBoxOption).is_empty());
    // Among all topics of the tests it may be out of sight.
    studio.fill("Find a topic", &topic.name);
    studio.pick_entry(&topic.name);
    assert_eq!(studio.value("Topic"), topic.name);
    studio.reveal(Role::Button, "Infer from a sample");
    studio.click("Infer from a sample");
    studio.until("the fields are known", |studio| studio.has_role(Role::TextInput, "Field 4 name"));
    let fields = &studio.flow().nodes["orders"].settings["fields"];
    let mut names: Vec<&str> =
        fields.as_array().expect("a list").iter().filter_map(|field| field["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["amount", "currency", "order_id", "status"]);
    studio.reveal(Role::TextInput, "Sync name");
    studio.fill("Sync name", sync);
}

fn set_the_rest(studio: &mut Studio) {
    studio.click_at(studio.node("Paid"), PLAIN);
    for (condition, (column, operator, value)) in
        [("status", "=", "paid"), ("amount", ">=", "20")].into_iter().enumerate()
    {
        let name = |part: &str| format!("Condition {} {part}", condition + 1);
        studio.click("Add condition");
        studio.choose(&name("column"), column);
        studio.choose(&name("operator"), operator);
        studio.fill(&name("value"), value);
    }
    studio.click_at(studio.node("By currency"), PLAIN);
    studio.choose("Group by", "currency");
    studio.press(PLAIN, Key::Escape);
    studio.click("Add aggregate");
    studio.choose("Aggregate 1", "Count of rows");
    studio.fill("Aggregate 1 name", "orders");
    studio.click("Add aggregate");
    studio.choose("Aggregate 2 column", "amount");
    studio.fill("Aggregate 2 name", "revenue");
    studio.click_at(studio.node("Result"), PLAIN);
    studio.fill("Path", "out/result.parquet");
    studio.settle();
}

/// The rows of the data panel: currency, orders, revenue.
fn table(studio: &Studio) -> BTreeMap<String, (u64, f64)> {
    let number = |text: &str| text.replace(',', "");
    studio
        .cells()
        .chunks(3)
        .map(|row| {
            let orders = number(&row[1]).parse().expect("a whole number");
            (row[0].clone(), (orders, number(&row[2]).parse().expect("a number")))
        })
        .collect()
}

/// Does an action until it can be done no more; how often it was.
fn repeat(studio: &mut Studio, action: Action, is_on: impl Fn(&Studio) -> bool) -> usize {
    let mut times = 0;
    while is_on(studio) {
        studio.perform(action);
        times += 1;
        assert!(times < 500, "{action:?} has no end");
    }
    times
}
