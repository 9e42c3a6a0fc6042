//! Fetch on this thread, decode on others, gather in order on one more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use arrow::datatypes::SchemaRef;
use crossbeam_channel::{Receiver, Sender, bounded};

use super::chunk::{Chunk, ChunkDecoder};
use super::fetch::{Fetch, Fetched, fetch};
use super::gather::{Gather, Place};
use super::plan::{Plan, Span};
use super::queue::MessageView;
use super::reading::{BadExample, Batches, Counts, Ended, PartitionRead, Reading, Timings};
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
    plan: &'a Plan,
    /// Of each span.
    topics: Vec<Arc<str>>,
    cancel: &'a Cancel,
    /// Set once a thread has failed.
    failed: AtomicBool,
}

/// What the chunks add up to.
struct Gathered {
    rows: Gather,
    rejects: Gather,
    /// By span.
    lanes: Vec<Lane>,
    /// And its span.
    first_bad: Option<(usize, BadExample)>,
    drift: Drift,
}

/// What the chunks of a span add up to.
#[derive(Clone, Default)]
struct Lane {
    counts: Counts,
    /// The number of the last chunk that has messages with times, and the time of its last message.
    last: (u64, Option<i64>),
}

/// All of a read but what only its caller knows.
pub(super) struct Outcome {
    rows: Batches,
    rejects: Batches,
    lanes: Vec<Lane>,
    first_bad: Option<BadExample>,
    drift: Drift,
    fetched: Fetched,
    started: Instant,
    last_fetched: Duration,
}

impl<'a> Pipeline<'a> {
    pub(super) fn new(
        request: &'a ReadRequest,
        schema: SchemaRef,
        plan: &'a Plan,
        cancel: &'a Cancel,
    ) -> Result<Self> {
        if request.decode_threads == 0 {
            return Err(Error::InvalidRequest { reason: "at least one decode thread is needed".into() });
        }
        let names: Vec<Arc<str>> = plan.topics.iter().map(|topic| Arc::from(topic.as_str())).collect();
        let topics = plan.spans.iter().map(|span| Arc::clone(&names[span.topic])).collect();
        Ok(Self { request, schema, plan, topics, cancel, failed: AtomicBool::new(false) })
    }

    /// Reads the plan's spans to their ends or limits.
    pub(super) fn run(self, connection: &Connection, progress: &mut dyn FnMut(Progress)) -> Result<Outcome> {
        let (this, started) = (&self, Instant::now());
        let threads = self.request.decode_threads;
        let (jobs, work) = bounded(2 * threads);
        let (chunks, finished) = bounded(threads);
        thread::scope(|scope| {
            let gather = start(scope, "kafka-gather", || this.watched(this.gather(finished)))?;
            let mut decode = Vec::with_capacity(threads);
            for _ in 0..threads {
                let codec = ChunkDecoder::new(this.request, &this.schema, this.cancel)?;
                let (work, chunks) = (work.clone(), chunks.clone());
                let work = move || this.watched(this.decode(codec, work, &chunks));
                decode.push(start(scope, "kafka-decode", work)?);
            }
            // Only the threads hold these now: when one stage stops, so do those around it.
            drop((work, chunks));
            let fetched = self.fetch(connection, jobs, progress);
            let last_fetched = started.elapsed();
            let decoded = decode.into_iter().try_for_each(|thread| ended("kafka-decode", thread));
            let gathered = ended("kafka-gather", gather);
            self.cancel.check()?;
            // The stage that failed says why; those around it only that it is gone.
            let gathered = gathered?;
            decoded?;
            let fetched = fetched?;
            let Gathered { rows, rejects, lanes, first_bad, drift } = gathered;
            debug_assert!(lanes.iter().all(|lane| lane.counts.add_up()));
            let first_bad = first_bad.map(|(_, bad)| bad);
            let (rows, rejects) = (rows.finish()?, rejects.finish()?);
            Ok(Outcome { rows, rejects, lanes, first_bad, drift, fetched, started, last_fetched })
        })
    }

    fn fetch(
        &self,
        connection: &Connection,
        jobs: Sender<Job>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Fetched> {
        let Plan { topics, spans, .. } = self.plan;
        let mut router = Router::new(spans.len(), jobs, self.cancel, &self.failed, progress);
        let plan = Fetch {
            connection,
            topics,
            spans,
            limits: self.request.limits,
            rate: self.request.rate,
            lost: self.request.lost,
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
            let chunk = decoder.decode(&self.topics[job.lane], &messages, self.cancel)?;
            job.last_timestamp_ms =
                messages.iter().next_back().and_then(MessageView::timestamp).map(|(time_ms, _)| time_ms);
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
        let mut lanes = vec![Lane::default(); self.plan.spans.len()];
        let mut first_bad = None::<(usize, BadExample)>;
        let mut drift = Drift::default();
        for (job, chunk) in finished {
            self.cancel.check()?;
            drift.add(chunk.drift);
            let lane = &mut lanes[job.lane];
            lane.counts.add(chunk.counts);
            if job.number >= lane.last.0 && job.last_timestamp_ms.is_some() {
                lane.last = (job.number, job.last_timestamp_ms);
            }
            if let Some(bad) = chunk.first_bad {
                let is_before =
                    |(lane, known): &(usize, BadExample)| (job.lane, bad.offset) < (*lane, known.offset);
                if first_bad.as_ref().is_none_or(is_before) {
                    first_bad = Some((job.lane, bad));
                }
            }
            let place = Place { lane: job.lane, number: job.number, is_last: job.is_last };
            rejects.add(place, chunk.rejects)?;
            rows.add(place, Some(chunk.rows))?;
        }
        Ok(Gathered { rows, rejects, lanes, first_bad, drift })
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
    /// Whether every span was read to its end.
    pub(super) fn is_complete(&self) -> bool {
        self.fetched.ended == Ended::AtEnd
    }

    /// The messages of each span.
    pub(super) fn messages(&self) -> Vec<u64> {
        self.lanes.iter().map(|lane| lane.counts.read).collect()
    }

    /// Adds what the caller knows: the plan, and when it began.
    pub(super) fn into_reading(self, plan: &Plan, connected: Duration, total: Duration) -> Reading {
        let partition = |(index, span): (usize, &Span)| {
            let (found, lane) = (plan.found[index], &self.lanes[index]);
            PartitionRead {
                topic: plan.topics[span.topic].clone(),
                partition: span.partition,
                low: found.low,
                high: found.high,
                committed: found.kept,
                from: span.from,
                to: self.fetched.positions[index],
                end: span.end,
                lost: found.lost + self.fetched.lost[index],
                last_timestamp_ms: lane.last.1,
                messages: lane.counts.read,
                bytes: lane.counts.bytes,
            }
        };
        let partitions = plan.spans.iter().enumerate().map(partition).collect();
        let mut counts = Counts::default();
        for lane in &self.lanes {
            counts.add(lane.counts);
        }
        let first = self.fetched.first_message.map(|at| connected + at.duration_since(self.started));
        Reading {
            rows: self.rows,
            rejects: self.rejects,
            partitions,
            counts,
            ended: self.fetched.ended,
            first_bad: self.first_bad,
            drift: self.drift,
            timings: Timings {
                round_trip: None,
                connected,
                first_message: first.unwrap_or_default(),
                fetched: connected + self.last_fetched,
                total,
            },
        }
    }
}
