//! A flow as plain data: nodes, wires, parameters. What the file holds, and what edits change.
//!
//! Settings stay as they were written (with `${name}` in them); [`crate::Compiled`] makes nodes of them.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Live, NodeId};

/// A directed acyclic graph of nodes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    pub name: String,
    pub description: String,
    /// When a live run reads its next batch; `None`: the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Live>,
    /// Values that settings name as `${name}`, in the order of the file.
    pub parameters: IndexMap<String, Parameter>,
    /// In the order of the file, which is the order of their making.
    pub nodes: IndexMap<NodeId, FlowNode>,
    /// Fields of the file that this version does not know.
    pub rest: Map<String, Value>,
}

/// A value that a run may set: `--set name=value`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameter {
    /// `None`: every run must set it.
    pub default: Option<Value>,
    pub description: String,
    pub rest: Map<String, Value>,
}

/// A node as the file has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowNode {
    /// The kind's id; one that this version does not know is kept as it is.
    pub kind: String,
    /// Version of the settings, from 1.
    pub version: u32,
    /// In port order; wires of one port in the user's order.
    pub inputs: Vec<Wire>,
    pub settings: Map<String, Value>,
    /// What the user wrote about it.
    pub note: String,
    /// Place on the canvas, in points; `None`: laid out by the studio.
    pub at: Option<[i32; 2]>,
    /// Fields of the file that this version does not know.
    pub rest: Map<String, Value>,
}

impl Default for FlowNode {
    fn default() -> Self {
        Self {
            kind: String::new(),
            version: 1,
            inputs: Vec::new(),
            settings: Map::new(),
            note: String::new(),
            at: None,
            rest: Map::new(),
        }
    }
}

/// A wire, written on the node that takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wire {
    /// Input port it ends at; `in` for kinds with one.
    pub port: String,
    pub from: Output,
}

/// An output port of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    pub node: NodeId,
    /// `None`: the kind's first output.
    pub port: Option<String>,
}

impl Output {
    pub fn first(node: NodeId) -> Self {
        Self { node, port: None }
    }
}

impl Flow {
    /// `base`, or `base_2`, `base_3` … : a name that no node has yet.
    pub fn free_id(&self, base: &str) -> NodeId {
        let base = NodeId::nearest(base);
        if !self.nodes.contains_key(&base) {
            return base;
        }
        let mut number = 2_u64;
        loop {
            let id = base.numbered(number);
            if !self.nodes.contains_key(&id) {
                return id;
            }
            number += 1;
        }
    }

    /// Whether rows of `from` reach `to`, or they are the same.
    pub fn reaches(&self, from: &NodeId, to: &NodeId) -> bool {
        let mut open = vec![to];
        let mut seen = std::collections::BTreeSet::new();
        while let Some(id) = open.pop() {
            if id == from {
                return true;
            }
            if seen.insert(id)
                && let Some(node) = self.nodes.get(id)
            {
                open.extend(node.inputs.iter().map(|wire| &wire.from.node));
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(ids: &[&str]) -> Flow {
        let nodes = ids.iter().map(|id| (NodeId::nearest(id), FlowNode::default())).collect();
        Flow { nodes, ..Flow::default() }
    }

    #[test]
    fn a_free_id_counts_on_and_stays_valid() {
        assert_eq!(flow(&[]).free_id("Paid orders").as_str(), "paid_orders");
        assert_eq!(flow(&["a", "a_2"]).free_id("a").as_str(), "a_3");
        let long = "x".repeat(60);
        assert_eq!(flow(&[&long]).free_id(&long).as_str(), format!("{}_2", "x".repeat(58)));
    }

    #[test]
    fn rows_reach_along_wires_only() {
        let mut flow = flow(&["a", "b", "c"]);
        let (a, b, c) = (NodeId::nearest("a"), NodeId::nearest("b"), NodeId::nearest("c"));
        flow.nodes[&b].inputs.push(Wire { port: "in".to_owned(), from: Output::first(a.clone()) });
        assert!(flow.reaches(&a, &b) && flow.reaches(&a, &a));
        assert!(!flow.reaches(&b, &a) && !flow.reaches(&a, &c));
    }
}
