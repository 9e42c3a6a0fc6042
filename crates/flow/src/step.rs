//! What a node does in a run: compute lazily, read from outside, or write to outside.
//!
//! Sources and sinks follow one commit protocol. A batch is named by the positions that its sources read:
//!
//! 1. every source [begins](Source::begin): nobody else uses its sync name meanwhile; and so does every sink;
//! 2. the engine asks every sink for the batch that it committed last, and every source whether it has
//!    acknowledged that batch; one that has not is read again over the very same range ([`Ask::range`]),
//!    and sinks that have the batch skip it;
//! 3. sources read, the plan runs into what the sinks [`Sink::stage`] aside, [`Sink::prepare`] makes it durable;
//! 4. every sink commits; only then does every source acknowledge (commit its offsets).
//!
//! A run that dies between any two steps is repeated with the same rows in the same batch.

use std::any::Any;
use std::collections::BTreeMap;

use polars::prelude::LazyFrame;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Cancel, Problem, SourceMetrics};

/// What [`crate::Kind::plan`] gives.
pub enum Step {
    /// One frame for each output port.
    Frames(Vec<LazyFrame>),
    Source(Box<dyn Source>),
    Sink(Box<dyn Sink>),
}

/// `[from, to)` of one partition; `to` is the next offset to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    pub from: i64,
    pub to: i64,
}

/// What a source read: the part of its log between two sets of offsets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Whose progress this is: the sync name.
    pub sync: String,
    pub topics: BTreeMap<String, BTreeMap<i32, Range>>,
    /// How often the offsets of this sync name had been reset before it was read: a batch that was read before the
    /// last reset says nothing about where to go on.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub resets: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference to the field")]
fn is_zero(resets: &u64) -> bool {
    *resets == 0
}

impl Position {
    /// No offset moved.
    pub fn is_empty(&self) -> bool {
        self.topics.values().flat_map(BTreeMap::values).all(|range| range.from == range.to)
    }

    /// Whether who has this has all of `newest` too, of the same sync name.
    pub fn covers(&self, newest: &Self) -> bool {
        let has = |topic: &str, partition: i32, range: &Range| {
            range.from == range.to
                || self
                    .topics
                    .get(topic)
                    .and_then(|ranges| ranges.get(&partition))
                    .is_some_and(|own| own.to >= range.to)
        };
        let mut ranges =
            newest.topics.iter().flat_map(|(topic, ranges)| ranges.iter().map(move |one| (topic, one)));
        newest.is_empty()
            || (self.resets == newest.resets
                && ranges.all(|(topic, (partition, range))| has(topic, *partition, range)))
    }
}

/// A batch: what each source of the flow read, by sync name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch(pub BTreeMap<String, Position>);

/// How much to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// At most `rows` rows of a sample; nothing is acknowledged afterwards.
    Preview { rows: usize, from: Sample },
    /// Everything up to the end as it is at the start of the run.
    Run,
}

/// Which end a preview looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sample {
    #[default]
    Newest,
    Oldest,
}

/// What the engine asks of a source.
pub struct Ask<'a> {
    pub scope: Scope,
    /// For each output port the columns that the plan needs; `None`: all of them.
    pub columns: Vec<Option<Vec<String>>>,
    /// Read this and nothing else: a batch that some sink has committed already.
    pub range: Option<&'a Position>,
    /// Start after this: a batch that every sink has committed.
    pub after: Option<&'a Position>,
    /// Where the batch before of the same live run ended, whatever its ranges began with: go on there, whatever
    /// the settings say of a start. The sync name's own offsets count more.
    pub go_on: Option<&'a Position>,
    pub progress: &'a dyn Fn(Progress),
    pub cancel: &'a Cancel,
}

/// How far a source is. `target` is exact where the end is pinned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Records read.
    pub records: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Records to read in all, when known.
    pub target: Option<u64>,
}

/// What a source gave.
pub struct Read {
    /// One frame for each output port, in the order of the source: a second read of the range gives the same.
    pub frames: Vec<LazyFrame>,
    /// `None`: this source keeps no offsets.
    pub position: Option<Position>,
    pub counts: Counts,
    /// `None`: this source measures nothing.
    pub metrics: Option<SourceMetrics>,
    /// Warnings: records lost to retention, messages skipped.
    pub notes: Vec<Problem>,
    /// Settings that the node had better have from now on, such as fields that its records have gained; empty: none.
    pub proposed: Map<String, Value>,
    /// Keeps spilled files alive as long as the frames are used.
    pub keep: Box<dyn Any + Send + Sync>,
}

/// What became of the records; `read = decoded + skipped + rejected`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub read: u64,
    pub decoded: u64,
    pub skipped: u64,
    pub rejected: u64,
    pub bytes: u64,
}

impl Counts {
    /// How far the source is now that it is at its end; `None`: it counts no records.
    pub fn progress(&self) -> Option<Progress> {
        let Self { read, bytes, .. } = *self;
        (read > 0).then_some(Progress { records: read, bytes, target: Some(read) })
    }
}

/// What waits in a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// Offsets to read; gaps count.
    pub messages: u64,
    /// `None`: the source cannot tell. Who asks estimates it by the messages that came before.
    pub bytes: Option<u64>,
}

/// Reads from outside.
pub trait Source: Send {
    /// Changes whenever a read may give other rows; `None`: never reuse an earlier read.
    fn fingerprint(&self, scope: Scope, cancel: &Cancel) -> Result<Option<String>, Problem>;

    /// A run starts: what it must have for itself is taken, before any offset is looked up, and kept until this source is
    /// dropped. Not called for a preview.
    fn begin(&mut self, cancel: &Cancel) -> Result<(), Problem> {
        let _ = cancel;
        Ok(())
    }

    fn read(&mut self, ask: &Ask<'_>) -> Result<Read, Problem>;

    /// What waits behind `after`, where the last batch ended; partitions that are new since count from their start.
    /// `None`: this source cannot tell. May be asked about once a second.
    fn pending(&mut self, after: &Position, cancel: &Cancel) -> Result<Option<Pending>, Problem> {
        let (_, _) = (after, cancel);
        Ok(None)
    }

    /// The sync name under which offsets are kept; `None`: it keeps none.
    fn sync(&self) -> Option<&str> {
        None
    }

    /// Whether the offsets of `position` have been acknowledged.
    fn is_acknowledged(&self, position: &Position) -> Result<bool, Problem> {
        let _ = position;
        Ok(true)
    }

    /// The rows of the batch that was read are staged by every sink, and none of them has committed: makes durable what
    /// this source itself writes elsewhere, such as records that it could not read.
    fn prepare(&mut self, cancel: &Cancel) -> Result<(), Problem> {
        let _ = cancel;
        Ok(())
    }

    /// Commits the offsets of `position`: every sink has its rows.
    fn acknowledge(&mut self, position: &Position) -> Result<(), Problem> {
        let _ = position;
        Ok(())
    }
}

/// What a sink made visible.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Where: a path, a table.
    pub to: String,
    pub bytes: u64,
}

/// Writes to outside, in two phases.
pub trait Sink: Send {
    /// A run starts: what an earlier one committed and died over is made visible. Not called for a preview.
    fn begin(&mut self) -> Result<(), Problem> {
        Ok(())
    }

    /// The batch that was committed last; `None`: this sink cannot know, or has none.
    fn last_committed(&self) -> Result<Option<Batch>, Problem>;

    /// A lazy plan that, when it runs, writes `rows` aside where no reader sees them.
    fn stage(&mut self, rows: LazyFrame, batch: &Batch) -> Result<LazyFrame, Problem>;

    /// What was staged is complete: make it durable.
    fn prepare(&mut self) -> Result<(), Problem>;

    /// Make it visible, together with the batch.
    fn commit(&mut self) -> Result<Written, Problem>;

    /// Remove what was staged. Called once for every staged sink that did not commit.
    fn abort(&mut self);
}
