//! From a flow as written to nodes with schemas: what check, engine, code generator and canvas all start from.

use std::collections::BTreeMap;
use std::fmt;

use polars::prelude::Schema;
use serde_json::Value;

use crate::{Flow, Host, Node, NodeId, Problem, Problems, Registry, Site, Wires, parameters};

/// Nodes in topological order, ties in the order of the file. Never fails: what is wrong stands on its node.
pub struct Compiled {
    pub flow: String,
    pub nodes: Vec<CompiledNode>,
    /// What is wrong with the flow itself.
    pub problems: Vec<Problem>,
}

/// Ids and problems: settings may be large, and a schema is shown better elsewhere.
impl fmt::Debug for Compiled {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes: Vec<_> = self.nodes.iter().map(|node| node.id.as_str()).collect();
        let problems: Vec<_> = self.problems().map(ToString::to_string).collect();
        to.debug_struct("Compiled")
            .field("flow", &self.flow)
            .field("nodes", &nodes)
            .field("problems", &problems)
            .finish()
    }
}

/// A node of a [`Compiled`] flow.
pub struct CompiledNode {
    pub id: NodeId,
    pub kind: String,
    /// `None`: unknown kind or unreadable settings; `problems` says which.
    pub node: Option<Box<dyn Node>>,
    /// In port order, as [`crate::Kind::plan`] takes them.
    pub inputs: Vec<Link>,
    /// Of each output port; `None`: unknown because of a problem here or above.
    pub schemas: Option<Vec<Schema>>,
    pub problems: Vec<Problem>,
}

/// A wire between compiled nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Index of the input port.
    pub port: usize,
    /// Index in [`Compiled::nodes`] of the node it comes from.
    pub from: usize,
    /// Index of that node's output port.
    pub from_port: usize,
}

impl Compiled {
    /// Every problem of the flow and its nodes; those of a node name it.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().chain(self.nodes.iter().flat_map(|node| &node.problems))
    }

    pub fn has_errors(&self) -> bool {
        self.problems().any(Problem::is_error)
    }

    pub fn find(&self, id: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.id.as_str() == id)
    }

    /// Compiles `flow` with `values` for its parameters.
    pub fn new(flow: &Flow, values: &BTreeMap<String, Value>, registry: Registry, host: &dyn Host) -> Self {
        let mut compiled = Self { flow: flow.name.clone(), nodes: Vec::new(), problems: Vec::new() };
        let values = parameters::values(flow, values, &mut compiled.problems);
        let order = topological(flow, &mut compiled.problems);
        let mut places = BTreeMap::new();
        for id in order {
            let Some(written) = flow.nodes.get(&id) else { continue };
            let mut problems = Vec::new();
            let node = load(written, &values, registry, &mut problems)
                .map_err(|problem| problems.push(problem))
                .ok();
            let inputs = match &node {
                Some(node) => links(&compiled.nodes, &places, written, node.as_ref(), &mut problems),
                None => Vec::new(),
            };
            let mut made =
                CompiledNode { id, kind: written.kind.clone(), node, inputs, schemas: None, problems };
            compiled.settle(&mut made, host);
            let id = made.id.clone();
            made.problems = made.problems.into_iter().map(|problem| problem.at_node(&id)).collect();
            places.insert(id, compiled.nodes.len());
            compiled.nodes.push(made);
        }
        let unkept = crate::keeping::problems(&compiled);
        compiled.problems.extend(unkept);
        compiled
    }

    /// Fills in schemas and the node's own checks, where everything above is known.
    fn settle(&self, made: &mut CompiledNode, host: &dyn Host) {
        let Some(node) = &made.node else { return };
        let Some(inputs) = self.input_schemas(&made.inputs) else { return };
        if made.problems.iter().any(Problem::is_error) {
            return;
        }
        let mut problems = Problems::default();
        node.check(&inputs, &mut problems);
        made.problems.extend(problems.into_vec());
        if made.problems.iter().any(Problem::is_error) {
            return;
        }
        match node.schema(&inputs, &Site { node: &made.id, flow: &self.flow, host }) {
            Ok(schemas) => made.schemas = Some(schemas),
            Err(problem) => made.problems.push(problem),
        }
    }

    /// Schemas at the ends of `links`; `None` where one is unknown.
    pub fn input_schemas(&self, links: &[Link]) -> Option<Vec<Schema>> {
        links
            .iter()
            .map(|link| self.nodes[link.from].schemas.as_ref()?.get(link.from_port).cloned())
            .collect()
    }
}

fn load(
    written: &crate::FlowNode,
    values: &BTreeMap<String, Value>,
    registry: Registry,
    warnings: &mut Vec<Problem>,
) -> Result<Box<dyn Node>, Problem> {
    let Some(entry) = registry.find(&written.kind) else {
        let names = registry.entries().iter().map(|entry| entry.card.id);
        let hint = match crate::nearest(&written.kind, names) {
            Some(name) => format!("did you mean `{name}`? The node is kept as it is"),
            None => "the node is kept as it is; a newer Flowloom may know it".to_owned(),
        };
        return Err(Problem::user(format!("unknown kind `{}`", written.kind)).hint(hint));
    };
    let settings = entry.lift(written.version, parameters::fill(&written.settings, values)?)?;
    let keys: Vec<String> = settings.keys().cloned().collect();
    let node = entry.load(entry.card.version, settings)?;
    let known = node.all_settings();
    for key in keys.iter().filter(|key| !known.contains_key(*key)) {
        let hint = match crate::nearest(key, known.keys().map(String::as_str)) {
            Some(name) => format!("did you mean `{name}`? It is kept as it is"),
            None => "it is kept as it is; a newer Flowloom may know it".to_owned(),
        };
        warnings.push(Problem::user(format!("unknown setting `{key}`")).warning().hint(hint).at_field(key));
    }
    Ok(node)
}

fn links(
    made: &[CompiledNode],
    places: &BTreeMap<NodeId, usize>,
    written: &crate::FlowNode,
    node: &dyn Node,
    problems: &mut Vec<Problem>,
) -> Vec<Link> {
    let ports = node.card().inputs;
    let mut links = Vec::new();
    for wire in &written.inputs {
        let Some(port) = ports.iter().position(|port| port.name == wire.port) else {
            let names: Vec<_> = ports.iter().map(|port| format!("`{}`", port.name)).collect();
            let message = match names.as_slice() {
                [] => format!("`{}` takes no input", written.kind),
                names => format!("there is no input `{}`, expected {}", wire.port, names.join(" or ")),
            };
            problems.push(Problem::user(message).at_field("inputs"));
            continue;
        };
        let Some(&from) = places.get(&wire.from.node) else {
            problems.push(
                Problem::user(format!("input comes from `{}`, which is not there", wire.from.node))
                    .at_field("inputs"),
            );
            continue;
        };
        let from_port = match (&wire.from.port, &made[from].node) {
            (None, _) | (_, None) => Some(0),
            (Some(name), Some(node)) => node.card().outputs.iter().position(|port| port.name == name),
        };
        match from_port {
            Some(from_port) => links.push(Link { port, from, from_port }),
            None => problems.push(
                Problem::user(format!(
                    "`{}` has no output `{}`",
                    wire.from.node,
                    wire.from.port.as_deref().unwrap_or_default()
                ))
                .at_field("inputs"),
            ),
        }
    }
    links.sort_by_key(|link| link.port);
    for (i, port) in ports.iter().enumerate() {
        match links.iter().filter(|link| link.port == i).count() {
            0 => problems
                .push(Problem::user(format!("input `{}` is not connected", port.name)).at_field("inputs")),
            2.. if port.wires == Wires::One => problems
                .push(Problem::user(format!("input `{}` takes one wire", port.name)).at_field("inputs")),
            _ => {}
        }
    }
    links
}

/// Kahn's algorithm, ordered as if the file were swept from top to bottom again and again, each time placing
/// what takes from placed nodes only; nodes on a cycle are reported and, with those below, left out.
fn topological(flow: &Flow, problems: &mut Vec<Problem>) -> Vec<NodeId> {
    // The nodes above and below each node, by their place in the file; twice where two wires go there.
    let mut above: Vec<Vec<usize>> = Vec::with_capacity(flow.nodes.len());
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); flow.nodes.len()];
    for (at, node) in flow.nodes.values().enumerate() {
        let from = node.inputs.iter().filter_map(|wire| flow.nodes.get_index_of(&wire.from.node));
        above.push(from.collect());
        above[at].iter().for_each(|&from| below[from].push(at));
    }
    let mut waits: Vec<usize> = above.iter().map(Vec::len).collect();
    let mut ready: Vec<usize> = (0..waits.len()).filter(|&at| waits[at] == 0).collect();
    // The sweep in which a node is placed, from 0.
    let mut sweeps = vec![0; waits.len()];
    let mut placed = Vec::with_capacity(waits.len());
    while let Some(at) = ready.pop() {
        sweeps[at] = above[at].iter().map(|&from| sweeps[from] + usize::from(from > at)).max().unwrap_or(0);
        placed.push(at);
        for &next in &below[at] {
            waits[next] -= 1;
            if waits[next] == 0 {
                ready.push(next);
            }
        }
    }
    placed.sort_unstable_by_key(|&at| (sweeps[at], at));
    for (_, (id, node)) in flow.nodes.iter().enumerate().filter(|(at, _)| waits[*at] > 0) {
        if !node.inputs.iter().any(|wire| flow.reaches(id, &wire.from.node)) {
            continue;
        }
        problems.push(
            Problem::user("this node waits for its own output: the wires form a cycle")
                .hint("remove one of the wires on the cycle")
                .at_node(id)
                .at_field("inputs"),
        );
    }
    placed.into_iter().filter_map(|at| flow.nodes.get_index(at)).map(|(id, _)| id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::file;
    use crate::sample_kinds::KINDS;
    use crate::testing::host;

    fn compile(nodes: &str) -> Compiled {
        let text = format!("flowloom: 1\nparameters:\n  n: {{default: 3}}\nnodes:\n{nodes}");
        let flow = file::load(&text).unwrap_or_else(|problems| panic!("{problems:?}"));
        Compiled::new(&flow, &BTreeMap::new(), KINDS, &host())
    }

    fn problems(compiled: &Compiled) -> Vec<String> {
        compiled.problems().map(ToString::to_string).collect()
    }

    fn columns(compiled: &Compiled, id: &str) -> Option<Vec<Vec<String>>> {
        let node = &compiled.nodes[compiled.find(id).expect("there")];
        let names = |schema: &Schema| schema.iter_names().map(ToString::to_string).collect();
        node.schemas.as_ref().map(|schemas| schemas.iter().map(names).collect())
    }

    #[test]
    fn what_is_compiled_can_be_shared_between_threads() {
        fn is_shared<T: Send + Sync>(_: &T) {}
        is_shared(&compile("  a: {kind: rows}\n"));
    }

    #[test]
    fn nodes_stand_below_what_they_take_and_else_as_in_the_file() {
        let compiled = compile(
            "  s: {kind: stack, inputs: [k, b]}
  k: {kind: keep, inputs: [a]}
  b: {kind: rows}
  a: {kind: rows}
",
        );
        let order: Vec<_> = compiled.nodes.iter().map(|node| node.id.as_str()).collect();
        assert_eq!(order, ["b", "a", "k", "s"]);
        assert!(!compiled.has_errors(), "{:?}", problems(&compiled));
        assert_eq!(
            compiled.nodes[3].inputs,
            [Link { port: 0, from: 2, from_port: 0 }, Link { port: 0, from: 0, from_port: 0 }]
        );
    }

    #[test]
    fn a_long_chain_written_upside_down_is_put_in_order() {
        let mut text = String::new();
        for i in (1..500).rev() {
            text.extend([format!("  k{i}: {{kind: keep, version: 2, inputs: [k{}]}}\n", i - 1)]);
        }
        let compiled = compile(&(text + "  k0: {kind: rows}\n"));
        assert_eq!(problems(&compiled), [""; 0]);
        assert!(compiled.nodes.iter().enumerate().all(|(i, node)| node.id.as_str() == format!("k{i}")));
        assert!(compiled.nodes[499].schemas.is_some());
    }

    #[test]
    fn schemas_flow_down_each_output() {
        let compiled = compile(
            "  a: {kind: rows, settings: {columns: [x, y]}}
  k: {kind: keep, version: 2, inputs: [a], settings: {column: y}}
  p: {kind: pair, inputs: {right: k, left: k.reject}}
",
        );
        assert_eq!(columns(&compiled, "k"), Some(vec![vec!["y".into()], vec!["x".into(), "y".into()]]));
        assert_eq!(
            columns(&compiled, "p"),
            Some(vec![vec!["x".into(), "y".into()]]),
            "left is the first input"
        );
    }

    #[test]
    fn below_a_problem_schemas_are_unknown_and_nothing_else_is_said() {
        let compiled = compile(
            "  a: {kind: rows, settings: {columns: [x]}}
  k: {kind: keep, version: 2, inputs: [a], settings: {column: gone}}
  l: {kind: keep, version: 2, inputs: [k]}
  m: {kind: keep, version: 2, inputs: [a], settings: {limit: -1}}
",
        );
        let found = problems(&compiled);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("k: ") && found[0].contains("gone"), "{found:?}");
        assert_eq!(found[1], "m: limit: -1 is negative");
        assert_eq!((columns(&compiled, "l"), columns(&compiled, "m")), (None, None));
    }

    #[test]
    fn a_cycle_is_said_of_the_nodes_on_it_and_of_no_other() {
        let compiled = compile(
            "  a: {kind: rows}
  k: {kind: stack, inputs: [a, l]}
  l: {kind: keep, inputs: [k]}
  m: {kind: keep, inputs: [l]}
",
        );
        let ids: Vec<_> = compiled.problems.iter().filter_map(|problem| problem.at.node.clone()).collect();
        assert_eq!(ids.iter().map(NodeId::as_str).collect::<Vec<_>>(), ["k", "l"]);
        assert!(compiled.problems[0].message.contains("cycle"));
        assert_eq!(compiled.nodes.len(), 1);
    }

    #[test]
    fn kinds_and_settings_that_are_not_known_are_named_with_the_nearest() {
        let compiled = compile(
            "  a: {kind: row}
  b: {kind: rows, settings: {colums: [x], later: 1}}
  c: {kind: keep, version: 3, inputs: [b]}
  d: {kind: keep, version: 2, inputs: [b], settings: {limit: many}}
",
        );
        assert_eq!(
            problems(&compiled),
            [
                "a: unknown kind `row`; did you mean `rows`? The node is kept as it is",
                "b: colums: unknown setting `colums`; did you mean `columns`? It is kept as it is",
                "b: later: unknown setting `later`; it is kept as it is; a newer Flowloom may know it",
                "c: this node was saved with version 3 of `keep`; this Flowloom knows version 2; update Flowloom",
                "d: limit: invalid type: string \"many\", expected i64",
            ]
        );
        assert!(compiled.nodes[1].schemas.is_some(), "a warning blocks nothing");
    }

    #[test]
    fn inputs_that_are_missing_too_many_or_unknown_are_named() {
        let compiled = compile(
            "  a: {kind: rows}
  k: {kind: keep}
  l: {kind: keep, inputs: [a, a]}
  m: {kind: keep, inputs: {left: a}}
  n: {kind: rows, inputs: [a]}
  o: {kind: keep, inputs: [k.rest]}
",
        );
        assert_eq!(
            problems(&compiled),
            [
                "k: inputs: input `in` is not connected",
                "l: inputs: input `in` takes one wire",
                "m: inputs: there is no input `left`, expected `in`",
                "m: inputs: input `in` is not connected",
                "n: inputs: `rows` takes no input",
                "o: inputs: `k` has no output `rest`",
                "o: inputs: input `in` is not connected",
            ]
        );
    }

    #[test]
    fn parameters_and_upgrades_reach_the_node() {
        let compiled = compile(
            "  a: {kind: rows}\n  k: {kind: keep, inputs: [a], settings: {col: '', limit: '${n}'}}\n",
        );
        assert_eq!(problems(&compiled), [""; 0]);
        let node = compiled.nodes[1].node.as_ref().expect("loaded");
        assert_eq!(node.all_settings()["limit"], json!(3));
        let compiled = compile("  k: {kind: keep, settings: {col: '${m}'}}\n");
        assert_eq!(problems(&compiled)[0], "k: col: `${m}` has no value; did you mean `${n}`?");
    }
}
