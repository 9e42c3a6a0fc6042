//! A single file that takes its place in one step.

use std::fs;
use std::path::PathBuf;

use flowloom_flow::{Batch, Problem, Sink, Written};
use polars::prelude::LazyFrame;

use super::unfit;
use crate::file::format::{Format, Writing};
use crate::file::stage::{Staged, exists};

/// Writes one file; it is not named by its batch, so a repeated run writes it again.
pub(super) struct FileSink {
    target: PathBuf,
    format: Format,
    writing: Writing,
    may_replace: bool,
    staged: Option<Staged>,
    size_bytes: u64,
}

impl FileSink {
    pub(super) fn new(target: PathBuf, format: Format, writing: Writing, may_replace: bool) -> Self {
        Self { target, format, writing, may_replace, staged: None, size_bytes: 0 }
    }

    /// The file itself where the path is a link to one.
    fn resolved(&self) -> PathBuf {
        fs::canonicalize(&self.target).unwrap_or_else(|_| self.target.clone())
    }
}

impl Sink for FileSink {
    fn last_committed(&self) -> Result<Option<Batch>, Problem> {
        Ok(None)
    }

    fn stage(&mut self, mut rows: LazyFrame, _batch: &Batch) -> Result<LazyFrame, Problem> {
        if self.target.is_dir() {
            return Err(Problem::user(format!("this is a folder, not a file: `{}`", self.target.display()))
                .hint("add a file's name, or set the mode to append")
                .at_field("path"));
        }
        if !self.may_replace && self.target.exists() {
            return Err(exists(&self.target));
        }
        if let Some(problem) = unfit(self.format, &*rows.collect_schema()?) {
            return Err(problem);
        }
        let staged = Staged::beside(&self.resolved()).map_err(|problem| problem.at_field("path"))?;
        let plan = staged.plan(rows, self.writing.options(self.format));
        self.staged = Some(staged);
        plan
    }

    fn prepare(&mut self) -> Result<(), Problem> {
        self.size_bytes = self.staged.as_ref().map_or(Ok(0), Staged::sync)?;
        Ok(())
    }

    fn commit(&mut self) -> Result<Written, Problem> {
        let target = self.resolved();
        match self.staged.take() {
            Some(staged) if self.may_replace => staged.replace(&target)?,
            Some(staged) => staged.publish_new(&target)?,
            None => return Err(Problem::internal("nothing is staged to commit")),
        }
        Ok(Written { to: self.target.display().to_string(), bytes: self.size_bytes })
    }

    fn abort(&mut self) {
        if let Some(staged) = self.staged.take() {
            staged.discard();
        }
    }
}
