//! A consumer group as a place for offsets: nobody subscribes to it here.

use std::collections::BTreeSet;

use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka::{Offset, TopicPartitionList};

use super::{At, Places, TopicOffsets, offset_in, offsets_at};
use crate::cancel::Cancel;
use crate::client::{Cluster, Connection, code_of, describe, reason_of};
use crate::error::{Error, Result};
use crate::inspect::members;
use crate::read::Topics;

/// What stands before the count of resets in the metadata of a commit.
const MARK: &str = "flowloom:resets=";

/// What a group has committed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Partitions without a commit are left out.
    pub offsets: TopicOffsets,
    /// How often these offsets were reset by us. Others who commit do not count on, and nothing is lost by it but the
    /// difference between a reset and a run that died.
    pub resets: u64,
}

impl Kept {
    /// The offset of a partition.
    pub fn get(&self, topic: &str, partition: i32) -> Option<i64> {
        offset_in(&self.offsets, topic, partition)
    }
}

/// A client for one group, to look and commit with.
pub struct Group {
    connection: Connection,
    name: String,
}

impl Group {
    /// Connects when it is first asked something.
    pub fn open(cluster: &Cluster, name: &str) -> Result<Self> {
        Ok(Self { connection: Connection::open(cluster, &[("group.id", name)])?, name: name.to_owned() })
    }

    /// What tells the cluster from others, whatever the addresses by which it is reached: its own id, or its servers
    /// where it has none.
    pub fn cluster_id(&self, cancel: &Cancel) -> Result<String> {
        let answer = self.connection.ask(cancel, |consumer, timeout| {
            let id = consumer.client().fetch_cluster_id(timeout);
            if id.is_none() {
                // Says why, when nobody answers at all.
                consumer.client().fetch_metadata(Some("flowloom"), timeout)?;
            }
            Ok(id)
        })?;
        let id = answer.map_err(|error| Connection::failed("looking up the cluster", error))?;
        Ok(id.unwrap_or_else(|| {
            let servers: BTreeSet<_> = self.connection.servers().split(',').map(str::trim).collect();
            servers.into_iter().collect::<Vec<_>>().join(",")
        }))
    }

    /// The partitions of `topics`, as a read would cover them now.
    pub fn places(&self, topics: &Topics, cancel: &Cancel) -> Result<Places> {
        topics.check()?;
        topics.find(&self.connection, cancel)
    }

    /// The first offsets of `timestamp_ms` or later; partitions without such a message are left out.
    pub fn at_time(&self, places: &Places, timestamp_ms: i64, cancel: &Cancel) -> Result<TopicOffsets> {
        let found = offsets_at(&self.connection, places, &[At::Time(timestamp_ms)], cancel)?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    /// What is committed for `places`.
    pub fn kept(&self, places: &Places, cancel: &Cancel) -> Result<Kept> {
        let mut list = TopicPartitionList::new();
        for (topic, partitions) in places {
            for partition in partitions {
                list.add_partition(topic, *partition);
            }
        }
        self.kept_of(list, cancel)
    }

    fn kept_of(&self, list: TopicPartitionList, cancel: &Cancel) -> Result<Kept> {
        if list.count() == 0 {
            return Ok(Kept::default());
        }
        let first = list.elements().first().map(|element| element.topic().to_owned()).unwrap_or_default();
        let answer = self.connection.ask_group(cancel, move |consumer, timeout| {
            let found = consumer.committed_offsets(list, timeout)?;
            let mut kept = Kept::default();
            for element in found.elements() {
                element.error()?;
                if let Offset::Offset(offset) = element.offset() {
                    let offsets = kept.offsets.entry(element.topic().to_owned()).or_default();
                    offsets.insert(element.partition(), offset);
                    kept.resets = kept.resets.max(resets(element.metadata()));
                }
            }
            Ok(kept)
        })?;
        answer.map_err(|error| match code_of(&error) {
            Code::GroupAuthorizationFailed => Error::GroupForbidden { group: self.name.clone() },
            Code::TopicAuthorizationFailed => Error::TopicForbidden { topic: first },
            _ => Connection::failed(format!("looking up the offsets of the group `{}`", self.name), error),
        })
    }

    /// Commits `kept` and reads it back. `found`: what was committed when the work on it began; when that is no longer so,
    /// somebody else moved the offsets, and nothing is committed ([`Error::OffsetsMoved`]).
    ///
    /// Kafka has no commit on a condition: between the look and the commit lies one round trip. Fails with
    /// [`Error::GroupBusy`] while consumers are subscribed under the group, with [`Error::GroupForbidden`],
    /// [`Error::TopicForbidden`], and with [`Error::CommitRefused`] when the broker stored anything else. Such an error
    /// means that some offsets may have been stored.
    pub fn keep(&self, kept: &Kept, found: Option<&Kept>, cancel: &Cancel) -> Result<()> {
        let mut list = TopicPartitionList::new();
        let mut ask = TopicPartitionList::new();
        for (topic, partition, offset) in each(&kept.offsets) {
            ask.add_partition(topic, partition);
            let mut element = list.add_partition(topic, partition);
            element.set_offset(Offset::Offset(offset)).map_err(|_negative| Error::InvalidRequest {
                reason: format!("offset {offset} of partition {partition} cannot be committed"),
            })?;
            if kept.resets > 0 {
                element.set_metadata(format!("{MARK}{}", kept.resets));
            }
        }
        if list.count() == 0 {
            return Ok(());
        }
        if let Some(found) = found {
            let now = self.kept_of(ask.clone(), cancel)?;
            moved(&self.name, &kept.offsets, found, &now)?;
        }
        let answer =
            self.connection.ask_group(cancel, move |consumer, _| consumer.commit(&list, CommitMode::Sync))?;
        let first = kept.offsets.keys().next().cloned().unwrap_or_default();
        answer.map_err(|error| refused(&self.name, &first, error))?;

        // A commit that fails for some partitions only is reported by librdkafka as a success.
        let stored = self.kept_of(ask, cancel)?;
        match each(&kept.offsets)
            .find(|(topic, partition, offset)| stored.get(topic, *partition) != Some(*offset))
        {
            None => Ok(()),
            Some((topic, partition, offset)) => Err(Error::CommitRefused {
                group: self.name.clone(),
                topic: topic.to_owned(),
                reason: match stored.get(topic, partition) {
                    Some(other) => format!("partition {partition} is at {other} instead of {offset}"),
                    None => format!("partition {partition} has no offset after the commit of {offset}"),
                },
                source: None,
            }),
        }
    }

    /// Whether a commit would be taken now, before a long run finds out.
    ///
    /// Fails with [`Error::GroupBusy`] while consumers are subscribed under it, by the classic protocol or by that of
    /// KIP-848.
    pub fn ensure_idle(&self, cancel: &Cancel) -> Result<()> {
        match members(&self.connection, &self.name, cancel)? {
            Some(0) => return Ok(()),
            Some(members) => {
                return Err(Error::GroupBusy { group: self.name.clone(), members: Some(members) });
            }
            None => {}
        }
        let name = self.name.clone();
        let members = self.connection.ask(cancel, move |consumer, timeout| {
            let groups = consumer.client().fetch_group_list(Some(&name), timeout)?;
            let found = groups.groups().iter().filter(|found| found.name() == name);
            Ok(found.map(|found| found.members().len()).sum::<usize>())
        })?;
        match members {
            Ok(0) => Ok(()),
            // A broker that cannot list groups, such as the embedded one, cannot say; the commit is refused then.
            Err(error) if code_of(&error) == Code::UnsupportedFeature => Ok(()),
            Ok(members) => Err(Error::GroupBusy { group: self.name.clone(), members: Some(members) }),
            Err(error) if code_of(&error) == Code::GroupAuthorizationFailed => {
                Err(Error::GroupForbidden { group: self.name.clone() })
            }
            Err(error) => Err(Error::Kafka {
                doing: format!("looking up the group `{}`", self.name),
                reason: describe(code_of(&error)),
                source: Some(Box::new(error)),
            }),
        }
    }
}

fn each(offsets: &TopicOffsets) -> impl Iterator<Item = (&str, i32, i64)> {
    offsets.iter().flat_map(|(topic, offsets)| {
        offsets.iter().map(|(partition, offset)| (topic.as_str(), *partition, *offset))
    })
}

fn resets(metadata: &str) -> u64 {
    metadata.strip_prefix(MARK).and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// Fails where the partitions of `wanted` are not as they were.
fn moved(group: &str, wanted: &TopicOffsets, found: &Kept, now: &Kept) -> Result<()> {
    let is_moved =
        |(topic, partition, _): &(&str, i32, i64)| found.get(topic, *partition) != now.get(topic, *partition);
    match each(wanted).find(is_moved) {
        None => Ok(()),
        Some((topic, partition, _)) => Err(Error::OffsetsMoved {
            group: group.to_owned(),
            topic: topic.to_owned(),
            partition,
            from: found.get(topic, partition),
            to: now.get(topic, partition),
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::embedded::EmbeddedBroker;

    fn kept(offsets: &[(i32, i64)], resets: u64) -> Kept {
        Kept { offsets: BTreeMap::from([("t".to_owned(), offsets.iter().copied().collect())]), resets }
    }

    #[test]
    fn offsets_go_and_come_back_with_their_count_of_resets() {
        let broker = EmbeddedBroker::start().unwrap();
        broker.create_topic("t", 3).unwrap();
        let (cancel, topics) = (Cancel::default(), Places::from([("t".to_owned(), vec![0, 1, 2])]));
        let group = Group::open(&broker.cluster(), "sync").unwrap();
        assert_eq!(group.kept(&topics, &cancel).unwrap(), Kept::default());
        group.keep(&kept(&[(0, 4), (2, 0)], 0), Some(&Kept::default()), &cancel).unwrap();
        assert_eq!(group.kept(&topics, &cancel).unwrap(), kept(&[(0, 4), (2, 0)], 0));
        group.keep(&kept(&[(0, 1)], 7), None, &cancel).unwrap();
        let now = group.kept(&topics, &cancel).unwrap();
        assert_eq!(now, kept(&[(0, 1), (2, 0)], 7));
        group.ensure_idle(&cancel).unwrap();
        let again = Group::open(&broker.cluster(), "other").unwrap().cluster_id(&cancel).unwrap();
        assert_eq!(group.cluster_id(&cancel).unwrap(), again);
    }

    #[test]
    fn what_somebody_else_moved_is_left_where_it_is() {
        let broker = EmbeddedBroker::start().unwrap();
        broker.create_topic("t", 2).unwrap();
        let cancel = Cancel::default();
        let group = Group::open(&broker.cluster(), "sync").unwrap();
        let places = group.places(&"t".into(), &cancel).unwrap();
        let found = group.kept(&places, &cancel).unwrap();
        group.keep(&kept(&[(1, 5)], 0), None, &cancel).unwrap();
        let error = group.keep(&kept(&[(0, 3), (1, 9)], 0), Some(&found), &cancel).unwrap_err();
        assert!(
            matches!(error, Error::OffsetsMoved { partition: 1, from: None, to: Some(5), .. }),
            "{error}"
        );
        assert_eq!(group.kept(&places, &cancel).unwrap(), kept(&[(1, 5)], 0), "nothing was committed");
        // What this commit is not about may have moved.
        group.keep(&kept(&[(0, 3)], 0), Some(&found), &cancel).unwrap();
    }

    #[test]
    fn metadata_of_others_is_no_count() {
        assert_eq!(
            [resets(""), resets("flowloom:resets=3"), resets("flowloom:resets=x"), resets("3")],
            [0, 3, 0, 0]
        );
    }
}
