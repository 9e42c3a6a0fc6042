//! Edits that draw and cut wires.

use super::{check_node, missing, node_mut};
use crate::{Card, Flow, NodeId, Output, Problem, Registry, Wire, Wires};

pub(super) fn connect(
    flow: &mut Flow,
    registry: Registry,
    from: &Output,
    to: &NodeId,
    port: Option<&str>,
    index: Option<usize>,
) -> Result<(), Problem> {
    check_node(flow, to)?;
    let from = checked_output(flow, registry, from)?;
    if from.node == *to {
        return Err(Problem::user(format!("`{to}` cannot take its own rows")).at_node(to));
    }
    let (port, takes) = input(flow, card(flow, registry, to), to, port)?;
    if flow.reaches(to, &from.node) {
        let message = format!("`{}` takes rows from `{to}` already: the wires would form a cycle", from.node);
        return Err(Problem::user(message).at_node(to));
    }
    let node = node_mut(flow, to)?;
    let wire = Wire { port, from };
    node.inputs.retain(|old| old.port != wire.port || (takes == Wires::Many && *old != wire));
    let places: Vec<usize> = (0..node.inputs.len()).filter(|i| node.inputs[*i].port == wire.port).collect();
    let place = index.and_then(|index| places.get(index).copied()).unwrap_or(node.inputs.len());
    node.inputs.insert(place, wire);
    sort(&mut node.inputs, &node.kind, registry);
    Ok(())
}

pub(super) fn disconnect(
    flow: &mut Flow,
    registry: Registry,
    from: &Output,
    to: &NodeId,
    port: &str,
) -> Result<(), Problem> {
    check_node(flow, to)?;
    let first = card(flow, registry, &from.node).and_then(|card| card.outputs.first());
    let is_it = |wire: &Wire| {
        let name = |output: &Output| output.port.clone().or(first.map(|port| port.name.to_owned()));
        wire.port == port && wire.from.node == from.node && name(&wire.from) == name(from)
    };
    let node = node_mut(flow, to)?;
    let Some(place) = node.inputs.iter().position(is_it) else {
        let message = format!("there is no wire from `{}` to `{port}` of `{to}`", from.node);
        return Err(Problem::user(message).at_node(to));
    };
    node.inputs.remove(place);
    Ok(())
}

/// Wires in port order, those of one port as they were; what a kind does not know comes last.
pub(super) fn sort(wires: &mut [Wire], kind: &str, registry: Registry) {
    let known = registry.find(kind).map_or(&[][..], |entry| entry.card.inputs);
    let mut unknown: Vec<String> = Vec::new();
    for wire in wires.iter() {
        if !unknown.contains(&wire.port) {
            unknown.push(wire.port.clone());
        }
    }
    wires.sort_by_key(|wire| {
        let place = known.iter().position(|port| port.name == wire.port);
        place.unwrap_or_else(|| known.len() + unknown.iter().position(|port| *port == wire.port).unwrap_or(0))
    });
}

fn card(flow: &Flow, registry: Registry, id: &NodeId) -> Option<&'static Card> {
    registry.find(&flow.nodes.get(id)?.kind).map(|entry| entry.card)
}

/// `output`, with the first port of a kind left out, as the file has it.
fn checked_output(flow: &Flow, registry: Registry, output: &Output) -> Result<Output, Problem> {
    check_node(flow, &output.node)?;
    let Some(card) = card(flow, registry, &output.node) else { return Ok(output.clone()) };
    let Some(first) = card.outputs.first() else {
        let message = format!("`{}` is a writer: it gives no rows", output.node);
        return Err(Problem::user(message).at_node(&output.node));
    };
    match &output.port {
        Some(name) if name == first.name => Ok(Output::first(output.node.clone())),
        Some(name) if !card.outputs.iter().any(|port| port.name == name) => {
            let names = card.outputs.iter().map(|port| port.name);
            Err(missing(format!("`{}` has no output `{name}`", output.node), name, names))
        }
        _ => Ok(output.clone()),
    }
}

/// The input that a wire goes to, and how many it takes. A kind that is not known takes anything.
fn input(
    flow: &Flow,
    card: Option<&Card>,
    to: &NodeId,
    port: Option<&str>,
) -> Result<(String, Wires), Problem> {
    let Some(card) = card else { return Ok((port.unwrap_or("in").to_owned(), Wires::Many)) };
    let is_free = |name: &str| flow.nodes[to].inputs.iter().all(|wire| wire.port != name);
    let found = match port {
        Some(name) => card.inputs.iter().find(|port| port.name == name),
        None => card.inputs.iter().find(|port| is_free(port.name)).or(card.inputs.first()),
    };
    match (found, port) {
        (Some(port), _) => Ok((port.name.to_owned(), port.wires)),
        (None, Some(name)) if !card.inputs.is_empty() => {
            let names = card.inputs.iter().map(|port| port.name);
            Err(missing(format!("`{to}` has no input `{name}`"), name, names).at_node(to))
        }
        (None, _) => Err(Problem::user(format!("`{to}` is a source: it takes no rows")).at_node(to)),
    }
}
