//! What to read, and what to do with what cannot be read.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow::datatypes::{Field, Schema, SchemaRef};

use super::Topics;
use super::metadata::Metadata;
use super::reading::Reading;
use crate::codec::{Codec, Json, Outline, Unknown};
use crate::error::{Error, Result};
use crate::offsets::{Isolation, TopicOffsets};

/// One bounded read.
#[derive(Clone, Debug)]
pub struct ReadRequest {
    pub topics: Topics,
    pub start: Start,
    pub end: End,
    /// What happens where retention removed messages before they were read.
    pub lost: Lost,
    pub limits: Limits,
    pub rate: Rate,
    pub isolation: Isolation,
    /// The format of the values.
    pub value: Arc<dyn Codec>,
    /// The columns wanted of the values. What does not fit its column is found in these alone; the syntax of a payload
    /// is always checked, even when no column is wanted.
    pub columns: Outline,
    /// The tree of all fields that are known, as [`Outline::payload`] gives it; others are drift.
    pub known: SchemaRef,
    pub unknown: Unknown,
    /// The column of the decoded key, which follows the columns of the value; none: it is not decoded.
    pub key: Option<DecodedKey>,
    /// The metadata columns wanted; they follow, in this order.
    pub metadata: Vec<Metadata>,
    pub bad_messages: BadMessages,
    pub tombstones: Tombstones,
    /// Threads that decode, beside the one that fetches; at least 1.
    pub decode_threads: usize,
    /// Decoded bytes kept in memory; beyond it all rows go to Arrow IPC files.
    pub memory_budget_bytes: usize,
    /// Where a temporary folder for these files is made; the system's by default.
    pub spill_folder: Option<PathBuf>,
    /// How long a partition that is not done may stand still.
    pub stall_timeout: Duration,
    /// Where we are, so that a replica nearby may be read (librdkafka's `client.rack`).
    pub rack: Option<String>,
}

impl ReadRequest {
    /// How many messages the read is of, if it is of the newest.
    pub(super) fn newest(&self) -> Option<u64> {
        match self.start {
            Start::Tail(total) => Some(self.limits.messages.map_or(total, |most| most.min(total))),
            _ => None,
        }
    }

    /// Whether the limit on messages made the read start later than it was asked to.
    pub(super) fn is_held_back(&self, reading: &Reading) -> bool {
        let Start::Tail(total) = self.start else { return false };
        let may_have_more = reading.partitions.iter().any(|read| read.from > read.low);
        may_have_more && self.limits.messages.is_some_and(|most| most < total && reading.counts.read >= most)
    }

    /// All committed messages of `topics` from their beginning, as JSON into the columns `columns`; a bad
    /// message and a lost one fail the read.
    pub fn new(topics: impl Into<Topics>, columns: Outline) -> Self {
        // The other half fetches, parses Kafka's protocol and writes what is spilled.
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) / 2;
        Self {
            topics: topics.into(),
            start: Start::Earliest,
            end: End::HighWatermark,
            lost: Lost::default(),
            limits: Limits::default(),
            rate: Rate::default(),
            isolation: Isolation::default(),
            value: Arc::new(Json),
            known: Arc::clone(columns.payload()),
            columns,
            unknown: Unknown::Ignore,
            key: None,
            metadata: Vec::new(),
            bad_messages: BadMessages::Fail,
            tombstones: Tombstones::Bad,
            decode_threads: threads.clamp(1, 4),
            memory_budget_bytes: 64 << 20,
            spill_folder: None,
            stall_timeout: Duration::from_secs(30),
            rack: None,
        }
    }

    /// The schema of the rows: the payload columns, then the metadata columns.
    ///
    /// Fails with [`Error::InvalidRequest`], [`Error::ReservedColumn`] or [`Error::UnsupportedType`].
    pub fn check(&self) -> Result<SchemaRef> {
        self.topics.check()?;
        let wrong = |reason: &str| Err(Error::InvalidRequest { reason: reason.into() });
        if matches!(&self.start, Start::Committed { group, .. } if group.trim().is_empty()) {
            return wrong("the sync name is empty");
        }
        if matches!(&self.end, End::Committed { group } if group.trim().is_empty()) {
            return wrong("the sync name that the read ends at is empty");
        }
        if self.rate.messages_per_s == Some(0) || self.rate.bytes_per_s == Some(0) {
            return wrong("at a rate limit of 0 nothing is ever read");
        }
        let payload = self.columns.schema().fields().iter().map(Arc::clone);
        let key = self.key.iter().map(|key| Arc::new(key.field.clone().with_nullable(true)));
        let metadata = self.metadata.iter().map(|column| Arc::new(column.field()));
        let fields: Vec<Arc<Field>> = payload.chain(key).chain(metadata).collect();
        for (index, field) in fields.iter().enumerate() {
            let Some(first) = fields[..index].iter().position(|other| other.name() == field.name()) else {
                continue;
            };
            let column = field.name().clone();
            let columns = self.columns.schema().fields().len();
            return Err(if first < columns && index >= columns {
                Error::ReservedColumn { instead: format!("{column}_payload"), column }
            } else {
                Error::InvalidRequest { reason: format!("the column `{column}` is wanted twice") }
            });
        }
        Ok(Arc::new(Schema::new(fields)))
    }
}

/// Where each partition's read starts. A start at or after the end reads nothing, and the next offset stays
/// the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// At what `group` has committed; a partition without a commit starts at `fallback`.
    Committed { group: String, fallback: Fallback },
    /// At offsets that somebody else keeps; a partition that has none starts at `fallback`. Those of topics and
    /// partitions that are not read say nothing.
    Known { offsets: TopicOffsets, fallback: Fallback },
    /// At the first message kept.
    Earliest,
    /// At the pinned end: nothing is read, and the next offsets are known.
    Latest,
    /// At the first message with this time or a later one, in milliseconds since 1970; at the end where there is
    /// none. Times need not rise along a partition: what follows that message is read, whatever its time.
    Timestamp(i64),
    /// At these offsets. All of them must be of partitions that are read.
    Offsets { offsets: TopicOffsets, others: Others },
    /// At the newest messages before the end, so many of all partitions together, shared evenly as long as each
    /// has enough. Offsets without a message (compaction, markers and aborted messages of transactions) do not
    /// count: where a first pass found some, the read begins again that much earlier, so it gives fewer only if
    /// there are fewer. A lower limit on messages holds instead of the number: it gives the newest, too.
    Tail(u64),
}

/// Where a partition without a known offset starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fallback {
    #[default]
    Earliest,
    /// The pinned end.
    Latest,
}

/// What happens with partitions that [`Start::Offsets`] does not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Others {
    /// They are not read and not told of.
    #[default]
    Omitted,
    Earliest,
    /// The pinned end.
    Latest,
}

/// Where each partition's read ends; known before the first message is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// At the high watermark (the last stable offset when read committed) as the read begins.
    HighWatermark,
    /// Where `group` stands as the read begins, never past it; nothing is read where it has committed nothing.
    Committed { group: String },
    /// Before the first message with this time or a later one, in milliseconds since 1970; at the high watermark
    /// where there is none. Messages behind it are not read, whatever their time.
    Timestamp(i64),
    /// Before these offsets, to repeat a batch; a partition that is not named is not read and not told of.
    Offsets(TopicOffsets),
}

/// What happens where retention removed messages that the read should have given: a kept or given start is not
/// there any more, or messages go while they are waited for. How many is always told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lost {
    /// The read fails.
    #[default]
    Fail,
    /// It goes on at the first message kept.
    Earliest,
    /// It goes on at the pinned end; what is passed over counts as lost too.
    Latest,
}

/// The most that is read in a second; nothing is faster than this over any longer time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    pub messages_per_s: Option<u64>,
    /// Bytes of keys and values. A message that is larger is read, and paid for by waiting.
    pub bytes_per_s: Option<u64>,
}

/// Bounds that may end a read before its pinned end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Messages, shared over the partitions in advance, so the same ones are read each time.
    pub messages: Option<u64>,
    /// Bytes of keys and values; which partitions they come from depends on the brokers, and of many partitions
    /// the first have their turn first.
    pub bytes: Option<u64>,
    /// Time since the first fetch; since the second one where [`Start::Tail`] begins again.
    pub time: Option<Duration>,
}

/// The column of decoded keys.
#[derive(Clone, Debug)]
pub struct DecodedKey {
    pub codec: Arc<dyn Codec>,
    /// Its name and type: of a key that is an object a struct, of any other what stands in
    /// [`WRAPPED`](crate::codec::WRAPPED). A message without a key has null here.
    pub field: Field,
}

/// What a message without a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tombstones {
    /// A bad message.
    #[default]
    Bad,
    /// A row of nulls with its key and metadata.
    Nulls,
    /// Counted as skipped, whatever becomes of bad messages.
    Skip,
}

/// What happens to a message that cannot become a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BadMessages {
    /// The read fails.
    #[default]
    Fail,
    /// It is counted.
    Skip,
    /// It is counted and kept in [`Reading::rejects`](super::Reading::rejects) with its reason.
    Reject,
}

/// How far a read is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Messages fetched.
    pub messages: u64,
    /// Their keys and values.
    pub bytes: u64,
    /// Offsets passed, gaps included.
    pub offsets: u64,
    /// Offsets to pass: the read is done when `offsets` gets here.
    pub total_offsets: u64,
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::DataType;

    use super::super::MetadataColumn;
    use super::*;

    fn request(columns: &[&str]) -> ReadRequest {
        let fields: Vec<_> = columns.iter().map(|name| Field::new(*name, DataType::Int64, false)).collect();
        ReadRequest::new("orders", Outline::plain(&Schema::new(fields)).unwrap())
    }

    #[test]
    fn metadata_follows_the_payload() {
        let mut request = request(&["amount"]);
        request.metadata = vec![MetadataColumn::Offset.into(), MetadataColumn::Key.into()];
        let schema = request.check().unwrap();
        let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names, ["amount", "_kafka_offset", "_kafka_key"]);
        assert!(schema.field(0).is_nullable());
    }

    #[test]
    fn contradictions_are_refused() {
        let mut clash = request(&["at"]);
        clash.metadata = vec![Metadata { column: MetadataColumn::Offset, name: "at".into() }];
        let reserved = clash.check().unwrap_err();
        assert!(reserved.hint().is_some_and(|hint| hint.contains("`at_payload`")));
        let mut twice = request(&["a"]);
        twice.metadata = vec![MetadataColumn::Key.into(), MetadataColumn::KeyBytes.into()];
        assert!(twice.check().unwrap_err().to_string().contains("`_kafka_key` is wanted twice"));
        assert!(ReadRequest::new(" ", Outline::plain(&Schema::empty()).unwrap()).check().is_err());
        let mut still = request(&[]);
        still.rate.bytes_per_s = Some(0);
        assert!(still.check().unwrap_err().to_string().contains("rate limit of 0"));
        let nobody = ReadRequest { end: End::Committed { group: " ".into() }, ..request(&[]) };
        assert!(nobody.check().is_err());
    }
}
