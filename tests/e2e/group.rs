//! Consumer groups: what is committed, and being a live member.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::{Offset, TopicPartitionList};

use crate::eventually::{DEADLINE, eventually};
use crate::topic::Topic;

/// The offsets that a group has committed, by partition; `None` where it has not.
pub(crate) fn committed(topic: &Topic<'_>, group: &str) -> Vec<Option<i64>> {
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition_range(&topic.name, 0, topic.partitions - 1);
    let found =
        topic.broker.consumer(group).committed_offsets(partitions, DEADLINE).expect("the group answers");
    let mut offsets: Vec<_> =
        found.elements().iter().map(|found| (found.partition(), found.offset())).collect();
    offsets.sort_by_key(|(partition, _)| *partition);
    offsets
        .into_iter()
        .map(|(_, offset)| match offset {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        })
        .collect()
}

/// Commits offsets under a group without members, one for each partition from 0.
pub(crate) fn commit(topic: &Topic<'_>, group: &str, offsets: &[i64]) {
    let mut partitions = TopicPartitionList::new();
    for (partition, offset) in (0..).zip(offsets) {
        partitions.add_partition_offset(&topic.name, partition, Offset::Offset(*offset)).expect("an offset");
    }
    topic.broker.consumer(group).commit(&partitions, CommitMode::Sync).expect("the group takes offsets");
}

/// Joins a group and returns when it has every partition; the group has a live member until this is dropped.
pub(crate) fn join(topic: &Topic<'_>, group: &str) -> BaseConsumer {
    let member = topic.broker.consumer(group);
    member.subscribe(&[&topic.name]).expect("a topic that exists");
    eventually("the member is assigned", || {
        if let Some(Err(error)) = member.poll(Duration::from_millis(20)) {
            panic!("joining {group}: {error}");
        }
        (member.assignment().expect("an assignment").count() > 0).then_some(())
    });
    member
}
