//! A live run: the same bounded batch again and again, each by the protocol of a run, until somebody stops it.
//!
//! A batch plans anew, so new partitions and topics are found. Trouble that may pass is waited out; what the user
//! must mend ends the run. Nothing grows with the number of batches.

mod total;
mod wait;

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use flowloom_flow::{Cancel, Compiled, Domain, Host, Live, Position, Problem};
use serde::{Deserialize, Serialize};

use crate::event::{Events, NodeReport, Outcome, Report, RunEvent};
use crate::run::{Ended, GoOn, batch};
use total::Total;
use wait::Waiting;

/// How a live run goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveAsk {
    pub trigger: Live,
    /// It ends after so many batches; those that found nothing new do not count.
    pub batches: Option<u64>,
    /// The first wait after trouble; each next one is twice as long.
    pub back_off: Duration,
    /// No wait after trouble is longer.
    pub back_off_most: Duration,
    /// How often the sources are asked what waits.
    pub look_every: Duration,
}

impl LiveAsk {
    /// Until it is stopped; after trouble 1 s to 60 s, what waits once a second.
    pub fn new(trigger: Live) -> Self {
        Self {
            trigger,
            batches: None,
            back_off: Duration::from_secs(1),
            back_off_most: Duration::from_mins(1),
            look_every: Duration::from_secs(1),
        }
    }

    /// How long to wait after this many failures in a row, from 1.
    pub(crate) fn wait_after(&self, failures: u32) -> Duration {
        let doubled = self.back_off.saturating_mul(1 << (failures - 1).min(20));
        doubled.min(self.back_off_most)
    }
}

/// What a live run is at. Times are milliseconds since 1970 UTC.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// A batch reads and writes; counted from 1.
    Batch { number: u64 },
    /// For its trigger.
    Waiting {
        /// When the interval is over.
        until_ms: Option<i64>,
        /// Messages that wait, where somebody asks for them.
        pending: Option<u64>,
    },
    /// An attempt failed, and the next one is at `until_ms`.
    BackingOff { problem: Problem, until_ms: i64, failures: u32 },
}

/// What is told of a live run beside what its batches add up to. Times are milliseconds since 1970 UTC.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LiveFacts {
    /// Batches with something new.
    pub batches: u64,
    /// Batches that found nothing new.
    pub empty: u64,
    /// Attempts that failed.
    pub failures: u64,
    /// When the last batch with something new was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_batch_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_problem: Option<Problem>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_problem_ms: Option<i64>,
}

/// Runs batches of `compiled` until `cancel` is stopped or cancelled, `ask.batches` is reached, or a problem needs the
/// user. `keep` is called after each attempt with all of them together; its outcome is then [`Outcome::Live`].
///
/// A stop lets the batch that runs end and is no failure. A cancel ends it as it ends a run: nothing is half committed.
pub fn live(
    compiled: &Compiled,
    host: &dyn Host,
    ask: &LiveAsk,
    cancel: &Cancel,
    events: &Events,
    keep: &mut dyn FnMut(&Report),
) -> Report {
    let mut run = Run {
        compiled,
        host,
        ask,
        cancel,
        events,
        total: Total::new(compiled),
        go_on: GoOn::default(),
        failures: 0,
        waiting: Waiting::default(),
    };
    let (outcome, problems) = match fits(compiled) {
        Err(problem) => (Outcome::Failed, vec![problem]),
        Ok(()) => run.until_over(keep),
    };
    let report = run.total.finish(outcome, problems);
    events.send(RunEvent::Finished { report: report.clone() });
    report
}

/// A source that has an end does not go on, and a writer that replaces would keep the rows of the last batch alone.
fn fits(compiled: &Compiled) -> Result<(), Problem> {
    for (i, made) in compiled.nodes.iter().enumerate() {
        let Some(node) = &made.node else { continue };
        if !node.goes_on().map_err(|problem| problem.at_node(&made.id))? {
            continue;
        }
        if let Some(writer) = compiled.forgetful_below(i) {
            let what = format!("each batch of a live run would replace what `{}` wrote before", writer.id);
            return Err(Problem::user(what).hint("let it append to a folder").at_node(&writer.id));
        }
    }
    Ok(())
}

struct Run<'a> {
    compiled: &'a Compiled,
    host: &'a dyn Host,
    ask: &'a LiveAsk,
    cancel: &'a Cancel,
    events: &'a Events,
    total: Total,
    go_on: GoOn,
    /// In a row.
    failures: u32,
    waiting: Waiting,
}

/// What an attempt, or a look at what waits, came to.
enum Next {
    Go,
    BackOff(Problem),
    Over(Outcome, Vec<Problem>),
}

impl Run<'_> {
    fn until_over(&mut self, keep: &mut dyn FnMut(&Report)) -> (Outcome, Vec<Problem>) {
        loop {
            let began = Instant::now();
            let number = self.total.facts().batches + 1;
            self.phase(Phase::Batch { number });
            let (next, has_news) = self.attempt();
            keep(self.total.so_far());
            let next = match next {
                Next::Go if !self.cancel.is_stopped() => self.wait(began, has_news),
                other => other,
            };
            match next {
                Next::Go => {}
                Next::BackOff(problem) => {
                    let wait = self.back_off(problem);
                    keep(self.total.so_far());
                    self.cancel.wait(wait);
                }
                Next::Over(outcome, problems) => return (outcome, problems),
            }
            if self.cancel.is_stopped() {
                let outcome = if self.cancel.is_cancelled() { Outcome::Cancelled } else { Outcome::Done };
                return (outcome, Vec::new());
            }
        }
    }

    /// One batch, and whether it had anything new.
    fn attempt(&mut self) -> (Next, bool) {
        let Ended { report, has_news, half } =
            batch(self.compiled, self.host, Some(&self.go_on), self.cancel, self.events);
        self.go_on.half = half;
        self.total.add(&report, has_news);
        self.events.send(RunEvent::Batch { total: Box::new(self.total.so_far().clone()) });
        let next = match report.outcome {
            Outcome::Done | Outcome::Live => {
                self.failures = 0;
                for node in &report.nodes {
                    if let Some(position) = ended(node) {
                        self.go_on.ended.insert(node.node.clone(), position);
                    }
                }
                let is_last = self.ask.batches.is_some_and(|most| self.total.facts().batches >= most);
                if is_last { Next::Over(Outcome::Done, Vec::new()) } else { Next::Go }
            }
            Outcome::Cancelled => Next::Over(Outcome::Cancelled, Vec::new()),
            Outcome::Failed => match report.problems.iter().find(|problem| !self.may_pass(problem)) {
                None if report.began => {
                    let first = report.problems.into_iter().next();
                    Next::BackOff(
                        first.unwrap_or_else(|| Problem::internal("a batch failed without a reason")),
                    )
                }
                _ => Next::Over(Outcome::Failed, report.problems),
            },
        };
        (next, has_news)
    }

    /// Whether to try again by ourselves. What is mostly a slip of the user's passes where it went well before, if it
    /// is of a kind that may: a name that has no address while a network is down.
    fn may_pass(&self, problem: &Problem) -> bool {
        let has_worked = !self.go_on.ended.is_empty() || self.total.has_batches();
        match problem.domain {
            Domain::External => true,
            Domain::Internal => problem.retry,
            Domain::User => problem.retry && has_worked,
        }
    }

    /// Says what failed and when the next attempt is; how long to wait for it.
    fn back_off(&mut self, problem: Problem) -> Duration {
        self.failures = self.failures.saturating_add(1);
        self.total.failed(problem.clone());
        // What was connected may be what is broken.
        self.waiting.forget();
        let wait = self.ask.wait_after(self.failures);
        let until_ms = now_ms() + wait.as_millis() as i64;
        self.phase(Phase::BackingOff { problem, until_ms, failures: self.failures });
        wait
    }

    fn phase(&self, phase: Phase) {
        self.events.send(RunEvent::Phase { phase });
    }
}

/// Where a source stands after a batch; `None`: it has no offsets.
fn ended(node: &NodeReport) -> Option<Position> {
    match (&node.metrics, &node.offsets) {
        (Some(metrics), _) if !metrics.partitions.is_empty() => Some(metrics.position()),
        (_, Some(offsets)) => {
            let mut ended = offsets.clone();
            for range in ended.topics.values_mut().flat_map(BTreeMap::values_mut) {
                range.from = range.to;
            }
            Some(ended)
        }
        _ => None,
    }
}

/// Milliseconds since 1970 UTC.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
