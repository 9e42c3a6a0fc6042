//! All batches of a live run as one record, of the same size however many there are.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use flowloom_flow::{Batch, Compiled, Counts, NodeId, Position, Problem, SourceMetrics};

use super::{LiveFacts, now_ms};
use crate::event::{NodeReport, Outcome, Report, State};
use crate::wanted;

/// Warnings that are kept of each node, the newest.
const NOTES: usize = 20;

pub(super) struct Total {
    start: Instant,
    report: Report,
    writers: BTreeSet<NodeId>,
    /// Mean size of the messages of the last batch that read any.
    message_bytes: BTreeMap<NodeId, f64>,
}

impl Total {
    pub(super) fn new(compiled: &Compiled) -> Self {
        let writers = (0..compiled.nodes.len()).filter(|&i| wanted::is_writer(compiled, i));
        let node = |made: &flowloom_flow::CompiledNode| NodeReport::new(made.id.clone(), made.kind.clone());
        Self {
            start: Instant::now(),
            writers: writers.map(|i| compiled.nodes[i].id.clone()).collect(),
            report: Report {
                outcome: Outcome::Live,
                began: false,
                nodes: compiled.nodes.iter().map(node).collect(),
                problems: Vec::new(),
                batch: Batch::default(),
                repeated: false,
                elapsed_ms: 0.0,
                live: Some(Box::default()),
            },
            message_bytes: BTreeMap::new(),
        }
    }

    pub(super) fn facts(&mut self) -> &mut LiveFacts {
        self.report.live.get_or_insert_default()
    }

    /// Whether a batch with something new is over.
    pub(super) fn has_batches(&self) -> bool {
        self.report.live.as_ref().is_some_and(|facts| facts.batches > 0)
    }

    /// Everything up to now.
    pub(super) fn so_far(&mut self) -> &Report {
        self.report.elapsed_ms = self.start.elapsed().as_secs_f64() * 1e3;
        &self.report
    }

    /// Bytes of a message of this source; 0 before one was read.
    pub(super) fn message_bytes(&self, source: &NodeId) -> f64 {
        self.message_bytes.get(source).copied().unwrap_or_default()
    }

    /// Adds an attempt. What a failed one read is read again by the next, so it counts only once all its writers
    /// have it; what a writer has made visible counts in any case.
    pub(super) fn add(&mut self, batch: &Report, has_news: bool) {
        self.report.began |= batch.began;
        self.report.repeated |= batch.repeated;
        let is_open = |node: &NodeReport| {
            self.writers.contains(&node.node) && !matches!(node.state, State::Done | State::Skipped)
        };
        let is_done = batch.outcome == Outcome::Done;
        let is_written = batch.nodes.iter().any(|node| node.written.is_some());
        let is_whole = is_done || (is_written && !batch.nodes.iter().any(is_open));
        if is_whole {
            add_positions(&mut self.report.batch, &batch.batch);
        }
        for (total, node) in self.report.nodes.iter_mut().zip(&batch.nodes) {
            if is_whole || node.written.is_some() {
                add_node(total, node);
            } else if let Some(metrics) = &node.metrics {
                let total = total.metrics.get_or_insert_with(SourceMetrics::default);
                total.commits += metrics.commits;
                total.commits_failed += metrics.commits_failed;
            }
            // Nothing new is no reason to forget that something came before.
            if is_done {
                let has_rows = node.state == State::Skipped && !total.rows.is_empty();
                total.state = if has_rows { State::Done } else { node.state };
            }
            if let Some(counts) = node.counts.filter(|counts| counts.read > 0) {
                self.message_bytes.insert(node.node.clone(), counts.bytes as f64 / counts.read as f64);
            }
        }
        if batch.outcome == Outcome::Failed && !is_done {
            // Its states are the run's if this was its last attempt.
            self.ended_in(batch);
        }
        let facts = self.facts();
        match (is_whole && has_news, is_done) {
            (true, _) => (facts.batches, facts.last_batch_ms) = (facts.batches + 1, Some(now_ms())),
            (false, true) => facts.empty += 1,
            (false, false) => {}
        }
    }

    fn ended_in(&mut self, batch: &Report) {
        for (total, node) in self.report.nodes.iter_mut().zip(&batch.nodes) {
            if matches!(node.state, State::Failed | State::Blocked) {
                total.state = node.state;
            }
        }
    }

    /// An attempt came to nothing.
    pub(super) fn failed(&mut self, problem: Problem) {
        let facts = self.facts();
        facts.failures += 1;
        facts.last_problem = Some(problem);
        facts.last_problem_ms = Some(now_ms());
    }

    pub(super) fn finish(mut self, outcome: Outcome, problems: Vec<Problem>) -> Report {
        self.so_far();
        if outcome == Outcome::Done {
            // It was stopped while an attempt had failed: what came before is what it did.
            for node in &mut self.report.nodes {
                if matches!(node.state, State::Failed | State::Blocked) {
                    node.state = if node.rows.is_empty() { State::Skipped } else { State::Done };
                }
            }
        }
        Report { outcome, problems, ..self.report }
    }
}

fn add_node(total: &mut NodeReport, node: &NodeReport) {
    for (port, rows) in &node.rows {
        *total.rows.entry(port.clone()).or_default() += rows;
    }
    if let Some(counts) = &node.counts {
        let total = total.counts.get_or_insert_with(Counts::default);
        total.read += counts.read;
        total.decoded += counts.decoded;
        total.skipped += counts.skipped;
        total.rejected += counts.rejected;
        total.bytes += counts.bytes;
    }
    if let Some(position) = &node.offsets {
        match &mut total.offsets {
            Some(total) => add_position(total, position),
            first => *first = Some(position.clone()),
        }
    }
    if let Some(written) = &node.written {
        let total = total.written.get_or_insert_default();
        total.to.clone_from(&written.to);
        total.bytes += written.bytes;
    }
    if let Some(metrics) = &node.metrics {
        match &mut total.metrics {
            Some(total) => total.add(metrics),
            first => *first = Some(metrics.clone()),
        }
    }
    if !node.proposed.is_empty() {
        total.proposed.clone_from(&node.proposed);
    }
    total.elapsed_ms += node.elapsed_ms;
    for note in &node.notes {
        total.notes.retain(|known| known.message != note.message);
        total.notes.push(note.clone());
    }
    let surplus = total.notes.len().saturating_sub(NOTES);
    total.notes.drain(..surplus);
}

fn add_positions(total: &mut Batch, batch: &Batch) {
    for (sync, position) in &batch.0 {
        match total.0.get_mut(sync) {
            Some(total) => add_position(total, position),
            None => {
                total.0.insert(sync.clone(), position.clone());
            }
        }
    }
}

/// From where the first batch began to where the last one ended.
fn add_position(total: &mut Position, later: &Position) {
    total.resets = later.resets;
    for (topic, ranges) in &later.topics {
        let total = total.topics.entry(topic.clone()).or_default();
        for (partition, range) in ranges {
            total.entry(*partition).or_insert(*range).to = range.to;
        }
    }
}
