//! What errors, silence and removed messages mean while we read.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rdkafka::types::RDKafkaErrorCode as Code;

use super::{Fetch, Run};
use crate::client::describe;
use crate::error::{Error, Result, is_transient};
use crate::offsets::{Watermarks, watermarks_of};
use crate::read::request::Lost;
use crate::topic::partitions_of;

/// How long nothing may come before we ask the brokers about the topics, and how often then.
const QUIET: Duration = Duration::from_secs(1);

/// What an error of a partition means.
pub(super) enum Meaning {
    /// It may pass.
    Passing,
    /// The broker does not have the next offset.
    OutOfRange,
}

/// What an error of a partition of `topic` means, unless it ends the read.
pub(super) fn meaning(
    fetch: &Fetch<'_>,
    topic: &str,
    partition: i32,
    position: i64,
    code: Code,
) -> Result<Meaning> {
    match code {
        Code::AutoOffsetReset | Code::OffsetOutOfRange => Ok(Meaning::OutOfRange),
        Code::TopicAuthorizationFailed => Err(Error::TopicForbidden { topic: topic.to_owned() }),
        Code::UnknownTopicOrPartition
        | Code::UnknownTopic
        | Code::UnknownPartition
        | Code::UnknownTopicId => match partitions_of(fetch.connection, topic, fetch.cancel) {
            Err(Error::UnknownTopic { topic, .. }) => Err(Error::TopicDeleted { topic }),
            _ => Ok(Meaning::Passing),
        },
        code if is_transient(code) => Ok(Meaning::Passing),
        code => {
            let doing = format!("reading partition {partition} of topic `{topic}` at offset {position}");
            Err(Error::Kafka { doing, reason: describe(code), source: None })
        }
    }
}

impl Run<'_> {
    /// Nothing came: is a topic gone, are the brokers, or does it only take long?
    pub(super) fn look_after_silence(&mut self) -> Result<()> {
        let quiet = self.last_news.elapsed();
        if quiet < QUIET || self.last_asked.elapsed() < QUIET {
            return Ok(());
        }
        let Fetch { connection, topics, cancel, .. } = self.fetch;
        let open: BTreeSet<_> =
            self.tracks.iter().filter(|track| !track.done).map(|track| track.span.topic).collect();
        for topic in open.iter().map(|topic| &topics[*topic]) {
            match partitions_of(connection, topic, cancel) {
                Ok(_) | Err(Error::NoLeader { .. }) => {}
                Err(Error::UnknownTopic { topic, .. }) => return Err(Error::TopicDeleted { topic }),
                Err(Error::Unreachable { reason, .. } | Error::Unresolved { reason, .. }) => {
                    // A broker that starts again is waited for as long as one that was never there.
                    if self.last_news.elapsed() >= connection.timeout() {
                        return Err(self.connection_lost(topic, reason));
                    }
                    self.last_asked = Instant::now();
                    return Ok(());
                }
                Err(other) => return Err(other),
            }
        }
        self.last_asked = Instant::now();
        let fetch_position = connection.fetch_position();
        if fetch_position != self.fetch_position {
            // Aborted messages are passed over out of our sight.
            (self.fetch_position, self.last_news) = (fetch_position, Instant::now());
        }
        let Some(track) = self.tracks.iter().find(|track| !track.done) else { return Ok(()) };
        if quiet < self.fetch.stall_timeout {
            return Ok(());
        }
        let topic = &topics[track.span.topic];
        if let Some(code) = self.last_error.filter(|code| is_transient(*code)) {
            return Err(self.connection_lost(topic, describe(code)));
        }
        let (partition, position, end) = (track.span.partition, track.position, track.span.end);
        Err(Error::Stalled { topic: topic.clone(), partition, position, end, waited: quiet })
    }

    fn connection_lost(&self, topic: &str, reason: String) -> Error {
        let servers = self.fetch.connection.servers().to_owned();
        Error::ConnectionLost { servers, topic: topic.to_owned(), reason }
    }

    /// Goes on with the partitions whose next offset the broker does not have, as the policy says.
    pub(super) fn go_on_where_removed(&mut self) -> Result<()> {
        for index in std::mem::take(&mut self.out_of_range) {
            let track = &mut self.tracks[index];
            if track.done {
                continue;
            }
            let (span, offset) = (track.span, track.position);
            let (topic, partition) = (&self.fetch.topics[span.topic], span.partition);
            let marks = watermarks_of(self.fetch.connection, topic, &[partition], self.fetch.cancel)?;
            let Some(&Watermarks { low, high }) = marks.get(&partition) else { continue };
            let topic = || topic.clone();
            if offset > high {
                // The log was cut at its other end: its leader has lost what was there.
                return Err(Error::OffsetOutOfRange { topic: topic(), partition, offset, low, high });
            }
            let first = low.min(span.end).max(offset);
            track.position = match self.fetch.lost {
                _ if first == offset => offset,
                Lost::Fail => {
                    let lost = first - offset;
                    return Err(Error::OffsetRemoved { topic: topic(), partition, offset, lost });
                }
                Lost::Earliest => first,
                Lost::Latest => span.end,
            };
            track.lost += track.position - offset;
            self.progress.offsets += (track.position - offset) as u64;
            if track.position < span.end {
                self.queue.stop(span.topic, partition);
                self.queue.start(span.topic, partition, track.position)?;
            } else {
                track.done = true;
                self.open -= 1;
                self.to_stop.push(index);
            }
        }
        Ok(())
    }
}
