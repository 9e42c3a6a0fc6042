//! What a job says while it goes, and what it says at the end. Badges, progress bars, command line and
//! history all read the same events.

use std::collections::BTreeMap;

use crossbeam_channel::{Receiver, Sender};
use flowloom_flow::{Batch, Counts, NodeId, Position, Problem, Progress, SourceMetrics, Written};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::live::{LiveFacts, Phase};

/// Where a node is in a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Queued,
    Running,
    Done,
    Failed,
    /// A node above it failed.
    Blocked,
    /// The job did not need it: no writer below it, or nothing new above it.
    Skipped,
}

/// One thing that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    State {
        node: NodeId,
        state: State,
    },
    /// How far a source has read. The last one, before [`State::Done`], is exact.
    Progress {
        node: NodeId,
        progress: Progress,
    },
    /// Rows that have passed an output port so far.
    Rows {
        node: NodeId,
        port: &'static str,
        rows: u64,
    },
    /// Writers make their rows visible from now on: too late to cancel.
    Committing,
    /// A warning that does not end the job.
    Note {
        problem: Problem,
    },
    /// What a source measured of the batch that it has read.
    Measured {
        node: NodeId,
        metrics: Box<SourceMetrics>,
    },
    /// A live run comes to its next stage.
    Phase {
        phase: Phase,
    },
    /// An attempt of a live run is over; all of them together.
    Batch {
        total: Box<Report>,
    },
    /// The job is over; nothing follows.
    Finished {
        report: Report,
    },
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Done,
    Failed,
    Cancelled,
    /// A live run that goes on: its record so far.
    Live,
}

/// A run's record; the history keeps it as JSON and reads it back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    pub outcome: Outcome,
    /// The flow was right, so the run began; otherwise `problems` says what is wrong with the flow.
    pub began: bool,
    /// In topological order.
    pub nodes: Vec<NodeReport>,
    /// What went wrong; empty when `outcome` is done.
    pub problems: Vec<Problem>,
    /// What the sources read.
    pub batch: Batch,
    /// The batch had been committed by some writer in an earlier run, which died before its offsets were.
    pub repeated: bool,
    pub elapsed_ms: f64,
    /// Of a live run; its nodes add up all batches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live: Option<Box<LiveFacts>>,
}

/// One node's part of a [`Report`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeReport {
    pub node: NodeId,
    pub kind: String,
    pub state: State,
    /// Rows of each output port; of a writer: the rows that it took, under `in`.
    pub rows: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<Counts>,
    /// Offsets that a source read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offsets: Option<Position>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<Written>,
    /// Of a source that measures itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<SourceMetrics>,
    /// Source: its read. Other nodes: from its first batch of rows to its last. Milliseconds.
    pub elapsed_ms: f64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Problem>,
    /// Settings that the node had better have from now on: fields that its records have gained.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub proposed: Map<String, Value>,
}

impl NodeReport {
    /// A node that nothing is known of yet.
    pub(crate) fn new(node: NodeId, kind: String) -> Self {
        Self {
            node,
            kind,
            state: State::Skipped,
            rows: BTreeMap::new(),
            counts: None,
            offsets: None,
            written: None,
            metrics: None,
            elapsed_ms: 0.0,
            notes: Vec::new(),
            proposed: Map::new(),
        }
    }
}

/// The sending end of a job's events; the channel is bounded.
#[derive(Clone)]
pub struct Events(Sender<RunEvent>);

impl Events {
    /// A channel that holds `capacity` events.
    pub fn channel(capacity: usize) -> (Self, Receiver<RunEvent>) {
        let (sender, receiver) = crossbeam_channel::bounded(capacity);
        (Self(sender), receiver)
    }

    /// Waits for room; a job goes on when nobody listens any more.
    pub fn send(&self, event: RunEvent) {
        if self.0.send(event).is_err() {
            tracing::debug!("nobody listens to this job");
        }
    }

    /// Leaves the event out when the channel is full: a newer one follows.
    pub fn offer(&self, event: RunEvent) {
        if self.0.try_send(event).is_err() {
            tracing::trace!("progress left out");
        }
    }

    pub fn state(&self, node: &NodeId, state: State) {
        self.send(RunEvent::State { node: node.clone(), state });
    }
}
