//! A node as the canvas draws it: what is known of it, in a few words and numbers.

use flowloom_flow::{NodeId, Problem};

use super::{Doc, NodeRun};
use crate::format;
use crate::status::Status;

/// A node at a glance.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeView {
    pub status: Status,
    /// What it does with its settings, or what is wrong with it.
    pub caption: String,
    /// The caption says what is wrong.
    pub is_trouble: bool,
    /// Rows, or the state in words; empty where nothing is known.
    pub left: String,
    /// Time or bytes, afterwards.
    pub right: String,
    /// Rate and time left, while it reads.
    pub pace: String,
    /// 0 to 1 while a source reads towards an end that it knows; a source without an end has none.
    pub progress: Option<f32>,
}

/// `big_orders` as people read it: `Big orders`.
pub fn title_of(id: &NodeId) -> String {
    let text = id.as_str().replace('_', " ");
    format::sentence(&text)
}

impl Doc {
    /// The node's state, from the job that goes on, else from what earlier ones left.
    pub fn status(&self, id: &NodeId) -> Status {
        if let Some(state) = self.job.as_ref().and_then(|job| job.nodes.get(id)).and_then(|node| node.state) {
            return state.into();
        }
        if self.trouble(id).is_some_and(Problem::is_error) {
            return if self.has_failed(id) { Status::Failed } else { Status::Unset };
        }
        let look = self.looks.get(id).map(|(signature, look)| (*signature, Some(look.state)));
        let run = self.runs.get(id).map(|(signature, run)| (*signature, run.state));
        match run.or(look) {
            None => Status::Ready,
            Some((signature, _)) if !self.is_current(id, signature) => Status::Stale,
            Some((_, state)) => state.map_or(Status::Ready, Status::from),
        }
    }

    fn has_failed(&self, id: &NodeId) -> bool {
        self.settings_trouble(id).is_none()
    }

    fn settings_trouble(&self, id: &NodeId) -> Option<&Problem> {
        let problems = &self.made(id)?.problems;
        problems.iter().find(|problem| problem.is_error()).or_else(|| problems.first())
    }

    /// What is wrong with the node as it is now: its settings first, then what its last job said.
    pub fn trouble(&self, id: &NodeId) -> Option<&Problem> {
        let of_job = || {
            let node = self.job.as_ref()?.nodes.get(id)?;
            node.problems.first().filter(|_| node.state == Some(flowloom_studio::State::Failed))
        };
        let of_run = || {
            let (signature, run) = self.runs.get(id)?;
            self.is_current(id, *signature).then(|| run.problems.first()).flatten()
        };
        let of_look = || {
            let (signature, look) = self.looks.get(id)?;
            self.is_current(id, *signature).then(|| look.problems.first()).flatten()
        };
        self.settings_trouble(id).or_else(of_job).or_else(of_run).or_else(of_look)
    }

    /// Everything that is wrong with the node, for hover text.
    pub fn troubles(&self, id: &NodeId) -> Vec<&Problem> {
        let mut all: Vec<&Problem> =
            self.made(id).map(|made| made.problems.iter().collect()).unwrap_or_default();
        if let Some((signature, run)) = self.runs.get(id)
            && self.is_current(id, *signature)
        {
            all.extend(&run.problems);
        } else if let Some((signature, look)) = self.looks.get(id)
            && self.is_current(id, *signature)
        {
            all.extend(look.problems.iter().filter(|problem| !all_has(&all, problem)).collect::<Vec<_>>());
        }
        all
    }

    /// Rows at an output port, as the job that goes on or the last one counted them.
    pub fn rows_at(&self, id: &NodeId, port: &str) -> Option<u64> {
        if let Some(node) = self.job.as_ref().and_then(|job| job.nodes.get(id)) {
            return node.rows.get(port).copied();
        }
        if let Some((_, run)) = self.runs.get(id) {
            return run.rows.get(port).copied();
        }
        let (_, look) = self.looks.get(id)?;
        look.ports.iter().find(|each| each.port == port).map(|each| each.rows.height() as u64)
    }

    /// What a source measured, in the job that goes on or the last run.
    pub fn metrics_of(&self, id: &NodeId) -> Option<&flowloom_flow::SourceMetrics> {
        let now = self.job.as_ref().and_then(|job| job.nodes.get(id));
        now.or_else(|| self.run_of(id))?.metrics.as_ref()
    }

    /// The node at a glance.
    pub fn view(&self, id: &NodeId) -> NodeView {
        let status = self.status(id);
        let trouble = self.trouble(id);
        let caption = match trouble {
            Some(problem) => problem.message.clone(),
            None => self
                .made(id)
                .and_then(|made| made.node.as_ref())
                .map(|node| node.caption())
                .unwrap_or_default(),
        };
        let mut view = NodeView {
            status,
            caption,
            is_trouble: trouble.is_some(),
            left: String::new(),
            right: String::new(),
            pace: String::new(),
            progress: None,
        };
        if let Some(node) = self.job.as_ref().and_then(|job| job.nodes.get(id)) {
            view.while_running(node, status);
        } else if let Some((_, run)) = self.runs.get(id) {
            view.left = rows_of(run);
            view.right = match &run.written {
                Some(written) => format::bytes(written.bytes),
                None if run.elapsed_ms > 0.0 => format::millis(run.elapsed_ms),
                None => String::new(),
            };
        } else if let Some((_, look)) = self.looks.get(id) {
            let rows = look.ports.iter().map(|port| port.rows.height() as u64).sum::<u64>();
            view.left = if look.ports.is_empty() { String::new() } else { format::rows(rows) };
            view.right = if look.is_cached { "cached".to_owned() } else { format::millis(look.elapsed_ms) };
        }
        if status == Status::Queued && view.left.is_empty() {
            "queued".clone_into(&mut view.left);
        }
        view
    }
}

impl NodeView {
    fn while_running(&mut self, node: &NodeRun, status: Status) {
        if let Some(progress) = node.progress {
            self.left = format::count(progress.records);
            self.progress = progress
                .target
                .filter(|target| *target > 0)
                .map(|target| (progress.records as f32 / target as f32).min(1.0));
            if status == Status::Running {
                let rate = node.rate().map(|rate| format!("{}/s", format::short(rate)));
                let left = node
                    .left()
                    .filter(|left| left.as_secs_f32() >= 0.5)
                    .map(|left| format!("{} left", format::duration(left)));
                // The time first: it stays in sight where both do not fit.
                self.pace = left.into_iter().chain(rate).collect::<Vec<_>>().join(", ");
            }
        } else {
            self.left = rows_of(node);
        }
    }
}

fn all_has(all: &[&Problem], problem: &Problem) -> bool {
    all.iter().any(|each| each.message == problem.message)
}

fn rows_of(run: &NodeRun) -> String {
    let mut rows = run.rows.values();
    let first = rows.next().copied();
    first.map_or_else(String::new, |first| format::rows(first + rows.sum::<u64>()))
}
