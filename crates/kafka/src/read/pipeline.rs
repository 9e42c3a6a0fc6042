//! Fetch on this thread, decode on others, gather in order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use arrow::datatypes::SchemaRef;
use crossbeam_channel::{Receiver, SendTimeoutError, Sender, bounded};
use parking_lot::Mutex;

use super::chunk::{Chunk, ChunkDecoder};
use super::fetch::{Fetch, Fetched, Sink, fetch};
use super::gather::Gather;
use super::plan::Span;
use super::queue::{Message, MessageBatch};
use super::reading::{BadExample, Batches, Counts, OffsetRange, Reading, Timings};
use super::rejects;
use super::request::{Progress, ReadRequest};
use crate::cancel::Cancel;
use crate::client::Connection;
use crate::error::{Error, Result};

/// Messages of one partition that are decoded together.
const CHUNK_MESSAGES: usize = 8192;

/// Bytes of them.
const CHUNK_BYTES: usize = 4 << 20;

/// Bytes of messages of all partitions that wait for their chunk to fill.
const WAITING_BYTES: usize = 16 << 20;

/// How often progress is told.
const PROGRESS: Duration = Duration::from_millis(100);

/// Everything that a read needs beside the brokers.
pub(super) struct Pipeline<'a> {
    request: &'a ReadRequest,
    schema: SchemaRef,
    topic: Arc<str>,
    cancel: &'a Cancel,
    gathered: Mutex<Gathered>,
    /// Set once a decoding thread has failed.
    failed: AtomicBool,
}

/// What the decoding threads write.
struct Gathered {
    rows: Gather,
    rejects: Gather,
    counts: Counts,
    first_bad: Option<BadExample>,
    /// The first error of a decoding thread.
    failure: Option<Error>,
}

/// Messages to decode.
struct Job {
    partition: i32,
    /// Counts the chunks of the partition.
    number: u64,
    messages: MessageBatch,
}

/// All of a read but what only its caller knows.
pub(super) struct Outcome {
    rows: Batches,
    rejects: Batches,
    counts: Counts,
    first_bad: Option<BadExample>,
    spans: Vec<Span>,
    fetched: Fetched,
    started: Instant,
    last_fetched: Duration,
}

impl<'a> Pipeline<'a> {
    pub(super) fn new(
        request: &'a ReadRequest,
        schema: SchemaRef,
        topic: Arc<str>,
        cancel: &'a Cancel,
    ) -> Result<Self> {
        if request.decode_threads == 0 {
            return Err(Error::InvalidRequest { reason: "at least one decode thread is needed".into() });
        }
        let gather = |name, schema, budget| Gather::new(name, schema, budget, request.spill_folder.clone());
        let gathered = Gathered {
            rows: gather("rows", Arc::clone(&schema), request.memory_budget_bytes),
            rejects: gather("rejects", rejects::schema(), request.memory_budget_bytes / 4),
            counts: Counts::default(),
            first_bad: None,
            failure: None,
        };
        Ok(Self {
            request,
            schema,
            topic,
            cancel,
            gathered: Mutex::new(gathered),
            failed: AtomicBool::new(false),
        })
    }

    /// Reads `spans` to their ends or limits.
    pub(super) fn run(
        self,
        connection: &Connection,
        spans: Vec<Span>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome> {
        let started = Instant::now();
        let (jobs, work) = bounded(2 * self.request.decode_threads);
        let fetched = thread::scope(|scope| {
            for _ in 0..self.request.decode_threads {
                let decoder =
                    ChunkDecoder::new(self.request, Arc::clone(&self.schema), Arc::clone(&self.topic))?;
                let work = work.clone();
                thread::Builder::new()
                    .name("kafka-decode".into())
                    .spawn_scoped(scope, || self.decode(decoder, work))
                    .map_err(|error| Error::Thread {
                        name: "kafka-decode",
                        what: "could not be started",
                        source: Some(error),
                    })?;
            }
            // Only the threads hold the work now: when they all stop, so does the router.
            drop(work);
            self.fetch(connection, &spans, jobs, progress)
        });
        let last_fetched = started.elapsed();
        let gathered = self.gathered.into_inner();
        if let Some(failure) = gathered.failure {
            return Err(failure);
        }
        self.cancel.check()?;
        let fetched = fetched?;
        debug_assert!(gathered.counts.add_up(), "{:?}", gathered.counts);
        Ok(Outcome {
            rows: gathered.rows.finish()?,
            rejects: gathered.rejects.finish()?,
            counts: gathered.counts,
            first_bad: gathered.first_bad,
            spans,
            fetched,
            started,
            last_fetched,
        })
    }

    fn fetch(
        &self,
        connection: &Connection,
        spans: &[Span],
        jobs: Sender<Job>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Fetched> {
        let mut router = Router {
            jobs,
            cancel: self.cancel,
            failed: &self.failed,
            waiting: spans.iter().map(|span| Waiting::new(span.partition)).collect(),
            waiting_bytes: 0,
            progress,
            last_progress: None,
        };
        let plan = Fetch {
            connection,
            topic: &self.request.topic,
            spans,
            limits: self.request.limits,
            stall_timeout: self.request.stall_timeout,
            cancel: self.cancel,
        };
        let fetched = fetch(&plan, &mut router)?;
        router.send_all()?;
        Ok(fetched)
    }

    /// Decodes until there is no more work, or something failed.
    fn decode(&self, mut decoder: ChunkDecoder, work: Receiver<Job>) {
        for job in work {
            if self.failed.load(Ordering::Relaxed) {
                return;
            }
            let done = decoder.decode(&job.messages, self.cancel).and_then(|chunk| self.gather(&job, chunk));
            if let Err(error) = done {
                self.gathered.lock().failure.get_or_insert(error);
                self.failed.store(true, Ordering::Relaxed);
                return;
            }
        }
    }

    fn gather(&self, job: &Job, chunk: Chunk) -> Result<()> {
        let mut gathered = self.gathered.lock();
        gathered.counts.add(chunk.counts);
        if let Some(bad) = chunk.first_bad {
            let earlier = gathered.first_bad.as_ref().map(|known| (known.partition, known.offset));
            if earlier.is_none_or(|known| (bad.partition, bad.offset) < known) {
                gathered.first_bad = Some(bad);
            }
        }
        gathered.rejects.add(job.partition, job.number, chunk.rejects)?;
        gathered.rows.add(job.partition, job.number, Some(chunk.rows))
    }
}

/// Sorts messages into chunks of one partition each and hands them to the decoding threads.
struct Router<'a> {
    jobs: Sender<Job>,
    cancel: &'a Cancel,
    failed: &'a AtomicBool,
    /// One for each span.
    waiting: Vec<Waiting>,
    waiting_bytes: usize,
    progress: &'a mut dyn FnMut(Progress),
    last_progress: Option<Instant>,
}

/// Messages of one partition that wait for their chunk to fill.
struct Waiting {
    partition: i32,
    messages: MessageBatch,
    bytes: usize,
    number: u64,
}

impl Waiting {
    fn new(partition: i32) -> Self {
        Self { partition, messages: MessageBatch::default(), bytes: 0, number: 0 }
    }
}

impl Sink for Router<'_> {
    #[inline]
    fn take(&mut self, span: usize, message: Message<'_>) -> Result<()> {
        let waiting = &mut self.waiting[span];
        let bytes = message.view().size_bytes();
        waiting.messages.push(message);
        waiting.bytes += bytes;
        self.waiting_bytes += bytes;
        if waiting.messages.len() >= CHUNK_MESSAGES || waiting.bytes >= CHUNK_BYTES {
            return self.send(span);
        }
        if self.waiting_bytes >= WAITING_BYTES { self.send_all() } else { Ok(()) }
    }

    fn tick(&mut self, progress: Progress) -> Result<()> {
        self.check()?;
        if self.last_progress.is_none_or(|last| last.elapsed() >= PROGRESS) {
            self.last_progress = Some(Instant::now());
            (self.progress)(progress);
        }
        Ok(())
    }
}

impl Router<'_> {
    fn send_all(&mut self) -> Result<()> {
        (0..self.waiting.len()).try_for_each(|span| self.send(span))
    }

    /// Hands over the chunk of a span, waiting while the decoding threads are busy.
    fn send(&mut self, span: usize) -> Result<()> {
        const TICK: Duration = Duration::from_millis(20);
        let waiting = &mut self.waiting[span];
        if waiting.messages.is_empty() {
            return Ok(());
        }
        let room = MessageBatch::with_capacity(waiting.messages.len());
        let messages = std::mem::replace(&mut waiting.messages, room);
        let mut job = Job { partition: waiting.partition, number: waiting.number, messages };
        waiting.number += 1;
        self.waiting_bytes -= std::mem::take(&mut waiting.bytes);
        loop {
            match self.jobs.send_timeout(job, TICK) {
                Ok(()) => return Ok(()),
                Err(SendTimeoutError::Timeout(back)) => {
                    self.check()?;
                    job = back;
                }
                Err(SendTimeoutError::Disconnected(_)) => return Err(ended_early()),
            }
        }
    }

    /// Whether there is still someone to fetch for.
    fn check(&self) -> Result<()> {
        self.cancel.check()?;
        if self.failed.load(Ordering::Relaxed) { Err(ended_early()) } else { Ok(()) }
    }
}

/// The decoding threads have stopped; the failure that one of them left is what is told.
fn ended_early() -> Error {
    Error::Thread { name: "kafka-decode", what: "ended early", source: None }
}

impl Outcome {
    /// Adds what the caller knows: what was lost, and when it began.
    pub(super) fn into_reading(
        self,
        lost: BTreeMap<i32, i64>,
        connected: Duration,
        total: Duration,
    ) -> Reading {
        let ranges = self
            .spans
            .iter()
            .zip(&self.fetched.positions)
            .map(|(span, position)| (span.partition, OffsetRange { from: span.from, to: *position }));
        let first = self.fetched.first_message.map(|at| connected + at.duration_since(self.started));
        Reading {
            rows: self.rows,
            rejects: self.rejects,
            ranges: ranges.collect(),
            counts: self.counts,
            lost,
            ended: self.fetched.ended,
            first_bad: self.first_bad,
            timings: Timings {
                connected,
                first_message: first.unwrap_or_default(),
                fetched: connected + self.last_fetched,
                total,
            },
        }
    }
}
