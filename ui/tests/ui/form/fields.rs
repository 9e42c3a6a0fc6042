//! Fields as a tree: what a sample says, what is inside, what is not read; smooth at any size.

use std::fmt::Write as _;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;
use serde_json::json;
use tempfile::TempDir;

use super::bench::{Bench, Look};

const LINES: &str = r#"{"id": 1, "customer": {"name": "Ada", "address": {"city": "Kyiv", "zip": "01001"}}, "tags": [{"k": "a"}], "late": null}
{"id": 2, "customer": {"name": "Bo", "address": {"city": "Oslo", "zip": null}}, "tags": [], "late": null}
{"id": 3, "customer": {"name": "Ada", "address": null}, "tags": [{"k": "b"}], "late": true}
"#;

/// A node that reads a file of nested lines, and asks for its sample.
fn reading(folder: &TempDir, look: Look) -> Bench {
    let path = folder.path().join("lines.jsonl");
    std::fs::write(&path, LINES).expect("a file");
    let flow = format!(
        "flowloom: 1\nname: F\nnodes:\n  one: {{kind: read_file, settings: {{path: '{}'}}}}\n",
        path.display()
    );
    let mut bench = Bench::look(&flow, Some("one"), look);
    bench.ui.state_mut().has_outside = true;
    bench.click("Infer from a sample");
    bench
}

#[test]
fn a_sample_gives_fields_and_what_it_says_of_them() {
    let folder = TempDir::new().expect("a folder");
    for theme in [Theme::Dark, Theme::Light] {
        let mut bench = reading(&folder, Look { theme, height: 1300.0, ..Look::default() });
        let names = ["id", "customer", "tags", "late"];
        let fields = bench.setting("one", "fields");
        assert_eq!(fields.as_array().map(Vec::len), Some(4));
        for (i, name) in names.iter().enumerate() {
            assert_eq!(fields[i]["name"], json!(name));
        }
        assert!(bench.says("3 looked at"), "{}", bench.labels());
        bench.click("Members of customer").click("Members of address");
        bench.shoot(&format!("fields-tree-{theme:?}"));
        bench.click("Remove zip");
        let customer = bench.setting("one", "fields")[1]["type"].clone();
        assert_eq!(customer, json!("Struct{name: String, address: Struct{city: String}}"));
        bench.click("Read zip");
        let customer = bench.setting("one", "fields")[1]["type"].clone();
        assert_eq!(customer, json!("Struct{name: String, address: Struct{city: String, zip: String}}"));
        bench.choose("Type of customer.name", "Binary");
        assert!(bench.setting("one", "fields")[1]["type"].to_string().contains("name: Binary"));
        bench.click("Start over");
        assert_eq!(bench.setting("one", "fields"), fields);
    }
}

#[test]
fn a_dropped_field_comes_back_and_a_stale_sample_says_so() {
    let folder = TempDir::new().expect("a folder");
    let mut bench = reading(&folder, Look::default());
    let fields = bench.setting("one", "fields");
    bench.click("Remove field 1").click("1 field is not read").click("Read id");
    assert_eq!(bench.setting("one", "fields"), fields);
    bench.click("Move field 1").key(Key::ArrowDown);
    assert_eq!(bench.setting("one", "fields")[1]["name"], json!("id"));
    bench.undo();
    assert!(!bench.says("stale"));
    bench.fill("Path", "elsewhere.jsonl");
    assert!(bench.says("The sample is stale: `path` has changed since"), "{}", bench.labels());
    bench.click("Infer again");
    assert!(bench.says("elsewhere.jsonl"), "the error stands where it was asked: {}", bench.labels());
    assert_eq!(bench.setting("one", "fields"), fields, "and nothing was lost");
    bench.shoot("fields-stale");
}

fn source_of(fields: &str) -> String {
    format!(
        "flowloom: 1\nname: W\nnodes:\n  one:\n    kind: kafka_source\n    settings:\n      topic: orders\n      fields:\n{fields}"
    )
}

#[test]
fn columns_are_renamed_flattened_and_read_from_elsewhere() {
    let fields = "        - {name: id, type: Int64}\n        - {name: customer, type: 'Struct{name: String, id: Int64}'}\n";
    let mut bench = Bench::of(&source_of(fields), "one");
    bench.fill("Field 1 name", "number");
    assert_eq!(bench.setting("one", "fields")[0], json!({"name": "number", "type": "Int64", "from": "id"}));
    bench.fill("Field 1 name", "id");
    assert_eq!(bench.setting("one", "fields")[0], json!({"name": "id", "type": "Int64"}));
    bench.click("Members of customer").click("Make name a column of its own");
    let lifted = json!([
        {"name": "id", "type": "Int64"},
        {"name": "customer", "type": "Struct{id: Int64}"},
        {"name": "name", "type": "String", "from": "customer.name"},
    ]);
    assert_eq!(bench.setting("one", "fields"), lifted);
    bench.click("More of field 2");
    bench.shoot("fields-more");
    bench.click("Make columns of its members");
    assert_eq!(
        bench.setting("one", "fields")[1],
        json!({"name": "customer_id", "type": "Int64", "from": "customer.id"})
    );
    bench.choose("Field 2 type", "Datetime(us, UTC)").click("More of field 2");
    bench.click("Epoch milliseconds");
    assert_eq!(bench.setting("one", "fields")[1]["encoding"], json!("epoch_ms"));
    bench.fill("Field 2 path", "customer..id");
    assert!(bench.says("`customer..id` is no path: a key is missing"), "{}", bench.labels());
    bench.fill("Field 2 path", "customer.since").key(Key::Escape);
    bench.choose("Field 2 type", "Int64");
    assert_eq!(
        bench.setting("one", "fields")[1],
        json!({"name": "customer_id", "type": "Int64", "from": "customer.since"}),
        "an encoding goes with its type"
    );
    bench.click("Add field").type_text("new");
    assert_eq!(bench.setting("one", "fields")[3], json!({"name": "new", "type": "String"}));
}

#[test]
fn of_two_thousand_fields_those_in_sight_are_drawn() {
    let mut fields = String::new();
    for i in 0..2_000 {
        writeln!(fields, "        - {{name: field_{i}, type: Int64}}").expect("written");
    }
    let mut bench = Bench::of(&source_of(&fields), "one");
    bench.shoot("fields-2000");
    let drawn = bench.ui.query_all_by_role(Role::TextInput).count();
    assert!(drawn < 60, "{drawn} fields are drawn");
    bench.fill("Find a field", "1999").fill("Field 2000 name", "last");
    assert_eq!(
        bench.setting("one", "fields")[1_999],
        json!({"name": "last", "type": "Int64", "from": "field_1999"})
    );
    bench.fill("Find a field", "").click("Add field").type_text("new");
    assert_eq!(bench.setting("one", "fields")[2_000]["name"], json!("new"));
    bench.press(Modifiers::NONE, Key::Escape);
}

#[test]
fn deep_nesting_is_walked_level_by_level() {
    let deep = format!("{}Int64{}", "Struct{a: ".repeat(60), "}".repeat(60));
    let mut bench = Bench::of(&source_of(&format!("        - {{name: a, type: '{deep}'}}\n")), "one");
    for _ in 0..14 {
        let open = bench.ui.query_all_by_label("Members of a").last().expect("a level");
        open.click();
        bench.settle();
    }
    bench.shoot("fields-deep");
    let drawn = bench.ui.query_all_by_role(Role::TextInput).count();
    assert!(drawn < 60, "{drawn} fields are drawn");
    assert_eq!(bench.overflow(328.0), [""; 0]);
}
