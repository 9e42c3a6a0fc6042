//! What can be done to a flow, as plain data: the same from canvas, menu, script and test.
//!
//! An edit makes a new flow of an old one and never a wrong one; what it cannot do it refuses with a reason.
//! Undo is by snapshot ([`crate::History`]), so no edit has an inverse.

mod nodes;
mod settings;
mod wires;

#[cfg(test)]
mod tests;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Flow, FlowNode, Live, NodeId, Output, Parameter, Problem, Registry, nearest, parameters};

/// One change of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "snake_case")]
pub enum Edit {
    AddNode {
        /// `None`: named after its kind.
        #[serde(default)]
        id: Option<NodeId>,
        kind: String,
        #[serde(default)]
        at: Option<[i32; 2]>,
        #[serde(default)]
        settings: Map<String, Value>,
    },
    RemoveNodes {
        ids: Vec<NodeId>,
        /// Consumers take their rows from the removed node's first input instead.
        #[serde(default)]
        heal: bool,
    },
    /// Draws a wire, or moves it among those of its port. On a port that takes one, it replaces the old one.
    Connect {
        from: Output,
        to: NodeId,
        /// `None`: the first input that is free, else the first.
        #[serde(default)]
        port: Option<String>,
        /// Place among the wires of the port; `None`: last.
        #[serde(default)]
        index: Option<usize>,
    },
    Disconnect {
        from: Output,
        to: NodeId,
        port: String,
    },
    /// Settings that differ from the default, as [`crate::Node::settings`] gives them. Settings that this version
    /// does not know stay, and so does a `${name}` whose value the new setting still has.
    SetSettings {
        id: NodeId,
        settings: Map<String, Value>,
    },
    /// Every wire follows.
    RenameNode {
        id: NodeId,
        to: NodeId,
    },
    /// In points; a node without a place starts at the origin.
    MoveNodes {
        ids: Vec<NodeId>,
        by: [i32; 2],
    },
    PlaceNodes {
        at: IndexMap<NodeId, [i32; 2]>,
    },
    SetNote {
        id: NodeId,
        note: String,
    },
    SetParameter {
        name: String,
        parameter: Parameter,
    },
    RemoveParameter {
        name: String,
    },
    /// Every `${name}` follows.
    RenameParameter {
        name: String,
        to: String,
    },
    SetName {
        name: String,
    },
    SetDescription {
        description: String,
    },
    /// When a live run reads its next batch; `None`: the default.
    SetLive {
        live: Option<Live>,
    },
    /// Copies of nodes: they take free names and keep the wires among themselves.
    Paste {
        nodes: IndexMap<NodeId, FlowNode>,
        by: [i32; 2],
    },
}

impl Edit {
    /// `flow` with this change.
    pub fn apply(&self, flow: &Flow, registry: Registry) -> Result<Flow, Problem> {
        let mut flow = flow.clone();
        match self {
            Self::AddNode { id, kind, at, settings } => {
                nodes::add(&mut flow, registry, id.as_ref(), kind, *at, settings)?;
            }
            Self::RemoveNodes { ids, heal } => nodes::remove(&mut flow, registry, ids, *heal)?,
            Self::Connect { from, to, port, index } => {
                wires::connect(&mut flow, registry, from, to, port.as_deref(), *index)?;
            }
            Self::Disconnect { from, to, port } => wires::disconnect(&mut flow, registry, from, to, port)?,
            Self::SetSettings { id, settings } => settings::set(&mut flow, registry, id, settings)?,
            Self::RenameNode { id, to } => nodes::rename(&mut flow, id, to)?,
            Self::MoveNodes { ids, by } => {
                for id in ids {
                    let node = node_mut(&mut flow, id)?;
                    node.at = Some(nodes::moved(node.at.unwrap_or_default(), *by));
                }
            }
            Self::PlaceNodes { at } => {
                for (id, at) in at {
                    node_mut(&mut flow, id)?.at = Some(*at);
                }
            }
            Self::SetNote { id, note } => node_mut(&mut flow, id)?.note.clone_from(note),
            Self::SetParameter { name, parameter } => {
                parameters::check_name(name)?;
                flow.parameters.insert(name.clone(), parameter.clone());
            }
            Self::RemoveParameter { name } => {
                check_parameter(&flow, name)?;
                flow.parameters.shift_remove(name);
            }
            Self::RenameParameter { name, to } => rename_parameter(&mut flow, name, to)?,
            Self::SetName { name } => flow.name.clone_from(name),
            Self::SetDescription { description } => flow.description.clone_from(description),
            Self::SetLive { live } => flow.live = *live,
            Self::Paste { nodes, by } => nodes::paste(&mut flow, nodes, *by),
        }
        Ok(flow)
    }
}

fn node_mut<'a>(flow: &'a mut Flow, id: &NodeId) -> Result<&'a mut FlowNode, Problem> {
    check_node(flow, id)?;
    flow.nodes.get_mut(id).ok_or_else(|| Problem::internal(format!("node `{id}` vanished")))
}

fn check_node(flow: &Flow, id: &NodeId) -> Result<(), Problem> {
    if flow.nodes.contains_key(id) {
        return Ok(());
    }
    Err(missing(format!("there is no node `{id}`"), id.as_str(), flow.nodes.keys().map(NodeId::as_str)))
}

fn check_parameter(flow: &Flow, name: &str) -> Result<(), Problem> {
    if flow.parameters.contains_key(name) {
        return Ok(());
    }
    let known = flow.parameters.keys().map(String::as_str);
    Err(missing(format!("there is no parameter `{name}`"), name, known))
}

fn rename_parameter(flow: &mut Flow, name: &str, to: &str) -> Result<(), Problem> {
    check_parameter(flow, name)?;
    if name == to {
        return Ok(());
    }
    parameters::check_name(to)?;
    if flow.parameters.contains_key(to) {
        return Err(Problem::user(format!("there is a parameter `{to}` already")).hint("choose another name"));
    }
    let renamed = |old: String| if old == name { to.to_owned() } else { old };
    let parameters = std::mem::take(&mut flow.parameters).into_iter();
    flow.parameters = parameters.map(|(old, parameter)| (renamed(old), parameter)).collect();
    for setting in flow.nodes.values_mut().flat_map(|node| node.settings.values_mut()) {
        parameters::rename(setting, name, to);
    }
    Ok(())
}

/// `message`, and the known name that `name` was probably meant to be.
fn missing<'a>(message: String, name: &str, known: impl Iterator<Item = &'a str>) -> Problem {
    let problem = Problem::user(message);
    match nearest(name, known) {
        Some(name) => problem.hint(format!("did you mean `{name}`?")),
        None => problem,
    }
}
