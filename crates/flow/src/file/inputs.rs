//! The wires of a node as they are written: `[orders, paid.reject]` or `{left: orders, right: customers}`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::read::{Reader, Spot};
use super::tree::{Data, Tree};
use crate::{NodeId, Output, Problem, Wire, nearest};

/// The wires of `tree`. `names`: every node of the file, wrong names too, which are reported elsewhere.
pub(super) fn read(reader: &mut Reader, tree: Tree, spot: &Spot, names: &BTreeSet<String>) -> Vec<Wire> {
    let mut wires = Vec::new();
    match tree.data {
        Data::Map(entries) => {
            for entry in entries {
                let field = format!("{}.{}", spot.field, entry.key);
                let spot = Spot { field, line: entry.line, ..spot.clone() };
                port(reader, &entry.key, entry.value, &spot, names, &mut wires);
            }
        }
        _ => port(reader, "in", tree, spot, names, &mut wires),
    }
    wires
}

/// One output, or a list of them, that end at the input `port`.
fn port(
    reader: &mut Reader,
    port: &str,
    tree: Tree,
    spot: &Spot,
    names: &BTreeSet<String>,
    wires: &mut Vec<Wire>,
) {
    let outputs: Vec<(Spot, Tree)> = match tree.data {
        Data::Scalar(Value::Null, _) => Vec::new(),
        Data::List(items) => (0..)
            .zip(items)
            .map(|(i, item)| {
                let field = format!("{}[{i}]", spot.field);
                (Spot { field, line: item.line, ..spot.clone() }, item)
            })
            .collect(),
        _ => vec![(spot.clone(), tree)],
    };
    for (spot, tree) in outputs {
        let Data::Scalar(Value::String(text), _) = &tree.data else {
            let hint = "write `inputs: [orders]` or `inputs: {left: orders, right: customers.reject}`";
            reader.expected(&spot, &tree, "the name of a node", hint);
            continue;
        };
        match output(text, names) {
            Ok(from) => wires.extend(from.map(|from| Wire { port: port.to_owned(), from })),
            Err(problem) => reader.problems.push(spot.place(problem)),
        }
    }
}

/// `node` or `node.port`; `None` where the node's own name has been reported already.
fn output(text: &str, names: &BTreeSet<String>) -> Result<Option<Output>, Problem> {
    if names.contains(text) {
        return Ok(text.parse().ok().map(Output::first));
    }
    let (node, port) = match text.split_once('.') {
        Some((node, port)) => (node, Some(port)),
        None => (text, None),
    };
    if port == Some("") {
        return Err(Problem::user(format!("`{text}` names no output after the dot"))
            .hint(format!("write `{node}`, or `{node}.reject` and the like")));
    }
    if names.contains(node) {
        let port = port.map(str::to_owned);
        return Ok(node.parse::<NodeId>().ok().map(|node| Output { node, port }));
    }
    let problem = Problem::user(format!("there is no node `{node}`"));
    Err(match nearest(node, names.iter().map(String::as_str)) {
        Some(name) => problem.hint(format!("did you mean `{name}`?")),
        None => problem.hint("name a node of this flow, or add it"),
    })
}
