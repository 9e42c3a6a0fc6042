//! Raw messages to look at: the newest, the oldest, from an offset, from a time, and live.
//!
//! Nothing is committed and no group is made: the client has no group's name, and partitions are read one by one.

mod lanes;
#[cfg(test)]
mod mock_tests;
mod tail;
mod wanted;

use std::ffi::CStr;
use std::time::Duration;

use crate::cancel::Cancel;
use crate::client::{Cluster, Connection};
use crate::error::{Error, Result};
use crate::offsets::Isolation;
use crate::read;
use crate::topic::partitions_of;

pub use tail::tail;

/// Client properties of a look: little is fetched ahead, since little is wanted.
const TUNING: &[(&str, &str)] = &[
    ("auto.offset.reset", "error"),
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("enable.partition.eof", "true"),
    ("fetch.error.backoff.ms", "50"),
    ("fetch.message.max.bytes", "1048576"),
    ("fetch.queue.backoff.ms", "2"),
    ("fetch.wait.max.ms", "20"),
    ("offset.store.method", "none"),
    ("queued.max.messages.kbytes", "8192"),
    ("queued.min.messages", "1000"),
    ("statistics.interval.ms", "1000"),
];

/// How often a look starts again when retention took what it was about to read.
const TRIES: usize = 3;

/// How long nothing may come where the broker says that there is something.
const STALL: Duration = Duration::from_secs(15);

/// Where a look begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PeekFrom {
    /// The newest messages, newest first.
    #[default]
    Newest,
    /// The oldest messages, oldest first.
    Oldest,
    /// From this offset on in every partition, oldest first.
    Offset(i64),
    /// From the first message with this time or a later one on, in milliseconds since 1970; oldest first.
    Time(i64),
}

/// What to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeekAsk {
    pub topic: String,
    /// `None`: all of them.
    pub partitions: Option<Vec<i32>>,
    pub from: PeekFrom,
    /// The most messages to give.
    pub count: usize,
    /// The most bytes of keys, values and headers to give; one message is given however large it is.
    pub max_bytes: usize,
    pub isolation: Isolation,
    /// Only messages with this text in key, value or a header, whatever the case of its ASCII letters.
    pub contains: Option<String>,
    /// The most messages to look through, about; what is looked through is told.
    pub max_scanned: u64,
}

impl PeekAsk {
    /// The hundred newest messages of `topic`, of open and aborted transactions too.
    pub fn new(topic: impl Into<String>) -> Self {
        Self {
            topic: topic.into(),
            partitions: None,
            from: PeekFrom::Newest,
            count: 100,
            max_bytes: 16 << 20,
            isolation: Isolation::Uncommitted,
            contains: None,
            max_scanned: 100_000,
        }
    }
}

/// What a message's time says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampType {
    /// When its producer made it.
    Created,
    /// When the broker took it.
    Appended,
}

/// A message as it is on the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub partition: i32,
    pub offset: i64,
    /// Milliseconds since 1970; `None`: it has no time.
    pub timestamp_ms: Option<i64>,
    pub timestamp_type: Option<TimestampType>,
    pub key: Option<Vec<u8>>,
    /// `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

impl Message {
    fn of(message: &read::Message<'_>) -> Self {
        let view = message.view();
        let timestamp = view.timestamp();
        let mut headers = Vec::new();
        view.headers(|name: &CStr, value| {
            headers.push((name.to_string_lossy().into_owned(), value.map(<[u8]>::to_vec)));
        });
        Self {
            partition: view.partition(),
            offset: view.offset(),
            timestamp_ms: timestamp.map(|(time_ms, _)| time_ms),
            timestamp_type: timestamp
                .map(|(_, appended)| if appended { TimestampType::Appended } else { TimestampType::Created }),
            key: view.key().map(<[u8]>::to_vec),
            value: view.payload().map(<[u8]>::to_vec),
            headers,
        }
    }

    /// Bytes of key, value and headers.
    pub fn size_bytes(&self) -> usize {
        let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
        let headers = self.headers.iter().map(|(name, value)| name.len() + length(value));
        length(&self.key) + length(&self.value) + headers.sum::<usize>()
    }
}

/// Why there are no more messages in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeekEnd {
    /// As many as were asked for.
    Count,
    /// As many bytes as were asked for.
    Bytes,
    /// As many were looked through as may be; there may be more that fit.
    Scanned,
    /// There are no others.
    Everything,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peeked {
    /// By time, the newest first for [`PeekFrom::Newest`], else the oldest first.
    pub messages: Vec<Message>,
    /// How many messages were looked through.
    pub scanned: u64,
    pub ended: PeekEnd,
}

/// Looks at messages of a topic. An empty topic gives none.
///
/// Fails with [`Error::UnknownTopic`], [`Error::TopicForbidden`], with [`Error::InvalidRequest`] for a partition that is
/// not there and for an offset that the only partition does not have (of several, those that end before it are left
/// out), and as every read.
pub fn peek(cluster: &Cluster, ask: &PeekAsk, cancel: &Cancel) -> Result<Peeked> {
    let connection = open(cluster, ask)?;
    let partitions = partitions(&connection, ask, cancel)?;
    let mut tries = 1..TRIES;
    loop {
        match lanes::peek(&connection, ask, &partitions, cancel) {
            Err(Error::OffsetRemoved { .. }) if tries.next().is_some() => {}
            outcome => return outcome,
        }
    }
}

fn open(cluster: &Cluster, ask: &PeekAsk) -> Result<Connection> {
    let mut tuning = TUNING.to_vec();
    tuning.push(("isolation.level", ask.isolation.level()));
    Connection::open(cluster, &tuning)
}

/// The partitions to look at, rising.
fn partitions(connection: &Connection, ask: &PeekAsk, cancel: &Cancel) -> Result<Vec<i32>> {
    let all = partitions_of(connection, &ask.topic, cancel)?;
    let Some(asked) = &ask.partitions else { return Ok(all) };
    let mut asked = asked.clone();
    asked.sort_unstable();
    asked.dedup();
    match asked.iter().find(|partition| all.binary_search(partition).is_err()) {
        None => Ok(asked),
        Some(missing) => {
            let (topic, count) = (&ask.topic, all.len());
            let reason =
                format!("topic `{topic}` has no partition {missing}: it has {count}, counted from 0");
            Err(Error::InvalidRequest { reason })
        }
    }
}
