//! Which line of the flow file a problem is about, for problems that are found after reading.

use std::collections::BTreeMap;

use super::tree::{Data, Tree};
use crate::{NodeId, Problem};

/// The line of each node and each of its settings, by path: `conditions[0].value`.
///
/// A path without a node is one of the flow: `parameters.topic`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines(BTreeMap<(Option<NodeId>, String), usize>);

impl Lines {
    /// Line of `path`, else of the nearest thing around it that has one, else of the node.
    pub fn find(&self, node: Option<&NodeId>, path: &str) -> Option<usize> {
        let mut key = (node.cloned(), path.to_owned());
        loop {
            if let Some(line) = self.0.get(&key) {
                return Some(*line);
            }
            let end = key.1.rfind(['.', '[']);
            if key.1.is_empty() {
                return None;
            }
            key.1.truncate(end.unwrap_or(0));
        }
    }

    /// Gives `problem` its line, unless it has one.
    pub fn place(&self, problem: &mut Problem) {
        if problem.at.line.is_none() && (problem.at.node.is_some() || problem.at.field.is_some()) {
            problem.at.line =
                self.find(problem.at.node.as_ref(), problem.at.field.as_deref().unwrap_or_default());
        }
    }

    pub(super) fn insert(&mut self, node: Option<&NodeId>, path: &str, line: usize) {
        self.0.insert((node.cloned(), path.to_owned()), line);
    }

    /// Everything below `tree`, which stands at `path`.
    pub(super) fn insert_all(&mut self, node: Option<&NodeId>, path: &str, tree: &Tree) {
        match &tree.data {
            Data::Scalar(..) => {}
            Data::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    let path = format!("{path}[{i}]");
                    self.insert(node, &path, item.line);
                    self.insert_all(node, &path, item);
                }
            }
            Data::Map(entries) => {
                for entry in entries {
                    let path =
                        if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
                    self.insert(node, &path, entry.line);
                    self.insert_all(node, &path, &entry.value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{NodeId, Problem, file};

    const FILE: &str = "\
flowloom: 1
parameters:
  limit: {default: 5}
nodes:
  orders:
    kind: table
  paid:
    kind: filter
    inputs: [orders]
    settings:
      conditions:
        all:
          - {column: amount, op: '>'}
          - column: status
            value: paid
";

    #[test]
    fn the_longest_known_part_of_the_path_gives_the_line() {
        let lines = file::parse(FILE).expect("a flow").lines;
        let paid = NodeId::nearest("paid");
        let line = |path: &str| lines.find(Some(&paid), path);
        assert_eq!(line("conditions.all[1].value"), Some(15));
        assert_eq!(line("conditions.all[0].value"), Some(13));
        assert_eq!(line("conditions.all[7]"), Some(12));
        assert_eq!(line("inputs"), Some(9));
        assert_eq!(line("mode"), Some(7));
        assert_eq!(lines.find(None, "parameters.limit"), Some(3));
        assert_eq!(lines.find(Some(&NodeId::nearest("gone")), ""), None);
    }

    #[test]
    fn a_problem_that_has_a_line_keeps_it() {
        let lines = file::parse(FILE).expect("a flow").lines;
        let mut placed =
            Problem::user("x").at_node(&NodeId::nearest("paid")).at_field("conditions").at_line(1);
        lines.place(&mut placed);
        assert_eq!(placed.at.line, Some(1));
        placed.at.line = None;
        lines.place(&mut placed);
        assert_eq!(placed.at.line, Some(11));
        let mut nowhere = Problem::user("x");
        lines.place(&mut nowhere);
        assert_eq!(nowhere.at.line, None);
    }
}
