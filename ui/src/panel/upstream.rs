//! Where the trouble of a node comes from.

use std::collections::{BTreeSet, VecDeque};

use flowloom_flow::{NodeId, Problem};

use crate::doc::Doc;

/// The nearest node above with an error, and the error.
pub(super) fn culprit<'a>(doc: &'a Doc, id: &NodeId) -> Option<(&'a NodeId, &'a Problem)> {
    let (start, _) = doc.flow.nodes.get_key_value(id)?;
    let mut seen = BTreeSet::from([start]);
    let mut open = VecDeque::from([start]);
    while let Some(at) = open.pop_front() {
        for wire in doc.flow.nodes.get(at).iter().flat_map(|node| &node.inputs) {
            let above = &wire.from.node;
            if !seen.insert(above) {
                continue;
            }
            if let Some(problem) = doc.trouble(above).filter(|problem| problem.is_error()) {
                return Some((above, problem));
            }
            open.push_back(above);
        }
    }
    None
}
