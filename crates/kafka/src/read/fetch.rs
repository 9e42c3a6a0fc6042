//! Takes messages from the brokers until every partition has reached its end.

use std::time::{Duration, Instant};

use rdkafka::types::RDKafkaErrorCode as Code;

use super::plan::Span;
use super::queue::{Message, MessageQueue};
use super::reading::Ended;
use super::request::{Limits, Progress};
use crate::cancel::Cancel;
use crate::client::{Connection, describe};
use crate::error::{Error, Result, is_transient};
use crate::topic::partitions_of;

/// Messages taken at a time.
const ROOM: usize = 16_384;

/// How long one call waits for messages; bounds how late cancel is heard.
const WAIT: Duration = Duration::from_millis(20);

/// How long nothing may come before we ask the brokers about the topic, and how often then.
const QUIET: Duration = Duration::from_secs(1);

/// Receives the messages.
pub(crate) trait Sink {
    /// A message of the span with this index; those of one span come in order.
    fn take(&mut self, span: usize, message: Message<'_>) -> Result<()>;

    /// Called between batches of messages, at least fifty times a second.
    fn tick(&mut self, progress: Progress) -> Result<()>;
}

/// What to fetch.
pub(crate) struct Fetch<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) topic: &'a str,
    /// Rising by partition.
    pub(crate) spans: &'a [Span],
    pub(crate) limits: Limits,
    pub(crate) stall_timeout: Duration,
    pub(crate) cancel: &'a Cancel,
}

/// What was fetched.
pub(crate) struct Fetched {
    /// The next offset to read of each span.
    pub(crate) positions: Vec<i64>,
    pub(crate) ended: Ended,
    pub(crate) first_message: Option<Instant>,
}

/// One partition on its way.
struct Track {
    span: Span,
    position: i64,
    taken: u64,
    done: bool,
}

impl Track {
    /// The pinned end was reached, so gaps before it are passed too.
    fn reach_end(&mut self) {
        self.position = self.span.end;
        self.done = true;
    }
}

/// Fetches the spans' messages into `sink`.
pub(crate) fn fetch(fetch: &Fetch<'_>, sink: &mut impl Sink) -> Result<Fetched> {
    let mut run = Run::start(fetch)?;
    while run.open > 0 {
        fetch.cancel.check()?;
        let before = run.progress;
        let stop = run.take_batch(sink)?;
        sink.tick(run.progress)?;
        if let Some(ended) = stop.or_else(|| run.out_of_time()) {
            run.ended = ended;
            break;
        }
        run.stop_done();
        if run.progress == before { run.look_after_silence()? } else { run.last_news = Instant::now() }
    }
    Ok(Fetched {
        positions: run.tracks.iter().map(|track| track.position).collect(),
        ended: run.ended,
        first_message: run.first_message,
    })
}

struct Run<'a> {
    fetch: &'a Fetch<'a>,
    queue: MessageQueue,
    /// In the order of the spans.
    tracks: Vec<Track>,
    /// Tracks that are not done.
    open: usize,
    /// Tracks that are done and still fetched.
    to_stop: Vec<i32>,
    progress: Progress,
    ended: Ended,
    started: Instant,
    first_message: Option<Instant>,
    last_news: Instant,
    last_asked: Instant,
    /// How far the client was when we last asked.
    fetch_position: i64,
    /// The last passing error of a partition, for the message if it stays.
    last_error: Option<Code>,
}

impl<'a> Run<'a> {
    fn start(fetch: &'a Fetch<'a>) -> Result<Self> {
        let mut queue = MessageQueue::new(fetch.connection.consumer(), fetch.topic, ROOM)?;
        let mut tracks = Vec::with_capacity(fetch.spans.len());
        let mut ended = Ended::AtEnd;
        for span in fetch.spans {
            let empty = span.from >= span.end;
            if !empty && span.quota == 0 {
                ended = Ended::MessageLimit;
            }
            let done = empty || span.quota == 0;
            if !done {
                queue.start(span.partition, span.from)?;
            }
            tracks.push(Track { span: *span, position: span.from, taken: 0, done });
        }
        let now = Instant::now();
        Ok(Self {
            fetch,
            queue,
            open: tracks.iter().filter(|track| !track.done).count(),
            to_stop: Vec::new(),
            progress: Progress {
                total_offsets: tracks.iter().map(|track| (track.span.end - track.span.from) as u64).sum(),
                ..Progress::default()
            },
            tracks,
            ended,
            started: now,
            first_message: None,
            last_news: now,
            last_asked: now,
            fetch_position: 0,
            last_error: None,
        })
    }

    /// Takes what waits; says why to stop early, if so.
    fn take_batch(&mut self, sink: &mut impl Sink) -> Result<Option<Ended>> {
        let mut last = 0;
        for message in self.queue.take(WAIT) {
            let view = message.view();
            let partition = view.partition();
            if self.tracks.get(last).is_none_or(|track| track.span.partition != partition) {
                match self.tracks.binary_search_by_key(&partition, |track| track.span.partition) {
                    Ok(found) => last = found,
                    Err(_) => continue,
                }
            }
            let track = &mut self.tracks[last];
            if track.done {
                continue;
            }
            let offset = view.offset();
            let before = track.position;
            match view.event() {
                // A message beyond the pinned end, or the end of the log itself.
                None | Some(Code::PartitionEOF) if offset >= track.span.end => track.reach_end(),
                None if offset < track.position => continue,
                None => {
                    self.first_message.get_or_insert_with(Instant::now);
                    self.progress.messages += 1;
                    self.progress.bytes += view.size_bytes() as u64;
                    track.position = offset + 1;
                    track.taken += 1;
                    if track.position >= track.span.end {
                        track.reach_end();
                    } else if track.taken >= track.span.quota {
                        track.done = true;
                        self.ended = Ended::MessageLimit;
                    }
                    sink.take(last, message)?;
                }
                Some(Code::PartitionEOF) => continue,
                Some(code) => {
                    let position = track.position;
                    self.last_error = Some(code);
                    broken(self.fetch, partition, position, code)?;
                    continue;
                }
            }
            let track = &self.tracks[last];
            self.progress.offsets += (track.position - before) as u64;
            if track.done {
                self.open -= 1;
                self.to_stop.push(partition);
            }
            if self.fetch.limits.bytes.is_some_and(|most| self.progress.bytes >= most) && self.open > 0 {
                return Ok(Some(Ended::ByteLimit));
            }
        }
        Ok(None)
    }

    fn out_of_time(&self) -> Option<Ended> {
        let most = self.fetch.limits.time?;
        (self.open > 0 && self.started.elapsed() >= most).then_some(Ended::TimeLimit)
    }

    /// A partition that is done would fill the queue with what comes after its end.
    fn stop_done(&mut self) {
        for partition in self.to_stop.drain(..) {
            self.queue.stop(partition);
        }
    }

    /// Nothing came: is the topic gone, are the brokers, or does it only take long?
    fn look_after_silence(&mut self) -> Result<()> {
        let quiet = self.last_news.elapsed();
        if quiet < QUIET || self.last_asked.elapsed() < QUIET {
            return Ok(());
        }
        let Fetch { connection, topic, cancel, .. } = self.fetch;
        let lost = |reason: String| Error::ConnectionLost {
            servers: connection.servers().to_owned(),
            topic: (*topic).to_owned(),
            reason,
        };
        match partitions_of(connection, topic, cancel) {
            Ok(_) | Err(Error::NoLeader { .. }) => {}
            Err(Error::UnknownTopic { topic, .. }) => return Err(Error::TopicDeleted { topic }),
            Err(Error::Unreachable { reason, .. } | Error::Unresolved { reason, .. }) => {
                return Err(lost(reason));
            }
            Err(other) => return Err(other),
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
        if let Some(code) = self.last_error.filter(|code| is_transient(*code)) {
            return Err(lost(describe(code)));
        }
        let Span { partition, end, .. } = track.span;
        Err(Error::Stalled {
            topic: (*topic).to_owned(),
            partition,
            position: track.position,
            end,
            waited: quiet,
        })
    }
}

/// What an error of a partition means; an error that may pass is none yet.
fn broken(fetch: &Fetch<'_>, partition: i32, position: i64, code: Code) -> Result<()> {
    let topic = fetch.topic.to_owned();
    match code {
        Code::AutoOffsetReset | Code::OffsetOutOfRange => {
            Err(Error::OffsetRemoved { topic, partition, offset: position })
        }
        Code::TopicAuthorizationFailed => Err(Error::TopicForbidden { topic }),
        Code::UnknownTopicOrPartition
        | Code::UnknownTopic
        | Code::UnknownPartition
        | Code::UnknownTopicId => match partitions_of(fetch.connection, fetch.topic, fetch.cancel) {
            Err(Error::UnknownTopic { topic, .. }) => Err(Error::TopicDeleted { topic }),
            _ => Ok(()),
        },
        code if is_transient(code) => Ok(()),
        code => {
            let doing = format!("reading partition {partition} of topic `{topic}` at offset {position}");
            Err(Error::Kafka { doing, reason: describe(code), source: None })
        }
    }
}
