//! The panel itself: live edits, undo, drafts, parameters, names, notes, the flow's own settings.

use egui::{Key, Modifiers};
use flowloom_flow::NodeId;
use flowloom_ui::doc::Doc;
use serde_json::{Value as Json, json};

use super::bench::Bench;
use super::{SAMPLE, flow_of};

#[test]
fn typing_into_one_field_is_one_step_of_undo() {
    let mut bench = Bench::of(&flow_of("join", ""), "one");
    bench.fill("Suffix", "_old");
    assert_eq!(bench.setting("one", "suffix"), json!("_old"));
    bench.undo();
    assert_eq!(bench.text("Suffix"), "_right", "shown at once, while the field still has the keyboard");
    bench.fill("Suffix", "_x").click("Null equals null");
    assert_eq!(bench.setting("one", "nulls_equal"), json!(true));
    bench.undo();
    assert_eq!(
        (bench.setting("one", "nulls_equal"), bench.setting("one", "suffix")),
        (Json::Null, json!("_x"))
    );
}

#[test]
fn a_number_that_cannot_be_read_stays_a_draft() {
    let mut bench = Bench::of(SAMPLE, "orders");
    bench.fill("Messages", "12x");
    assert!(bench.says("`12x` is not a whole number"));
    assert_eq!(bench.text("Messages"), "12x");
    bench.fill("Messages", "-5");
    assert!(bench.says("-5 is less than 0"));
    assert_eq!(bench.setting("orders", "max_messages"), json!(12), "the last that could be read");
    bench.fill("Messages", "20").key(Key::ArrowUp);
    bench.press(Modifiers::SHIFT, Key::ArrowUp);
    assert_eq!(bench.setting("orders", "max_messages"), json!(31));
}

#[test]
fn a_parameter_is_shown_as_it_is_written_and_kept() {
    let mut bench = Bench::of(SAMPLE, "orders");
    assert_eq!(bench.text("Bootstrap servers"), "${bootstrap}");
    assert!(bench.says("Stands for localhost:9092"));
    bench.choose("Start at", "First message, each time");
    assert_eq!(bench.setting("orders", "bootstrap_servers"), json!("${bootstrap}"));
    assert_eq!(bench.setting("orders", "start"), json!("earliest"));
    bench.fill("Bootstrap servers", "localhost:9092");
    assert_ne!(bench.setting("orders", "bootstrap_servers"), json!("${bootstrap}"), "the user took it out");
    bench.undo();
    assert_eq!(bench.text("Bootstrap servers"), "${bootstrap}");
    bench.fill("Messages", "${most}");
    assert_eq!(bench.setting("orders", "max_messages"), json!("${most}"));
    assert!(bench.says("`${most}` has no value"));
}

#[test]
fn a_choice_reveals_what_belongs_to_it() {
    let mut bench = Bench::of(&flow_of("filter", ""), "one");
    bench.click("SQL");
    assert_eq!(bench.setting("one", "mode"), json!("sql"));
    assert!(bench.has("SQL expression"));
}

#[test]
fn sections_fold_and_open_for_what_is_jumped_to() {
    let mut bench = Bench::of(SAMPLE, "orders");
    bench.click("Position");
    assert!(!bench.has("Sync name"));
    let doc: &mut Doc = &mut bench.ui.state_mut().doc;
    doc.field = Some((NodeId::nearest("orders"), "sync_name".to_owned()));
    bench.settle();
    assert!(bench.has("Sync name"));
}

#[test]
fn a_node_is_renamed_in_the_head_of_its_panel() {
    let mut bench = Bench::of(SAMPLE, "paid");
    bench.key(Key::F2).type_text("Big orders").key(Key::Enter);
    assert!(bench.ui.state().doc.flow.nodes.contains_key("big_orders"), "{}", bench.labels());
}

#[test]
fn a_note_is_written() {
    let mut bench = Bench::of(SAMPLE, "paid");
    bench.fill("About this node", "Only what was paid");
    assert_eq!(bench.ui.state().doc.flow.nodes["paid"].note, "Only what was paid");
}

#[test]
fn the_flow_has_a_name_and_parameters() {
    let mut bench = Bench::look(SAMPLE, None, super::Look::default());
    bench.fill("Name", "Sums");
    assert_eq!(bench.ui.state().doc.flow.name, "Sums");
    bench.click("Add parameter").type_text("day").key(Key::Enter).fill("Default of day", "3");
    assert_eq!(bench.ui.state().doc.flow.parameters["day"].default, Some(json!(3)));
    bench.fill("Description of day", "Of the month").click("Remove parameter bootstrap");
    let flow = &bench.ui.state().doc.flow;
    assert_eq!(flow.parameters["day"].description, "Of the month");
    assert!(!flow.parameters.contains_key("bootstrap"));
}

#[test]
fn a_parameter_gets_another_name_everywhere() {
    let mut bench = Bench::look(SAMPLE, None, super::Look::default());
    bench.click("Rename parameter bootstrap").press(Modifiers::COMMAND, Key::A).type_text("1st");
    bench.key(Key::Enter);
    assert!(bench.ui.state().doc.flow.parameters.contains_key("bootstrap"), "`1st` is no name");
    bench.click("Rename parameter bootstrap").press(Modifiers::COMMAND, Key::A).type_text("cluster");
    bench.key(Key::Enter);
    let flow = &bench.ui.state().doc.flow;
    assert_eq!(flow.parameters.keys().next().map(String::as_str), Some("cluster"));
    assert_eq!(flow.nodes["orders"].settings["bootstrap_servers"], json!("${cluster}"));
    assert!(bench.has("Rename parameter cluster"));
}

#[test]
fn several_nodes_are_listed_and_one_is_picked() {
    let mut bench = Bench::of(SAMPLE, "paid");
    bench.ui.state_mut().doc.selection = ["paid", "orders"].into_iter().map(NodeId::nearest).collect();
    bench.settle();
    assert!(bench.says("2 nodes") && bench.has("Delete"));
    bench.click("Select Orders alone");
    assert!(bench.has("Bootstrap servers"));
}

#[test]
fn a_kind_that_is_not_known_is_shown_as_it_is() {
    let flow = "flowloom: 1\nname: New\nnodes:\n  later: {kind: hologram, settings: {depth: 3}}\n";
    let bench = Bench::of(flow, "later");
    assert!(bench.says("does not know the kind `hologram`"));
    assert!(bench.text("Settings as the flow has them").contains("\"depth\": 3"));
}

#[test]
fn settings_that_cannot_be_read_can_be_mended() {
    let mut bench = Bench::of(&flow_of("unique", "keep: some, columns: 3"), "one");
    assert_eq!((bench.text("Keep").as_str(), bench.text("Columns").as_str()), ("some", "3"));
    bench.fill("Keep", "last").fill("Columns", "[customer]").fill("Columns", "[\"customer\"]");
    assert_eq!(bench.setting("one", "keep"), json!("last"));
    assert_eq!(bench.setting("one", "columns"), json!(["customer"]));
}
