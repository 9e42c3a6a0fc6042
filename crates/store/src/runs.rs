//! The table of runs: what ran, when, and how it ended.

use std::path::Path;

use rusqlite::{Row, params};

use crate::owner::has_died;
use crate::{Error, Store};

pub(crate) const CREATE: &str = "
CREATE TABLE runs (
    id         INTEGER PRIMARY KEY,
    flow       TEXT NOT NULL,
    file       TEXT,
    started_ms INTEGER NOT NULL,
    elapsed_ms REAL NOT NULL,
    outcome    TEXT NOT NULL,
    report     TEXT NOT NULL
) STRICT;
CREATE INDEX runs_started ON runs (started_ms);
";

/// Who is at it, while it goes on.
pub(crate) const ADD_OWNER: &str = "ALTER TABLE runs ADD COLUMN owner TEXT";

/// What a live run has come to whose process died.
const INTERRUPTED: &str = "interrupted";

/// Runs that are kept; the oldest go first.
const KEPT: i64 = 1_000;

/// A run to remember.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRun<'a> {
    /// The flow's name.
    pub flow: &'a str,
    /// Its file, when it has one.
    pub file: Option<&'a str>,
    /// Milliseconds since 1970 UTC.
    pub started_ms: i64,
    pub elapsed_ms: f64,
    /// `done`, `failed`, `cancelled`, `live`.
    pub outcome: &'a str,
    /// The whole report, as JSON.
    pub report: &'a str,
    /// Token of the [`Owner`](crate::Owner) in whose process it goes on; `None`: it is over.
    pub owner: Option<&'a str>,
}

/// A run as it was remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub id: i64,
    pub flow: String,
    pub file: Option<String>,
    pub started_ms: i64,
    pub elapsed_ms: f64,
    /// As it was remembered; `interrupted`: it was `live`, and its process died.
    pub outcome: String,
    pub report: String,
}

impl Run {
    fn of(row: &Row<'_>, folder: &Path) -> rusqlite::Result<Self> {
        let outcome: String = row.get("outcome")?;
        let owner: Option<String> = row.get("owner")?;
        let is_over = || owner.is_none_or(|owner| has_died(folder, &owner));
        let outcome = if outcome == "live" && is_over() { INTERRUPTED.to_owned() } else { outcome };
        Ok(Self {
            id: row.get("id")?,
            flow: row.get("flow")?,
            file: row.get("file")?,
            started_ms: row.get("started_ms")?,
            elapsed_ms: row.get("elapsed_ms")?,
            outcome,
            report: row.get("report")?,
        })
    }
}

impl Store {
    /// Remembers a run; its number.
    pub fn add_run(&self, run: &NewRun<'_>) -> Result<i64, Error> {
        self.with(|connection| {
            let change = connection.transaction()?;
            change.execute(
                "INSERT INTO runs (flow, file, started_ms, elapsed_ms, outcome, report, owner)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    run.flow,
                    run.file,
                    run.started_ms,
                    run.elapsed_ms,
                    run.outcome,
                    run.report,
                    run.owner
                ],
            )?;
            let id = change.last_insert_rowid();
            change.execute("DELETE FROM runs WHERE id <= ?1", [id - KEPT])?;
            change.commit()?;
            Ok(id)
        })
    }

    /// What a run that goes on has come to; one that is no longer kept is forgotten.
    pub fn replace_run(&self, id: i64, run: &NewRun<'_>) -> Result<(), Error> {
        self.with(|connection| {
            connection.execute(
                "UPDATE runs SET elapsed_ms = ?2, outcome = ?3, report = ?4, owner = ?5 WHERE id = ?1",
                params![id, run.elapsed_ms, run.outcome, run.report, run.owner],
            )?;
            Ok(())
        })
    }

    /// The newest `limit` runs, newest first.
    pub fn runs(&self, limit: u32) -> Result<Vec<Run>, Error> {
        self.with(|connection| {
            let mut query = connection.prepare("SELECT * FROM runs ORDER BY id DESC LIMIT ?1")?;
            query.query_map([limit], |row| Run::of(row, self.folder()))?.collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Owner;

    fn run(flow: &str) -> NewRun<'_> {
        NewRun {
            flow,
            file: None,
            started_ms: 1,
            elapsed_ms: 2.5,
            outcome: "done",
            report: "{}",
            owner: None,
        }
    }

    #[test]
    fn runs_come_back_newest_first_and_survive_a_reopen() {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(folder.path()).expect("store");
        for flow in ["a", "b", "c"] {
            store.add_run(&run(flow)).expect("added");
        }
        drop(store);
        let runs = Store::open(folder.path()).and_then(|store| store.runs(2)).expect("runs");
        assert_eq!(runs.iter().map(|run| run.flow.as_str()).collect::<Vec<_>>(), ["c", "b"]);
        assert!((runs[0].elapsed_ms - 2.5).abs() < f64::EPSILON);
    }

    #[test]
    fn a_run_that_goes_on_stays_one_record() {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(folder.path()).expect("store");
        let owner = Owner::new(folder.path()).expect("owner");
        let live = NewRun { outcome: "live", owner: Some(owner.token()), ..run("a") };
        let id = store.add_run(&live).expect("added");
        store.add_run(&run("b")).expect("added");
        let outcome = || store.runs(9).expect("runs").pop().expect("the first").outcome;
        assert_eq!(outcome(), "live");
        drop(owner);
        assert_eq!(outcome(), "interrupted", "its process is gone");
        let over = NewRun { outcome: "done", elapsed_ms: 9.0, report: "[]", started_ms: 7, ..run("a") };
        store.replace_run(id, &over).expect("replaced");
        let runs = store.runs(9).expect("runs");
        let first = runs.iter().find(|run| run.id == id).expect("it is there");
        assert_eq!((first.outcome.as_str(), first.report.as_str(), first.started_ms), ("done", "[]", 1));
        assert_eq!(runs.len(), 2);
    }

    #[test]
    fn old_runs_are_forgotten() {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(folder.path()).expect("store");
        for _ in 0..KEPT + 5 {
            store.add_run(&run("a")).expect("added");
        }
        assert_eq!(store.runs(u32::MAX).expect("runs").len() as i64, KEPT);
    }
}
