//! Topics and their partitions.

use rdkafka::consumer::Consumer as _;
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};

use crate::cancel::Cancel;
use crate::client::{Cluster, Connection, describe};
use crate::error::{Error, Result};

/// A topic of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Topic {
    pub name: String,
    /// How many partitions it has.
    pub partitions: usize,
    /// How many brokers hold each of them; the least where they differ.
    pub replicas: usize,
    /// Kafka's own, such as `__consumer_offsets`.
    pub internal: bool,
}

/// The topics that this login may see, by name.
pub fn topics(cluster: &Cluster, cancel: &Cancel) -> Result<Vec<Topic>> {
    let connection = Connection::open(cluster, &[])?;
    let found = connection.ask(cancel, |consumer, timeout| {
        let metadata = consumer.client().fetch_metadata(None, timeout)?;
        let topics = metadata.topics().iter().map(|topic| Topic {
            name: topic.name().to_owned(),
            partitions: topic.partitions().len(),
            replicas: topic.partitions().iter().map(|found| found.replicas().len()).min().unwrap_or(0),
            internal: topic.name().starts_with("__"),
        });
        Ok(topics.collect::<Vec<_>>())
    })?;
    let mut found = found.map_err(|error| Connection::failed("listing topics", error))?;
    found.sort();
    Ok(found)
}

/// The partitions of `topic`, rising.
pub fn partitions(cluster: &Cluster, topic: &str, cancel: &Cancel) -> Result<Vec<i32>> {
    partitions_of(&Connection::open(cluster, &[])?, topic, cancel)
}

/// The partitions of `topic`, each of which has a leader.
pub(crate) fn partitions_of(connection: &Connection, topic: &str, cancel: &Cancel) -> Result<Vec<i32>> {
    let name = topic.to_owned();
    let answer = connection.ask(cancel, move |consumer, timeout| {
        let metadata = consumer.client().fetch_metadata(Some(&name), timeout)?;
        let found = metadata.topics().iter().find(|found| found.name() == name);
        Ok(found.map(|found| {
            let partitions = found.partitions().iter().map(|partition| (partition.id(), partition.error()));
            (found.error(), partitions.collect::<Vec<_>>())
        }))
    })?;
    let unknown =
        || Error::UnknownTopic { topic: topic.to_owned(), servers: connection.servers().to_owned() };
    let found = answer.map_err(|error| Connection::failed(format!("looking up topic `{topic}`"), error))?;
    let (error, found) = found.ok_or_else(unknown)?;
    match error.map(code) {
        None => {}
        Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
            return Err(unknown());
        }
        Some(RDKafkaErrorCode::TopicAuthorizationFailed) => {
            return Err(Error::TopicForbidden { topic: topic.to_owned() });
        }
        Some(code) => {
            let doing = format!("looking up topic `{topic}`");
            return Err(Error::Kafka { doing, reason: describe(code), source: None });
        }
    }
    let mut partitions = Vec::with_capacity(found.len());
    for (partition, error) in found {
        match error.map(code) {
            // An offline replica does not keep us from the leader.
            None | Some(RDKafkaErrorCode::ReplicaNotAvailable) => partitions.push(partition),
            Some(code) => {
                return Err(Error::NoLeader { topic: topic.to_owned(), partition, reason: describe(code) });
            }
        }
    }
    if partitions.is_empty() {
        return Err(unknown());
    }
    partitions.sort_unstable();
    Ok(partitions)
}

fn code(error: RDKafkaRespErr) -> RDKafkaErrorCode {
    error.into()
}
