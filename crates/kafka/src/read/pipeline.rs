//! Fetch on this thread, decode on others, gather in order on one more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use arrow::datatypes::SchemaRef;
use crossbeam_channel::{Receiver, Sender, bounded};

use super::chunk::{Chunk, ChunkDecoder};
use super::fetch::{Fetch, Fetched, fetch};
use super::gather::Gather;
use super::plan::Span;
use super::reading::{BadExample, Batches, Counts, OffsetRange, Reading, Timings};
use super::rejects;
use super::request::{Progress, ReadRequest};
use super::router::{Job, Router};
use crate::cancel::Cancel;
use crate::client::Connection;
use crate::codec::Drift;
use crate::error::{Error, Result};

/// Everything that a read needs beside the brokers.
pub(super) struct Pipeline<'a> {
    request: &'a ReadRequest,
    schema: SchemaRef,
    topic: Arc<str>,
    cancel: &'a Cancel,
    /// Set once a thread has failed.
    failed: AtomicBool,
}

/// What the chunks add up to.
struct Gathered {
    rows: Gather,
    rejects: Gather,
    counts: Counts,
    first_bad: Option<BadExample>,
    drift: Drift,
}

/// All of a read but what only its caller knows.
pub(super) struct Outcome {
    rows: Batches,
    rejects: Batches,
    counts: Counts,
    first_bad: Option<BadExample>,
    drift: Drift,
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
        Ok(Self { request, schema, topic, cancel, failed: AtomicBool::new(false) })
    }

    /// Reads `spans` to their ends or limits.
    pub(super) fn run(
        self,
        connection: &Connection,
        spans: &[Span],
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome> {
        let (this, started) = (&self, Instant::now());
        let threads = self.request.decode_threads;
        let (jobs, work) = bounded(2 * threads);
        let (chunks, finished) = bounded(threads);
        thread::scope(|scope| {
            let gather = start(scope, "kafka-gather", || this.watched(this.gather(finished)))?;
            let mut decode = Vec::with_capacity(threads);
            for _ in 0..threads {
                let codec =
                    ChunkDecoder::new(this.request, &this.schema, Arc::clone(&this.topic), this.cancel)?;
                let (work, chunks) = (work.clone(), chunks.clone());
                let work = move || this.watched(this.decode(codec, work, &chunks));
                decode.push(start(scope, "kafka-decode", work)?);
            }
            // Only the threads hold these now: when one stage stops, so do those around it.
            drop((work, chunks));
            let fetched = self.fetch(connection, spans, jobs, progress);
            let last_fetched = started.elapsed();
            let decoded = decode.into_iter().try_for_each(|thread| ended("kafka-decode", thread));
            let gathered = ended("kafka-gather", gather);
            self.cancel.check()?;
            // The stage that failed says why; those around it only that it is gone.
            let gathered = gathered?;
            decoded?;
            let fetched = fetched?;
            let Gathered { rows, rejects, counts, first_bad, drift } = gathered;
            debug_assert!(counts.add_up(), "{counts:?}");
            let (rows, rejects) = (rows.finish()?, rejects.finish()?);
            Ok(Outcome {
                rows,
                rejects,
                counts,
                first_bad,
                drift,
                spans: spans.to_vec(),
                fetched,
                started,
                last_fetched,
            })
        })
    }

    fn fetch(
        &self,
        connection: &Connection,
        spans: &[Span],
        jobs: Sender<Job>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Fetched> {
        let mut router = Router::new(spans, jobs, self.cancel, &self.failed, progress);
        let plan = Fetch {
            connection,
            topic: &self.request.topic,
            spans,
            limits: self.request.limits,
            stall_timeout: self.request.stall_timeout,
            cancel: self.cancel,
        };
        let fetched = fetch(&plan, &mut router)?;
        router.finish()?;
        Ok(fetched)
    }

    /// Decodes until there is no more work, or nobody wants it.
    fn decode(
        &self,
        mut decoder: ChunkDecoder,
        work: Receiver<Job>,
        chunks: &Sender<(Job, Chunk)>,
    ) -> Result<()> {
        for mut job in work {
            if self.failed.load(Ordering::Relaxed) {
                break;
            }
            let messages = std::mem::take(&mut job.messages);
            let chunk = decoder.decode(&messages, self.cancel)?;
            drop(messages);
            if chunks.send((job, chunk)).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Takes chunks until the decoding threads have stopped.
    fn gather(&self, finished: Receiver<(Job, Chunk)>) -> Result<Gathered> {
        let budget = self.request.memory_budget_bytes;
        let gather =
            |name, schema, budget| Gather::new(name, schema, budget, self.request.spill_folder.clone());
        let mut rows = gather("rows", Arc::clone(&self.schema), budget);
        let mut rejects = gather("rejects", rejects::schema(), budget / 4);
        let mut counts = Counts::default();
        let mut first_bad = None::<BadExample>;
        let mut drift = Drift::default();
        for (job, chunk) in finished {
            self.cancel.check()?;
            counts.add(chunk.counts);
            drift.add(chunk.drift);
            if let Some(bad) = chunk.first_bad {
                let place = (bad.partition, bad.offset);
                if first_bad.as_ref().is_none_or(|known| place < (known.partition, known.offset)) {
                    first_bad = Some(bad);
                }
            }
            rejects.add(job.partition, job.number, chunk.rejects)?;
            rows.add(job.partition, job.number, Some(chunk.rows))?;
        }
        Ok(Gathered { rows, rejects, counts, first_bad, drift })
    }

    /// Lets the other threads know that this one has failed.
    fn watched<T>(&self, outcome: Result<T>) -> Result<T> {
        if outcome.is_err() {
            self.failed.store(true, Ordering::Relaxed);
        }
        outcome
    }
}

fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &'static str,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, T>> {
    let thread = thread::Builder::new().name(name.into()).spawn_scoped(scope, work);
    thread.map_err(|error| Error::Thread { name, what: "could not be started", source: Some(error) })
}

fn ended<T>(name: &'static str, thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or(Err(Error::Thread { name, what: "panicked", source: None }))
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
            drift: self.drift,
            timings: Timings {
                connected,
                first_message: first.unwrap_or_default(),
                fetched: connected + self.last_fetched,
                total,
            },
        }
    }
}
