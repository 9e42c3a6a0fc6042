//! Work in the background, with events on the way and one outcome.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use flowloom_codegen::Project;
use flowloom_engine::{Events, Preview, Report, RunEvent};
use flowloom_flow::{Cancel, Compiled, Inferred, Problem, Reset, Standing, Suggestion, ValueFacts};

use crate::connections;
use crate::flow_file::FlowFile;

/// How long a cancelled job may take to stop by itself before it is left behind; it is told to the user
/// as cancelled within 200 ms either way.
const GRACE: Duration = Duration::from_millis(150);
/// As [`GRACE`], for a live run: what its earlier batches wrote is worth waiting for its record.
const LIVE_GRACE: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(20);
/// Events that wait for a slow reader; progress beyond it is left out.
const EVENTS: usize = 4_096;

/// What a job came to.
#[derive(Debug)]
pub enum Outcome {
    Run(Report),
    Preview(Preview),
    /// Settings that were found outside, and what a sample says of them.
    Inferred(Inferred),
    /// Values that a setting may take; none where its kind knows none.
    Suggested(Vec<Suggestion>),
    /// How far a source is.
    Standing(Standing),
    /// What a reset did or would do.
    Reset(Reset),
    /// What is known of some values of a setting; nothing where its kind knows no more than their names.
    Facts(ValueFacts),
    /// What is wrong with the flow stands on its nodes.
    Compiled(Arc<Compiled>),
    /// A program that was not written yet.
    Project(Project),
    /// Files of a program that were written.
    Exported(Vec<PathBuf>),
    /// A flow that was read, for [`crate::Command::Adopt`], with what its file should be told.
    Loaded {
        file: FlowFile,
        warnings: Vec<Problem>,
    },
    /// A flow that was written, for [`crate::Command::MarkSaved`].
    Stored(FlowFile),
    /// What was asked about connections.
    Connections(connections::Answer),
    /// The job came to nothing: what it needs of the outside was not to be had.
    Failed(Vec<Problem>),
    /// Cancelled before it came to anything. Nothing was written and nothing committed.
    Cancelled,
}

/// A job in the background. Dropping it leaves the work to finish unwatched; cancel it first to end it.
pub struct Job {
    events: Receiver<RunEvent>,
    outcome: Receiver<Outcome>,
    /// Closed when the worker has cleaned up after itself.
    ended: Receiver<()>,
    cancel: Cancel,
    /// It has edges to stop at.
    is_live: bool,
}

impl Job {
    /// Starts `work` on a thread of its own.
    pub(crate) fn start(
        name: &str,
        work: impl FnOnce(&Cancel, &Events) -> Outcome + Send + 'static,
    ) -> Result<Self, Problem> {
        Self::spawn(name, false, work)
    }

    /// As [`Job::start`], of work that goes from batch to batch and listens to [`Cancel::is_stopped`].
    pub(crate) fn start_live(
        name: &str,
        work: impl FnOnce(&Cancel, &Events) -> Outcome + Send + 'static,
    ) -> Result<Self, Problem> {
        Self::spawn(name, true, work)
    }

    fn spawn(
        name: &str,
        is_live: bool,
        work: impl FnOnce(&Cancel, &Events) -> Outcome + Send + 'static,
    ) -> Result<Self, Problem> {
        let (events, received) = Events::channel(EVENTS);
        let (sender, outcome) = bounded(1);
        let (end, ended) = bounded::<()>(0);
        let cancel = Cancel::default();
        let token = cancel.clone();
        std::thread::Builder::new()
            .name(format!("flowloom-{name}"))
            .spawn(move || {
                report(&sender, work(&token, &events));
                drop(end);
            })
            .map_err(|error| Problem::external("no thread could be started for the job").source(error))?;
        Ok(Self { events: received, outcome, ended, cancel, is_live })
    }

    /// The switch that ends this job.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// A way to end this job from elsewhere, such as a signal's handler.
    pub fn stopper(&self) -> Stopper {
        Stopper { cancel: self.cancel.clone(), is_live: self.is_live }
    }

    /// Ends a live run at the next edge between batches, and anything else at once; a second time everything at once.
    pub fn stop(&self) {
        self.stopper().stop();
    }

    /// How long after its cancel this job is waited for.
    pub fn grace(&self) -> Duration {
        if self.is_live { LIVE_GRACE } else { GRACE }
    }

    /// Events so far; never blocks.
    pub fn events(&self) -> impl Iterator<Item = RunEvent> + '_ {
        self.events.try_iter()
    }

    /// The outcome, once there is one; never blocks.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome.try_recv().ok()
    }

    /// Waits for the outcome and hands on events meanwhile. A cancelled job is answered within 200 ms, a live run
    /// within 5 s, unless its writers are committing: then the answer is what became of that.
    pub fn wait(&self, mut on_event: impl FnMut(RunEvent)) -> Outcome {
        let mut cancelled_at = None;
        let mut is_committing = false;
        loop {
            let result = self.events.recv_timeout(TICK);
            match result {
                Ok(event) => {
                    match &event {
                        RunEvent::Committing => is_committing = true,
                        RunEvent::Phase { .. } => is_committing = false,
                        _ => {}
                    }
                    on_event(event);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return self.outcome.recv().unwrap_or_else(|_| died());
                }
            }
            if self.cancel.is_cancelled() && !is_committing {
                let since = *cancelled_at.get_or_insert_with(Instant::now);
                if since.elapsed() >= self.grace() {
                    return self.outcome.try_recv().unwrap_or(Outcome::Cancelled);
                }
            }
        }
    }

    /// Gives a job that was left behind `within` to clean up; whether it did.
    pub fn settle(&self, within: Duration) -> bool {
        matches!(self.ended.recv_timeout(within), Err(RecvTimeoutError::Disconnected))
    }
}

/// Ends a job: [`Job::stop`].
#[derive(Clone, Debug)]
pub struct Stopper {
    cancel: Cancel,
    is_live: bool,
}

impl Stopper {
    /// See [`Job::stop`]; whether the batch that runs is let to its end.
    pub fn stop(&self) -> bool {
        if self.is_live {
            self.cancel.stop();
        } else {
            self.cancel.cancel();
        }
        !self.cancel.is_cancelled()
    }

    /// Nothing more can be asked of the job.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }
}

fn report(sender: &Sender<Outcome>, outcome: Outcome) {
    if sender.try_send(outcome).is_err() {
        tracing::debug!("nobody waits for this job");
    }
}

fn died() -> Outcome {
    Outcome::Failed(vec![Problem::internal("the job ended without an answer")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stuck_job_is_answered_within_200_ms() {
        let (release, stuck) = bounded::<()>(0);
        let job = Job::start("stuck", move |_, _| {
            assert!(stuck.recv().is_err(), "waits until released");
            Outcome::Inferred(Inferred::default())
        })
        .expect("thread");
        job.cancel().cancel();
        let start = Instant::now();
        assert!(matches!(job.wait(|_| ()), Outcome::Cancelled));
        assert!(start.elapsed() < Duration::from_millis(200), "{:?}", start.elapsed());
        drop(release);
        assert!(job.settle(Duration::from_secs(5)), "it cleans up in the end");
    }

    #[test]
    fn a_live_job_is_stopped_first_and_cancelled_then() {
        let job = Job::start_live("live", |cancel, _| {
            assert!(cancel.wait(Duration::from_mins(1)) && !cancel.is_cancelled());
            Outcome::Inferred(Inferred::default())
        })
        .expect("thread");
        job.stop();
        assert!(matches!(job.wait(|_| ()), Outcome::Inferred(_)));
        assert!(!job.stopper().is_cancelled());
        job.stop();
        assert!(job.stopper().is_cancelled());
        let once = Job::start("once", |_, _| Outcome::Cancelled).expect("thread");
        once.stop();
        assert!(once.stopper().is_cancelled(), "there is no edge to wait for");
    }

    #[test]
    fn a_commit_is_waited_for() {
        let (release, committing) = bounded::<()>(0);
        let job = Job::start("commit", move |_, events| {
            events.send(RunEvent::Committing);
            assert!(committing.recv().is_err(), "waits until released");
            Outcome::Inferred(Inferred::default())
        })
        .expect("thread");
        job.cancel().cancel();
        let mut release = Some(release);
        let outcome = job.wait(|event| {
            if matches!(event, RunEvent::Committing) {
                release.take();
            }
        });
        assert!(matches!(outcome, Outcome::Inferred(_)));
    }
}
