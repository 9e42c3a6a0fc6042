//! Connections: where they are found, how they are kept, tried and looked through.

mod book;
mod draft;
mod inspect;
mod listed;
mod locker;
#[cfg(test)]
mod tests;
mod uses;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use flowloom_connections::{
    Card, Description, Entry, Group, KINDS, Origin, Preset, Settings, check_name, credentials, describe, kind,
};
pub use flowloom_kafka::inspect::{ConfigEntry, GroupFacts, GroupPartition, Groups, PartitionFacts};
pub use flowloom_kafka::offsets::Isolation;
pub use flowloom_kafka::peek::{Message, PeekAsk, PeekEnd, PeekFrom, TimestampType};
pub use flowloom_kafka::show::{Show, Shown};
pub use flowloom_kafka::topic::Topic;
pub use flowloom_net::{State, Step};
use parking_lot::Mutex;

pub use book::{Book, Rotated};
pub use draft::Draft;
pub use listed::Listed;
pub use uses::Use;
pub(crate) use work::start;

/// Something that grows while a job goes on. Locked for moments only.
pub type Live<T> = Arc<Mutex<T>>;

/// What somebody wants of connections.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// All of them, by name.
    List,
    /// One of the store, to edit it.
    Draft { name: String },
    /// Puts it into the store.
    Keep { draft: Draft },
    /// Keeps a copy of one of the store under another name, with its secrets.
    Duplicate { name: String, to: String },
    /// Takes it out of the store, with its secrets.
    Remove { name: String },
    /// Flows that name it, among those that this person has used.
    Uses { name: String },
    /// Tries it step by step; [`crate::Reply::Test`] shows the steps as they come.
    Test { draft: Draft },
    /// As [`Ask::Test`], of one that may come from anywhere.
    TestNamed { name: String },
    /// The topics of a Kafka cluster.
    Topics { connection: String },
    /// Watermarks and times of these topics: for those in sight.
    Offsets { connection: String, topics: Vec<String> },
    /// Bytes on disk of these topics.
    Sizes { connection: String, topics: Vec<String> },
    /// Settings and consumer groups of a topic.
    Topic { connection: String, topic: String },
    /// Raw messages; nothing is committed.
    Peek { connection: String, peek: PeekAsk, show: Show },
    /// Messages as they come, until the job is cancelled; [`crate::Reply::Tail`] shows them.
    Tail { connection: String, peek: PeekAsk, show: Show },
}

/// What came of an [`Ask`].
#[derive(Debug)]
pub enum Answer {
    List(Vec<Listed>),
    Draft(Draft),
    /// It is in the store under this name. The notice is about the key that locks its secrets, once.
    Kept {
        name: String,
        notice: Option<String>,
    },
    Removed {
        name: String,
    },
    Uses(Vec<Use>),
    Tested(Vec<Step>),
    /// By name.
    Topics(Vec<Topic>),
    /// By topic; one that was deleted meanwhile is missing.
    Offsets(BTreeMap<String, Vec<PartitionFacts>>),
    /// By topic, replicas counted once; one whose size the brokers do not tell is missing.
    Sizes(BTreeMap<String, u64>),
    Topic(TopicDetails),
    Peeked(Peeked),
}

/// What is looked up of one topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDetails {
    /// Why there is none: the login may not see it.
    pub configuration: Result<Vec<ConfigEntry>, String>,
    pub groups: Result<Groups, String>,
}

/// Messages that were looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peeked {
    /// The newest first for [`PeekFrom::Newest`], else the oldest first.
    pub messages: Vec<Seen>,
    /// How many messages were looked through.
    pub scanned: u64,
    pub ended: PeekEnd,
}

/// A message, and its key and value as they were to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub message: Message,
    pub key: Shown,
    pub value: Shown,
}
