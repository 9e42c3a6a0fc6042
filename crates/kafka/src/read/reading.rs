//! What a read gives: rows, rejects, where to go on, and an account of every message.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::FileReader;
use tempfile::TempDir;

use crate::codec::Drift;
use crate::error::{Error, Result};
use crate::offsets::Offsets;

/// The outcome of a bounded read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// One row for each decoded message, by partition and offset.
    pub rows: Batches,
    /// One row for each rejected message, by partition and offset: `value` and `key` (Binary),
    /// `topic` (Utf8), `partition` (Int32), `offset` (Int64), `timestamp` (µs, UTC), `reason` (Utf8), `headers`
    /// (List of Struct of `key`: Utf8 and `value`: Binary).
    pub rejects: Batches,
    /// What was read of each partition.
    pub ranges: BTreeMap<i32, OffsetRange>,
    pub counts: Counts,
    /// Messages that retention removed before they were read, by partition; only where there are any.
    pub lost: BTreeMap<i32, i64>,
    pub ended: Ended,
    /// The first bad message by partition and offset, under every policy.
    pub first_bad: Option<BadExample>,
    /// Fields that the messages have and the request does not know.
    pub drift: Drift,
    pub timings: Timings,
}

impl Reading {
    /// The offsets to commit once every sink has: the next to read of each partition.
    pub fn next_offsets(&self) -> Offsets {
        self.ranges.iter().map(|(partition, range)| (*partition, range.to)).collect()
    }
}

/// Record batches of one schema, in order.
#[derive(Clone, Debug)]
pub struct Batches {
    pub schema: SchemaRef,
    pub rows: usize,
    pub held: Held,
}

/// Where batches are.
#[derive(Clone, Debug)]
pub enum Held {
    Memory(Vec<RecordBatch>),
    /// The budget was exceeded; all rows are in files.
    Files(SpillFiles),
}

/// Arrow IPC files, one for each partition with rows, in the order of the partitions.
///
/// They are removed when the last clone is dropped.
#[derive(Clone, Debug)]
pub struct SpillFiles {
    pub paths: Vec<PathBuf>,
    pub(super) folder: Arc<TempDir>,
}

impl SpillFiles {
    /// The folder that holds the files and nothing else.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }
}

impl Batches {
    /// All batches, read back from their files if need be.
    pub fn collect(&self) -> Result<Vec<RecordBatch>> {
        let files = match &self.held {
            Held::Memory(batches) => return Ok(batches.clone()),
            Held::Files(files) => files,
        };
        let mut batches = Vec::new();
        for path in &files.paths {
            let file = File::open(path).map_err(|source| Error::Spill {
                action: "open",
                path: path.clone(),
                source,
            })?;
            let read = FileReader::try_new(BufReader::new(file), None)
                .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>);
            batches.extend(read.map_err(|source| Error::Arrow { doing: "reading a spill file", source })?);
        }
        Ok(batches)
    }
}

/// Offsets of one partition: from `from` up to but without `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetRange {
    pub from: i64,
    /// The next to read: behind the last message read, or the pinned end when it was reached.
    pub to: i64,
}

/// An account of every message: `read = decoded + skipped + rejected`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages taken from the brokers.
    pub read: u64,
    /// Messages that became rows.
    pub decoded: u64,
    /// Bad messages, counted only.
    pub skipped: u64,
    /// Bad messages, kept in the rejects.
    pub rejected: u64,
    /// Bytes of the keys and values read.
    pub bytes: u64,
}

impl Counts {
    /// Adds another account.
    pub(super) fn add(&mut self, other: Self) {
        self.read += other.read;
        self.decoded += other.decoded;
        self.skipped += other.skipped;
        self.rejected += other.rejected;
        self.bytes += other.bytes;
    }

    /// Whether every message read is accounted for.
    pub fn add_up(&self) -> bool {
        self.read == self.decoded + self.skipped + self.rejected
    }
}

/// Why a read ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every partition reached its pinned end.
    AtEnd,
    /// The limit on messages held back at least one partition.
    MessageLimit,
    ByteLimit,
    TimeLimit,
}

/// A bad message, to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadExample {
    pub partition: i32,
    pub offset: i64,
    pub reason: String,
}

/// Where the time went, from the call on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Until start and end of every partition were known.
    pub connected: Duration,
    /// Until the first message came; none came when it is zero.
    pub first_message: Duration,
    /// Until the last message came.
    pub fetched: Duration,
    /// Until the last row was decoded.
    pub total: Duration,
}
