//! What is known of a node's inputs.

use flowloom_flow::{Card, NodeId, Wires};
use polars::prelude::Schema;

use super::Schemas;
use crate::doc::{Doc, title_of};

/// The inputs as a panel takes them.
pub(super) struct Inputs {
    /// In port order, one for each wire; without columns where they are not known.
    pub(super) schemas: Schemas,
    /// Why some of them are not.
    pub(super) unknown: Option<String>,
}

/// The inputs of node `id`, by the flow as it is now and the schemas that are worked out.
pub(super) fn of(doc: &Doc, id: &NodeId, card: &Card) -> Inputs {
    let mut inputs = Inputs { schemas: Vec::new(), unknown: None };
    let Some(node) = doc.flow.nodes.get(id) else { return inputs };
    for port in card.inputs {
        let mut wires = node.inputs.iter().filter(|wire| wire.port == port.name).peekable();
        if wires.peek().is_none() {
            inputs.schemas.push(Schema::default());
            let which = if card.inputs.len() > 1 {
                format!("the input `{}`", port.name)
            } else {
                "an input".to_owned()
            };
            inputs
                .unknown
                .get_or_insert(format!("Connect {which} to choose from its columns, or type a name"));
            continue;
        }
        for wire in wires.take(if port.wires == Wires::One { 1 } else { usize::MAX }) {
            let made = doc.made(&wire.from.node);
            let schema = made.and_then(|made| {
                let ports = made.node.as_ref()?.card().outputs;
                let port = match &wire.from.port {
                    None => 0,
                    Some(name) => ports.iter().position(|port| port.name == name)?,
                };
                made.schemas.as_ref()?.get(port).cloned()
            });
            if schema.is_none() {
                let from = title_of(&wire.from.node);
                let why = if made.is_none() || !doc.is_compiled() {
                    format!("The columns of {from} are being worked out; type a name meanwhile")
                } else {
                    format!(
                        "The columns of {from} are not known: mend it, or the nodes above it, or type a name"
                    )
                };
                inputs.unknown.get_or_insert(why);
            }
            inputs.schemas.push(schema.unwrap_or_default());
        }
    }
    inputs
}
