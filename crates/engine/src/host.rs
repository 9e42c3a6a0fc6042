//! The host of a job: paths relative to its flow, a spill folder of its own, a memory budget.

use std::path::{Path, PathBuf};

use flowloom_flow::{Host, Problem};
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

/// What the nodes of one job see of the program. The spill folder goes when this does.
pub struct JobHost {
    folder: PathBuf,
    spill: TempDir,
    limits: Limits,
}

impl JobHost {
    /// `folder`: where relative paths of the flow start.
    pub fn new(folder: impl Into<PathBuf>, limits: Limits) -> Result<Self, Problem> {
        let spill = tempfile::Builder::new().prefix("flowloom-spill-").tempdir().map_err(|error| {
            Problem::external(format!("a folder for spilled rows cannot be made: {error}"))
                .hint("check that the folder for temporary files (TMPDIR) exists and has room")
                .source(error)
        })?;
        Ok(Self { folder: folder.into(), spill, limits })
    }
}

impl Host for JobHost {
    fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    fn spill_dir(&self) -> &Path {
        self.spill.path()
    }

    fn memory_bytes(&self) -> u64 {
        self.limits.memory_bytes
    }

    fn decode_threads(&self) -> usize {
        self.limits.decode_threads
    }
}
