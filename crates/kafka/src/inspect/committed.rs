//! How far a group is, in many topics at once.

use std::collections::BTreeMap;

use rdkafka::consumer::Consumer as _;
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};

use super::PartitionFacts;
use crate::cancel::Cancel;
use crate::client::{Cluster, Connection, code_of};
use crate::error::{Error, Result};
use crate::offsets::Offsets;

/// What `group` has committed for `topics`, in one request; topics and partitions without a commit are left out.
pub fn committed(
    cluster: &Cluster,
    group: &str,
    topics: &BTreeMap<String, Vec<PartitionFacts>>,
    cancel: &Cancel,
) -> Result<BTreeMap<String, Offsets>> {
    let mut list = TopicPartitionList::new();
    for (topic, partitions) in topics {
        for partition in partitions {
            list.add_partition(topic, partition.partition);
        }
    }
    if list.count() == 0 {
        return Ok(BTreeMap::new());
    }
    let connection = Connection::open(cluster, &[("group.id", group)])?;
    let answer = connection.ask_group(cancel, move |consumer, timeout| {
        let mut found: BTreeMap<String, Offsets> = BTreeMap::new();
        for element in consumer.committed_offsets(list, timeout)?.elements() {
            // A topic that this login may not see says nothing about the others.
            if let (Ok(()), Offset::Offset(offset)) = (element.error(), element.offset()) {
                found.entry(element.topic().to_owned()).or_default().insert(element.partition(), offset);
            }
        }
        Ok(found)
    })?;
    answer.map_err(|error| match code_of(&error) {
        Code::GroupAuthorizationFailed => Error::GroupForbidden { group: group.to_owned() },
        _ => Connection::failed(format!("looking up the offsets of the group `{group}`"), error),
    })
}
