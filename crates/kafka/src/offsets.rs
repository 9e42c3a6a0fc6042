//! Offsets: what a topic holds, what a group has committed, and committing.
//!
//! An offset is always the *next to read*, as Kafka commits them.

mod group;
mod lookup;

use std::collections::BTreeMap;

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaResult;
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};

use crate::cancel::Cancel;
use crate::client::{Cluster, Connection, code_of};
use crate::error::{Error, Result};
use crate::topic::partitions_of;

pub use group::{Group, Kept};
pub use lookup::Places;
pub(crate) use lookup::{At, committed_in, marks_of, offset_in, offsets_at, watermarks_in};

/// Offsets by partition.
pub type Offsets = BTreeMap<i32, i64>;

/// Offsets by topic and partition.
pub type TopicOffsets = BTreeMap<String, Offsets>;

/// The offsets that a partition holds: `low` is its first message, `high` where the next one will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermarks {
    pub low: i64,
    /// The last stable offset when read committed: open transactions lie behind it.
    pub high: i64,
}

/// Which messages of transactions are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Isolation {
    /// Only those of committed transactions.
    #[default]
    Committed,
    /// All, of open and aborted ones too.
    Uncommitted,
}

impl Isolation {
    /// The value of librdkafka's `isolation.level`.
    pub(crate) fn level(self) -> &'static str {
        match self {
            Self::Committed => "read_committed",
            Self::Uncommitted => "read_uncommitted",
        }
    }
}

/// The watermarks of every partition of `topic`.
pub fn watermarks(
    cluster: &Cluster,
    topic: &str,
    isolation: Isolation,
    cancel: &Cancel,
) -> Result<BTreeMap<i32, Watermarks>> {
    let connection = Connection::open(cluster, &[("isolation.level", isolation.level())])?;
    let partitions = partitions_of(&connection, topic, cancel)?;
    watermarks_of(&connection, topic, &partitions, cancel)
}

/// The watermarks of `places`.
pub fn marks(
    cluster: &Cluster,
    places: &Places,
    isolation: Isolation,
    cancel: &Cancel,
) -> Result<BTreeMap<String, BTreeMap<i32, Watermarks>>> {
    watermarks_in(&Connection::open(cluster, &[("isolation.level", isolation.level())])?, places, cancel)
}

/// The watermarks of `partitions`, in two requests to each leader at the same time.
pub(crate) fn watermarks_of(
    connection: &Connection,
    topic: &str,
    partitions: &[i32],
    cancel: &Cancel,
) -> Result<BTreeMap<i32, Watermarks>> {
    let places = Places::from([(topic.to_owned(), partitions.to_vec())]);
    Ok(watermarks_in(connection, &places, cancel)?.remove(topic).unwrap_or_default())
}

/// The offsets in `list`, without those that are not known.
fn known_offsets(list: &TopicPartitionList) -> KafkaResult<Offsets> {
    let mut offsets = Offsets::new();
    for element in list.elements() {
        element.error()?;
        if let Offset::Offset(offset) = element.offset() {
            offsets.insert(element.partition(), offset);
        }
    }
    Ok(offsets)
}

/// What `group` has committed for `topic`; partitions without a commit are left out.
pub fn committed(cluster: &Cluster, group: &str, topic: &str, cancel: &Cancel) -> Result<Offsets> {
    let connection = Connection::open(cluster, &[("group.id", group)])?;
    let partitions = partitions_of(&connection, topic, cancel)?;
    committed_of(&connection, group, topic, &partitions, cancel)
}

/// As [`committed`], of known `partitions`; `connection` was opened with the group's id.
pub(crate) fn committed_of(
    connection: &Connection,
    group: &str,
    topic: &str,
    partitions: &[i32],
    cancel: &Cancel,
) -> Result<Offsets> {
    let mut list = TopicPartitionList::with_capacity(partitions.len());
    for partition in partitions {
        list.add_partition(topic, *partition);
    }
    let answer = connection.ask_group(cancel, move |consumer, timeout| {
        known_offsets(&consumer.committed_offsets(list, timeout)?)
    })?;
    answer.map_err(|error| match code_of(&error) {
        Code::GroupAuthorizationFailed => Error::GroupForbidden { group: group.to_owned() },
        Code::TopicAuthorizationFailed => Error::TopicForbidden { topic: topic.to_owned() },
        _ => Connection::failed(format!("looking up the offsets of the group `{group}`"), error),
    })
}

/// Commits `offsets` of `topic` under `group` and reads them back; see [`Group::keep`].
pub fn commit(cluster: &Cluster, group: &str, topic: &str, offsets: &Offsets, cancel: &Cancel) -> Result<()> {
    let kept = Kept { offsets: TopicOffsets::from([(topic.to_owned(), offsets.clone())]), resets: 0 };
    Group::open(cluster, group)?.keep(&kept, None, cancel)
}
