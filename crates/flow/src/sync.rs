//! What the program around a flow knows of sync names: the offsets in its own table, and who uses one now.

use std::any::Any;
use std::collections::BTreeMap;

use crate::Problem;

/// A sync name on one cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SyncKey {
    /// The cluster's own id, or what else tells it from others.
    pub cluster: String,
    pub sync: String,
}

/// The offsets under a sync name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptOffsets {
    /// See [`crate::Position::resets`].
    pub resets: u64,
    /// The next to read, by topic and partition.
    pub offsets: BTreeMap<String, BTreeMap<i32, i64>>,
}

impl KeptOffsets {
    /// The offset of a partition.
    pub fn get(&self, topic: &str, partition: i32) -> Option<i64> {
        self.offsets.get(topic)?.get(&partition).copied()
    }
}

/// Flowloom's own table of offsets.
pub trait OffsetTable: Send + Sync {
    /// What is kept; nothing where nothing ever was.
    fn get(&self, key: &SyncKey) -> Result<KeptOffsets, Problem>;

    /// Puts the offsets of `to` in, all of them or none, where its partitions are still as `from` says; other partitions
    /// stay. `false`: they are not, and nothing changed.
    fn put(&self, key: &SyncKey, from: &KeptOffsets, to: &KeptOffsets) -> Result<bool, Problem>;
}

/// A program without a table.
pub struct NoOffsetTable;

impl OffsetTable for NoOffsetTable {
    fn get(&self, key: &SyncKey) -> Result<KeptOffsets, Problem> {
        Err(Problem::user(format!(
            "the offsets of `{}` cannot be kept in a table: there is none here",
            key.sync
        ))
        .hint("keep them in Kafka"))
    }

    fn put(&self, key: &SyncKey, _from: &KeptOffsets, _to: &KeptOffsets) -> Result<bool, Problem> {
        self.get(key).map(|_| false)
    }
}

/// Keeps a sync name for one run, as long as it lives.
pub type Hold = Box<dyn Any + Send>;

/// Who uses a sync name now.
pub trait Locks: Send + Sync {
    /// Takes the sync name for a run of `flow`, until what this gives is dropped or the process ends. A problem while
    /// another run has it.
    fn hold(&self, key: &SyncKey, flow: &str) -> Result<Hold, Problem>;
}

/// A program that runs alone.
pub struct NoLocks;

impl Locks for NoLocks {
    fn hold(&self, _key: &SyncKey, _flow: &str) -> Result<Hold, Problem> {
        Ok(Box::new(()))
    }
}
