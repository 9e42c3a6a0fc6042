//! Locks between processes: one file for each thing that only one may use at a time.
//!
//! The system frees a lock when its process ends, however it ends. The file stays and says who has it, or had it.

use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use crate::Error;

/// A lock that is held as long as this lives.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// What came of trying to take a lock.
#[derive(Debug)]
pub enum Taken {
    Yes(Lock),
    /// Another has it; what it said of itself, where that can be read.
    No {
        holder: String,
    },
}

impl Lock {
    /// Takes the lock `name` in the folder `locks` of `home`, and writes down who has it now.
    pub fn take(home: &Path, name: &str, holder: &str) -> Result<Taken, Error> {
        let folder = home.join("locks");
        let path = folder.join(file_name(name));
        let failed = |source| Error::Folder { path: path.clone(), source };
        fs::create_dir_all(&folder).map_err(failed)?;
        // Never deleted: who holds a deleted file would not be seen by who makes it anew.
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                if let Err(error) = file.read_to_string(&mut holder) {
                    tracing::debug!(%error, "who holds a lock cannot be read");
                    holder.clear();
                }
                return Ok(Taken::No { holder });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        file.rewind().and_then(|()| file.set_len(0)).map_err(failed)?;
        file.write_all(holder.as_bytes()).and_then(|()| file.flush()).map_err(failed)?;
        Ok(Taken::Yes(Self { file }))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The next one to look must not read of us in the moment between its own lock and its own words.
        if let Err(error) = self.file.set_len(0) {
            tracing::debug!(%error, "a lock's file keeps its last holder");
        }
    }
}

/// A name that every file system takes, and no two of which are the same: FNV-1a in 128 bits, behind what can be read of
/// the name.
fn file_name(name: &str) -> PathBuf {
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in name.bytes() {
        hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
    }
    let readable: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).rev().take(40).collect();
    let readable: String = readable.chars().rev().collect();
    PathBuf::from(format!("{readable}-{hash:032x}.lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(home: &Path, name: &str) -> Taken {
        Lock::take(home, name, &format!("holder of {name}")).expect("tried")
    }

    #[test]
    fn one_has_it_and_says_so_until_it_is_dropped() {
        let home = tempfile::tempdir().expect("folder");
        let Taken::Yes(first) = take(home.path(), "a") else { panic!("free") };
        let Taken::No { holder } = take(home.path(), "a") else { panic!("taken") };
        assert_eq!(holder, "holder of a");
        assert!(matches!(take(home.path(), "b"), Taken::Yes(_)), "another lock");
        drop(first);
        assert!(matches!(take(home.path(), "a"), Taken::Yes(_)), "free again");
    }

    #[test]
    fn many_try_and_one_gets_it() {
        let home = tempfile::tempdir().expect("folder");
        let taken: Vec<Taken> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| take(home.path(), "a"))).collect();
            threads.into_iter().map(|thread| thread.join().expect("joined")).collect()
        });
        assert_eq!(taken.iter().filter(|taken| matches!(taken, Taken::Yes(_))).count(), 1);
    }

    #[test]
    fn names_stay_apart_and_fit_a_file_system() {
        let long = "x".repeat(4_000);
        let names = ["a/b", "a:b", "a b", "", "..", "Ä", &long, &format!("{long}y")];
        let files: std::collections::BTreeSet<_> = names.iter().map(|name| file_name(name)).collect();
        assert_eq!(files.len(), names.len());
        assert!(files.iter().all(|file| file.as_os_str().len() < 100));
    }
}
