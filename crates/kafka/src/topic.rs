//! Topics and their partitions.

use std::collections::BTreeMap;

use rdkafka::consumer::Consumer as _;
use rdkafka::metadata::MetadataTopic;
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
            internal: is_internal(topic.name()),
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
        Ok(metadata.topics().iter().find(|found| found.name() == name).map(Seen::of))
    })?;
    let found = answer.map_err(|error| Connection::failed(format!("looking up topic `{topic}`"), error))?;
    found.ok_or_else(|| unknown(connection, topic))?.partitions(connection)
}

/// As [`partitions_of`], of every topic whose name is `wanted`.
pub(crate) fn partitions_that(
    connection: &Connection,
    cancel: &Cancel,
    wanted: impl Fn(&str) -> bool + Send + 'static,
) -> Result<BTreeMap<String, Vec<i32>>> {
    let answer = connection.ask(cancel, move |consumer, timeout| {
        let metadata = consumer.client().fetch_metadata(None, timeout)?;
        let found = metadata.topics().iter().filter(|found| wanted(found.name()));
        Ok(found.map(Seen::of).collect::<Vec<_>>())
    })?;
    let found = answer.map_err(|error| Connection::failed("listing topics", error))?;
    found.into_iter().map(|seen| Ok((seen.topic.clone(), seen.partitions(connection)?))).collect()
}

/// Whether a topic is Kafka's own.
pub(crate) fn is_internal(topic: &str) -> bool {
    topic.starts_with("__")
}

/// What a broker says of a topic.
struct Seen {
    topic: String,
    error: Option<RDKafkaRespErr>,
    partitions: Vec<(i32, Option<RDKafkaRespErr>)>,
}

impl Seen {
    fn of(found: &MetadataTopic) -> Self {
        Self {
            topic: found.name().to_owned(),
            error: found.error(),
            partitions: found.partitions().iter().map(|found| (found.id(), found.error())).collect(),
        }
    }

    /// Rising, if each has a leader.
    fn partitions(self, connection: &Connection) -> Result<Vec<i32>> {
        let Self { topic, error, partitions: found } = self;
        match error.map(code) {
            None => {}
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {
                return Err(unknown(connection, &topic));
            }
            Some(RDKafkaErrorCode::TopicAuthorizationFailed) => return Err(Error::TopicForbidden { topic }),
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
                Some(code) => return Err(Error::NoLeader { topic, partition, reason: describe(code) }),
            }
        }
        if partitions.is_empty() {
            return Err(unknown(connection, &topic));
        }
        partitions.sort_unstable();
        Ok(partitions)
    }
}

fn unknown(connection: &Connection, topic: &str) -> Error {
    Error::UnknownTopic { topic: topic.to_owned(), servers: connection.servers().to_owned() }
}

fn code(error: RDKafkaRespErr) -> RDKafkaErrorCode {
    error.into()
}
