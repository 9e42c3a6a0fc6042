//! Rules that every kind keeps. A new kind is held to them by its row in the table, without a test of its own here.

use std::collections::BTreeMap;
use std::path::Path;

use flowloom_engine::{Cache, Events, JobHost, Limits, Outcome, PreviewAsk, State, preview, run};
use flowloom_flow::form::{describe, script};
use flowloom_flow::{
    Cancel, Compiled, Entry, Flow, FlowNode, Node, NodeId, Output, Target, Wire, Wires, file,
};
use flowloom_nodes::REGISTRY;
use polars::prelude::Schema;
use serde_json::{Map, Value, json};

use crate::broker::Broker;
use crate::message::Message;
use crate::topic::Topic;

/// Rows that every kind understands: `n` counts, `s` repeats, `f` has a null.
fn grid(rows: usize) -> Value {
    let rows: Vec<Value> = (0..rows)
        .map(|i| {
            let text = ["a", "b", "ü"][i % 3];
            let half = if i % 4 == 3 { Value::Null } else { json!(i as f64 / 2.0) };
            json!([i, text, half])
        })
        .collect();
    let column = |name: &str, dtype: &str| json!({"name": name, "type": dtype});
    json!({"columns": [column("n", "Int64"), column("s", "String"), column("f", "Float64")], "rows": rows})
}

/// A value of each type that settings have, fit for [`grid`]'s columns. A new type of value needs a line here.
fn sample(entry: &Entry, type_name: &str, folder: &Path) -> Value {
    match type_name {
        "Aggregations" => json!([{"aggregate": "sum", "column": "n"}, {"aggregate": "count_rows"}]),
        "Column" => json!("n"),
        "Columns" => json!(["s"]),
        "Conditions" => json!([{"column": "n", "op": ">", "value": 2}]),
        // By the servers that the node names itself; by a connection: `connections::cluster`.
        "Connection" => json!(""),
        "Expression" => json!("n > 2"),
        "Fields" | "PlainFields" => json!([{"name": "n", "type": "Int64"}, {"name": "s", "type": "String"}]),
        "FilePath" if entry.card.outputs.is_empty() => json!("written.jsonl"),
        "FilePath" => {
            std::fs::write(folder.join("read.jsonl"), "{\"n\": 1, \"s\": \"a\"}\n{\"n\": 2, \"s\": \"b\"}\n")
                .expect("a file to read");
            json!("read.jsonl")
        }
        "Formulas" => json!([{"column": "twice", "expression": "n * 2"}]),
        "Grid" => grid(5),
        "JoinKeys" => json!([{"left": "n", "right": "n"}]),
        "Names" => json!({"_kafka_offset": "position"}),
        "Properties" => json!({"fetch.min.bytes": "1"}),
        "Selection" => json!([{"column": "s", "as": "text"}, {"column": "n", "type": "Float64"}]),
        "SortKeys" => json!([{"column": "s", "descending": true}, {"column": "n"}]),
        "Topics" => json!(topic()),
        other => panic!("`{}` has a setting of type `{other}`: give it a sample here", entry.card.id),
    }
}

/// A topic with two messages, for sources that read one.
fn topic() -> &'static str {
    static TOPIC: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    TOPIC.get_or_init(|| {
        let topic = Topic::create(Broker::shared(), "registry", 2);
        topic.send((0..2).map(|n| Message::new(format!(r#"{{"n": {n}, "s": "x"}}"#)).partition(n)));
        topic.name
    })
}

/// A node of the kind, set through its panel as a user would.
fn node(entry: &Entry, folder: &Path) -> Box<dyn Node> {
    let description = describe(entry).expect("described");
    let mut settings = Map::new();
    for setting in description.settings.iter().filter(|setting| setting.when.is_empty()) {
        if !setting.shape.is_empty() {
            settings.insert(setting.key.clone(), sample(entry, &setting.type_name, folder));
        }
        if setting.key == "bootstrap_servers" {
            settings.insert(setting.key.clone(), json!(Broker::shared().bootstrap()));
        }
    }
    let mut node = entry.default_node().expect("defaults load");
    let inputs = vec![grid_schema(); wires(entry)];
    if let Err(errors) = script(node.as_mut(), &inputs, Value::Object(settings)) {
        panic!("the panel of `{}` refuses: {errors:?}", entry.card.id);
    }
    node
}

fn grid_schema() -> Schema {
    use polars::prelude::{DataType, Field};
    [("n", DataType::Int64), ("s", DataType::String), ("f", DataType::Float64)]
        .into_iter()
        .map(|(name, dtype)| Field::new(name.into(), dtype))
        .collect()
}

/// Two wires into a port that takes many.
fn wires(entry: &Entry) -> usize {
    entry.card.inputs.iter().map(|port| if port.wires == Wires::Many { 2 } else { 1 }).sum()
}

/// Tables of `rows` rows → the kind → a writer for each of its outputs.
pub(crate) fn flow(entry: &Entry, rows: usize, folder: &Path) -> Flow {
    let mut flow = Flow { name: format!("Rules of {}", entry.card.id), ..Flow::default() };
    let mut inputs = Vec::new();
    for port in entry.card.inputs {
        for copy in 0..if port.wires == Wires::Many { 2 } else { 1 } {
            let id = NodeId::nearest(&format!("rows_{}_{copy}", port.name));
            let settings = Map::from_iter([("data".to_owned(), grid(rows))]);
            flow.nodes.insert(id.clone(), written("table", settings, Vec::new()));
            inputs.push(Wire { port: port.name.to_owned(), from: Output::first(id) });
        }
    }
    let under_test = NodeId::nearest("under_test");
    flow.nodes.insert(under_test.clone(), written(entry.card.id, node(entry, folder).settings(), inputs));
    for port in entry.card.outputs {
        let settings = Map::from_iter([("path".to_owned(), json!(format!("{}.parquet", port.name)))]);
        let from = Output { node: under_test.clone(), port: Some(port.name.to_owned()) };
        let wire = Wire { port: "in".to_owned(), from };
        flow.nodes.insert(
            NodeId::nearest(&format!("write_{}", port.name)),
            written("write_file", settings, vec![wire]),
        );
    }
    flow
}

fn written(kind: &str, settings: Map<String, Value>, inputs: Vec<Wire>) -> FlowNode {
    let version = REGISTRY.find(kind).map_or(1, |entry| entry.card.version);
    FlowNode { kind: kind.to_owned(), version, settings, inputs, ..FlowNode::default() }
}

/// Calls `rule` with every kind's flow, compiled without problems.
fn each_kind(rows: usize, rule: impl Fn(&Entry, &Flow, &Compiled, &JobHost)) {
    for entry in REGISTRY.entries() {
        let folder = tempfile::tempdir().expect("folder");
        let host = JobHost::new(folder.path(), Limits::default());
        let flow = flow(entry, rows, folder.path());
        let compiled = Compiled::new(&flow, &BTreeMap::new(), REGISTRY, &host);
        let problems: Vec<String> = compiled.problems().map(ToString::to_string).collect();
        assert!(problems.is_empty(), "{}: {problems:?}", entry.card.id);
        rule(entry, &flow, &compiled, &host);
    }
}

#[test]
fn the_table_is_sorted_and_every_card_is_whole() {
    let ids: Vec<&str> = REGISTRY.entries().iter().map(|entry| entry.card.id).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    for entry in REGISTRY.entries() {
        let card = entry.card;
        let icon = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../icons/{}.svg", card.id));
        assert!(icon.exists(), "{} has no icon", card.id);
        assert!(!card.blurb.ends_with('.') && card.blurb.starts_with(char::is_uppercase), "{}", card.blurb);
        let mut one = card.inputs.iter();
        if let (Some(port), None) = (one.next(), one.next()) {
            assert_eq!(port.name, "in", "the only input of {}: the file leaves its name out", card.id);
        }
        let described = describe(entry).expect("described");
        for setting in &described.settings {
            assert!(setting.label.starts_with(char::is_uppercase), "{}: `{}`", card.id, setting.label);
            assert!(
                !setting.help.ends_with('.') || setting.help.contains(". "),
                "{}: `{}`",
                card.id,
                setting.help
            );
        }
    }
}

#[test]
fn every_setting_of_a_panel_is_a_setting_of_the_file() {
    for entry in REGISTRY.entries() {
        let known = entry.default_node().expect("defaults load").all_settings();
        let described = describe(entry).expect("described");
        for setting in &described.settings {
            assert!(known.contains_key(&setting.key), "{}: the file has no `{}`", entry.card.id, setting.key);
        }
        for key in known.keys() {
            let is_shown = described.settings.iter().any(|setting| setting.key == *key);
            assert!(is_shown, "{}: no panel shows `{key}`", entry.card.id);
        }
    }
}

#[test]
fn settings_survive_the_file() {
    each_kind(5, |entry, flow, _, _| {
        let text = file::save(flow);
        let back = file::load(&text).unwrap_or_else(|problems| panic!("{problems:?} in\n{text}"));
        assert_eq!(&back, flow, "{}:\n{text}", entry.card.id);
    });
}

#[test]
fn the_announced_schema_is_the_real_one_with_rows_and_without() {
    for rows in [5, 0] {
        each_kind(rows, |entry, _, compiled, host| {
            let (events, _received) = Events::channel(1_000);
            let cache = Cache::default();
            let shown = preview(compiled, &PreviewAsk::default(), host, &cache, &Cancel::default(), &events);
            for (node, made) in shown.nodes.iter().zip(&compiled.nodes) {
                assert_eq!(
                    node.state,
                    State::Done,
                    "{} with {rows} rows: {:?}",
                    entry.card.id,
                    node.problems
                );
                if made.node.as_ref().is_some_and(|node| node.card().outputs.is_empty()) {
                    continue;
                }
                let announced = made.schemas.as_ref().expect("known before any run");
                for (schema, port) in announced.iter().zip(&node.ports) {
                    assert_eq!(schema, &**port.rows.schema(), "{}.{}", entry.card.id, port.port);
                }
            }
        });
    }
}

#[test]
fn a_run_counts_what_a_preview_shows() {
    each_kind(12, |entry, _, compiled, host| {
        let (events, _received) = Events::channel(1_000);
        let cancel = Cancel::default();
        let shown = preview(compiled, &PreviewAsk::default(), host, &Cache::default(), &cancel, &events);
        let report = run(compiled, host, &cancel, &events);
        assert_eq!(report.outcome, Outcome::Done, "{}: {:?}", entry.card.id, report.problems);
        for (node, ran) in shown.nodes.iter().zip(&report.nodes) {
            let seen: BTreeMap<&str, u64> =
                node.ports.iter().map(|port| (port.port, port.rows.height() as u64)).collect();
            let is_whole = ran.rows.iter().all(|(port, rows)| seen.get(port.as_str()) == Some(rows));
            assert!(is_whole, "{}: preview {seen:?}, run {:?}", ran.node, ran.rows);
        }
    });
}

#[test]
fn every_kind_is_exported_or_refuses_by_name() {
    each_kind(5, |entry, _, compiled, _| {
        for target in Target::ALL {
            match flowloom_codegen::export(compiled, target, &flowloom_flow::NoConnections) {
                Ok(project) => assert!(!project.files.is_empty()),
                Err(problems) => {
                    assert!(
                        problems.iter().all(|problem| problem.at.node.is_some()),
                        "{}: {problems:?}",
                        entry.card.id
                    );
                }
            }
        }
    });
}
