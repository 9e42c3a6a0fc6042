//! A source whose offsets are kept by the writers below it needs writers that can.

use crate::{Compiled, CompiledNode, Node, Problem};

/// What is wrong with who keeps the offsets. On the flow, not on the node: a preview needs no writer.
pub(crate) fn problems(compiled: &Compiled) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (i, made) in compiled.nodes.iter().enumerate() {
        if !made.node.as_ref().is_some_and(|node| node.needs_batches()) {
            continue;
        }
        if let Some(writer) = compiled.forgetful_below(i) {
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
    /// The first writer of rows of node `from` that does not remember which batches it has.
    pub fn forgetful_below(&self, from: usize) -> Option<&CompiledNode> {
        let is_forgetful =
            |node: &dyn Node| -> bool { node.card().outputs.is_empty() && !node.keeps_batches() };
        let mut below = self.below(from).into_iter().map(|below| &self.nodes[below]);
        below.find(|below| below.node.as_deref().is_some_and(is_forgetful))
    }

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
