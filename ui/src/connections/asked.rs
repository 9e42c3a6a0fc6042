//! Something that was asked of the session and is answered later.

use flowloom_flow::Problem;
use flowloom_studio::connections::{Answer, Ask};
use flowloom_studio::{Command, Job, Outcome, Reply, Session};

/// A question under way; a new one takes the place of one that was not answered yet.
#[derive(Default)]
pub(super) struct Asked(Option<Job>);

impl Asked {
    pub(super) fn ask(&mut self, session: &mut Session, ask: Ask) -> Result<(), Vec<Problem>> {
        match session.send(Command::Connections(ask))? {
            Reply::Job(job) => {
                self.forget();
                self.0 = Some(job);
                Ok(())
            }
            _ => Err(vec![Problem::internal("a question about connections is a job")]),
        }
    }

    /// The answer, once.
    pub(super) fn poll(&mut self) -> Option<Result<Answer, Vec<Problem>>> {
        let outcome = self.0.as_ref()?.outcome()?;
        self.0 = None;
        match outcome {
            Outcome::Connections(answer) => Some(Ok(answer)),
            Outcome::Failed(problems) => Some(Err(problems)),
            _ => None,
        }
    }

    /// Nobody waits for the answer any more.
    pub(super) fn forget(&mut self) {
        if let Some(job) = self.0.take() {
            job.cancel().cancel();
        }
    }

    pub(super) fn is_coming(&self) -> bool {
        self.0.is_some()
    }
}
