//! A source whose offsets are kept by the writers below it needs writers that can.

use crate::{Compiled, Problem};

/// What is wrong with who keeps the offsets. On the flow, not on the node: a preview needs no writer.
pub(crate) fn problems(compiled: &Compiled) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (i, made) in compiled.nodes.iter().enumerate() {
        if !made.node.as_ref().is_some_and(|node| node.needs_batches()) {
            continue;
        }
        let writers = compiled.below(i).into_iter().map(|below| &compiled.nodes[below]);
        let mut forgetful = writers.filter(|below| {
            below.node.as_ref().is_some_and(|node| node.card().outputs.is_empty() && !node.keeps_batches())
        });
        if let Some(writer) = forgetful.next() {
            problems.push(
                Problem::user(format!(
                    "`{}` cannot keep the offsets: it does not remember which rows it has already",
                    writer.id
                ))
                .hint("let it append to a folder, or keep the offsets elsewhere")
                .at_node(&made.id),
            );
        }
    }
    problems
}

impl Compiled {
    /// The nodes that take rows of node `from`, directly or not.
    pub fn below(&self, from: usize) -> Vec<usize> {
        let mut is_below = vec![false; self.nodes.len()];
        // In topological order, what a node takes from stands before it.
        for (i, made) in self.nodes.iter().enumerate() {
            is_below[i] = made.inputs.iter().any(|link| link.from == from || is_below[link.from]);
        }
        (0..self.nodes.len()).filter(|i| is_below[*i]).collect()
    }
}
