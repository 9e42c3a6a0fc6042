//! The host of a job: paths relative to its flow, a spill folder of its own, a memory budget.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use flowloom_flow::{
    Access, Connections, Host, Locks, NoConnections, NoLocks, NoOffsetTable, OffsetTable, Problem, Suggestion,
};
use tempfile::TempDir;

/// Limits of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of rows that each source holds in memory before it spills.
    pub memory_bytes: u64,
    /// Threads that decode, beside the one that reads.
    pub decode_threads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { memory_bytes: 64 << 20, decode_threads: cores.clamp(1, 16) }
    }
}

/// What the nodes of one job see of the program. The spill folder comes when a node asks for it, so that
/// compiling touches no disk, and goes when this does.
pub struct JobHost {
    folder: PathBuf,
    spill: OnceLock<Result<TempDir, Problem>>,
    limits: Limits,
    connections: Arc<dyn Connections>,
    offsets: Arc<dyn OffsetTable>,
    locks: Arc<dyn Locks>,
}

impl JobHost {
    /// `folder`: where relative paths of the flow start.
    pub fn new(folder: impl Into<PathBuf>, limits: Limits) -> Self {
        Self {
            folder: folder.into(),
            spill: OnceLock::new(),
            limits,
            connections: Arc::new(NoConnections),
            offsets: Arc::new(NoOffsetTable),
            locks: Arc::new(NoLocks),
        }
    }

    /// Connections of its nodes.
    pub fn connections(&self) -> &dyn Connections {
        &*self.connections
    }

    /// The same, with connections for its nodes.
    #[must_use]
    pub fn with_connections(self, connections: Arc<dyn Connections>) -> Self {
        Self { connections, ..self }
    }

    /// The same, with a table of offsets.
    #[must_use]
    pub fn with_offsets(self, offsets: Arc<dyn OffsetTable>) -> Self {
        Self { offsets, ..self }
    }

    /// The same, where other runs are known.
    #[must_use]
    pub fn with_locks(self, locks: Arc<dyn Locks>) -> Self {
        Self { locks, ..self }
    }
}

impl Host for JobHost {
    fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    fn spill_dir(&self) -> Result<&Path, Problem> {
        self.spill.get_or_init(spill_folder).as_ref().map(TempDir::path).map_err(Clone::clone)
    }

    fn memory_bytes(&self) -> u64 {
        self.limits.memory_bytes
    }

    fn decode_threads(&self) -> usize {
        self.limits.decode_threads
    }

    fn connection(&self, name: &str) -> Result<Access, Problem> {
        self.connections.get(name)
    }

    fn connections(&self, kinds: &[&str]) -> Result<Vec<Suggestion>, Problem> {
        self.connections.list(kinds)
    }

    fn offsets(&self) -> Arc<dyn OffsetTable> {
        Arc::clone(&self.offsets)
    }

    fn locks(&self) -> Arc<dyn Locks> {
        Arc::clone(&self.locks)
    }
}

fn spill_folder() -> Result<TempDir, Problem> {
    tempfile::Builder::new().prefix("flowloom-spill-").tempdir().map_err(|error| {
        Problem::external(format!("a folder for spilled rows cannot be made: {error}"))
            .hint("check that the folder for temporary files (TMPDIR) exists and has room")
            .source(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spill_folder_comes_when_asked_for_and_goes_with_the_job() {
        let host = JobHost::new(".", Limits::default());
        assert!(host.spill.get().is_none(), "nobody asked yet");
        let folder = host.spill_dir().expect("a folder").to_owned();
        assert!(folder.is_dir());
        assert_eq!(host.spill_dir().expect("the same"), folder);
        drop(host);
        assert!(!folder.exists());
    }
}
