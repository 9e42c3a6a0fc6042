//! Run history: every run of a flow, from whatever front end, in the store.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use flowloom_engine::{Outcome, Report};
use flowloom_flow::Problem;
use flowloom_store::{NewRun, Owner, Run, Store};

use crate::store;

/// Milliseconds since 1970 UTC.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// A run of the history.
#[derive(Clone, Debug)]
pub struct PastRun {
    pub id: i64,
    /// The flow's name.
    pub flow: String,
    /// Its file, when it had one.
    pub file: Option<PathBuf>,
    /// Milliseconds since 1970 UTC.
    pub started_ms: i64,
    pub elapsed_ms: f64,
    /// `done`, `failed`, `cancelled`; `live`: it goes on; `interrupted`: it went on until its program died.
    pub outcome: String,
    /// Rows, offsets, times and problems of each node; `None`: another version of Flowloom wrote it in other words.
    pub report: Option<Report>,
}

impl PastRun {
    pub(crate) fn of(run: Run) -> Self {
        let report = serde_json::from_str(&run.report);
        let report =
            report.inspect_err(|error| tracing::debug!(run = run.id, %error, "unreadable report")).ok();
        Self {
            id: run.id,
            flow: run.flow,
            file: run.file.map(PathBuf::from),
            started_ms: run.started_ms,
            elapsed_ms: run.elapsed_ms,
            outcome: run.outcome,
            report,
        }
    }
}

/// How long the record of a live run may be behind.
const BEHIND: Duration = Duration::from_secs(10);

/// Remembers a run in the store of `home`, else in the user's. A store that cannot be used costs the history, never the run: it is only logged.
pub(crate) fn remember(home: Option<&Path>, flow: &str, file: Option<&Path>, report: &Report) {
    Record::new(home, flow, file).end(report);
}

/// The record of one run, which is written anew while the run goes on.
pub(crate) struct Record<'a> {
    home: Option<&'a Path>,
    flow: &'a str,
    file: Option<String>,
    /// Once it is in the store.
    id: Option<i64>,
    written: Option<Instant>,
    /// Tells others that the run goes on, as long as this process lives.
    owner: Option<Owner>,
}

impl<'a> Record<'a> {
    pub(crate) fn new(home: Option<&'a Path>, flow: &'a str, file: Option<&Path>) -> Self {
        Self {
            home,
            flow,
            file: file.map(|path| path.display().to_string()),
            id: None,
            written: None,
            owner: None,
        }
    }

    /// Writes what is so far, unless it was written a moment ago.
    pub(crate) fn follow(&mut self, report: &Report) {
        if self.written.is_none_or(|at| at.elapsed() >= BEHIND) {
            self.write(report, true);
        }
    }

    /// Writes it as it has ended.
    pub(crate) fn end(&mut self, report: &Report) {
        self.write(report, false);
        self.owner = None;
    }

    fn write(&mut self, report: &Report, goes_on: bool) {
        self.written = Some(Instant::now());
        let home = self.home.map_or_else(Store::home, |home| Ok(home.to_owned()));
        let kept = home.and_then(|home| store::open(&home)).and_then(|store| {
            if goes_on && self.owner.is_none() {
                self.owner = Some(Owner::new(store.folder())?);
            }
            let owner = self.owner.as_ref().filter(|_| goes_on);
            let run = NewRun {
                flow: self.flow,
                file: self.file.as_deref(),
                started_ms: now_ms() - report.elapsed_ms as i64,
                elapsed_ms: report.elapsed_ms,
                outcome: match report.outcome {
                    Outcome::Done => "done",
                    Outcome::Failed => "failed",
                    Outcome::Cancelled => "cancelled",
                    Outcome::Live => "live",
                },
                report: &serde_json::to_string(report).unwrap_or_default(),
                owner: owner.map(Owner::token),
            };
            match self.id {
                Some(id) => store.replace_run(id, &run).map(|()| id),
                None => store.add_run(&run),
            }
        });
        match kept {
            Ok(id) => self.id = Some(id),
            Err(error) => tracing::warn!("this run is not in the history: {error}"),
        }
    }
}

/// The newest runs, newest first.
pub fn runs(limit: u32) -> Result<Vec<Run>, Problem> {
    Store::home()
        .and_then(|home| store::open(&home)?.runs(limit))
        .map_err(|error| Problem::external(error.to_string()).source(error))
}

/// The folder of this person's data: `FLOWLOOM_HOME`, else the platform's.
pub fn home() -> Result<PathBuf, Problem> {
    Store::home().map_err(|error| Problem::external(error.to_string()).source(error))
}

/// [`runs`] with their reports read, for whoever shows them node by node. Reads the disk: not in a frame.
pub fn past_runs(limit: u32) -> Result<Vec<PastRun>, Problem> {
    Ok(runs(limit)?.into_iter().map(PastRun::of).collect())
}
