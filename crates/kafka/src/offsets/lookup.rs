//! Looks up offsets of several topics at once: where partitions begin and end, where a time is, what a group
//! has committed.

use std::collections::BTreeMap;
use std::thread;

use rdkafka::consumer::Consumer as _;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};

use super::{Offsets, TopicOffsets, Watermarks};
use crate::cancel::Cancel;
use crate::client::{Connection, code_of};
use crate::error::{Error, Result};

/// Partitions, rising, by topic.
pub type Places = BTreeMap<String, Vec<i32>>;

/// Which offset of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// Of the first message kept.
    First,
    /// Of the next message to come; the last stable offset when read committed.
    Next,
    /// Of the first message with this time or a later one, in milliseconds since 1970.
    Time(i64),
}

impl At {
    /// To `ListOffsets` an end of a partition is a special time.
    fn asked(self) -> Offset {
        match self {
            Self::First => Offset::Beginning,
            Self::Next => Offset::End,
            // Numbers below 0 are not times to a broker.
            Self::Time(time_ms) => Offset::Offset(time_ms.max(0)),
        }
    }
}

/// The offsets of `places` for each of `wanted`, all looked up at the same time, in one request for each of
/// `wanted` to each leader. A partition without a message at or after a time is left out.
pub(crate) fn offsets_at(
    connection: &Connection,
    places: &Places,
    wanted: &[At],
    cancel: &Cancel,
) -> Result<Vec<TopicOffsets>> {
    let lists: Vec<_> = wanted.iter().map(|at| list(places, at.asked())).collect::<Result<_>>()?;
    let answer = connection.ask(cancel, move |consumer, timeout| {
        thread::scope(|scope| {
            let ask = |list| scope.spawn(move || consumer.offsets_for_times(list, timeout));
            let asked: Vec<_> = lists.into_iter().map(ask).collect();
            let answer =
                |thread: thread::ScopedJoinHandle<'_, _>| thread.join().unwrap_or(Err(KafkaError::Canceled));
            asked.into_iter().map(answer).collect::<std::result::Result<Vec<_>, _>>()
        })
    })?;
    let failed = |topic: Option<&str>, error: KafkaError| match (code_of(&error), topic) {
        (Code::TopicAuthorizationFailed, Some(topic)) => Error::TopicForbidden { topic: topic.to_owned() },
        (Code::UnknownTopicOrPartition, Some(topic)) => {
            Error::UnknownTopic { topic: topic.to_owned(), servers: connection.servers().to_owned() }
        }
        _ => Connection::failed(format!("looking up the offsets of {}", names(places)), error),
    };
    let only = if places.len() == 1 { places.keys().next().map(String::as_str) } else { None };
    let answer = answer.map_err(|error| failed(only, error))?;
    answer.iter().map(|list| known(list).map_err(|(topic, error)| failed(Some(&topic), error))).collect()
}

/// The watermarks of `places`.
pub(crate) fn watermarks_in(
    connection: &Connection,
    places: &Places,
    cancel: &Cancel,
) -> Result<BTreeMap<String, BTreeMap<i32, Watermarks>>> {
    let found = offsets_at(connection, places, &[At::First, At::Next], cancel)?;
    let of = |index: usize, topic: &str, partition: i32| offset_in(found.get(index)?, topic, partition);
    let of_topic = |(topic, partitions): (&String, &Vec<i32>)| {
        let marks = partitions.iter().map(|&partition| {
            let mark = marks_of(topic, partition, of(0, topic, partition), of(1, topic, partition))?;
            Ok((partition, mark))
        });
        Ok((topic.clone(), marks.collect::<Result<_>>()?))
    };
    places.iter().map(of_topic).collect()
}

/// What was looked up of one partition, both of which every partition with a leader has.
pub(crate) fn marks_of(
    topic: &str,
    partition: i32,
    low: Option<i64>,
    high: Option<i64>,
) -> Result<Watermarks> {
    match (low, high) {
        // Retention may move the beginning between two answers.
        (Some(low), Some(high)) => Ok(Watermarks { low, high: high.max(low) }),
        _ => Err(Error::NoLeader {
            topic: topic.to_owned(),
            partition,
            reason: "its offsets are unknown".into(),
        }),
    }
}

/// What `group` has committed for `places`; partitions without a commit are left out. `connection` was opened
/// with the group's id.
pub(crate) fn committed_in(
    connection: &Connection,
    group: &str,
    places: &Places,
    cancel: &Cancel,
) -> Result<TopicOffsets> {
    let list = list(places, Offset::Invalid)?;
    let answer =
        connection.ask_group(cancel, move |consumer, timeout| consumer.committed_offsets(list, timeout))?;
    let failed = |topic: Option<&str>, error: KafkaError| match (code_of(&error), topic) {
        (Code::GroupAuthorizationFailed, _) => Error::GroupForbidden { group: group.to_owned() },
        (Code::TopicAuthorizationFailed, Some(topic)) => Error::TopicForbidden { topic: topic.to_owned() },
        _ => Connection::failed(format!("looking up the offsets of the group `{group}`"), error),
    };
    let only = if places.len() == 1 { places.keys().next().map(String::as_str) } else { None };
    let answer = answer.map_err(|error| failed(only, error))?;
    known(&answer).map_err(|(topic, error)| failed(Some(&topic), error))
}

/// The offset of one partition, if it is known.
pub(crate) fn offset_in(offsets: &TopicOffsets, topic: &str, partition: i32) -> Option<i64> {
    offsets.get(topic)?.get(&partition).copied()
}

fn list(places: &Places, offset: Offset) -> Result<TopicPartitionList> {
    let mut list = TopicPartitionList::with_capacity(places.values().map(Vec::len).sum());
    for (topic, partitions) in places {
        for partition in partitions {
            list.add_partition_offset(topic, *partition, offset)
                .map_err(|error| Connection::failed(format!("looking up topic `{topic}`"), error))?;
        }
    }
    Ok(list)
}

/// The offsets in `list`, without those that are not known; fails with the first topic that has an error.
fn known(list: &TopicPartitionList) -> std::result::Result<TopicOffsets, (String, KafkaError)> {
    let mut known = TopicOffsets::new();
    for element in list.elements() {
        element.error().map_err(|error| (element.topic().to_owned(), error))?;
        if let Offset::Offset(offset) = element.offset() {
            let of_topic: &mut Offsets = known.entry(element.topic().to_owned()).or_default();
            of_topic.insert(element.partition(), offset);
        }
    }
    Ok(known)
}

/// The topics in words: all of a few, the first of many.
fn names(places: &Places) -> String {
    const SHOWN: usize = 3;
    let shown: Vec<_> = places.keys().take(SHOWN).map(|topic| format!("`{topic}`")).collect();
    match places.len() {
        1 => format!("topic {}", shown.join("")),
        count if count > SHOWN => format!("topics {} and {} more", shown.join(", "), count - SHOWN),
        _ => format!("topics {}", shown.join(", ")),
    }
}
