//! A test that goes step by step, so that what fails is told from what was never tried.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, bounded};
use serde::Serialize;

const TICK: Duration = Duration::from_millis(10);

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Running,
    Passed,
    /// It went on, but somebody should look at it.
    Warned,
    Failed,
    /// Nothing was tried, for the reason that the step says.
    Skipped,
}

/// One step of a test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// A word or two: `DNS`, `TLS`, `Topics`.
    pub name: String,
    pub state: State,
    pub elapsed_ms: f64,
    /// What was found, or what failed and why: one sentence without a full stop.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// What the library or the server said, word for word.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub details: String,
}

/// What a step came to, and what it found in a few words.
#[derive(Debug)]
pub struct Passed<T> {
    pub value: T,
    pub message: String,
    /// Why somebody should look at it all the same, with what to do.
    pub warning: Option<Failure>,
}

impl<T> Passed<T> {
    pub fn new(value: T, message: impl Into<String>) -> Self {
        Self { value, message: message.into(), warning: None }
    }

    #[must_use]
    pub fn warn(self, warning: Failure) -> Self {
        Self { warning: Some(warning), ..self }
    }
}

/// Why a step failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// One sentence without a full stop: what failed and why.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// What the library or the server said, word for word; never alone.
    pub details: String,
}

impl Failure {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    #[must_use]
    pub fn details(self, details: &(impl ToString + ?Sized)) -> Self {
        Self { details: details.to_string(), ..self }
    }
}

/// Runs steps one after the other and tells of each as it starts and as it ends. It is over when a step fails, when
/// it is cancelled, and when its time is up.
pub struct Probe<'a> {
    cancel: Arc<AtomicBool>,
    until: Instant,
    limit: Duration,
    steps: Vec<Step>,
    tell: &'a mut dyn FnMut(&[Step]),
}

impl<'a> Probe<'a> {
    /// `limit`: for all steps together. `tell` is given all steps so far.
    pub fn new(limit: Duration, cancel: Arc<AtomicBool>, tell: &'a mut dyn FnMut(&[Step])) -> Self {
        Self { cancel, until: Instant::now() + limit, limit, steps: Vec::new(), tell }
    }

    /// All steps so far.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether no step failed so far.
    pub fn is_well(&self) -> bool {
        self.steps.iter().all(|step| step.state != State::Failed)
    }

    /// Time that is left.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// The switch that ends the test, for work that looks at it itself.
    pub fn cancel(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.cancel)
    }

    /// Does `work` as the step `name`, on a thread of its own: work that does not come back in time is left behind.
    /// `None`: it failed, and so did the test. `work` is given the time that is left.
    pub fn step<T: Send + 'static>(
        &mut self,
        name: &str,
        work: impl FnOnce(Duration) -> Result<Passed<T>, Failure> + Send + 'static,
    ) -> Option<T> {
        let started = Instant::now();
        self.steps.push(Step {
            name: name.to_owned(),
            state: State::Running,
            elapsed_ms: 0.0,
            message: String::new(),
            hint: String::new(),
            details: String::new(),
        });
        (self.tell)(&self.steps);
        let answer = self.answer(work);
        let (state, text, value) = match answer {
            Ok(Passed { value, message, warning: None }) => {
                (State::Passed, Failure::new(message), Some(value))
            }
            Ok(Passed { value, warning: Some(warning), .. }) => (State::Warned, warning, Some(value)),
            Err(failure) => (State::Failed, failure, None),
        };
        if let Some(step) = self.steps.last_mut() {
            let elapsed_ms = started.elapsed().as_secs_f64() * 1e3;
            let Failure { message, hint, details } = text;
            *step = Step { state, elapsed_ms, message, hint, details, name: std::mem::take(&mut step.name) };
        }
        (self.tell)(&self.steps);
        value
    }

    /// A step that is not tried, and why not.
    pub fn skip(&mut self, name: &str, why: impl Into<String>) {
        self.steps.push(Step {
            name: name.to_owned(),
            state: State::Skipped,
            elapsed_ms: 0.0,
            message: why.into(),
            hint: String::new(),
            details: String::new(),
        });
        (self.tell)(&self.steps);
    }

    fn answer<T: Send + 'static>(
        &self,
        work: impl FnOnce(Duration) -> Result<Passed<T>, Failure> + Send + 'static,
    ) -> Result<Passed<T>, Failure> {
        let cancelled = || Failure::new("the test was cancelled");
        if self.cancel.load(Ordering::Acquire) {
            return Err(cancelled());
        }
        let (send, receive) = bounded(1);
        let left = self.left();
        let thread = thread::Builder::new().name("flowloom-probe".to_owned()).spawn(move || {
            if send.send(work(left)).is_err() {
                tracing::debug!("nobody waits for this step any more");
            }
        });
        if let Err(error) = thread {
            return Err(Failure::new("no thread could be started for this step").details(&error));
        }
        loop {
            match receive.recv_timeout(TICK) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Failure::new(
                        "the step ended without an answer; this is a fault of Flowloom",
                    ));
                }
                Err(RecvTimeoutError::Timeout) if self.cancel.load(Ordering::Acquire) => {
                    return Err(cancelled());
                }
                Err(RecvTimeoutError::Timeout) if self.left().is_zero() => {
                    let limit = self.limit.as_secs_f64();
                    return Err(Failure::new(format!("there was no answer within {limit:.0} s"))
                        .hint("check that host and port are right and that no firewall drops the packets"));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_told_as_they_start_and_as_they_end() {
        let mut told: Vec<Vec<State>> = Vec::new();
        let mut tell = |steps: &[Step]| told.push(steps.iter().map(|step| step.state).collect());
        let mut probe = Probe::new(Duration::from_secs(5), Arc::default(), &mut tell);
        assert_eq!(probe.step("one", |_| Ok(Passed::new(7, "found 7"))), Some(7));
        let old = Failure::new("it is old").hint("renew it");
        assert_eq!(probe.step("two", |_| Ok(Passed::new((), "fine").warn(old))), Some(()));
        probe.skip("three", "nothing to do");
        assert!(probe.is_well());
        let failed: Option<()> = probe.step("four", |_| Err(Failure::new("no").details("E42")));
        assert!(failed.is_none() && !probe.is_well());
        let texts: Vec<_> =
            probe.steps().iter().map(|step| (step.message.as_str(), step.details.as_str())).collect();
        assert_eq!(texts, [("found 7", ""), ("it is old", ""), ("nothing to do", ""), ("no", "E42")]);
        assert_eq!(told[0], [State::Running]);
        assert_eq!(told[1], [State::Passed]);
        assert_eq!(
            told.last().expect("told"),
            &[State::Passed, State::Warned, State::Skipped, State::Failed]
        );
    }

    #[test]
    fn a_stuck_step_ends_with_the_time_and_with_a_cancel() {
        let (hold, stuck) = bounded::<()>(0);
        let wait = |stuck: crossbeam_channel::Receiver<()>| {
            move |_| {
                assert!(stuck.recv().is_err(), "waits until released");
                Ok(Passed::new((), ""))
            }
        };
        let mut tell = |_: &[Step]| ();
        let mut probe = Probe::new(Duration::from_millis(30), Arc::default(), &mut tell);
        assert!(probe.step("slow", wait(stuck.clone())).is_none());
        assert!(probe.steps()[0].message.starts_with("there was no answer within"), "{:?}", probe.steps());
        let cancel = Arc::new(AtomicBool::new(false));
        let mut tell = |_: &[Step]| cancel.store(true, Ordering::Release);
        let mut probe = Probe::new(Duration::from_mins(1), Arc::clone(&cancel), &mut tell);
        assert!(probe.step("slow", wait(stuck)).is_none());
        assert_eq!(probe.steps()[0].message, "the test was cancelled");
        drop(hold);
    }
}
