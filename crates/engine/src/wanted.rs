//! Which nodes a job is about.

use std::collections::BTreeSet;

use flowloom_flow::{Compiled, NodeId};

/// `node` and everything above it; every node for `None`.
pub(crate) fn above(compiled: &Compiled, node: Option<&NodeId>) -> BTreeSet<usize> {
    match node {
        Some(id) => closure(compiled, compiled.find(id.as_str())),
        None => (0..compiled.nodes.len()).collect(),
    }
}

/// Every writer and what is above one; every node of a flow without writers.
pub(crate) fn for_run(compiled: &Compiled) -> BTreeSet<usize> {
    let writers: Vec<usize> = (0..compiled.nodes.len()).filter(|&i| is_writer(compiled, i)).collect();
    if writers.is_empty() { above(compiled, None) } else { closure(compiled, writers) }
}

pub(crate) fn is_writer(compiled: &Compiled, i: usize) -> bool {
    compiled.nodes[i].node.as_ref().is_some_and(|node| node.card().outputs.is_empty())
}

fn closure(compiled: &Compiled, from: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
    let mut open: Vec<usize> = from.into_iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(i) = open.pop() {
        if seen.insert(i) {
            open.extend(compiled.nodes[i].inputs.iter().map(|link| link.from));
        }
    }
    seen
}
