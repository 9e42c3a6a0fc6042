//! A flow as the text of its file.

use serde_json::{Map, Value, json};

use super::{VERSION, emit, read};
use crate::{Flow, FlowNode, Output, Parameter, Wire};

/// The file of `flow`. [`super::load`] gives the same flow back.
pub fn save(flow: &Flow) -> String {
    let mut out = String::new();
    emit::entry(&mut out, 0, "flowloom", &json!(VERSION));
    let mut top = Map::new();
    put_text(&mut top, "name", &flow.name);
    put_text(&mut top, "description", &flow.description);
    put_rest(&mut top, &flow.rest, read::FLOW_FIELDS);
    for (key, value) in &top {
        emit::entry(&mut out, 0, key, value);
    }
    if let Some(live) = flow.live {
        emit::short_entry(&mut out, 0, "live", &Value::Object(live.into()));
    }
    if !flow.parameters.is_empty() {
        out += "parameters:\n";
    }
    for (name, parameter) in &flow.parameters {
        emit::short_entry(&mut out, 2, name, &Value::Object(parameter_map(parameter)));
    }
    if !flow.nodes.is_empty() {
        out += "nodes:\n";
    }
    for (id, node) in &flow.nodes {
        emit::entry(&mut out, 2, id.as_str(), &Value::Object(node_map(node)));
    }
    out
}

fn parameter_map(parameter: &Parameter) -> Map<String, Value> {
    let mut map = Map::new();
    if let Some(default) = &parameter.default {
        map.insert("default".to_owned(), default.clone());
    }
    put_text(&mut map, "description", &parameter.description);
    put_rest(&mut map, &parameter.rest, read::PARAMETER_FIELDS);
    map
}

fn node_map(node: &FlowNode) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("kind".to_owned(), json!(node.kind));
    if node.version > 1 {
        map.insert("version".to_owned(), json!(node.version));
    }
    if !node.inputs.is_empty() {
        map.insert("inputs".to_owned(), inputs(&node.inputs));
    }
    if let Some(at) = node.at {
        map.insert("at".to_owned(), json!(at));
    }
    put_text(&mut map, "note", &node.note);
    if !node.settings.is_empty() {
        map.insert("settings".to_owned(), Value::Object(node.settings.clone()));
    }
    put_rest(&mut map, &node.rest, read::NODE_FIELDS);
    map
}

/// A list where all wires end at `in`, else a map by port.
fn inputs(wires: &[Wire]) -> Value {
    if wires.iter().all(|wire| wire.port == "in") {
        return wires.iter().map(|wire| Value::String(output(&wire.from))).collect();
    }
    let mut ports: Map<String, Value> = Map::new();
    for wire in wires {
        let from = Value::String(output(&wire.from));
        match ports.get_mut(&wire.port) {
            None => {
                ports.insert(wire.port.clone(), from);
            }
            Some(Value::Array(several)) => several.push(from),
            Some(one) => *one = Value::Array(vec![one.take(), from]),
        }
    }
    Value::Object(ports)
}

fn output(output: &Output) -> String {
    match &output.port {
        Some(port) => format!("{}.{port}", output.node),
        None => output.node.to_string(),
    }
}

fn put_text(map: &mut Map<String, Value>, key: &str, text: &str) {
    if !text.is_empty() {
        map.insert(key.to_owned(), json!(text));
    }
}

/// A field that is known by now is written from its own place.
fn put_rest(map: &mut Map<String, Value>, rest: &Map<String, Value>, known: &[&str]) {
    for (key, value) in rest.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
        map.insert(key.clone(), value.clone());
    }
}

#[cfg(test)]
mod tests {
    use crate::file::{load, save};

    #[test]
    fn a_file_as_we_write_it_is_saved_byte_for_byte() {
        let text = r#"flowloom: 1
name: Orders by country
description: |-
  What we sell
  where
future: {}
live: {every: 10s, messages: 1000, bytes: 1MB}
parameters:
  bootstrap: {default: localhost:9092, description: Brokers}
  topic: {}
nodes:
  orders:
    kind: kafka_source
    at: [40, 80]
    settings:
      topic: ${topic}
      limit: 10
  paid:
    kind: filter
    version: 2
    inputs: [orders]
    note: Only what was paid
    settings:
      conditions:
        - {column: amount, op: ">", value: 100}
    colour: red
  unpaid:
    kind: join
    inputs:
      left: paid.reject
      right: orders
  all:
    kind: union
    inputs: [paid, paid.reject]
  out:
    kind: teleport
    inputs:
      rows: [paid, unpaid]
      lookup: orders
"#;
        assert_eq!(save(&load(text).expect("a flow")), text);
    }
}
