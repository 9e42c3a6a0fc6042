//! Sorts messages into chunks of one partition each and hands them to the decoding threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{SendTimeoutError, Sender};

use super::fetch::Sink;
use super::queue::{Message, MessageBatch};
use super::request::Progress;
use crate::cancel::Cancel;
use crate::error::{Error, Result};

/// Messages of one partition that are decoded together.
const CHUNK_MESSAGES: usize = 8192;

/// Bytes of them.
const CHUNK_BYTES: usize = 4 << 20;

/// The headers of one message in so many are measured, because that takes them apart; they stand for the others'.
const MEASURED: usize = 32;

/// Bytes of messages of all partitions that wait for their chunk to fill.
const WAITING_BYTES: usize = 16 << 20;

/// How often progress is told.
const PROGRESS: Duration = Duration::from_millis(100);

/// A chunk to decode.
pub(super) struct Job {
    /// The index of the partition's span.
    pub(super) lane: usize,
    /// Counts the chunks of the partition.
    pub(super) number: u64,
    pub(super) messages: MessageBatch,
    /// Whether the partition has no more.
    pub(super) is_last: bool,
    /// The time of the last message, once they are decoded.
    pub(super) last_timestamp_ms: Option<i64>,
}

/// The sink of the bounded read.
pub(super) struct Router<'a> {
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
#[derive(Default)]
struct Waiting {
    messages: MessageBatch,
    bytes: usize,
    number: u64,
}

impl Sink for Router<'_> {
    #[inline]
    fn take(&mut self, span: usize, message: Message<'_>) -> Result<()> {
        let waiting = &mut self.waiting[span];
        let mut bytes = message.view().size_bytes();
        if waiting.messages.len().is_multiple_of(MEASURED) {
            bytes += message.view().header_bytes() * MEASURED;
        }
        waiting.messages.push(message);
        waiting.bytes += bytes;
        self.waiting_bytes += bytes;
        if waiting.messages.len() >= CHUNK_MESSAGES || waiting.bytes >= CHUNK_BYTES {
            return self.send(span);
        }
        if self.waiting_bytes >= WAITING_BYTES { self.send_all() } else { Ok(()) }
    }

    /// A few last messages would keep all that came with them in memory.
    fn done(&mut self, span: usize) -> Result<()> {
        self.send_job(span, true)
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

impl<'a> Router<'a> {
    /// Chunks of so many spans into `jobs`, as long as nobody set `failed`.
    pub(super) fn new(
        spans: usize,
        jobs: Sender<Job>,
        cancel: &'a Cancel,
        failed: &'a AtomicBool,
        progress: &'a mut dyn FnMut(Progress),
    ) -> Self {
        let waiting = (0..spans).map(|_| Waiting::default()).collect();
        Self { jobs, cancel, failed, waiting, waiting_bytes: 0, progress, last_progress: None }
    }

    /// Hands over what waits; nothing follows.
    pub(super) fn finish(mut self) -> Result<()> {
        self.send_all()
    }

    fn send_all(&mut self) -> Result<()> {
        (0..self.waiting.len()).try_for_each(|span| self.send(span))
    }

    /// Hands over the chunk of a span, if there is one.
    fn send(&mut self, span: usize) -> Result<()> {
        if self.waiting[span].messages.is_empty() { Ok(()) } else { self.send_job(span, false) }
    }

    /// Hands over a chunk, waiting while the decoding threads are busy.
    fn send_job(&mut self, span: usize, is_last: bool) -> Result<()> {
        const TICK: Duration = Duration::from_millis(20);
        let waiting = &mut self.waiting[span];
        let room = MessageBatch::with_capacity(if is_last { 0 } else { waiting.messages.len() });
        let messages = std::mem::replace(&mut waiting.messages, room);
        let number = waiting.number;
        let mut job = Job { lane: span, number, messages, is_last, last_timestamp_ms: None };
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

/// The decoding threads have stopped; the failure that one of them met is what is told.
fn ended_early() -> Error {
    Error::Thread { name: "kafka-decode", what: "ended early", source: None }
}
