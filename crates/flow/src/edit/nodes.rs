//! Edits that add, remove and rename nodes.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{check_node, missing, wires};
use crate::{Flow, FlowNode, NodeId, Output, Problem, Registry};

pub(super) fn add(
    flow: &mut Flow,
    registry: Registry,
    id: Option<&NodeId>,
    kind: &str,
    at: Option<[i32; 2]>,
    settings: &Map<String, Value>,
) -> Result<(), Problem> {
    let Some(entry) = registry.find(kind) else {
        let known = registry.entries().iter().map(|entry| entry.card.id);
        return Err(missing(format!("there is no kind `{kind}`"), kind, known));
    };
    let id = id.cloned().unwrap_or_else(|| flow.free_id(kind));
    check_free(flow, &id)?;
    let node = FlowNode {
        kind: kind.to_owned(),
        version: entry.card.version,
        settings: settings.clone(),
        at,
        ..FlowNode::default()
    };
    flow.nodes.insert(id, node);
    Ok(())
}

fn check_free(flow: &Flow, id: &NodeId) -> Result<(), Problem> {
    if flow.nodes.contains_key(id) {
        let hint = format!("`{}` is free", flow.free_id(id.as_str()));
        return Err(Problem::user(format!("there is a node `{id}` already")).hint(hint));
    }
    Ok(())
}

/// Removes nodes and their wires. With `heal`, whoever took rows from a removed node takes them from what that
/// node's first wire came from; a wire that would stand twice on a port is left out.
pub(super) fn remove(flow: &mut Flow, registry: Registry, ids: &[NodeId], heal: bool) -> Result<(), Problem> {
    let mut removed = IndexMap::new();
    for id in ids {
        if !removed.contains_key(id) {
            check_node(flow, id)?;
            removed.extend(flow.nodes.shift_remove_entry(id));
        }
    }
    let mut nodes = std::mem::take(&mut flow.nodes);
    for node in nodes.values_mut() {
        let old = std::mem::take(&mut node.inputs);
        for mut wire in old {
            if removed.contains_key(&wire.from.node) {
                let Some(from) = source(&removed, &wire.from).filter(|_| heal) else { continue };
                wire.from = from;
                if node.inputs.contains(&wire) {
                    continue;
                }
            }
            node.inputs.push(wire);
        }
        wires::sort(&mut node.inputs, &node.kind, registry);
    }
    flow.nodes = nodes;
    Ok(())
}

/// Where the rows of a removed output came from, through any number of removed nodes.
fn source(removed: &IndexMap<NodeId, FlowNode>, output: &Output) -> Option<Output> {
    let mut at = output;
    let mut passed = BTreeSet::new();
    while let Some(node) = removed.get(&at.node) {
        if !passed.insert(&at.node) {
            return None;
        }
        at = &node.inputs.first()?.from;
    }
    Some(at.clone())
}

pub(super) fn rename(flow: &mut Flow, id: &NodeId, to: &NodeId) -> Result<(), Problem> {
    check_node(flow, id)?;
    if id == to {
        return Ok(());
    }
    check_free(flow, to)?;
    let follow = |name: NodeId| if name == *id { to.clone() } else { name };
    let nodes = std::mem::take(&mut flow.nodes);
    flow.nodes = nodes.into_iter().map(|(name, node)| (follow(name), node)).collect();
    for wire in flow.nodes.values_mut().flat_map(|node| &mut node.inputs) {
        if wire.from.node == *id {
            wire.from.node = to.clone();
        }
    }
    Ok(())
}

/// Copies take the next free number of their name: a copy of `paid_2` is `paid_3`.
pub(super) fn paste(flow: &mut Flow, nodes: &IndexMap<NodeId, FlowNode>, by: [i32; 2]) {
    let mut names = BTreeMap::new();
    for (id, node) in nodes {
        let stem = id.as_str().rsplit_once('_').filter(|(_, end)| end.bytes().all(|b| b.is_ascii_digit()));
        let is_free = !flow.nodes.contains_key(id);
        let free =
            if is_free { id.clone() } else { flow.free_id(stem.map_or(id.as_str(), |(stem, _)| stem)) };
        names.insert(id, free.clone());
        flow.nodes.insert(free, node.clone());
    }
    for name in names.values() {
        let Some(node) = flow.nodes.get_mut(name) else { continue };
        node.inputs.retain(|wire| names.contains_key(&wire.from.node));
        for wire in &mut node.inputs {
            wire.from.node = names[&wire.from.node].clone();
        }
        node.at = node.at.map(|at| moved(at, by));
    }
}

pub(super) fn moved(at: [i32; 2], by: [i32; 2]) -> [i32; 2] {
    [at[0].saturating_add(by[0]), at[1].saturating_add(by[1])]
}
