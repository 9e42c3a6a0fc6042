//! A Kafka source in its panel, on the real broker: topics found with what they hold, fields of a sample, offsets
//! looked at and moved.

use egui_kittest::kittest::Queryable as _;
use std::fmt::Write as _;

use egui::accesskit::Role;
use egui::{Key, Vec2};
use egui_kittest::kittest::NodeT as _;
use flowloom_ui::Setup;
use flowloom_ui::action::Action;
use serde_json::json;
use tempfile::TempDir;

use super::Studio;
use super::hands::PLAIN;
use crate::broker::Broker;
use crate::group::{commit, committed};
use crate::message::Message;
use crate::topic::{Topic, unique};

/// Orders with a customer inside, of which some have a note.
fn messages() -> impl Iterator<Item = Message> {
    (0..30).map(|i| {
        let mut order = json!({
            "order_id": i,
            "customer": {"name": format!("Customer {}", i % 7), "address": {"city": "Kyiv", "zip": null}},
            "items": [{"sku": "a-1", "count": 2}],
            "created_at": 1_700_000_000_000_i64 + i * 1_000,
        });
        if i % 3 == 0 {
            order["note"] = json!("a note of some length, which nobody will read to its very end here");
        }
        Message::new(order.to_string()).partition(i32::try_from(i % 3).expect("a partition"))
    })
}

/// A source of `topic`, and a writer below it.
fn flow(topic: &Topic<'_>, sync: &str) -> String {
    format!(
        "\
flowloom: 1
name: Sources
nodes:
  orders:
    kind: kafka_source
    at: [40, 80]
    settings:
      bootstrap_servers: '{}'
      topic: {}
      sync_name: {sync}
      fields:
        - {{name: order_id, type: Int64}}
  result:
    kind: write_file
    inputs: [orders]
    at: [288, 80]
    settings: {{path: result.parquet}}
",
        topic.broker.bootstrap(),
        topic.name
    )
}

/// The offsets of the source that is selected.
fn open_offsets(studio: &mut Studio) {
    studio.click_role(Role::Tab, "Offsets");
    studio.until("the offsets are known", |studio| studio.has_part("Lag "));
}

#[test]
fn offsets_are_seen_and_moved_once_it_is_known_what_that_does() {
    let topic = Topic::create(Broker::shared(), "moved", 3);
    topic.send(messages());
    let sync = unique("moved-sync");
    let mut studio = Studio::on(&flow(&topic, &sync));
    studio.click_at(studio.node("Orders"), PLAIN);
    open_offsets(&mut studio);
    assert!(studio.has("Lag 30"), "{}", studio.seen());
    assert!(studio.has("Partition 0: low 0, committed none, high 10, lag 10"), "{}", studio.seen());

    studio.perform(Action::Run);
    studio.finish();
    assert_eq!(committed(&topic, &sync), [Some(10), Some(10), Some(10)]);
    studio.until("the run is seen here", |studio| studio.has("Lag 0"));

    // Back by four in each partition: said before it is done.
    studio.click_role(Role::Button, "Reset…");
    studio
        .until("the first message is worked out", |studio| studio.has_part("30 messages will be read again"));
    studio.click_role(Role::RadioButton, "Shift");
    studio.fill("Offsets", "four");
    studio.until("nonsense is refused", |studio| studio.has_part("`four` is not a whole number"));
    studio.fill("Offsets", "-4");
    studio.until("the shift is worked out", |studio| studio.has_part("12 messages will be read again"));
    assert_eq!(committed(&topic, &sync), [Some(10), Some(10), Some(10)], "a dry run moves nothing");
    studio.click_role(Role::Button, "Reset");
    studio.until("it is done", |studio| studio.has("Lag 12"));
    assert!(studio.has_part("were moved: 12 messages will be read again"), "{}", studio.seen());
    assert_eq!(committed(&topic, &sync), [Some(6), Some(6), Some(6)]);

    // To the end, and dismissed: nothing happens.
    studio.click_role(Role::Button, "Reset…");
    studio.click_role(Role::RadioButton, "Latest");
    studio.until("the end is worked out", |studio| studio.has_part("12 messages will be skipped"));
    studio.press(egui::Modifiers::NONE, Key::Escape);
    assert_eq!(committed(&topic, &sync), [Some(6), Some(6), Some(6)]);

    // Somebody else moves them: seen when asked for.
    commit(&topic, &sync, &[1, 2, 3]);
    studio.click_role(Role::Button, "Refresh offsets");
    studio.until("the group's own offsets", |studio| studio.has("Lag 24"));
}

#[test]
fn topics_are_found_with_what_they_hold_and_what_this_node_has_left() {
    let topic = Topic::create(Broker::shared(), "found", 3);
    topic.send(messages());
    let sync = unique("found-sync");
    commit(&topic, &sync, &[10, 9, 1]);
    let mut studio = Studio::on(&flow(&topic, &sync));
    studio.click_at(studio.node("Orders"), PLAIN);
    studio.click_role(Role::Button, "Find topic");
    studio.until("topics", |studio| !studio.labels(Role::ListBoxOption).is_empty());
    studio.fill("Find a topic", &topic.name);
    studio.until("its facts", |studio| {
        let row = studio.find_role(Role::ListBoxOption, &topic.name);
        row.accesskit_node().value().is_some_and(|said| {
            said.starts_with("Partitions: 3; Messages: 30; Lag: 10; Last message: ") && !said.ends_with('–')
        })
    });
    studio.press(egui::Modifiers::NONE, Key::Enter);
    assert!(studio.has_part("3 partitions · 30 messages · 10 lag"), "{}", studio.seen());
    studio.click_role(Role::RadioButton, "A pattern");
    studio.until("what it fits", |studio| studio.has_part("Fits 1 of "));
}

#[test]
fn fields_of_a_sample_are_lifted_dropped_and_brought_back() {
    let topic = Topic::create(Broker::shared(), "sampled", 3);
    topic.send(messages());
    let mut studio = Studio::on(&flow(&topic, &unique("sampled-sync")));
    studio.click_at(studio.node("Orders"), PLAIN);
    studio.reveal(Role::Button, "Infer from a sample");
    studio.click("Infer from a sample");
    studio.until("the sample", |studio| studio.has_part("fields are not read"));
    assert_eq!(
        studio.flow().nodes["orders"].settings["fields"],
        json!([{"name": "order_id", "type": "Int64"}]),
        "what a person chose stays"
    );
    studio.click("Start over");
    studio.until("the fields", |studio| studio.has_role(Role::TextInput, "Field 5 name"));
    studio.reveal(Role::DisclosureTriangle, "Members of customer");
    studio.click("Members of customer");
    studio.reveal(Role::Button, "Make name a column of its own");
    studio.click("Make name a column of its own");
    let fields = &studio.flow().nodes["orders"].settings["fields"];
    let lifted = json!({"name": "name", "type": "String", "from": "customer.name"});
    assert!(fields.as_array().is_some_and(|fields| fields.contains(&lifted)), "{fields}");
}

/// For people to look at, and painted in any case.
#[test]
fn a_source_paints_in_both_themes_and_sizes() {
    let broker = Broker::shared();
    let name = unique("a-topic-with-a-rather-long-name.of-orders.eu-central-1.production");
    let topic = Topic::create_named(broker, &name, 3, &[]);
    topic.send(messages());
    let empty = Topic::create(broker, "painted-empty", 1);
    let sync = unique("a-rather-long-sync-name-of-the-orders-flow");
    commit(&topic, &sync, &[4, 9, 1]);
    for (theme, action) in [("dark", "Dark theme"), ("light", "Light theme")] {
        for (size_name, size, scale) in
            [("wide", Vec2::new(1440.0, 900.0), 1.0), ("small", Vec2::new(900.0, 600.0), 1.5)]
        {
            let home = TempDir::new().expect("a folder");
            let path = home.path().join("flow.flow.yaml");
            std::fs::write(&path, flow(&topic, &sync)).expect("a flow file");
            let mut studio = Studio::sized(home, Setup { open: vec![path], is_demo: false }, size, scale);
            studio.run_command(action);
            let shot = |studio: &mut Studio, view: &str| {
                studio.settle();
                studio.shot(&format!("source_{theme}_{size_name}_{view}"));
            };
            studio.run_command("Go to Orders");
            studio.reveal(Role::Button, "Find topic");
            studio.click_role(Role::Button, "Find topic");
            studio.until("topics", |studio| !studio.labels(Role::ListBoxOption).is_empty());
            studio.fill("Find a topic", "a-topic-with");
            studio.until("facts", |studio| {
                let row = studio.find_role(Role::ListBoxOption, &topic.name);
                row.accesskit_node().value().is_some()
            });
            shot(&mut studio, "picker");
            studio.press(egui::Modifiers::NONE, Key::Escape);
            studio.reveal(Role::Button, "Infer from a sample");
            studio.click("Infer from a sample");
            studio.until("the sample", |studio| studio.has_part("fields are not read"));
            studio.click("Start over");
            studio.reveal(Role::DisclosureTriangle, "Members of customer");
            studio.click("Members of customer");
            shot(&mut studio, "fields");
            open_offsets(&mut studio);
            shot(&mut studio, "offsets");
            studio.click_role(Role::Button, "Reset…");
            studio.until("the dry run", |studio| studio.has_part("will be read again"));
            shot(&mut studio, "reset");
            studio.press(egui::Modifiers::NONE, Key::Escape);
            studio.run_command("Go to Result");
            shot(&mut studio, "offsets_of_a_writer");
            studio.run_command("Go to Orders");
            studio.click_role(Role::Tab, "Settings");
            studio.reveal(Role::TextInput, "Topic");
            studio.fill("Topic", &empty.name);
            open_offsets(&mut studio);
            shot(&mut studio, "offsets_of_nothing");
        }
    }
}

#[test]
fn five_thousand_topics_open_at_once_and_only_those_in_sight_are_asked_for() {
    let mut text = String::new();
    // Names are enough for the list; the cluster's own are fewer.
    for i in 0..5_000 {
        write!(text, "topic-{i} ").expect("written");
    }
    let names: Vec<&str> = text.split_whitespace().collect();
    let seen = std::cell::RefCell::new(Vec::new());
    let mut harness = egui_kittest::Harness::builder()
        .with_size(Vec2::new(700.0, 500.0))
        .with_context_setup(flowloom_ui::install)
        .build_ui(|ui| {
            let anchor = flowloom_ui::widget::button::opens(ui, "Open");
            let finder = flowloom_ui::widget::finder::Finder {
                label: "Find a topic",
                names: &names,
                columns: &["Messages"],
                is_picked: &|name| name == "topic-4000",
                takes_many: false,
                note: "",
                trouble: "",
            };
            *seen.borrow_mut() = finder.show(ui, &anchor, |_| vec!["1".to_owned()]).rows;
        });
    harness.get_by_label("Open").click();
    harness.run_steps(4);
    let rows = seen.borrow().clone();
    assert!(rows.len() < 20 && rows.contains(&4_000), "the picked one is in sight, few others are: {rows:?}");
}
