//! Offsets: what a topic holds, what a group has committed, and committing.
//!
//! An offset is always the *next to read*, as Kafka commits them.

mod lookup;

use std::collections::BTreeMap;

use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};

use crate::cancel::Cancel;
use crate::client::{Cluster, Connection, code_of, describe, reason_of};
use crate::error::{Error, Result};
use crate::topic::partitions_of;

pub(crate) use lookup::{At, Places, committed_in, marks_of, offset_in, offsets_at, watermarks_in};

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

/// Commits `offsets` of `topic` under `group` and reads them back.
///
/// Fails with [`Error::GroupBusy`] while consumers are subscribed under the group, with
/// [`Error::GroupForbidden`], [`Error::TopicForbidden`], and with [`Error::CommitRefused`] when the
/// broker stored anything else. An error means that some offsets may have been stored.
pub fn commit(cluster: &Cluster, group: &str, topic: &str, offsets: &Offsets, cancel: &Cancel) -> Result<()> {
    if offsets.is_empty() {
        return Ok(());
    }
    let connection = Connection::open(cluster, &[("group.id", group)])?;
    let mut list = TopicPartitionList::with_capacity(offsets.len());
    for (partition, offset) in offsets {
        list.add_partition_offset(topic, *partition, Offset::Offset(*offset)).map_err(|_negative| {
            Error::InvalidRequest {
                reason: format!("offset {offset} of partition {partition} cannot be committed"),
            }
        })?;
    }
    let answer = connection.ask_group(cancel, move |consumer, _| consumer.commit(&list, CommitMode::Sync))?;
    answer.map_err(|error| refused(group, topic, error))?;

    // A commit that fails for some partitions only is reported by librdkafka as a success.
    let partitions: Vec<_> = offsets.keys().copied().collect();
    let stored = committed_of(&connection, group, topic, &partitions, cancel)?;
    match offsets.iter().find(|(partition, offset)| stored.get(partition) != Some(offset)) {
        None => Ok(()),
        Some((partition, offset)) => Err(Error::CommitRefused {
            group: group.to_owned(),
            topic: topic.to_owned(),
            reason: match stored.get(partition) {
                Some(other) => format!("partition {partition} is at {other} instead of {offset}"),
                None => format!("partition {partition} has no offset after the commit of {offset}"),
            },
            source: None,
        }),
    }
}

fn refused(group: &str, topic: &str, error: KafkaError) -> Error {
    let (group, topic) = (group.to_owned(), topic.to_owned());
    match code_of(&error) {
        Code::UnknownMemberId
        | Code::IllegalGeneration
        | Code::RebalanceInProgress
        | Code::FencedInstanceId
        | Code::StaleMemberEpoch
        | Code::FencedMemberEpoch => Error::GroupBusy { group, members: None },
        Code::GroupAuthorizationFailed => Error::GroupForbidden { group },
        Code::TopicAuthorizationFailed => Error::TopicForbidden { topic },
        _ => Error::CommitRefused { group, topic, reason: reason_of(&error), source: Some(Box::new(error)) },
    }
}

/// Whether a commit under `group` would be taken now, before a long run finds out.
///
/// Fails with [`Error::GroupBusy`] while consumers are subscribed under it. Only the classic group
/// protocol is seen here; [`commit`] itself is refused under every protocol.
pub fn ensure_group_idle(cluster: &Cluster, group: &str, cancel: &Cancel) -> Result<()> {
    let connection = Connection::open(cluster, &[])?;
    let name = group.to_owned();
    let members = connection.ask(cancel, move |consumer, timeout| {
        let groups = consumer.client().fetch_group_list(Some(&name), timeout)?;
        Ok(groups
            .groups()
            .iter()
            .filter(|found| found.name() == name)
            .map(|found| found.members().len())
            .sum::<usize>())
    })?;
    match members {
        Ok(0) => Ok(()),
        // A broker that cannot list groups, such as the embedded one, cannot say; the commit is refused then.
        Err(error) if code_of(&error) == Code::UnsupportedFeature => Ok(()),
        Ok(members) => Err(Error::GroupBusy { group: group.to_owned(), members: Some(members) }),
        Err(error) if code_of(&error) == Code::GroupAuthorizationFailed => {
            Err(Error::GroupForbidden { group: group.to_owned() })
        }
        Err(error) => Err(Error::Kafka {
            doing: format!("looking up the group `{group}`"),
            reason: describe(code_of(&error)),
            source: Some(Box::new(error)),
        }),
    }
}
