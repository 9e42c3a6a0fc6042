//! A live run as the window sees it.

use std::time::SystemTime;

use flowloom_studio::{Phase, Report};

use super::{Log, NodeRun, Running};
use crate::format;

/// What a live run said of itself.
#[derive(Clone, Debug, Default)]
pub struct LiveRun {
    pub phase: Option<Phase>,
    /// Batches with something new.
    pub batches: u64,
    /// Records of all batches that are over.
    pub read: u64,
}

impl LiveRun {
    /// What it is at, for the status bar.
    pub fn words(&self) -> String {
        let batches = if self.batches == 1 { "batch" } else { "batches" };
        let done = || format!("{} {batches}, {} read", format::count(self.batches), format::count(self.read));
        match &self.phase {
            None => "starting".to_owned(),
            Some(Phase::Batch { number }) => {
                format!("batch {}, {} read before it", format::count(*number), format::count(self.read))
            }
            Some(Phase::Waiting { until_ms, pending }) => {
                let pending = pending.map(|pending| format!(", {} wait", format::count(pending)));
                let next = until_ms.map(|until| format!(", next at {}", clock(until)));
                [done(), pending.unwrap_or_default(), next.unwrap_or_default()].concat()
            }
            Some(Phase::BackingOff { problem, until_ms, .. }) => {
                format!("tries again at {}: {}", clock(*until_ms), problem.message)
            }
        }
    }
}

/// `10:42:07` here, of milliseconds since 1970 UTC.
pub(super) fn clock(ms: i64) -> String {
    let at = SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(ms.max(0) as u64);
    let text = format::clock(at);
    text.split('.').next().unwrap_or(&text).to_owned()
}

impl Running {
    /// The run comes to another stage.
    pub(super) fn take_phase(&mut self, phase: Phase, log: &mut Log) {
        self.is_committing = false;
        if let Phase::BackingOff { problem, until_ms, .. } = &phase {
            log.problem(problem.clone().warning());
            log.info(format!("The next attempt is at {}", clock(*until_ms)));
            if let Some(id) = &problem.at.node {
                self.nodes.entry(id.clone()).or_default().problems = vec![problem.clone()];
            }
        }
        self.live.get_or_insert_default().phase = Some(phase);
    }

    /// What all batches add up to.
    pub(super) fn take_total(&mut self, total: Report, log: &mut Log) {
        let live = self.live.get_or_insert_default();
        let batches = total.live.as_ref().map_or(0, |facts| facts.batches);
        let read = total.nodes.iter().filter_map(|node| node.counts).map(|counts| counts.read).sum::<u64>();
        if batches > live.batches {
            let new = format::count(read.saturating_sub(live.read));
            log.info(format!("Batch {} is over: {new} read", format::count(batches)));
        }
        (live.batches, live.read) = (batches, read);
        for node in total.nodes {
            let entry = self.nodes.entry(node.node).or_default();
            entry.state = Some(node.state);
            entry.rows = node.rows;
            entry.counts = node.counts;
            entry.written = node.written;
            entry.metrics = node.metrics;
            entry.elapsed_ms = node.elapsed_ms;
            entry.problems = node.notes;
            entry.progress = node.counts.and_then(|counts| counts.progress());
            entry.begin_batch();
        }
    }
}

impl NodeRun {
    /// What comes next is added to what is there.
    fn begin_batch(&mut self) {
        self.began = None;
        self.before = (self.progress.unwrap_or_default(), self.rows.clone());
    }
}
