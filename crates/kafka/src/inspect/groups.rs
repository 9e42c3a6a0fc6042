//! The groups that read a topic, and how far behind they are.

use std::collections::BTreeMap;

use rdkafka::types::RDKafkaErrorCode as Code;

use super::admin::{Admin, Described, Listed};
use super::offsets_of;
use crate::cancel::Cancel;
use crate::client::{Cluster, Connection, code_of};
use crate::error::{Error, Result};

/// Groups that are asked about at the same time.
const MOST_AT_ONCE: usize = 100;

/// The groups of a topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// By name.
    pub groups: Vec<GroupFacts>,
    /// How many more this login may not look into.
    pub refused: usize,
}

/// A group that has offsets in a topic, or members that read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupFacts {
    pub group: String,
    /// As Kafka names it: `Stable`, `Empty`.
    pub state: String,
    /// The protocol that its members speak: `Classic`, `Consumer`; empty where the broker does not say.
    pub protocol: String,
    pub members: usize,
    /// Those that it has an offset of or a member for, rising.
    pub partitions: Vec<GroupPartition>,
}

/// How far a group is in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupPartition {
    pub partition: i32,
    /// The next offset that it reads; `None`: it has read nothing yet.
    pub committed: Option<i64>,
    /// Offsets up to the end: the most messages that it has left to read.
    pub lag: Option<u64>,
}

/// Every group that has a committed offset in `topic` or a member that is assigned to it.
///
/// Groups that this login may not see at all are not even counted: the broker does not list them.
pub fn groups(cluster: &Cluster, topic: &str, cancel: &Cancel) -> Result<Groups> {
    let connection = Connection::open(cluster, &[])?;
    let facts = offsets_of(&connection, &[topic.to_owned()], cancel)?;
    let Some(partitions) = facts.get(topic) else {
        crate::topic::partitions_of(&connection, topic, cancel)?;
        return Err(Error::UnknownTopic {
            topic: topic.to_owned(),
            servers: connection.servers().to_owned(),
        });
    };
    let high: BTreeMap<i32, Option<i64>> =
        partitions.iter().map(|partition| (partition.partition, partition.high)).collect();

    let stop = cancel.clone();
    let answer = connection.ask(cancel, move |consumer, timeout| {
        let mut admin = Admin::new(consumer, timeout, stop);
        admin.list_groups();
        admin.groups()
    })?;
    let failed = |error| Connection::failed(format!("looking up the groups of topic `{topic}`"), error);
    let mut listed: Vec<Listed> = match answer {
        // A broker that keeps no groups, such as the embedded one.
        Err(error) if code_of(&error) == Code::UnsupportedFeature => return Ok(Groups::default()),
        answer => answer.map_err(failed)?,
    };
    listed.sort_by(|one, other| one.group.cmp(&other.group));
    listed.dedup_by(|one, other| one.group == other.group);

    let mut answer = Groups::default();
    for batch in listed.chunks(MOST_AT_ONCE) {
        let names: Vec<String> = batch.iter().map(|listed| listed.group.clone()).collect();
        let (stop, name) = (cancel.clone(), topic.to_owned());
        let partitions: Vec<i32> = high.keys().copied().collect();
        let described = connection.ask(cancel, move |consumer, timeout| {
            let mut admin = Admin::new(consumer, timeout, stop);
            admin.describe_groups(&names)?;
            for group in &names {
                admin.list_group_offsets(group, &name, &partitions)?;
            }
            admin.described(&name)
        })?;
        let mut described = described.map_err(failed)?;
        for listed in batch {
            let found = described.remove(&listed.group).unwrap_or_default();
            if found.refused.is_some_and(is_refusal) {
                answer.refused += 1;
            } else if let Some(facts) = facts_of(listed, found, &high) {
                answer.groups.push(facts);
            }
        }
    }
    Ok(answer)
}

/// How many consumers are subscribed under `group`, by whichever protocol; `None`: the broker does not say.
pub(crate) fn members(connection: &Connection, group: &str, cancel: &Cancel) -> Result<Option<usize>> {
    let (stop, name) = (cancel.clone(), group.to_owned());
    let answer = connection.ask(cancel, move |consumer, timeout| {
        let mut admin = Admin::new(consumer, timeout, stop);
        admin.describe_groups(std::slice::from_ref(&name))?;
        Ok(admin.described("")?.remove(&name))
    })?;
    match answer {
        Ok(Some(found)) => match found.refused {
            None => Ok(Some(found.members)),
            // A group that was never used, which brokers up to 4.0 describe as dead.
            Some(Code::GroupIdNotFound) => Ok(Some(0)),
            Some(code) if is_refusal(code) => Err(Error::GroupForbidden { group: group.to_owned() }),
            Some(_) => Ok(None),
        },
        // Cancelled, too: the next question ends by it.
        Ok(None) | Err(_) => Ok(None),
    }
}

fn is_refusal(code: Code) -> bool {
    matches!(
        code,
        Code::GroupAuthorizationFailed | Code::TopicAuthorizationFailed | Code::ClusterAuthorizationFailed
    )
}

/// What is known of a group; `None`: it has nothing to do with the topic.
fn facts_of(listed: &Listed, found: Described, high: &BTreeMap<i32, Option<i64>>) -> Option<GroupFacts> {
    let mut partitions: BTreeMap<i32, Option<i64>> =
        found.assigned.iter().map(|partition| (*partition, None)).collect();
    partitions.extend(found.committed.iter().map(|(partition, offset)| (*partition, Some(*offset))));
    if partitions.is_empty() {
        return None;
    }
    let lag = |partition: i32, committed: Option<i64>| {
        let end = high.get(&partition).copied().flatten()?;
        Some((end - committed?).max(0) as u64)
    };
    Some(GroupFacts {
        group: listed.group.clone(),
        state: found.state.unwrap_or_else(|| listed.state.clone()),
        protocol: listed.protocol.clone(),
        members: found.members,
        partitions: partitions
            .into_iter()
            .map(|(partition, committed)| GroupPartition {
                partition,
                committed,
                lag: lag(partition, committed),
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_is_what_is_left_and_never_less_than_nothing() {
        let listed =
            Listed { group: "g".to_owned(), state: "Empty".to_owned(), protocol: "Classic".to_owned() };
        let high = BTreeMap::from([(0, Some(10)), (1, Some(5)), (2, None), (3, Some(4))]);
        let found = Described {
            committed: vec![(0, 7), (1, 9), (2, 1)],
            assigned: vec![0, 3],
            members: 1,
            ..Described::default()
        };
        let facts = facts_of(&listed, found, &high).unwrap();
        let parts: Vec<_> =
            facts.partitions.iter().map(|part| (part.partition, part.committed, part.lag)).collect();
        let expected = [(0, Some(7), Some(3)), (1, Some(9), Some(0)), (2, Some(1), None), (3, None, None)];
        assert_eq!(parts, expected);
        assert_eq!(facts.state, "Empty");
        assert_eq!(facts_of(&listed, Described::default(), &high), None);
    }
}
