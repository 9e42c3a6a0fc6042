//! What a node may ask of the program around it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{NodeId, Problem};

/// The program around a flow, as its nodes see it. Nodes never touch the environment otherwise.
pub trait Host: Send + Sync {
    /// Where a path written in the flow is: relative ones start at the flow file's folder.
    fn path(&self, path: &str) -> PathBuf;

    /// Folder for spilled rows; made when it is first asked for, emptied with the run.
    fn spill_dir(&self) -> Result<&Path, Problem>;

    /// Bytes of rows that a source may hold in memory before it spills.
    fn memory_bytes(&self) -> u64;

    /// Threads that decode beside the one that reads.
    fn decode_threads(&self) -> usize;
}

/// Where a node stands: what it needs beside its settings to plan itself.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    pub node: &'a NodeId,
    /// The flow's name.
    pub flow: &'a str,
    pub host: &'a dyn Host,
}

/// A switch that ends a run; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// The flag itself, for crates that know nothing of flows.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}
