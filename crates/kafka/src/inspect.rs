//! What there is to know about topics: watermarks, settings, the groups that read them. Looks only: nothing is written,
//! no group is created.

mod admin;
mod committed;
mod groups;
#[cfg(test)]
mod mock_tests;
mod sizes;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaResult;
use rdkafka::metadata::Metadata;
use rdkafka::types::RDKafkaErrorCode as Code;

use crate::cancel::Cancel;
use crate::client::{Cluster, Connection, Watch, code_of};
use crate::error::{Error, Result};

use admin::{Admin, End};
pub use admin::{ConfigEntry, ConfigSource};
pub use committed::committed;
pub(crate) use groups::members;
pub use groups::{GroupFacts, GroupPartition, Groups, groups};
pub use sizes::sizes;

/// Partitions of one request. A request grows slower than its partitions up to here, and waits for few.
const MOST_PARTITIONS: usize = 2000;

/// Topics up to which each is looked up by its name; beyond, all topics are asked for at once.
const MOST_BY_NAME: usize = 8;

/// A partition as its leader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionFacts {
    pub partition: i32,
    /// The broker that leads it; `None`: no broker does at the moment.
    pub leader: Option<i32>,
    /// The brokers that hold it, and those of them that have all of it.
    pub replicas: Vec<i32>,
    pub in_sync: Vec<i32>,
    /// The offset of its first message; `None` where nobody leads it.
    pub low: Option<i64>,
    /// The offset that the next message will have, those of open transactions counted.
    pub high: Option<i64>,
    /// Milliseconds since 1970 of the latest time of a message; `None`: no message, or a broker before Kafka 3.0.
    pub last_timestamp_ms: Option<i64>,
}

impl PartitionFacts {
    /// How many offsets it holds: the most messages that there can be, since compaction takes some away and
    /// transactions put marks between them.
    pub fn offsets(&self) -> Option<u64> {
        Some((self.high? - self.low?).max(0) as u64)
    }
}

/// The partitions of `topics`, by name; a topic that is not there is left out, so ask for one and it is an error.
///
/// In one look at the cluster and three requests to each leader for every 2000 partitions.
pub fn offsets(
    cluster: &Cluster,
    topics: &[String],
    cancel: &Cancel,
) -> Result<BTreeMap<String, Vec<PartitionFacts>>> {
    let connection = Connection::open(cluster, &[])?;
    let facts = offsets_of(&connection, topics, cancel)?;
    match topics {
        [topic] if !facts.contains_key(topic) => {
            // Says whether it is not there or not for us.
            crate::topic::partitions_of(&connection, topic, cancel)?;
            Err(Error::UnknownTopic { topic: topic.clone(), servers: connection.servers().to_owned() })
        }
        _ => Ok(facts),
    }
}

fn offsets_of(
    connection: &Connection,
    topics: &[String],
    cancel: &Cancel,
) -> Result<BTreeMap<String, Vec<PartitionFacts>>> {
    let names: Arc<[String]> = topics.into();
    let found = connection.ask(cancel, move |consumer, timeout| partitions(consumer, &names, timeout))?;
    let mut facts = found.map_err(|error| Connection::failed("looking up topics", error))?;

    let led: Vec<(String, i32)> = facts
        .iter()
        .flat_map(|(topic, partitions)| {
            let led = partitions.iter().filter(|partition| partition.leader.is_some());
            led.map(|partition| (topic.clone(), partition.partition))
        })
        .collect();
    for batch in led.chunks(MOST_PARTITIONS) {
        let ask = |batch: Vec<(String, i32)>, ends: &'static [End]| {
            let stop = cancel.clone();
            connection.ask(cancel, move |consumer, timeout| {
                let mut admin = Admin::new(consumer, timeout, stop);
                for end in ends {
                    admin.list_offsets(&batch, *end)?;
                }
                admin.offsets()
            })
        };
        let answer = ask(batch.to_vec(), &[End::Low, End::High])?;
        let ends = answer.map_err(|error| Connection::failed("looking up the offsets of topics", error))?;
        for found in ends {
            let Some(partition) = entry(&mut facts, &found.topic, found.partition) else { continue };
            match found.end {
                End::Low => partition.low = Some(found.offset),
                _ => partition.high = Some(found.offset),
            }
        }
        // An empty partition has no last message, and to look for one costs the broker a look at its files.
        let filled: Vec<_> = batch
            .iter()
            .filter(|(topic, partition)| {
                let found = entry(&mut facts, topic, *partition);
                found.is_some_and(|partition| partition.offsets().is_some_and(|count| count > 0))
            })
            .cloned()
            .collect();
        if filled.is_empty() {
            continue;
        }
        // Brokers before Kafka 3.0 do not know the request: the time stays unknown then.
        if let Ok(latest) = ask(filled, &[End::LatestTime])? {
            for found in latest {
                if let Some(partition) = entry(&mut facts, &found.topic, found.partition) {
                    partition.last_timestamp_ms = found.timestamp_ms;
                }
            }
        }
    }
    Ok(facts)
}

/// Partitions are numbered from 0 without gaps and in order.
fn entry<'f>(
    facts: &'f mut BTreeMap<String, Vec<PartitionFacts>>,
    topic: &str,
    partition: i32,
) -> Option<&'f mut PartitionFacts> {
    facts.get_mut(topic)?.iter_mut().find(|found| found.partition == partition)
}

/// The partitions of `topics` that can be seen, without their offsets.
fn partitions(
    consumer: &BaseConsumer<Watch>,
    topics: &[String],
    timeout: Duration,
) -> KafkaResult<BTreeMap<String, Vec<PartitionFacts>>> {
    let mut facts = BTreeMap::new();
    look(consumer, topics, timeout, |metadata, is_wanted| add(&mut facts, metadata, is_wanted))?;
    Ok(facts)
}

/// Asks for `topics` and gives each answer to `each`, with what tells the topics that were asked for.
fn look(
    consumer: &BaseConsumer<Watch>,
    topics: &[String],
    timeout: Duration,
    mut each: impl FnMut(&Metadata, &dyn Fn(&str) -> bool),
) -> KafkaResult<()> {
    if topics.len() <= MOST_BY_NAME {
        let until = Instant::now() + timeout;
        for topic in topics {
            let left = until.saturating_duration_since(Instant::now());
            each(&consumer.client().fetch_metadata(Some(topic), left)?, &|_| true);
        }
        return Ok(());
    }
    let wanted: HashSet<&str> = topics.iter().map(String::as_str).collect();
    each(&consumer.client().fetch_metadata(None, timeout)?, &|topic| wanted.contains(topic));
    Ok(())
}

fn add(
    facts: &mut BTreeMap<String, Vec<PartitionFacts>>,
    metadata: &Metadata,
    is_wanted: &dyn Fn(&str) -> bool,
) {
    for topic in metadata.topics().iter().filter(|topic| is_wanted(topic.name())) {
        if topic.error().is_some() || topic.partitions().is_empty() {
            continue;
        }
        let mut partitions: Vec<_> = topic
            .partitions()
            .iter()
            .map(|partition| PartitionFacts {
                partition: partition.id(),
                leader: Some(partition.leader()).filter(|leader| *leader >= 0),
                replicas: partition.replicas().to_vec(),
                in_sync: partition.isr().to_vec(),
                low: None,
                high: None,
                last_timestamp_ms: None,
            })
            .collect();
        partitions.sort_by_key(|partition| partition.partition);
        facts.insert(topic.name().to_owned(), partitions);
    }
}

/// The settings of `topic`, by name, those that were never set too.
pub fn configuration(cluster: &Cluster, topic: &str, cancel: &Cancel) -> Result<Vec<ConfigEntry>> {
    let connection = Connection::open(cluster, &[])?;
    let (name, stop) = (topic.to_owned(), cancel.clone());
    let answer = connection.ask(cancel, move |consumer, timeout| {
        let mut admin = Admin::new(consumer, timeout, stop);
        admin.describe_topic(&name)?;
        admin.configuration()
    })?;
    let mut entries = answer.map_err(|error| match code_of(&error) {
        // Another right than that to read, so the error about reading would be wrong.
        Code::TopicAuthorizationFailed | Code::ClusterAuthorizationFailed => Error::InvalidRequest {
            reason: format!(
                "the settings of topic `{topic}` are not shown to this login: it needs the right to describe configurations"
            ),
        },
        Code::UnknownTopicOrPartition | Code::UnknownTopic => {
            Error::UnknownTopic { topic: topic.to_owned(), servers: connection.servers().to_owned() }
        }
        _ => Connection::failed(format!("looking up the settings of topic `{topic}`"), error),
    })?;
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}
