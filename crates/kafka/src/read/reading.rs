//! What a read gives: rows, rejects, where to go on, and an account of every message.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::ipc::reader::FileReader;
use tempfile::TempDir;

use crate::client::RoundTrip;
use crate::codec::Drift;
use crate::error::{Error, Result};
use crate::offsets::TopicOffsets;

/// The outcome of a bounded read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// One row for each decoded message, by topic, partition and offset.
    pub rows: Batches,
    /// One row for each rejected message, by topic, partition and offset: `value` and `key` (Binary),
    /// `topic` (Utf8), `partition` (Int32), `offset` (Int64), `timestamp` (µs, UTC), `reason` (Utf8), `headers`
    /// (List of Struct of `key`: Utf8 and `value`: Binary).
    pub rejects: Batches,
    /// What was read of each partition, by topic and partition.
    pub partitions: Vec<PartitionRead>,
    pub counts: Counts,
    pub ended: Ended,
    /// The first bad message by topic, partition and offset, under every policy.
    pub first_bad: Option<BadExample>,
    /// Fields that the messages have and the request does not know.
    pub drift: Drift,
    pub timings: Timings,
}

impl Reading {
    /// The offsets to commit once every sink has: the next to read of each partition.
    pub fn next_offsets(&self) -> TopicOffsets {
        let mut next = TopicOffsets::new();
        for read in &self.partitions {
            next.entry(read.topic.clone()).or_default().insert(read.partition, read.to);
        }
        next
    }

    /// Offsets that were passed over because retention had removed messages; see [`PartitionRead::lost`].
    pub fn lost(&self) -> i64 {
        self.partitions.iter().map(|read| read.lost).sum()
    }
}

/// What was found in a partition and read of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionRead {
    pub topic: String,
    pub partition: i32,
    /// The first offset kept as the read began.
    pub low: i64,
    /// The high watermark (the last stable offset when read committed) as the read began.
    pub high: i64,
    /// What the start's group had committed, or the offset that the caller gave.
    pub committed: Option<i64>,
    /// Where the read began.
    pub from: i64,
    /// The next to read: behind the last message read, or the pinned end when it was reached. Never less than
    /// `from`.
    pub to: i64,
    /// The pinned end; `from` where the end that was asked for lies before it.
    pub end: i64,
    /// Offsets that were passed over because retention had removed messages, before `from` or behind it. Gaps
    /// among them count.
    pub lost: i64,
    /// The time of the last message read, in milliseconds since 1970.
    pub last_timestamp_ms: Option<i64>,
    pub messages: u64,
    /// Bytes of their keys and values.
    pub bytes: u64,
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

/// Arrow IPC files, one for each partition with rows, in the order of topics and partitions.
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
        let mut batches = Vec::new();
        self.for_each(|batch| {
            batches.push(batch);
            Ok(())
        })?;
        Ok(batches)
    }

    /// Calls `each` with every batch in order; of those in files one is in memory at a time.
    pub fn for_each(&self, mut each: impl FnMut(RecordBatch) -> Result<()>) -> Result<()> {
        let files = match &self.held {
            Held::Memory(batches) => return batches.iter().cloned().try_for_each(each),
            Held::Files(files) => files,
        };
        let broken = |source| Error::Arrow { doing: "reading a spill file", source };
        for path in &files.paths {
            let open = |source| Error::Spill { action: "open", path: path.clone(), source };
            let file = File::open(path).map_err(open)?;
            for batch in FileReader::try_new(BufReader::new(file), None).map_err(broken)? {
                each(batch.map_err(broken)?)?;
            }
        }
        Ok(())
    }
}

/// An account of every message: `read = decoded + skipped + rejected`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages taken from the brokers.
    pub read: u64,
    /// Messages that became rows.
    pub decoded: u64,
    /// Bad messages, counted only, and tombstones that are left out.
    pub skipped: u64,
    /// Tombstones that are left out: a part of `skipped`.
    pub tombstones: u64,
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
        self.tombstones += other.tombstones;
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
    /// The limit on messages held back at least one partition, or made the newest messages start later.
    MessageLimit,
    ByteLimit,
    TimeLimit,
}

/// A bad message, to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadExample {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub reason: String,
}

/// Where the time went, from the call on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// `None`: the read was over before it was measured.
    pub round_trip: Option<RoundTrip>,
    /// Until start and end of every partition were known.
    pub connected: Duration,
    /// Until the first message came; none came when it is zero.
    pub first_message: Duration,
    /// Until the last message came.
    pub fetched: Duration,
    /// Until the last row was decoded.
    pub total: Duration,
}
