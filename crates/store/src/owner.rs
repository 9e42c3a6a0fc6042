//! Who owns a draft or is at a live run: a process, as long as it lives.
//!
//! Every process that keeps drafts or runs live holds a lock on a file named after its token. The system gives the
//! lock back when the process ends, however it ends, so a dead owner is one whose file can be locked;
//! a process number alone may belong to somebody else by then.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Error;

const ENDING: &str = ".owner";

/// This process, towards others that use the same store. Alive until dropped.
#[derive(Debug)]
pub struct Owner {
    token: String,
    /// Holds the lock.
    file: File,
    path: PathBuf,
}

impl Owner {
    /// A new owner of what is in the store in `folder`; removes the files of those that died.
    pub fn new(folder: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Folder { path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        if let Err(error) = sweep(folder) {
            tracing::debug!(%error, "files of dead owners stay behind");
        }
        loop {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let token = format!("{:x}-{:x}", std::process::id(), since.as_nanos());
            let path = file_of(folder, &token);
            let file = match File::create_new(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(failed(error)),
            };
            match file.try_lock() {
                // Another process may have taken it for a leftover before it was locked.
                Ok(()) if !path.exists() => {}
                Err(TryLockError::WouldBlock) => {}
                // Some network file systems know no locks: then a second process is offered these drafts too.
                Ok(()) | Err(TryLockError::Error(_)) => return Ok(Self { token, file, path }),
            }
        }
    }

    /// A name that no other process has.
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let gone = fs::remove_file(&self.path).and_then(|()| self.file.unlock());
        if let Err(error) = gone {
            tracing::debug!(%error, path = %self.path.display(), "the owner's file stays behind");
        }
    }
}

/// Whether the process with this token still lives.
pub(crate) fn is_alive(folder: &Path, token: &str) -> bool {
    matches!(try_lock(folder, token), Err(TryLockError::WouldBlock))
}

/// Whether it is certain that the process with this token lives no more; where files know no locks, it never is.
pub(crate) fn has_died(folder: &Path, token: &str) -> bool {
    match try_lock(folder, token) {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(error)) => error.kind() == ErrorKind::NotFound,
    }
}

/// Whether the file of this token can be locked; it is given back at once.
fn try_lock(folder: &Path, token: &str) -> Result<(), TryLockError> {
    let file = File::options().write(true).open(file_of(folder, token)).map_err(TryLockError::Error)?;
    file.try_lock()
}

/// Removes the files of processes that died.
fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if let Some(token) = name.to_str().and_then(|name| name.strip_suffix(ENDING))
            && has_died(folder, token)
        {
            fs::remove_file(folder.join(&name))?;
        }
    }
    Ok(())
}

fn file_of(folder: &Path, token: &str) -> PathBuf {
    folder.join(format!("{token}{ENDING}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_alive_until_dropped_and_leaves_nothing() {
        let folder = tempfile::tempdir().expect("folder");
        let (first, second) =
            (Owner::new(folder.path()).expect("one"), Owner::new(folder.path()).expect("two"));
        assert_ne!(first.token(), second.token());
        fs::write(file_of(folder.path(), "died"), "").expect("left behind");
        sweep(folder.path()).expect("swept");
        assert!(is_alive(folder.path(), first.token()) && is_alive(folder.path(), second.token()));
        assert!(!has_died(folder.path(), first.token()));
        assert!(!is_alive(folder.path(), "died") && has_died(folder.path(), "died"));
        drop((first, second));
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
    }
}
