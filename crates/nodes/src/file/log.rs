//! The log of a folder that batches are appended to: which of its files count, and what each one holds.
//!
//! ```text
//! orders/part-000001.parquet          a committed batch
//! orders/.part-000002.parquet.part    a batch that is being written
//! orders/_flowloom/000001.json        its commit: file, batch, columns
//! orders/_flowloom/lock               locked by the run that writes
//! ```
//!
//! The rename of the commit's own file is the moment from which a batch counts; only then does its data
//! lose the leading dot, so that programs that know nothing of the log see no row too early or twice.
//! A run that dies in between is finished by the next one ([`Log::recover`]).

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use flowloom_flow::value::{FieldSpec, show_dtype};
use flowloom_flow::{Batch, Problem};
use polars::prelude::Schema;
use serde::{Deserialize, Serialize};

use super::format::Format;
use super::stage::{Staged, make_folder, remove, sync_folder};
use super::trouble::trouble;

const LOG: &str = "_flowloom";

/// One batch in the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Commit {
    /// Name of the data file.
    pub(crate) file: String,
    /// What this file holds.
    pub(crate) batch: Batch,
    /// The newest position of every sync name in the folder, this batch's included.
    pub(crate) latest: Batch,
    /// Names and types, in column order.
    pub(crate) columns: Vec<FieldSpec>,
}

/// The log of `folder`.
pub(crate) struct Log {
    folder: PathBuf,
}

/// The right to write to a folder, until dropped.
pub(crate) struct Lock {
    _file: File,
}

/// What a reader sees of a folder.
pub(crate) struct Committed {
    pub(crate) files: Vec<PathBuf>,
    /// Names of committed files that somebody has removed.
    pub(crate) missing: Vec<String>,
}

impl Log {
    pub(crate) fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The log of `folder`, when batches have been appended to it.
    pub(crate) fn find(folder: &Path) -> Option<Self> {
        folder.join(LOG).is_dir().then(|| Self::new(folder))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes folder and log where they are missing, and keeps every other writer out.
    pub(crate) fn lock(&self) -> Result<Lock, Problem> {
        let log = self.folder.join(LOG);
        make_folder(&log)?;
        let path = log.join("lock");
        let options = File::options().create(true).truncate(false).write(true).open(&path);
        let file = options.map_err(|error| trouble("write", &path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Problem::external(format!(
                "another run, or another writer of this flow, is appending to the folder: `{}`",
                self.folder.display()
            ))
            .hint("run again when it has finished, or give each writer a folder of its own")
            .retriable(true)),
            Err(TryLockError::Error(error)) => Err(trouble("lock the folder", &self.folder, error)),
        }
    }

    /// Finishes what a dead run has committed and removes what it has not. Needs the lock.
    pub(crate) fn recover(&self) -> Result<(), Problem> {
        let committed = self.numbers()?;
        for (name, staged) in hidden(&self.folder)? {
            if data_number(&name).is_some_and(|number| committed.binary_search(&number).is_ok()) {
                let data = self.folder.join(name);
                fs::rename(&staged, &data).map_err(|error| trouble("write", &data, error))?;
                sync_folder(&data)?;
            } else {
                remove(&staged);
            }
        }
        for (_, staged) in hidden(&self.folder.join(LOG))? {
            remove(&staged);
        }
        Ok(())
    }

    /// As [`Log::recover`], where a dead run has committed data that no other program sees yet. What another run is
    /// writing is left to it.
    pub(crate) fn mend(&self) -> Result<(), Problem> {
        let committed = self.numbers()?;
        let is_committed =
            |name: &str| data_number(name).is_some_and(|number| committed.binary_search(&number).is_ok());
        if committed.is_empty() || !hidden(&self.folder)?.iter().any(|(name, _)| is_committed(name)) {
            return Ok(());
        }
        match self.lock() {
            Ok(_lock) => self.recover(),
            Err(problem) if problem.retry => Ok(()),
            Err(problem) => Err(problem),
        }
    }

    /// Numbers of all commits, oldest first.
    pub(crate) fn numbers(&self) -> Result<Vec<u64>, Problem> {
        let log = self.folder.join(LOG);
        if !log.is_dir() {
            return Ok(Vec::new());
        }
        let names = entries(&log)?;
        let mut numbers: Vec<u64> =
            names.iter().filter_map(|(name, _)| name.strip_suffix(".json")?.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    pub(crate) fn read(&self, number: u64) -> Result<Commit, Problem> {
        let path = self.commit_path(number);
        let text = fs::read(&path).map_err(|error| trouble("read", &path, error))?;
        serde_json::from_slice(&text).map_err(|error| {
            Problem::external(format!("the commit cannot be read, {error}: `{}`", path.display()))
                .hint("restore the file from a backup, or write to a new folder")
                .source(error)
        })
    }

    /// The newest commit, with its number.
    pub(crate) fn last(&self) -> Result<Option<(u64, Commit)>, Problem> {
        self.numbers()?.last().map(|&number| Ok((number, self.read(number)?))).transpose()
    }

    /// The files that count, oldest first.
    pub(crate) fn committed(&self) -> Result<Committed, Problem> {
        let numbers = self.numbers()?;
        let mut files = self.data_files()?;
        if numbers.iter().any(|number| !files.contains_key(number)) {
            // A writer may have renamed one while the folder was listed.
            files.extend(self.data_files()?);
        }
        let mut committed = Committed { files: Vec::new(), missing: Vec::new() };
        for number in numbers {
            match files.remove(&number) {
                Some(file) => committed.files.push(file),
                None => committed.missing.push(self.read(number)?.file),
            }
        }
        Ok(committed)
    }

    /// Data files by number, committed or not; the final name before the staged one.
    fn data_files(&self) -> Result<BTreeMap<u64, PathBuf>, Problem> {
        let mut files = BTreeMap::new();
        for (name, path) in hidden(&self.folder)? {
            files.extend(data_number(&name).map(|number| (number, path)));
        }
        for (name, path) in entries(&self.folder)? {
            files.extend(data_number(&name).map(|number| (number, path)));
        }
        Ok(files)
    }

    /// Whether the folder holds data that is not in the log.
    pub(crate) fn has_strangers(&self) -> Result<bool, Problem> {
        let known = self.numbers()?;
        if !known.is_empty() || !self.folder.is_dir() {
            return Ok(false);
        }
        Ok(entries(&self.folder)?.iter().any(|(name, path)| {
            !name.starts_with('.') && path.is_file() && Format::by_extension(path).is_some()
        }))
    }

    /// The staged data of commit `number`, and the name that it will have.
    pub(crate) fn stage(&self, number: u64, format: Format) -> Result<(Staged, String), Problem> {
        let name = format!("part-{number:06}.{}", format.extension());
        Ok((Staged::at(self.folder.join(staged_name(&name)))?, name))
    }

    /// Writes commit `number` aside, durably.
    pub(crate) fn stage_commit(&self, number: u64, commit: &Commit) -> Result<Staged, Problem> {
        let path = self.folder.join(LOG).join(format!(".{number:06}.json.part"));
        let staged = Staged::at(path.clone())?;
        let text = serde_json::to_vec(commit)
            .map_err(|error| Problem::internal("a commit cannot be written as JSON").source(error))?;
        staged.write(&text)?;
        staged.sync()?;
        sync_folder(&path)?;
        Ok(staged)
    }

    /// From here on the batch counts.
    pub(crate) fn commit(&self, number: u64, commit: Staged) -> Result<(), Problem> {
        commit.publish(&self.commit_path(number))
    }

    fn commit_path(&self, number: u64) -> PathBuf {
        self.folder.join(LOG).join(format!("{number:06}.json"))
    }
}

fn staged_name(name: &str) -> String {
    format!(".{name}.part")
}

/// The number of the data file `part-000007.parquet`.
fn data_number(name: &str) -> Option<u64> {
    name.strip_prefix("part-")?.split_once('.')?.0.parse().ok()
}

/// Names and paths of what is in `folder`.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, Problem> {
    let entries = fs::read_dir(folder).map_err(|error| trouble("read", folder, error))?;
    let named = |entry: fs::DirEntry| (entry.file_name().to_string_lossy().into_owned(), entry.path());
    entries.map(|entry| entry.map(named).map_err(|error| trouble("read", folder, error))).collect()
}

/// The staged files of `folder`, by the names that they are to have.
fn hidden(folder: &Path) -> Result<Vec<(String, PathBuf)>, Problem> {
    let name_to_be = |name: &str| Some(name.strip_prefix('.')?.strip_suffix(".part")?.to_owned());
    let entries = entries(folder)?.into_iter();
    Ok(entries.filter_map(|(name, path)| Some((name_to_be(&name)?, path))).collect())
}

/// Names and types, as a commit holds them.
pub(crate) fn columns(schema: &Schema) -> Vec<FieldSpec> {
    schema.iter().map(|(name, dtype)| FieldSpec::new(name.as_str(), show_dtype(dtype))).collect()
}
