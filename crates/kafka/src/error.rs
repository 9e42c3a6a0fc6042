//! What can go wrong, in the words of the person who runs the flow.

use std::path::PathBuf;
use std::time::Duration;

use arrow::error::ArrowError;
use rdkafka::error::KafkaError;

use crate::registry::RegistryError;

/// The outcome of every fallible call of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Who can do something about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// The person who made the flow: a setting or the data is wrong.
    User,
    /// Whoever runs the brokers, the network or the machine.
    External,
    /// We.
    Internal,
}

/// Why a call failed.
///
/// The text says what failed and why, [`hint`](Self::hint) what to do; librdkafka's own words are
/// only ever the source.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No broker answered within the connect timeout.
    #[error("no broker at `{servers}` answered within {}: {reason}", seconds(*.waited))]
    Unreachable {
        /// The bootstrap servers.
        servers: String,
        /// How long we tried.
        waited: Duration,
        /// What the last attempt met.
        reason: String,
        #[source]
        source: Option<Box<KafkaError>>,
    },
    /// A bootstrap server's or broker's name has no address.
    #[error("the name of a broker at `{servers}` cannot be resolved: {reason}")]
    Unresolved { servers: String, reason: String },
    /// The broker refused the login, or the TLS handshake failed.
    #[error("a broker at `{servers}` refused the connection: {reason}")]
    ConnectionRefused { servers: String, reason: String },
    /// There is nothing to log in with: no token, no ticket.
    #[error("no login at `{servers}`: {reason}")]
    NoLogin { servers: String, reason: String },
    /// The brokers went away while we read.
    #[error("the connection to `{servers}` was lost while reading topic `{topic}`: {reason}")]
    ConnectionLost { servers: String, topic: String, reason: String },
    /// The brokers answer, yet a partition does not move.
    #[error("partition {partition} of topic `{topic}` stands still at offset {position} of {end} for {}", seconds(*.waited))]
    Stalled { topic: String, partition: i32, position: i64, end: i64, waited: Duration },
    /// There is no such topic.
    #[error("topic `{topic}` does not exist on `{servers}`")]
    UnknownTopic { topic: String, servers: String },
    /// No topic has a name that matches.
    #[error("no topic on `{servers}` matches the pattern `{pattern}`")]
    NoTopicMatches { pattern: String, servers: String },
    /// The topic was there at the start and is gone.
    #[error("topic `{topic}` was deleted while it was read")]
    TopicDeleted { topic: String },
    /// A partition has no broker that leads it.
    #[error("partition {partition} of topic `{topic}` has no leader: {reason}")]
    NoLeader { topic: String, partition: i32, reason: String },
    /// The login may not read the topic.
    #[error("reading topic `{topic}` is not allowed for this login")]
    TopicForbidden { topic: String },
    /// The login may not use the consumer group.
    #[error("using the consumer group `{group}` is not allowed for this login")]
    GroupForbidden { group: String },
    /// Consumers are subscribed under the group, so its offsets are theirs.
    #[error("the consumer group `{group}` has {} and cannot take our offsets", live(*.members))]
    GroupBusy {
        group: String,
        /// How many, where the broker says.
        members: Option<usize>,
    },
    /// The broker did not store the offsets.
    #[error("the offsets of topic `{topic}` were not committed under the group `{group}`: {reason}")]
    CommitRefused {
        group: String,
        topic: String,
        reason: String,
        #[source]
        source: Option<Box<KafkaError>>,
    },
    /// The offsets are not what they were when the work on them began.
    #[error("the offset of partition {partition} of topic `{topic}` under `{group}` was moved from {} to {} by somebody else", committed(*.from), committed(*.to))]
    OffsetsMoved { group: String, topic: String, partition: i32, from: Option<i64>, to: Option<i64> },
    /// A start offset that the partition does not have.
    #[error(
        "offset {offset} of partition {partition} of topic `{topic}` does not exist: it holds {low} to {high}"
    )]
    OffsetOutOfRange { topic: String, partition: i32, offset: i64, low: i64, high: i64 },
    /// Retention removed messages before they were read, under the policy [`Lost::Fail`](crate::read::Lost::Fail).
    #[error(
        "retention removed {} of partition {partition} of topic `{topic}` before they were read, from offset {offset} on",
        messages(*.lost)
    )]
    OffsetRemoved {
        topic: String,
        partition: i32,
        /// The next to read.
        offset: i64,
        /// How many offsets are gone; gaps count.
        lost: i64,
    },
    /// A bad message under the policy [`BadMessages::Fail`](crate::read::BadMessages::Fail).
    #[error("bad message at offset {offset} of partition {partition} of topic `{topic}`: {reason}")]
    BadMessage { topic: String, partition: i32, offset: i64, reason: String },
    /// Someone asked to stop.
    #[error("cancelled")]
    Cancelled,
    /// A client property that has a setting of its own.
    #[error("the client property `{property}` cannot be set here")]
    OwnedProperty {
        property: String,
        /// The setting to use, in words.
        instead: &'static str,
    },
    /// A client property that librdkafka does not know; its value may be a secret in the wrong place.
    #[error("there is no client property `{property}`")]
    UnknownProperty {
        property: String,
        /// What was perhaps meant.
        nearest: Option<&'static str>,
    },
    /// A client property whose value librdkafka refuses. Values that are about security are not repeated.
    #[error("the client property `{property}` cannot be `{value}`: {reason}")]
    InvalidProperty { property: String, value: String, reason: String },
    /// A request that contradicts itself or the topic.
    #[error("{reason}")]
    InvalidRequest { reason: String },
    /// A column type that no JSON value is decoded to.
    #[error("the column `{column}` cannot be of type {data_type}")]
    UnsupportedType { column: String, data_type: String },
    /// A value column with the name of a metadata column.
    #[error("the column name `{column}` belongs to the message's metadata")]
    ReservedColumn {
        column: String,
        /// Where the payload's key of that name is found.
        instead: String,
    },
    /// A spill file could not be written.
    #[error("cannot {action} a spill file: {source}; {}", path.display())]
    Spill {
        action: &'static str,
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    /// Arrow refused what we built.
    #[error("{doing} failed")]
    Arrow {
        doing: &'static str,
        #[source]
        source: ArrowError,
    },
    /// The schema registry did not give a schema without which nothing can be read.
    #[error("the schema registry: {0}")]
    Registry(Box<RegistryError>),
    /// Something else that librdkafka or a broker reported.
    #[error("{doing} failed: {reason}")]
    Kafka {
        doing: String,
        reason: String,
        #[source]
        source: Option<Box<KafkaError>>,
    },
    /// A thread could not be started or ended early.
    #[error("the thread `{name}` {what}")]
    Thread {
        name: &'static str,
        what: &'static str,
        #[source]
        source: Option<std::io::Error>,
    },
}

impl Error {
    /// Who can do something about it.
    pub fn domain(&self) -> Domain {
        match self {
            Self::Unresolved { .. }
            | Self::ConnectionRefused { .. }
            | Self::NoLogin { .. }
            | Self::UnknownTopic { .. }
            | Self::NoTopicMatches { .. }
            | Self::TopicForbidden { .. }
            | Self::GroupForbidden { .. }
            | Self::OffsetOutOfRange { .. }
            | Self::OffsetsMoved { .. }
            | Self::OffsetRemoved { .. }
            | Self::BadMessage { .. }
            | Self::Cancelled
            | Self::OwnedProperty { .. }
            | Self::UnknownProperty { .. }
            | Self::InvalidProperty { .. }
            | Self::InvalidRequest { .. }
            | Self::UnsupportedType { .. }
            | Self::ReservedColumn { .. } => Domain::User,
            Self::Unreachable { .. }
            | Self::ConnectionLost { .. }
            | Self::Stalled { .. }
            | Self::TopicDeleted { .. }
            | Self::NoLeader { .. }
            | Self::GroupBusy { .. }
            | Self::CommitRefused { .. }
            | Self::Spill { .. }
            | Self::Kafka { .. } => Domain::External,
            Self::Registry(error) => match **error {
                RegistryError::Http(_) => Domain::External,
                _ => Domain::User,
            },
            Self::Arrow { .. } | Self::Thread { .. } => Domain::Internal,
        }
    }

    /// Whether the same call may well succeed later.
    pub fn is_retriable(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::ConnectionLost { .. }
            | Self::Stalled { .. }
            | Self::NoLeader { .. }
            | Self::GroupBusy { .. }
            // A spelling does not mend itself, but a network's name service does, and a broker that has just started
            // does not know its topics yet.
            | Self::Unresolved { .. }
            | Self::UnknownTopic { .. }
            | Self::NoTopicMatches { .. } => true,
            Self::CommitRefused { source, .. } | Self::Kafka { source, .. } => {
                source.as_ref().and_then(|source| source.rdkafka_error_code()).is_some_and(is_transient)
            }
            Self::Registry(error) => error.is_retriable(),
            _ => false,
        }
    }

    /// What to do about it, if there is something to say.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unreachable { .. } | Self::ConnectionLost { .. } => {
                "Check that the brokers run, and that host and port are right and not blocked".into()
            }
            Self::Unresolved { .. } => {
                "Check the spelling of the bootstrap servers and the network's name service".into()
            }
            Self::ConnectionRefused { .. } => {
                "Check user, password and certificates of the connection".into()
            }
            Self::NoLogin { .. } => {
                "Test the connection: its steps say which part of the login is wrong".into()
            }
            Self::UnknownTopic { .. } => "Check the spelling, or create the topic".into(),
            Self::NoTopicMatches { .. } => {
                "Check the pattern: it is a regular expression for the whole name of a topic, and Kafka's own \
                 topics are read only when they are named"
                    .into()
            }
            Self::TopicForbidden { topic } => {
                format!("Ask for the right to read and describe the topic `{topic}`")
            }
            Self::GroupForbidden { group } => {
                format!(
                    "Ask for the right to read and describe the group `{group}`, or choose another sync name"
                )
            }
            Self::GroupBusy { .. } => {
                "Stop the consumers of this group, or choose a sync name that nobody else uses".into()
            }
            Self::OffsetsMoved { .. } => {
                "Find who else uses the sync name, perhaps on another machine: each needs one of its own"
                    .into()
            }
            Self::OffsetOutOfRange { .. } => {
                "The topic may have been deleted and created again; reset the offsets of the sync name".into()
            }
            Self::OffsetRemoved { .. } => "Choose to go on at the earliest or the latest message where messages are \
                 lost, or reset the offsets; to lose none, run more often, or keep messages longer by the \
                 topic's retention settings"
                .into(),
            Self::BadMessage { .. } => "Skip or reject bad messages, or change the type of the column".into(),
            Self::OwnedProperty { instead, .. } => format!("Use {instead} instead"),
            Self::UnknownProperty { nearest: Some(nearest), .. } => format!("Did you mean `{nearest}`?"),
            Self::UnknownProperty { .. } => "See librdkafka's list of properties, CONFIGURATION.md".into(),
            Self::UnsupportedType { .. } => "Use a string, number, boolean, list or struct type".into(),
            Self::ReservedColumn { instead, .. } => format!("Name the column `{instead}`"),
            Self::Stalled { .. } | Self::NoLeader { .. } => {
                "Check the state of the partition's brokers".into()
            }
            Self::Spill { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                "Free disk space, or choose another spill folder".into()
            }
            // EMFILE, which the standard library has no kind for.
            Self::Spill { source, .. } if cfg!(unix) && source.raw_os_error() == Some(24) => {
                "Allow more open files (`ulimit -n`); each partition that is being read needs one".into()
            }
            Self::Registry(error) => Some(error.hint()).filter(|hint| !hint.is_empty())?,
            _ => return None,
        })
    }
}

/// Whether a broker's answer may differ in a moment.
pub(crate) fn is_transient(code: rdkafka::types::RDKafkaErrorCode) -> bool {
    use rdkafka::types::RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::AllBrokersDown
            | Code::BrokerTransportFailure
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
            | Code::BrokerNotAvailable
            | Code::ReplicaNotAvailable
            | Code::NetworkException
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::NotCoordinator
            | Code::WaitingForCoordinator
            | Code::RebalanceInProgress
            | Code::UnknownMemberId
            | Code::IllegalGeneration
    )
}

fn seconds(waited: Duration) -> String {
    format!("{:.1} s", waited.as_secs_f64())
}

fn messages(count: i64) -> String {
    if count == 1 { "1 message".into() } else { format!("{count} messages") }
}

fn committed(offset: Option<i64>) -> String {
    offset.map_or_else(|| "nothing".to_owned(), |offset| offset.to_string())
}

fn live(members: Option<usize>) -> String {
    match members {
        Some(1) => "1 live member".into(),
        Some(count) => format!("{count} live members"),
        None => "live members".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_quote_what_failed() {
        let error = Error::Unreachable {
            servers: "kafka:9092".into(),
            waited: Duration::from_millis(2500),
            reason: "connection refused".into(),
            source: None,
        };
        assert_eq!(error.to_string(), "no broker at `kafka:9092` answered within 2.5 s: connection refused");
        assert_eq!((error.domain(), error.is_retriable()), (Domain::External, true));
    }

    #[test]
    fn a_full_disk_says_so() {
        let source = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = Error::Spill { action: "write", path: "/tmp/x".into(), source };
        assert!(error.hint().is_some_and(|hint| hint.contains("disk space")));
    }

    #[test]
    fn errors_stay_small() {
        assert!(size_of::<Error>() <= 120, "{}", size_of::<Error>());
    }
}
