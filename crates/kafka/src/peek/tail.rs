//! Messages as they come.

use std::time::{Duration, Instant};

use rdkafka::types::RDKafkaErrorCode as Code;

use super::wanted::Wanted;
use super::{Message, PeekAsk, PeekFrom, lanes, open, partitions};
use crate::cancel::Cancel;
use crate::client::{Cluster, Connection, describe};
use crate::error::{Error, Result, is_transient};
use crate::offsets::watermarks_of;
use crate::read::MessageQueue;
use crate::topic::partitions_of;

/// Messages taken at a time.
const ROOM: usize = 1000;

/// How long one call waits; bounds how late cancel is heard.
const WAIT: Duration = Duration::from_millis(50);

/// How often the brokers are asked about a topic that stays silent.
const QUIET: Duration = Duration::from_secs(5);

/// Gives messages to `each` as they come, until it is cancelled, which is no error here.
///
/// [`PeekFrom::Newest`] begins with what comes from now on; the others with what is there from their start on.
/// `each` is given at most [`PeekAsk::max_bytes`] at a time, oldest first; `count` and `max_scanned` say nothing here.
/// Fails with [`Error::TopicDeleted`], with [`Error::ConnectionLost`] when no broker answers any more, and as every read.
pub fn tail(
    cluster: &Cluster,
    ask: &PeekAsk,
    cancel: &Cancel,
    each: &mut dyn FnMut(Vec<Message>),
) -> Result<()> {
    match follow(cluster, ask, cancel, each) {
        Err(Error::Cancelled) => Ok(()),
        outcome => outcome,
    }
}

fn follow(
    cluster: &Cluster,
    ask: &PeekAsk,
    cancel: &Cancel,
    each: &mut dyn FnMut(Vec<Message>),
) -> Result<()> {
    let connection = open(cluster, ask)?;
    let partitions = partitions(&connection, ask, cancel)?;
    let marks = watermarks_of(&connection, &ask.topic, &partitions, cancel)?;
    let times = match ask.from {
        PeekFrom::Time(time_ms) => Some(lanes::at_time(&connection, ask, &partitions, time_ms, cancel)?),
        _ => None,
    };
    let mut queue = MessageQueue::new(connection.consumer(), std::slice::from_ref(&ask.topic), ROOM)?;
    for (partition, mark) in &marks {
        let start = match ask.from {
            PeekFrom::Newest => mark.high,
            PeekFrom::Oldest => mark.low,
            PeekFrom::Offset(offset) => offset.clamp(mark.low, mark.high),
            PeekFrom::Time(_) => {
                let found = times.as_ref().and_then(|times| times.get(partition));
                found.map_or(mark.high, |start| (*start).clamp(mark.low, mark.high))
            }
        };
        queue.start(0, *partition, start)?;
    }
    let wanted = Wanted::new(ask.contains.as_deref());
    let mut asked = Instant::now();
    loop {
        cancel.check()?;
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for message in queue.take(ROOM, WAIT) {
            let view = message.view();
            match view.event() {
                None => {}
                Some(Code::PartitionEOF) => continue,
                Some(code) => {
                    broken(&connection, ask, view.partition(), view.offset(), code, cancel)?;
                    continue;
                }
            }
            asked = Instant::now();
            let message = Message::of(&message);
            if !wanted.fits(&message) {
                continue;
            }
            let size = message.size_bytes();
            if !batch.is_empty() && bytes + size > ask.max_bytes {
                give(std::mem::take(&mut batch), each);
                bytes = 0;
            }
            bytes += size;
            batch.push(message);
        }
        give(batch, each);
        if asked.elapsed() >= QUIET {
            look_after(&connection, ask, cancel)?;
            asked = Instant::now();
        }
    }
}

fn give(mut batch: Vec<Message>, each: &mut dyn FnMut(Vec<Message>)) {
    if !batch.is_empty() {
        batch.sort_by_key(|message| (message.timestamp_ms, message.partition, message.offset));
        each(batch);
    }
}

/// Whether the topic is still there and somebody answers.
fn look_after(connection: &Connection, ask: &PeekAsk, cancel: &Cancel) -> Result<()> {
    let topic = ask.topic.clone();
    match partitions_of(connection, &topic, cancel) {
        Ok(_) | Err(Error::NoLeader { .. }) => Ok(()),
        Err(Error::UnknownTopic { .. }) => Err(Error::TopicDeleted { topic }),
        Err(Error::Unreachable { reason, .. } | Error::Unresolved { reason, .. }) => {
            Err(Error::ConnectionLost { servers: connection.servers().to_owned(), topic, reason })
        }
        Err(other) => Err(other),
    }
}

/// What an error of a partition means; an error that may pass is none yet.
fn broken(
    connection: &Connection,
    ask: &PeekAsk,
    partition: i32,
    offset: i64,
    code: Code,
    cancel: &Cancel,
) -> Result<()> {
    let topic = ask.topic.clone();
    match code {
        Code::AutoOffsetReset | Code::OffsetOutOfRange => {
            let marks = watermarks_of(connection, &topic, &[partition], cancel)?;
            let lost = marks.get(&partition).map_or(0, |mark| (mark.low - offset).max(0));
            Err(Error::OffsetRemoved { topic, partition, offset, lost })
        }
        Code::TopicAuthorizationFailed => Err(Error::TopicForbidden { topic }),
        Code::UnknownTopicOrPartition
        | Code::UnknownTopic
        | Code::UnknownPartition
        | Code::UnknownTopicId => look_after(connection, ask, cancel),
        code if is_transient(code) => Ok(()),
        code => {
            let doing = format!("reading partition {partition} of topic `{topic}`");
            Err(Error::Kafka { doing, reason: describe(code), source: None })
        }
    }
}
