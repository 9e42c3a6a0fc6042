//! A preview or a run while it goes, and what it leaves.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use flowloom_flow::{Counts, Live, NodeId, Problem, Progress, SourceMetrics, Written};
use flowloom_studio::{
    Job, LiveAsk, NodePreview, Outcome, Preview, Report, RunEvent, RunOutcome, Session, State,
};

use serde_json::{Map, Value as Json};

use super::{Doc, LiveRun, Log, job_of};
use crate::format;

/// What a job is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Of everything above this node and itself; `None`: of every node.
    Preview(Option<NodeId>),
    Run,
    Live(Live),
}

/// A job that goes on.
pub struct Running {
    pub goal: Goal,
    job: Job,
    pub since: Instant,
    /// It was asked to stop; a live run goes on to the next edge.
    is_stopped: bool,
    /// When it was cancelled.
    cancelled: Option<Instant>,
    /// Writers make their rows visible: too late to stop.
    pub is_committing: bool,
    /// Of the nodes as they were when the job began.
    signatures: HashMap<NodeId, u64>,
    pub nodes: HashMap<NodeId, NodeRun>,
    /// Of a live run.
    pub live: Option<LiveRun>,
}

/// What a job said of a node so far.
#[derive(Clone, Debug, Default)]
pub struct NodeRun {
    pub state: Option<State>,
    pub progress: Option<Progress>,
    /// Rows that passed each output port; of a writer: `in`.
    pub rows: BTreeMap<String, u64>,
    pub counts: Option<Counts>,
    pub written: Option<Written>,
    /// Of a source that measures itself.
    pub metrics: Option<SourceMetrics>,
    pub problems: Vec<Problem>,
    pub elapsed_ms: f64,
    /// Start of its part.
    pub(super) began: Option<Instant>,
    /// In a live run: what came before the batch that runs.
    pub(super) before: (Progress, BTreeMap<String, u64>),
}

impl NodeRun {
    /// Records a second so far; `None` before there is a rate.
    pub fn rate(&self) -> Option<f64> {
        let seconds = self.began?.elapsed().as_secs_f64();
        let records =
            self.progress.map_or(0, |progress| progress.records).saturating_sub(self.before.0.records);
        (seconds > 0.05).then(|| records as f64 / seconds)
    }

    /// Time until the source has read everything, at its rate so far.
    pub fn left(&self) -> Option<Duration> {
        let progress = self.progress?;
        let rate = self.rate().filter(|rate| *rate > 0.0)?;
        let open = progress.target?.saturating_sub(progress.records);
        Some(Duration::from_secs_f64(open as f64 / rate))
    }
}

impl Running {
    /// Asks the job to end; it answers within 200 ms unless it is committing. A live run ends between two batches, and
    /// at once when it is asked again.
    pub fn stop(&mut self) {
        self.job.stop();
        self.is_stopped = true;
        if self.job.cancel().is_cancelled() {
            self.cancelled.get_or_insert_with(Instant::now);
        }
    }

    pub fn is_stopping(&self) -> bool {
        self.is_stopped
    }

    /// Nothing more can be asked of it.
    pub fn is_ending(&self) -> bool {
        self.cancelled.is_some()
    }

    /// How much of the reading is done, 0 to 1, where every source knows its end.
    pub fn share(&self) -> Option<f32> {
        let (mut read, mut target) = (0, 0);
        for progress in self.nodes.values().filter_map(|node| node.progress) {
            read += progress.records;
            target += progress.target?;
        }
        (target > 0).then(|| (read as f32 / target as f32).min(1.0))
    }

    /// Records a second of all sources together, while any of them reads.
    pub fn rate(&self) -> Option<f64> {
        let reading = self.nodes.values().filter(|node| node.state == Some(State::Running));
        let rates: Vec<f64> =
            reading.filter(|node| node.progress.is_some()).filter_map(NodeRun::rate).collect();
        (!rates.is_empty()).then(|| rates.iter().sum())
    }

    /// Time until the slowest source is through.
    pub fn left(&self) -> Option<Duration> {
        self.nodes.values().filter_map(NodeRun::left).max()
    }

    /// Takes in the events that have come; what is worth a line goes to `log`.
    fn drain(&mut self, log: &mut Log) {
        let events: Vec<RunEvent> = self.job.events().collect();
        for event in events {
            self.take(event, log);
        }
    }

    fn take(&mut self, event: RunEvent, log: &mut Log) {
        let is_live = self.live.is_some();
        match event {
            RunEvent::State { node, state } => {
                let entry = self.nodes.entry(node).or_default();
                // Between batches a node stays what it came to.
                let is_idle = matches!(state, State::Queued | State::Skipped);
                if is_live && is_idle && entry.state == Some(State::Done) {
                    return;
                }
                if state == State::Running {
                    entry.began.get_or_insert_with(Instant::now);
                }
                entry.state = Some(state);
            }
            RunEvent::Progress { node, progress } => {
                let entry = self.nodes.entry(node).or_default();
                entry.began.get_or_insert_with(Instant::now);
                let before = entry.before.0;
                entry.progress = Some(Progress {
                    records: before.records + progress.records,
                    bytes: before.bytes + progress.bytes,
                    // A live run has no end to be on the way to.
                    target: progress.target.filter(|_| !is_live),
                });
            }
            RunEvent::Rows { node, port, rows } => {
                let entry = self.nodes.entry(node).or_default();
                let before = entry.before.1.get(port).copied().unwrap_or_default();
                entry.rows.insert(port.to_owned(), before + rows);
            }
            RunEvent::Committing => self.is_committing = true,
            RunEvent::Note { problem } => log.problem(problem),
            RunEvent::Measured { node, metrics } => {
                let entry = self.nodes.entry(node).or_default();
                // The totals of a live run follow at the end of the batch.
                if entry.metrics.is_none() || !is_live {
                    entry.metrics = Some(*metrics);
                }
            }
            RunEvent::Phase { phase } => self.take_phase(phase, log),
            RunEvent::Batch { total } => self.take_total(*total, log),
            RunEvent::Finished { .. } => {}
        }
    }
}

impl Doc {
    /// Starts a preview or a run; one that goes on stays.
    pub fn start(&mut self, session: &mut Session, goal: Goal) -> Result<(), Problem> {
        if self.job.is_some() {
            return Ok(());
        }
        let (flow, values) = (self.key, self.values.clone());
        let command = match &goal {
            Goal::Preview(node) => {
                let ask = flowloom_studio::PreviewAsk { node: node.clone(), ..Default::default() };
                flowloom_studio::Command::Preview { flow, ask, values }
            }
            Goal::Run => flowloom_studio::Command::Run { flow, values },
            Goal::Live(live) => flowloom_studio::Command::RunLive { flow, values, live: LiveAsk::new(*live) },
        };
        let Some(job) = job_of(session.send(command))? else { return Ok(()) };
        let what = match &goal {
            Goal::Preview(None) => "Preview started".to_owned(),
            Goal::Preview(Some(node)) => format!("Preview of `{node}` started"),
            Goal::Run => "Run started".to_owned(),
            Goal::Live(live) => format!("Live run started: {}", live.caption()),
        };
        let live = matches!(goal, Goal::Live(_)).then(LiveRun::default);
        self.log.info(what);
        self.job = Some(Running {
            goal,
            job,
            since: Instant::now(),
            is_stopped: false,
            cancelled: None,
            is_committing: false,
            signatures: self.signatures.clone(),
            nodes: HashMap::new(),
            live,
        });
        Ok(())
    }

    /// Takes in what the job said; ends it when there is an outcome.
    pub(super) fn poll_job(&mut self, session: &mut Session) {
        let Some(running) = &mut self.job else { return };
        running.drain(&mut self.log);
        let grace = running.job.grace();
        let is_left = !running.is_committing && running.cancelled.is_some_and(|at| at.elapsed() > grace);
        let Some(outcome) = running.job.outcome().or_else(|| is_left.then_some(Outcome::Cancelled)) else {
            return;
        };
        // Events that came between the last look and the outcome.
        running.drain(&mut self.log);
        let Some(running) = self.job.take() else { return };
        match outcome {
            Outcome::Preview(preview) => self.take_preview(&running, preview),
            Outcome::Run(report) => {
                self.outside.has_run();
                let proposed = self.proposed(&running, &report);
                self.take_report(running, report);
                self.take_proposed(session, proposed);
            }
            Outcome::Failed(problems) => self.take_failure(&running, problems),
            Outcome::Cancelled if running.live.is_some() => {
                self.log.info("Cancelled within a batch; the batches before it are written and committed");
            }
            Outcome::Cancelled => self.log.info("Cancelled; nothing was written and nothing committed"),
            _ => {}
        }
    }

    /// What the run proposes for nodes that are still as they were when it began.
    fn proposed(&self, running: &Running, report: &Report) -> Vec<(NodeId, Map<String, Json>)> {
        let is_same = |id: &NodeId| running.signatures.get(id) == self.signatures.get(id);
        let proposed = report.nodes.iter().filter(|node| !node.proposed.is_empty() && is_same(&node.node));
        proposed.map(|node| (node.node.clone(), node.proposed.clone())).collect()
    }

    /// Gives nodes the settings that a run has proposed, each as one step that can be undone.
    fn take_proposed(&mut self, session: &mut Session, proposed: Vec<(NodeId, Map<String, Json>)>) {
        for (id, new) in proposed {
            let Some(node) = self.flow.nodes.get(&id) else { continue };
            let mut settings = node.settings.clone();
            let keys = new.keys().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            settings.extend(new);
            self.set_settings(session, id.clone(), settings);
            self.log.info_at(
                &id,
                format!("What the run met that was not known is in {keys} now; undo takes it back"),
            );
        }
    }

    fn take_preview(&mut self, running: &Running, preview: Preview) {
        let took = format::millis(preview.elapsed_ms);
        if preview.is_cancelled {
            self.log.info("Preview cancelled");
        } else {
            self.log.info(format!("Preview of {} nodes done in {took}", preview.nodes.len()));
        }
        // What was cut off has not failed: it is as it was before.
        let is_whole = |look: &NodePreview| !preview.is_cancelled || look.state == State::Done;
        for look in preview.nodes.into_iter().filter(is_whole) {
            for problem in &look.problems {
                self.log.problem(problem.clone());
            }
            let Some(signature) = running.signatures.get(&look.node).copied() else { continue };
            self.runs.remove(&look.node);
            self.looks.insert(look.node.clone(), (signature, look));
        }
        if self.shown.is_none() {
            let first = self.selection.first().or_else(|| self.flow.nodes.keys().next()).cloned();
            self.shown = first.map(|id| (id, 0));
        }
    }

    fn take_report(&mut self, mut running: Running, report: Report) {
        self.has_run = true;
        let took = format::millis(report.elapsed_ms);
        let written: u64 = report
            .nodes
            .iter()
            .filter(|node| node.written.is_some())
            .flat_map(|node| node.rows.values())
            .sum();
        let ended = match report.outcome {
            _ if report.live.is_some() => live_ended(&report, written),
            RunOutcome::Live => "Run goes on".to_owned(),
            RunOutcome::Done if written > 0 => {
                format!("Run done in {took}: {} rows written", format::count(written))
            }
            RunOutcome::Done => format!("Run done in {took}: nothing new"),
            RunOutcome::Cancelled => "Run cancelled; nothing was written and nothing committed".to_owned(),
            RunOutcome::Failed => format!("Run failed after {took}"),
        };
        self.log.info(&ended);
        for node in report.nodes {
            let entry = running.nodes.entry(node.node.clone()).or_default();
            entry.state = Some(node.state);
            entry.rows.clone_from(&node.rows);
            entry.counts = node.counts;
            entry.metrics = node.metrics;
            entry.elapsed_ms = node.elapsed_ms;
            entry.problems.clone_from(&node.notes);
            if let Some(written) = node.written {
                self.log.info_at(
                    &node.node,
                    format!("Wrote {} to `{}`", format::bytes(written.bytes), written.to),
                );
                entry.written = Some(written);
            }
            node.notes.into_iter().for_each(|note| self.log.problem(note));
        }
        let why = report.problems.iter().find(|problem| problem.is_error()).cloned();
        for problem in report.problems {
            if let Some(id) = &problem.at.node {
                running.nodes.entry(id.clone()).or_default().problems.push(problem.clone());
            }
            self.log.problem(problem);
        }
        let why = why.filter(|_| report.outcome == RunOutcome::Failed);
        self.ended = Some(Ended { words: ended, why });
        self.keep(running);
    }

    fn take_failure(&mut self, running: &Running, problems: Vec<Problem>) {
        for problem in problems {
            if let Some(id) = problem.at.node.clone()
                && let Some(signature) = running.signatures.get(&id).copied()
            {
                let run = NodeRun {
                    state: Some(State::Failed),
                    problems: vec![problem.clone()],
                    ..NodeRun::default()
                };
                self.runs.insert(id, (signature, run));
            }
            self.log.problem(problem);
        }
    }

    fn keep(&mut self, running: Running) {
        let signatures = running.signatures;
        self.runs.extend(running.nodes.into_iter().filter_map(|(id, run)| {
            let signature = *signatures.get(&id)?;
            Some((id, (signature, run)))
        }));
    }
}

/// How a run has ended.
#[derive(Debug)]
pub struct Ended {
    pub words: String,
    /// The first error of one that failed.
    pub why: Option<Problem>,
}

/// How a live run ended, in words.
fn live_ended(report: &Report, written: u64) -> String {
    let batches = report.live.as_ref().map_or(0, |live| live.batches);
    let noun = if batches == 1 { "batch" } else { "batches" };
    let did = format!("{} {noun}, {} rows written", format::count(batches), format::count(written));
    match report.outcome {
        RunOutcome::Cancelled => format!("Live run cancelled after {did}; its last batch left nothing"),
        RunOutcome::Failed => format!("Live run failed after {did}"),
        RunOutcome::Done | RunOutcome::Live => format!("Live run ended: {did}"),
    }
}
