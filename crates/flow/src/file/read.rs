//! A tree of YAML as a flow, or everything that is wrong with it.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::tree::{Data, Entry, Tree};
use super::{Lines, Loaded, Upgrade, inputs};
use crate::{Flow, FlowNode, Live, NodeId, Parameter, Problem, nearest, parameters};

pub(super) const FLOW_FIELDS: &[&str] = &["flowloom", "name", "description", "live", "parameters", "nodes"];
pub(super) const PARAMETER_FIELDS: &[&str] = &["default", "description"];
pub(super) const NODE_FIELDS: &[&str] = &["kind", "version", "inputs", "at", "note", "settings"];

/// The flow in `tree`, lifted to the newest version by `upgrades`.
pub(super) fn flow(mut tree: Tree, upgrades: &[Upgrade]) -> Result<Loaded, Vec<Problem>> {
    let mut reader = Reader::default();
    lift(&mut tree, upgrades, &mut reader)?;
    let Data::Map(entries) = tree.data else { return Err(reader.problems) };
    let mut flow = Flow::default();
    for entry in entries {
        reader.lines.insert(None, &entry.key, entry.line);
        let spot = Spot { node: None, field: entry.key.clone(), line: entry.line };
        match entry.key.as_str() {
            "flowloom" => {}
            "name" => flow.name = reader.text(entry.value, &spot),
            "description" => flow.description = reader.text(entry.value, &spot),
            "live" => flow.live = reader.live(entry.value, &spot),
            "parameters" => flow.parameters = reader.parameters(entry.value, &spot),
            "nodes" => flow.nodes = reader.nodes(entry.value, &spot),
            _ => reader.unknown(&mut flow.rest, entry, &spot, FLOW_FIELDS),
        }
    }
    let Reader { mut problems, warnings, lines } = reader;
    if problems.is_empty() {
        return Ok(Loaded { flow, warnings, lines });
    }
    problems.extend(warnings);
    problems.sort_by_key(|problem| problem.at.line);
    Err(problems)
}

/// Checks the version and lifts `tree` to the newest. A file that cannot be read at all fails at once.
fn lift(tree: &mut Tree, upgrades: &[Upgrade], reader: &mut Reader) -> Result<(), Vec<Problem>> {
    let newest = upgrades.len() + 1;
    let hint = format!("a flow file starts with `flowloom: {newest}`");
    let Data::Map(entries) = &tree.data else {
        let message = if tree.is_null() {
            "the file is empty".to_owned()
        } else {
            format!("the file is {}, expected a map", tree.noun())
        };
        return Err(vec![Problem::user(message).hint(hint).at_line(tree.line)]);
    };
    let Some(entry) = entries.iter().find(|entry| entry.key == "flowloom") else {
        let problem = Problem::user("`flowloom` is missing: the version of the file's format").hint(hint);
        reader.problems.push(problem.at_line(tree.line));
        return Ok(());
    };
    let version = match &entry.value.data {
        Data::Scalar(Value::Number(number), _) => number.as_u64().filter(|version| *version > 0),
        _ => None,
    };
    let Some(version) = version else {
        let problem =
            Problem::user(format!("found {}, expected a version from 1 to {newest}", entry.value.noun()));
        reader.problems.push(problem.hint(hint).at_field("flowloom").at_line(entry.line));
        return Ok(());
    };
    if version > newest as u64 {
        let problem = Problem::user(format!(
            "this file was made by a newer Flowloom: it has version {version}, this one reads up to {newest}"
        ));
        return Err(vec![problem.hint("update Flowloom").at_field("flowloom").at_line(entry.line)]);
    }
    for upgrade in &upgrades[version as usize - 1..] {
        upgrade(tree).map_err(|problem| vec![problem])?;
    }
    Ok(())
}

/// Where a value stands, for its problems.
#[derive(Clone)]
pub(super) struct Spot {
    pub(super) node: Option<NodeId>,
    /// Path within the node, or within the flow.
    pub(super) field: String,
    pub(super) line: usize,
}

impl Spot {
    pub(super) fn place(&self, problem: Problem) -> Problem {
        let mut problem = problem.at_line(self.line);
        problem.at.node.clone_from(&self.node);
        if !self.field.is_empty() {
            problem.at.field = Some(self.field.clone());
        }
        problem
    }
}

/// Collects what is wrong while it reads on.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) problems: Vec<Problem>,
    warnings: Vec<Problem>,
    lines: Lines,
}

impl Reader {
    /// `found a list, expected …`.
    pub(super) fn expected(&mut self, spot: &Spot, found: &Tree, expected: &str, hint: &str) {
        let problem = Problem::user(format!("found {}, expected {expected}", found.noun()));
        self.problems.push(spot.place(if hint.is_empty() { problem } else { problem.hint(hint) }));
    }

    fn text(&mut self, tree: Tree, spot: &Spot) -> String {
        match tree.data {
            Data::Scalar(Value::Null, _) => String::new(),
            Data::Scalar(_, text) => text,
            _ => {
                self.expected(spot, &tree, "text", "quote text that starts with a bracket");
                String::new()
            }
        }
    }

    /// The entries of a map; nothing stands for an empty one.
    fn entries(&mut self, tree: Tree, spot: &Spot, expected: &str, hint: &str) -> Vec<Entry> {
        match tree.data {
            Data::Map(entries) => entries,
            Data::Scalar(Value::Null, _) => Vec::new(),
            _ => {
                self.expected(spot, &tree, expected, hint);
                Vec::new()
            }
        }
    }

    /// Keeps a field that this version does not know; one that looks like a slip is worth a warning.
    fn unknown(&mut self, rest: &mut Map<String, Value>, entry: Entry, spot: &Spot, known: &[&str]) {
        if let Some(name) = nearest(&entry.key, known.iter().copied()) {
            let problem = Problem::user(format!("unknown field `{}`", entry.key)).warning();
            self.warnings
                .push(spot.place(problem.hint(format!("did you mean `{name}`? It is kept as it is"))));
        }
        rest.insert(entry.key, entry.value.into_value());
    }

    fn live(&mut self, tree: Tree, spot: &Spot) -> Option<Live> {
        let entries = self.entries(tree, spot, "a map such as `{every: 10s, messages: 1000}`", "");
        if entries.is_empty() {
            return None;
        }
        let settings: Map<String, Value> =
            entries.into_iter().map(|entry| (entry.key, entry.value.into_value())).collect();
        match Live::try_from(settings) {
            Ok(live) => Some(live),
            Err(problem) => {
                self.problems.push(problem.at_line(spot.line));
                None
            }
        }
    }

    fn parameters(&mut self, tree: Tree, spot: &Spot) -> IndexMap<String, Parameter> {
        let hint = "write each as `name: {default: value, description: what it is for}`";
        let mut made = IndexMap::new();
        for entry in self.entries(tree, spot, "a map of parameters by name", hint) {
            let path = format!("parameters.{}", entry.key);
            self.lines.insert(None, &path, entry.line);
            self.lines.insert_all(None, &path, &entry.value);
            let spot = Spot { node: None, field: path, line: entry.line };
            if let Err(problem) = parameters::check_name(&entry.key) {
                self.problems.push(spot.place(problem));
            }
            let mut parameter = Parameter::default();
            for field in self.entries(entry.value, &spot, "a map with `default` and `description`", hint) {
                let field_path = format!("{}.{}", spot.field, field.key);
                let spot = Spot { field: field_path, line: field.line, ..spot.clone() };
                match field.key.as_str() {
                    "default" => parameter.default = Some(field.value.into_value()),
                    "description" => parameter.description = self.text(field.value, &spot),
                    _ => self.unknown(&mut parameter.rest, field, &spot, PARAMETER_FIELDS),
                }
            }
            made.insert(entry.key, parameter);
        }
        made
    }

    fn nodes(&mut self, tree: Tree, spot: &Spot) -> IndexMap<NodeId, FlowNode> {
        let hint = "write each as `name:` with `kind`, `inputs` and `settings` below it";
        let entries = self.entries(tree, spot, "a map of nodes by name", hint);
        let names: BTreeSet<String> = entries.iter().map(|entry| entry.key.clone()).collect();
        let mut made = IndexMap::new();
        for entry in entries {
            let id = match entry.key.parse::<NodeId>() {
                Ok(id) => id,
                Err(problem) => {
                    self.problems.push(problem.at_field("nodes").at_line(entry.line));
                    continue;
                }
            };
            let node = self.node(&id, entry, &names);
            made.insert(id, node);
        }
        made
    }

    fn node(&mut self, id: &NodeId, entry: Entry, names: &BTreeSet<String>) -> FlowNode {
        let mut node = FlowNode::default();
        let spot = Spot { node: Some(id.clone()), field: String::new(), line: entry.line };
        self.lines.insert(Some(id), "", entry.line);
        let hint = "write `kind: filter` and the like below the node's name";
        let count = self.problems.len();
        let fields = self.entries(entry.value, &spot, "a map with `kind`, `inputs` and `settings`", hint);
        let has_kind = fields.iter().any(|field| field.key == "kind") || self.problems.len() > count;
        let mut settings = None;
        for field in fields {
            self.lines.insert(Some(id), &field.key, field.line);
            self.lines.insert_all(Some(id), &field.key, &field.value);
            let spot = Spot { field: field.key.clone(), line: field.line, ..spot.clone() };
            match field.key.as_str() {
                "kind" => {
                    node.kind = self.text(field.value, &spot);
                    if node.kind.is_empty() && self.problems.len() == count {
                        self.problems.push(spot.place(Problem::user("the kind is empty").hint(hint)));
                    }
                }
                "version" => node.version = self.version(&field.value, &spot),
                "inputs" => node.inputs = inputs::read(self, field.value, &spot, names),
                "at" => node.at = self.at(&field.value, &spot),
                "note" => node.note = self.text(field.value, &spot),
                "settings" => settings = Some((field.value, spot)),
                _ => self.unknown(&mut node.rest, field, &spot, NODE_FIELDS),
            }
        }
        if !has_kind {
            self.problems.push(spot.place(Problem::user("`kind` is missing").hint(hint)));
        }
        if let Some((tree, spot)) = settings {
            self.lines.insert_all(Some(id), "", &tree);
            let entries = self.entries(tree, &spot, "a map of settings by name", "");
            node.settings = entries.into_iter().map(|entry| (entry.key, entry.value.into_value())).collect();
        }
        node
    }

    fn version(&mut self, tree: &Tree, spot: &Spot) -> u32 {
        let version = match &tree.data {
            Data::Scalar(Value::Number(number), _) => number.as_u64(),
            _ => None,
        };
        match version.map(u32::try_from) {
            Some(Ok(version)) if version > 0 => version,
            _ => {
                self.expected(spot, tree, "the version of the settings, from 1", "");
                1
            }
        }
    }

    fn at(&mut self, tree: &Tree, spot: &Spot) -> Option<[i32; 2]> {
        if tree.is_null() {
            return None;
        }
        let at = serde_json::from_value(tree.clone().into_value()).ok();
        if at.is_none() {
            self.expected(spot, tree, "two whole numbers, such as `[40, 80]`", "");
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use crate::file::{load, parse};

    fn problems(text: &str) -> Vec<String> {
        load(text).expect_err("wrong").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn everything_wrong_is_named_at_once_with_its_line() {
        let text = "\
flowloom: 1
name: [x]
nods: {}
parameters:
  topic: orders
  a b: {}
nodes:
  Paid orders:
    kind: filter
  orders:
    knd: table
    at: [1]
    version: 0
  paid:
    kind: filter
    inputs: [ordrs, 3, orders.]
    settings: [1]
  big:
    kind: join
    inputs: {left: Paid orders, right: elsewhere}
  text: filter
";
        assert_eq!(
            problems(text),
            [
                "line 2: name: found a list, expected text; quote text that starts with a bracket",
                "line 3: nods: unknown field `nods`; did you mean `nodes`? It is kept as it is",
                "line 5: parameters.topic: found text, expected a map with `default` and `description`; write each as `name: {default: value, description: what it is for}`",
                "line 6: parameters.a b: `a b` cannot name a parameter; use letters, digits and `_`, such as `topic_name`",
                "line 8: nodes: `Paid orders` cannot name a node; use lower-case letters, digits and `_`, such as `paid_orders`",
                "line 10: orders: `kind` is missing; write `kind: filter` and the like below the node's name",
                "line 11: orders: knd: unknown field `knd`; did you mean `kind`? It is kept as it is",
                "line 12: orders: at: found a list, expected two whole numbers, such as `[40, 80]`",
                "line 13: orders: version: found a number, expected the version of the settings, from 1",
                "line 16: paid: inputs[0]: there is no node `ordrs`; did you mean `orders`?",
                "line 16: paid: inputs[1]: found a number, expected the name of a node; write `inputs: [orders]` or `inputs: {left: orders, right: customers.reject}`",
                "line 16: paid: inputs[2]: `orders.` names no output after the dot; write `orders`, or `orders.reject` and the like",
                "line 17: paid: settings: found a list, expected a map of settings by name",
                "line 20: big: inputs.right: there is no node `elsewhere`; name a node of this flow, or add it",
                "line 21: text: found text, expected a map with `kind`, `inputs` and `settings`; write `kind: filter` and the like below the node's name",
            ]
        );
    }

    #[test]
    fn a_file_that_is_no_flow_says_how_one_starts() {
        assert_eq!(problems(""), ["line 1: the file is empty; a flow file starts with `flowloom: 1`"]);
        assert_eq!(
            problems("- a\n"),
            ["line 1: the file is a list, expected a map; a flow file starts with `flowloom: 1`"]
        );
        assert_eq!(
            problems("name: x\nnodes: []\n"),
            [
                "line 1: `flowloom` is missing: the version of the file's format; a flow file starts with `flowloom: 1`",
                "line 2: nodes: found a list, expected a map of nodes by name; write each as `name:` with `kind`, `inputs` and `settings` below it",
            ]
        );
        assert!(problems("flowloom: one\n")[0].contains("found text, expected a version from 1 to 1"));
        assert!(problems("flowloom: 2\nnodes: []\n")[0].contains("made by a newer Flowloom"));
        assert_eq!(problems("flowloom: 1\nname: 'x\n").len(), 1);
    }

    #[test]
    fn slips_are_warned_of_and_kept() {
        let loaded =
            parse("flowloom: 1\nnodes:\n  a: {kind: x, setings: {b: 1}, colour: red}\n").expect("a flow");
        assert_eq!(loaded.flow.nodes["a"].rest.len(), 2);
        let warnings: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(
            warnings,
            ["line 3: a: setings: unknown field `setings`; did you mean `settings`? It is kept as it is"]
        );
        assert!(!loaded.warnings[0].is_error());
    }

    #[test]
    fn inputs_may_be_written_in_each_way() {
        let wires = |inputs: &str| {
            let text =
                format!("flowloom: 1\nnodes:\n  a: {{kind: x}}\n  b:\n    kind: y\n    inputs: {inputs}\n");
            let flow = load(&text).expect("a flow");
            let wires = flow.nodes["b"].inputs.iter();
            wires
                .map(|wire| format!("{}={}:{:?}", wire.port, wire.from.node, wire.from.port))
                .collect::<Vec<_>>()
        };
        assert_eq!(wires("a"), ["in=a:None"]);
        assert_eq!(wires("[a, a.reject]"), ["in=a:None", "in=a:Some(\"reject\")"]);
        assert_eq!(wires("\n      - a"), ["in=a:None"]);
        assert_eq!(
            wires("{left: a, right: [a.x, a]}"),
            ["left=a:None", "right=a:Some(\"x\")", "right=a:None"]
        );
        assert!(wires("").is_empty());
    }

    #[test]
    fn text_needs_no_quotes_where_only_text_can_stand() {
        let flow = load("flowloom: 1\nname: 2024\nnodes:\n  a: {kind: x, note: 1.50}\n").expect("a flow");
        assert_eq!(flow.name, "2024");
        assert_eq!(flow.nodes["a"].note, "1.50");
    }
}
