//! What `flowloom offsets show --json` prints and `flowloom offsets set` reads.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use flowloom_flow::{NodeId, PartitionStanding, Problem, Standing};
use serde::{Deserialize, Serialize};

use super::one;
use crate::output::Ended;

/// Offsets of a flow's sources.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Exported {
    flow: String,
    sources: Vec<Source>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Source {
    node: NodeId,
    sync: String,
    kept: String,
    partitions: Vec<Partition>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Partition {
    #[serde(flatten)]
    standing: PartitionStanding,
    #[serde(default)]
    lag: u64,
    #[serde(default)]
    lost: u64,
}

impl Exported {
    pub(super) fn of(flow: String, shown: Vec<(NodeId, Standing)>) -> Self {
        let source = |(node, Standing { sync, kept, partitions }): (NodeId, Standing)| {
            let partitions = partitions.into_iter().map(|standing| {
                let (lag, lost) = (standing.lag(), standing.lost());
                Partition { standing, lag, lost }
            });
            Source { node, sync, kept, partitions: partitions.collect() }
        };
        Self { flow, sources: shown.into_iter().map(source).collect() }
    }

    /// The committed offsets of `node`, or of the only source that there is.
    fn offsets(&self, node: &NodeId) -> Option<BTreeMap<String, BTreeMap<i32, i64>>> {
        let named = self.sources.iter().find(|source| source.node == *node);
        let only = match self.sources.as_slice() {
            [only] => Some(only),
            _ => None,
        };
        let mut offsets = BTreeMap::<String, BTreeMap<i32, i64>>::new();
        for Partition { standing, .. } in &named.or(only)?.partitions {
            if let Some(committed) = standing.committed {
                offsets.entry(standing.topic.clone()).or_default().insert(standing.partition, committed);
            }
        }
        Some(offsets)
    }
}

/// The offsets of `node` in the file at `path`.
pub(super) fn read(path: &Path, node: &NodeId) -> Result<BTreeMap<String, BTreeMap<i32, i64>>, Ended> {
    let text = fs::read_to_string(path).map_err(|error| {
        one(Problem::user(format!("the file of offsets cannot be read: {error}; `{}`", path.display()))
            .source(error))
    })?;
    let exported: Exported = serde_json::from_str(&text).map_err(|error| {
        one(Problem::user(format!("the file holds no exported offsets: {error}; `{}`", path.display()))
            .hint("`flowloom offsets show FLOW --json` writes one")
            .source(error))
    })?;
    exported.offsets(node).ok_or_else(|| {
        one(Problem::user(format!("the file holds no offsets of `{node}`; `{}`", path.display()))
            .hint("export them with `flowloom offsets show FLOW NODE --json`"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_exported_can_be_set() {
        let at = |partition, committed| PartitionStanding {
            topic: "orders".to_owned(),
            partition,
            low: 2,
            committed,
            high: 9,
        };
        let partitions = vec![at(0, Some(4)), at(1, None)];
        let standing = Standing { sync: "s".to_owned(), kept: "Kafka".to_owned(), partitions };
        let exported = Exported::of("Orders".to_owned(), vec![(NodeId::nearest("source"), standing)]);
        let text = serde_json::to_value(&exported).expect("written");
        assert_eq!(text["sources"][0]["partitions"][1]["lag"], 7);
        let read: Exported = serde_json::from_value(text).expect("read");
        let expected = BTreeMap::from([("orders".to_owned(), BTreeMap::from([(0, 4)]))]);
        assert_eq!(read.offsets(&NodeId::nearest("source")), Some(expected.clone()));
        assert_eq!(read.offsets(&NodeId::nearest("renamed")), Some(expected), "the only one");
    }
}
