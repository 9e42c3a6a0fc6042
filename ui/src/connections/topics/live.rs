//! Messages that were found, or that come while somebody looks.

use std::collections::VecDeque;
use std::ops::Range;

use flowloom_flow::Problem;
use flowloom_studio::connections::{Ask, Live, PeekAsk, Seen, Show};
use flowloom_studio::{Command, Job, Outcome, Reply, Session};

/// A tail that goes on, or has ended.
pub(super) struct Tail {
    job: Option<Job>,
    messages: Live<VecDeque<Seen>>,
}

impl Tail {
    pub(super) fn start(
        session: &mut Session,
        connection: String,
        peek: PeekAsk,
        show: Show,
    ) -> Result<Self, Vec<Problem>> {
        match session.send(Command::Connections(Ask::Tail { connection, peek, show }))? {
            Reply::Tail { job, messages } => Ok(Self { job: Some(job), messages }),
            _ => Err(vec![Problem::internal("a tail of messages shows them")]),
        }
    }

    /// Why it has ended by itself.
    pub(super) fn poll(&mut self) -> Option<Vec<Problem>> {
        let outcome = self.job.as_ref()?.outcome()?;
        self.job = None;
        match outcome {
            Outcome::Failed(problems) => Some(problems),
            _ => Some(Vec::new()),
        }
    }

    /// Whether messages may still come.
    pub(super) fn is_running(&self) -> bool {
        self.job.is_some()
    }

    pub(super) fn count(&self) -> usize {
        self.messages.lock().len()
    }

    /// These of the messages, the newest first.
    pub(super) fn get(&self, rows: Range<usize>) -> Vec<Seen> {
        let messages = self.messages.lock();
        messages.iter().rev().skip(rows.start).take(rows.len()).cloned().collect()
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        if let Some(job) = &self.job {
            job.cancel().cancel();
        }
    }
}
