//! Takes messages from the brokers until every partition has reached its end.

mod pace;
mod trouble;

use std::thread;
use std::time::{Duration, Instant};

use rdkafka::types::RDKafkaErrorCode as Code;

use super::plan::Span;
use super::queue::{Handle, Message, MessageQueue, MessageView};
use super::reading::Ended;
use super::request::{Limits, Lost, Progress, Rate};
use crate::cancel::Cancel;
use crate::client::Connection;
use crate::error::Result;
use pace::Pace;
use trouble::{Meaning, meaning};

/// Messages taken at a time.
const ROOM: usize = 16_384;

/// Partitions that are read at the same time. The others wait for their turn, so neither memory nor open files grow
/// with their number.
pub(super) const AT_ONCE: usize = 96;

/// How long one call waits for messages; bounds how late cancel is heard.
const WAIT: Duration = Duration::from_millis(20);

/// How often the client's statistics, logs and errors are heard.
const HEAR: Duration = Duration::from_secs(1);

/// Receives the messages.
pub(crate) trait Sink {
    /// A message of the span with this index; those of one span come in order.
    fn take(&mut self, span: usize, message: Message<'_>) -> Result<()>;

    /// Nothing more comes of the span with this index.
    fn done(&mut self, _span: usize) -> Result<()> {
        Ok(())
    }

    /// Called between batches of messages, at least fifty times a second.
    fn tick(&mut self, progress: Progress) -> Result<()>;
}

/// What to fetch.
pub(crate) struct Fetch<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) topics: &'a [String],
    /// Rising by topic and partition.
    pub(crate) spans: &'a [Span],
    pub(crate) limits: Limits,
    pub(crate) rate: Rate,
    pub(crate) lost: Lost,
    pub(crate) stall_timeout: Duration,
    pub(crate) cancel: &'a Cancel,
}

/// What was fetched, by span.
pub(crate) struct Fetched {
    /// The next offset to read.
    pub(crate) positions: Vec<i64>,
    /// Offsets passed over because retention had removed messages.
    pub(crate) lost: Vec<i64>,
    pub(crate) ended: Ended,
    pub(crate) first_message: Option<Instant>,
}

/// One partition on its way.
struct Track {
    span: Span,
    topic: Handle,
    position: i64,
    taken: u64,
    lost: i64,
    done: bool,
}

impl Track {
    /// Whether a message or an event is of this partition.
    #[inline]
    fn is_of(&self, view: MessageView<'_>) -> bool {
        self.span.partition == view.partition() && Some(self.topic) == view.topic()
    }

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
        run.go_on_where_removed()?;
        run.stop_done(sink)?;
        run.hear();
        if run.progress == before { run.look_after_silence()? } else { run.last_news = Instant::now() }
    }
    Ok(Fetched {
        positions: run.tracks.iter().map(|track| track.position).collect(),
        lost: run.tracks.iter().map(|track| track.lost).collect(),
        ended: run.ended,
        first_message: run.first_message,
    })
}

struct Run<'a> {
    fetch: &'a Fetch<'a>,
    queue: MessageQueue,
    pace: Option<Pace>,
    /// The index of each topic, by its handle.
    topics: Vec<(Handle, usize)>,
    /// In the order of the spans.
    tracks: Vec<Track>,
    /// Tracks that are not done.
    open: usize,
    /// The first track that has not had its turn.
    next: usize,
    /// Tracks that are done and still fetched.
    to_stop: Vec<usize>,
    /// Tracks whose next offset the broker does not have.
    out_of_range: Vec<usize>,
    progress: Progress,
    ended: Ended,
    started: Instant,
    first_message: Option<Instant>,
    last_news: Instant,
    last_asked: Instant,
    /// How far the client was when we last asked.
    fetch_position: i64,
    last_heard: Instant,
    /// The messages there were then.
    heard_at: u64,
    /// The last passing error of a partition, for the message if it stays.
    last_error: Option<Code>,
}

impl<'a> Run<'a> {
    fn start(fetch: &'a Fetch<'a>) -> Result<Self> {
        let queue = MessageQueue::new(fetch.connection.consumer(), fetch.topics, ROOM)?;
        let mut tracks = Vec::with_capacity(fetch.spans.len());
        let mut ended = Ended::AtEnd;
        for span in fetch.spans {
            let empty = span.from >= span.end;
            if !empty && span.quota == 0 {
                ended = Ended::MessageLimit;
            }
            let done = empty || span.quota == 0;
            let topic = queue.handles()[span.topic];
            tracks.push(Track { span: *span, topic, position: span.from, taken: 0, lost: 0, done });
        }
        let mut topics: Vec<_> = queue.handles().iter().copied().zip(0..).collect();
        topics.sort_unstable();
        let now = Instant::now();
        let mut run = Self {
            fetch,
            queue,
            pace: Pace::new(fetch.rate, now),
            topics,
            open: tracks.iter().filter(|track| !track.done).count(),
            next: 0,
            to_stop: Vec::new(),
            out_of_range: Vec::new(),
            progress: Progress {
                total_offsets: fetch.spans.iter().map(Span::offsets).sum(),
                ..Progress::default()
            },
            tracks,
            ended,
            started: now,
            first_message: None,
            last_news: now,
            last_asked: now,
            fetch_position: 0,
            last_heard: now,
            heard_at: 0,
            last_error: None,
        };
        run.start_next(AT_ONCE)?;
        Ok(run)
    }

    /// Starts the next so many tracks.
    fn start_next(&mut self, count: usize) -> Result<()> {
        let mut left = count;
        while left > 0
            && let Some(track) = self.tracks.get(self.next)
        {
            self.next += 1;
            if !track.done {
                self.queue.start(track.span.topic, track.span.partition, track.position)?;
                left -= 1;
            }
        }
        Ok(())
    }

    /// What the client tells of itself each second must not pile up.
    fn hear(&mut self) {
        if self.last_heard.elapsed() >= HEAR {
            self.last_heard = Instant::now();
            if self.heard_at != self.progress.messages {
                // Else what was said while a broker was away would count against it at the next question.
                self.heard_at = self.progress.messages;
                self.fetch.connection.answered();
            }
            self.fetch.connection.hear();
        }
    }

    /// How many messages may be taken; none while the rate limit holds us back, for which this waits a little.
    fn room(&mut self) -> Option<usize> {
        let Some(pace) = &mut self.pace else { return Some(ROOM) };
        match pace.room(Instant::now()) {
            Ok(room) => Some(room),
            Err(wait) => {
                thread::park_timeout(wait.min(WAIT));
                // This silence is our own.
                self.last_news = Instant::now();
                None
            }
        }
    }

    /// Takes what waits; says why to stop early, if so.
    fn take_batch(&mut self, sink: &mut impl Sink) -> Result<Option<Ended>> {
        let Some(room) = self.room() else { return Ok(None) };
        let before = self.progress;
        let stop = self.take_messages(room, sink);
        if let Some(pace) = &mut self.pace {
            pace.took(self.progress.messages - before.messages, self.progress.bytes - before.bytes);
        }
        stop
    }

    fn take_messages(&mut self, room: usize, sink: &mut impl Sink) -> Result<Option<Ended>> {
        let mut last = 0;
        for message in self.queue.take(room, WAIT) {
            let view = message.view();
            if self.tracks.get(last).is_none_or(|track| !track.is_of(view)) {
                match index_of(&self.topics, &self.tracks, view) {
                    Some(found) => last = found,
                    None => continue,
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
                    let topic = &self.fetch.topics[track.span.topic];
                    match meaning(self.fetch, topic, track.span.partition, track.position, code)? {
                        Meaning::Passing => self.last_error = Some(code),
                        Meaning::OutOfRange => self.out_of_range.push(last),
                    }
                    continue;
                }
            }
            let track = &self.tracks[last];
            self.progress.offsets += (track.position - before) as u64;
            if track.done {
                self.open -= 1;
                self.to_stop.push(last);
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

    /// A partition that is done would fill the queue with what comes after its end; another takes its place.
    fn stop_done(&mut self, sink: &mut impl Sink) -> Result<()> {
        let done = self.to_stop.len();
        for index in self.to_stop.drain(..) {
            let span = self.tracks[index].span;
            self.queue.stop(span.topic, span.partition);
            sink.done(index)?;
        }
        self.start_next(done)
    }
}

/// The track that a message or an event is of.
fn index_of(topics: &[(Handle, usize)], tracks: &[Track], view: MessageView<'_>) -> Option<usize> {
    let handle = view.topic()?;
    let found = topics.binary_search_by_key(&handle, |(handle, _)| *handle).ok()?;
    let wanted = (topics[found].1, view.partition());
    tracks.binary_search_by_key(&wanted, |track| (track.span.topic, track.span.partition)).ok()
}
