//! How often each output port is read.

use std::collections::BTreeSet;

use flowloom_flow::Compiled;

/// By node and output port, for the wanted nodes; made in one walk over the wires.
pub(crate) struct Readers(Vec<Vec<usize>>);

impl Readers {
    pub(crate) fn of(compiled: &Compiled, wanted: &BTreeSet<usize>) -> Self {
        let outputs = |i: usize| compiled.nodes[i].node.as_ref().map_or(0, |node| node.card().outputs.len());
        let mut readers = Self((0..compiled.nodes.len()).map(|i| vec![0; outputs(i)]).collect());
        // From the leaves up: how many of a reader's outputs are used is known before what it reads.
        for &i in wanted.iter().rev() {
            let used = readers.0[i].iter().filter(|&&reads| reads > 0).count();
            for link in &compiled.nodes[i].inputs {
                if let Some(reads) = readers.0[link.from].get_mut(link.from_port) {
                    *reads += used.max(1);
                }
            }
        }
        readers
    }

    /// How often the plan reads a port: once for each used output of each reader.
    pub(crate) fn count(&self, i: usize, port: usize) -> usize {
        self.0[i].get(port).copied().unwrap_or(0)
    }

    /// Whether nobody reads any of the node's ports.
    pub(crate) fn is_leaf(&self, i: usize) -> bool {
        self.0[i].iter().all(|&reads| reads == 0)
    }
}
