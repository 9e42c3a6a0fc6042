//! A folder that takes each batch as one file, exactly once.

use std::cell::RefCell;
use std::path::PathBuf;

use flowloom_flow::value::FieldSpec;
use flowloom_flow::{Batch, Problem, Sink, Written};
use polars::prelude::{DataFrame, IntoLazy as _, LazyFrame, Schema, col};

use super::{append_to_file, unfit};
use crate::file::format::{Format, Writing};
use crate::file::log::{Commit, Lock, Log, columns};
use crate::file::stage::{Staged, sync_folder};

pub(super) struct FolderSink {
    log: Log,
    format: Format,
    writing: Writing,
    /// What the folder held when the run asked; nobody may add to it before the run does.
    seen: RefCell<Option<Batch>>,
    state: State,
}

enum State {
    Idle,
    /// The folder has this batch.
    Done,
    Staged(Box<Pending>),
}

struct Pending {
    number: u64,
    commit: Commit,
    data: Staged,
    /// Written by `prepare`.
    staged_commit: Option<Staged>,
    size_bytes: u64,
    /// Dropped last.
    _lock: Lock,
}

impl FolderSink {
    pub(super) fn new(folder: PathBuf, format: Format, writing: Writing) -> Self {
        Self { log: Log::new(folder), format, writing, seen: RefCell::new(None), state: State::Idle }
    }

    fn display(&self) -> String {
        self.log.folder().display().to_string()
    }

    /// Somebody else has read and appended what this run has read, in part.
    fn is_overtaken(&self, batch: &Batch, latest: &Batch) -> bool {
        let seen = self.seen.borrow();
        let Some(seen) = seen.as_ref() else { return false };
        batch.0.keys().any(|sync| seen.0.get(sync) != latest.0.get(sync))
    }

    /// `rows` with the columns in the folder's order.
    fn like(&self, rows: LazyFrame, schema: &Schema, earlier: &[FieldSpec]) -> Result<LazyFrame, Problem> {
        let new = columns(schema);
        if new == earlier {
            return Ok(rows);
        }
        let gone = earlier.iter().find(|column| !schema.contains(&column.name));
        let added = new.iter().find(|column| !earlier.iter().any(|each| each.name == column.name));
        let pairs =
            earlier.iter().filter_map(|old| Some((old, new.iter().find(|each| each.name == old.name)?)));
        let changed = { pairs }.find(|(old, new)| old.dtype != new.dtype);
        let why = match (gone, added, changed) {
            (Some(column), _, _) => format!("`{}` is missing", column.name),
            (_, Some(column), _) => format!("`{}` is new", column.name),
            (_, _, Some((old, new))) => format!("`{}` was {} and is {}", old.name, old.dtype, new.dtype),
            (None, None, None) => {
                return Ok(
                    rows.select(earlier.iter().map(|column| col(column.name.as_str())).collect::<Vec<_>>())
                );
            }
        };
        Err(Problem::user(format!("the rows do not fit the folder's files, {why}: `{}`", self.display()))
            .hint("select and cast the columns to fit, or write to a new folder")
            .at_field("path"))
    }
}

impl Sink for FolderSink {
    fn begin(&mut self) -> Result<(), Problem> {
        self.log.mend()
    }

    /// By sync name, the newest batch in the folder; several flows may append to it.
    fn last_committed(&self) -> Result<Option<Batch>, Problem> {
        let latest = self.log.last()?.map(|(_, commit)| commit.latest).unwrap_or_default();
        self.seen.replace(Some(latest.clone()));
        Ok(Some(latest).filter(|batch| !batch.0.is_empty()))
    }

    fn stage(&mut self, mut rows: LazyFrame, batch: &Batch) -> Result<LazyFrame, Problem> {
        if self.log.folder().is_file() {
            return Err(append_to_file(self.log.folder()));
        }
        let schema = rows.collect_schema()?;
        if let Some(problem) = unfit(self.format, &schema) {
            return Err(problem);
        }
        if self.log.has_strangers()? {
            return Err(Problem::user(format!(
                "the folder holds files that were not appended: `{}`",
                self.display()
            ))
            .hint("append to a new folder; read both with a union")
            .at_field("path"));
        }
        let lock = self.log.lock().map_err(|problem| problem.at_field("path"))?;
        self.log.recover()?;
        let last = self.log.last()?;
        let latest = last.as_ref().map(|(_, commit)| commit.latest.clone()).unwrap_or_default();
        if !batch.0.is_empty() && batch.0.iter().all(|(sync, position)| latest.0.get(sync) == Some(position))
        {
            self.state = State::Done;
            return Ok(DataFrame::empty_with_schema(&schema).lazy());
        }
        if self.is_overtaken(batch, &latest) {
            return Err(Problem::external(format!(
                "another run has appended to the folder meanwhile: `{}`",
                self.display()
            ))
            .hint("run again")
            .retriable(true));
        }
        if let Some((_, commit)) = &last {
            self.check_format(commit)?;
            rows = self.like(rows, &schema, &commit.columns)?;
        }
        let number = last.as_ref().map_or(0, |(number, _)| *number) + 1;
        let (data, file) = self.log.stage(number, self.format)?;
        let plan = data.plan(rows, self.writing.options(self.format));
        let columns = last.map_or_else(|| columns(&schema), |(_, commit)| commit.columns);
        let mut all = latest;
        all.0.extend(batch.0.clone());
        let commit = Commit { file, batch: batch.clone(), latest: all, columns };
        self.state = State::Staged(Box::new(Pending {
            number,
            commit,
            data,
            staged_commit: None,
            size_bytes: 0,
            _lock: lock,
        }));
        plan
    }

    fn prepare(&mut self) -> Result<(), Problem> {
        if let State::Staged(pending) = &mut self.state {
            pending.size_bytes = pending.data.sync()?;
            sync_folder(pending.data.path())?;
            pending.staged_commit = Some(self.log.stage_commit(pending.number, &pending.commit)?);
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<Written, Problem> {
        let to = self.display();
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Staged(mut pending) => {
                let Some(commit) = pending.staged_commit.take() else {
                    self.state = State::Staged(pending);
                    return Err(Problem::internal("a batch is committed before it is prepared"));
                };
                // Not to be aborted after an error: only the next run can tell whether the batch counts.
                self.log.commit(pending.number, commit)?;
                let data = self.log.folder().join(&pending.commit.file);
                // The batch counts already: readers find it under either name, and the next run mends it.
                if let Err(problem) = pending.data.publish(&data) {
                    tracing::warn!("a committed file keeps its staged name: {problem}");
                }
                Ok(Written { to, bytes: pending.size_bytes })
            }
            State::Done => Ok(Written { to, bytes: 0 }),
            State::Idle => Err(Problem::internal("nothing is staged to commit")),
        }
    }

    fn abort(&mut self) {
        if let State::Staged(pending) = std::mem::replace(&mut self.state, State::Idle) {
            if let Some(commit) = pending.staged_commit {
                commit.discard();
            }
            pending.data.discard();
        }
    }
}

impl FolderSink {
    fn check_format(&self, commit: &Commit) -> Result<(), Problem> {
        let earlier = Format::by_extension(commit.file.as_ref());
        if earlier == Some(self.format) {
            return Ok(());
        }
        let label = earlier.map_or("other", Format::label);
        Err(Problem::user(format!(
            "the folder's files are {label}, not {}: `{}`",
            self.format.label(),
            self.display()
        ))
        .hint(format!("choose {label}, or write to a new folder"))
        .at_field("format"))
    }
}
