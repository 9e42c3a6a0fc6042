//! Writing a file beside its final place, and putting it there in one step.
//!
//! A staged file is locked for as long as its writer lives, so a later run tells the leftovers of a
//! killed one from the work of a live one, and removes only the former.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use flowloom_flow::Problem;
use polars::io::utils::file::Writable;
use polars::prelude::{FileWriteFormat, LazyFrame, SinkDestination, SinkTarget, SpecialEq, UnifiedSinkArgs};

use super::file_name;
use super::trouble::trouble;

/// A file that no reader takes for a result yet.
pub(crate) struct Staged {
    path: PathBuf,
    /// Holds the lock.
    file: File,
}

impl Staged {
    /// A staged file for `target`, in the same folder: `.orders.parquet.flowloom-1c3f-18a4.part`.
    ///
    /// Removes what dead runs left behind.
    pub(crate) fn beside(target: &Path) -> Result<Self, Problem> {
        let folder = target.parent().unwrap_or(Path::new(""));
        make_folder(folder)?;
        let prefix = format!(".{}.flowloom-", file_name(target));
        remove_dead(folder, &prefix);
        loop {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let name = format!("{prefix}{:x}-{:x}.part", std::process::id(), since.as_nanos());
            // Another run may have taken it for a leftover before it was locked.
            match Self::create(folder.join(name)) {
                Ok(Some(staged)) => return Ok(staged),
                Ok(None) => {}
                Err(error) => return Err(trouble("write", target, error)),
            }
        }
    }

    /// A staged file of this very name, for who has locked its folder.
    pub(crate) fn at(path: PathBuf) -> Result<Self, Problem> {
        let file = File::create(&path).map_err(|error| trouble("write", &path, error))?;
        Ok(Self { path, file })
    }

    fn create(path: PathBuf) -> io::Result<Option<Self>> {
        let file = match File::create_new(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Ok(()) if path.exists() => Ok(Some(Self { path, file })),
            Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
            // Some network file systems know no locks; the name is unique all the same.
            Err(TryLockError::Error(_)) => Ok(Some(Self { path, file })),
        }
    }

    /// A plan that writes `rows` into the staged file when it runs; it runs once.
    pub(crate) fn plan(&self, rows: LazyFrame, format: FileWriteFormat) -> Result<LazyFrame, Problem> {
        let file = self.file.try_clone().map_err(|error| trouble("write", &self.path, error))?;
        let writable = Arc::new(Mutex::new(Some(Writable::Local(file))));
        let target = SinkTarget::Dyn(SpecialEq::new(writable));
        Ok(rows.sink(SinkDestination::File { target }, format, UnifiedSinkArgs::default())?)
    }

    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), Problem> {
        (&self.file).write_all(bytes).map_err(|error| trouble("write", &self.path, error))
    }

    /// Makes the content durable; gives its size in bytes.
    pub(crate) fn sync(&self) -> Result<u64, Problem> {
        self.file
            .sync_all()
            .and_then(|()| self.file.metadata())
            .map(|metadata| metadata.len())
            .map_err(|error| trouble("write", &self.path, error))
    }

    /// Takes the place of `target`, whose permissions it keeps.
    pub(crate) fn replace(self, target: &Path) -> Result<(), Problem> {
        if let Ok(metadata) = fs::metadata(target) {
            self.file
                .set_permissions(metadata.permissions())
                .map_err(|error| trouble("replace", target, error))?;
        }
        self.publish(target)
    }

    /// Becomes `target`, unless there is one.
    pub(crate) fn publish_new(self, target: &Path) -> Result<(), Problem> {
        match fs::hard_link(&self.path, target) {
            Ok(()) => {
                self.discard();
                sync_folder(target)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists(target)),
            Err(_) if target.exists() => Err(exists(target)),
            // Not every file system has hard links.
            Err(_) => self.publish(target),
        }
    }

    /// Becomes `target`.
    pub(crate) fn publish(self, target: &Path) -> Result<(), Problem> {
        fs::rename(&self.path, target).map_err(|error| trouble("write", target, error))?;
        sync_folder(target)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn discard(self) {
        remove(&self.path);
    }
}

/// What a writer that must not overwrite says about the file that it found.
pub(crate) fn exists(target: &Path) -> Problem {
    Problem::user(format!("the file exists already: `{}`", target.display()))
        .hint("choose another path, or set the mode to overwrite")
        .at_field("path")
}

/// Makes `folder` and what is missing above it, durably.
pub(super) fn make_folder(folder: &Path) -> Result<(), Problem> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|part| !part.exists()).collect();
    fs::create_dir_all(folder).map_err(|error| trouble("create the folder", folder, error))?;
    missing.into_iter().rev().filter(|part| !part.as_os_str().is_empty()).try_for_each(sync_folder)
}

/// Makes the entry of `file` in its folder durable.
pub(crate) fn sync_folder(file: &Path) -> Result<(), Problem> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if cfg!(unix) {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| trouble("write", folder, error))?;
    }
    Ok(())
}

/// Removes a file that means nothing any more; who finds it later tries again.
pub(super) fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::debug!(path = %path.display(), %error, "a staged file stays behind");
    }
}

/// Removes the files `prefix….part` of `folder` that no live run has locked.
fn remove_dead(folder: &Path, prefix: &str) {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(prefix)
            && name.ends_with(".part")
            && let Ok(file) = File::options().write(true).open(entry.path())
            && file.try_lock().is_ok()
        {
            remove(&entry.path());
        }
    }
}
