//! Which results still hold: a node's signature is everything that decides its rows, so far as the flow
//! says it. A result whose signature differs from the node's is stale; undo makes it fresh again.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

use flowloom_flow::{Flow, NodeId};
use flowloom_studio::Values;

/// Of each node: kind, settings, parameters that they name, and the signatures of what is above.
pub(crate) fn signatures(flow: &Flow, values: &Values) -> HashMap<NodeId, u64> {
    let mut done = HashMap::with_capacity(flow.nodes.len());
    // Parameters change rarely: one hash for all of them is enough.
    let mut hasher = DefaultHasher::new();
    for (name, parameter) in &flow.parameters {
        name.hash(&mut hasher);
        format!("{:?}", parameter.default).hash(&mut hasher);
    }
    format!("{values:?}").hash(&mut hasher);
    let parameters = hasher.finish();
    for start in flow.nodes.keys() {
        settle(flow, parameters, start, &mut done);
    }
    done
}

/// Depth first without recursion: a flow may be a chain of thousands.
fn settle(flow: &Flow, parameters: u64, start: &NodeId, done: &mut HashMap<NodeId, u64>) {
    let mut open = vec![(start, false)];
    while let Some((id, is_ready)) = open.pop() {
        let Some(node) = flow.nodes.get(id) else { continue };
        if done.contains_key(id) {
            continue;
        }
        if !is_ready {
            open.push((id, true));
            open.extend(
                node.inputs
                    .iter()
                    .filter(|wire| !done.contains_key(&wire.from.node))
                    .map(|wire| (&wire.from.node, false)),
            );
            // A circle, which only a broken file has, would go round for ever.
            if open.len() > 2 * flow.nodes.len() + 8 {
                return;
            }
            continue;
        }
        let mut hasher = DefaultHasher::new();
        node.kind.hash(&mut hasher);
        node.version.hash(&mut hasher);
        parameters.hash(&mut hasher);
        serde_json::to_string(&node.settings).unwrap_or_default().hash(&mut hasher);
        for wire in &node.inputs {
            wire.port.hash(&mut hasher);
            wire.from.port.hash(&mut hasher);
            done.get(&wire.from.node).hash(&mut hasher);
        }
        done.insert(id.clone(), hasher.finish());
    }
}
