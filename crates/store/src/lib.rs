//! What Flowloom remembers between sessions, in one SQLite file: one file of code for each table.
//!
//! Several processes may use it at once (a studio and command lines): WAL, a busy timeout, and
//! migrations inside one transaction.

mod connections;
mod drafts;
mod error;
mod locks;
mod offsets;
mod owner;
mod preferences;
mod recent;
mod runs;
mod secret;

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use etcetera::base_strategy::{BaseStrategy as _, choose_native_strategy};
use parking_lot::Mutex;
use rusqlite::TransactionBehavior;

pub use connections::{Connection, Keeping, SecretChanges};
pub use drafts::Draft;
pub use error::Error;
pub use locks::{Lock, Taken};
pub use offsets::Offsets;
pub use owner::Owner;
pub use recent::Recent;
pub use runs::{NewRun, Run};
pub use secret::{Hold, Key, Keyring, LockError, Master, NoKeyring, Place, Ring, SystemKeyring};

/// Every change to the tables, oldest first. `user_version` counts those that a store has; a line that
/// was released is never edited.
const MIGRATIONS: &[&str] = &[
    runs::CREATE,
    preferences::CREATE,
    recent::CREATE,
    drafts::CREATE,
    connections::CREATE,
    offsets::CREATE,
    runs::ADD_OWNER,
];

/// How long one process waits for another.
const BUSY: Duration = Duration::from_secs(5);

/// An open store.
#[derive(Debug)]
pub struct Store {
    connection: Mutex<rusqlite::Connection>,
    path: PathBuf,
    /// Where a damaged store was put, when this one took its place.
    set_aside: Option<PathBuf>,
}

impl Store {
    /// The folder of the store: `FLOWLOOM_HOME`, else the platform's folder for application data.
    pub fn home() -> Result<PathBuf, Error> {
        match env::var_os("FLOWLOOM_HOME") {
            Some(home) if !home.is_empty() => Ok(home.into()),
            _ => Ok(choose_native_strategy().map_err(Error::NoHome)?.data_dir().join("flowloom")),
        }
    }

    /// Opens the store in `folder`, makes it when it is not there, and lifts an older one. A file that is damaged, or no
    /// store at all, is set aside and a new one made: see [`Store::set_aside`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(|source| Error::Folder { path: folder.to_owned(), source })?;
        let path = folder.join("flowloom.sqlite");
        match Self::open_file(&path) {
            Err(error) if error.is_damage() => Self::open_damaged(&path, &error),
            opened => opened,
        }
    }

    /// Of several processes that find the same damage one sets the file aside, and the others use the new store.
    fn open_damaged(path: &Path, error: &Error) -> Result<Self, Error> {
        let failed = |source| Error::Folder { path: path.to_owned(), source };
        let lock = path.with_extension("damaged.lock");
        let lock = fs::File::options().create(true).truncate(false).write(true).open(lock).map_err(failed)?;
        lock.lock().map_err(failed)?;
        match Self::open_file(path) {
            Err(again) if again.is_damage() => {}
            opened => return opened,
        }
        let set_aside = put_aside(path)?;
        tracing::warn!(%error, set_aside = %set_aside.display(), "the store is damaged");
        Ok(Self { set_aside: Some(set_aside), ..Self::open_file(path)? })
    }

    fn open_file(path: &Path) -> Result<Self, Error> {
        let connection = rusqlite::Connection::open(path)
            .map_err(|source| Error::Sqlite { path: path.to_owned(), source })?;
        let store = Self { connection: Mutex::new(connection), path: path.to_owned(), set_aside: None };
        store.migrate()?;
        Ok(store)
    }

    /// Where the damaged file is that this store took the place of, just now.
    pub fn set_aside(&self) -> Option<&Path> {
        self.set_aside.as_deref()
    }

    /// The folder that it stands in.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    fn migrate(&self) -> Result<(), Error> {
        let known = MIGRATIONS.len() as i64;
        let found = self.with(|connection| {
            connection.busy_timeout(BUSY)?;
            connection.pragma_update(None, "foreign_keys", true)?;
            connection.pragma_query_value(None, "user_version", |row| row.get(0))
        })?;
        if found > known {
            return Err(Error::Newer { path: self.path.clone(), found, known });
        }
        self.with(|connection| {
            connection.pragma_update(None, "journal_mode", "wal")?;
            // Immediate: of two processes that open an old store at once, the second finds it lifted.
            let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let found: i64 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
            for migration in MIGRATIONS.iter().skip(found as usize) {
                change.execute_batch(migration)?;
            }
            change.pragma_update(None, "user_version", known.max(found))?;
            change.commit()
        })
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut rusqlite::Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Error> {
        work(&mut self.connection.lock()).map_err(|source| Error::Sqlite { path: self.path.clone(), source })
    }
}

/// Moves a damaged store and what belongs to it to names that nobody has; where it is now.
fn put_aside(path: &Path) -> Result<PathBuf, Error> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let named = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let failed = |source| Error::Folder { path: path.to_owned(), source };
    let free = (0..1000).map(|n| named(&format!(".damaged-{since}-{n}"))).find(|aside| !aside.exists());
    let aside = free.ok_or_else(|| failed(io::ErrorKind::AlreadyExists.into()))?;
    // The file itself last: as long as it is there, nobody takes the place for a free one.
    for ending in ["-wal", "-shm"] {
        let mut to = aside.as_os_str().to_owned();
        to.push(ending);
        match fs::rename(named(ending), to) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => return Err(failed(source)),
            _ => {}
        }
    }
    fs::rename(path, &aside).map_err(failed)?;
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_store_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(folder.path()).expect("new store");
        store.with(|connection| connection.pragma_update(None, "user_version", 99)).expect("newer");
        drop(store);
        let before = fs::read(folder.path().join("flowloom.sqlite")).expect("file");
        let error = Store::open(folder.path()).expect_err("newer");
        assert!(error.to_string().contains("newer Flowloom (version 99"), "{error}");
        assert_eq!(fs::read(folder.path().join("flowloom.sqlite")).expect("file"), before);
    }

    #[test]
    fn every_earlier_store_is_lifted_and_keeps_its_rows() {
        for version in 1..=MIGRATIONS.len() {
            let folder = tempfile::tempdir().expect("folder");
            let old = rusqlite::Connection::open(folder.path().join("flowloom.sqlite")).expect("a file");
            for migration in &MIGRATIONS[..version] {
                old.execute_batch(migration).expect("a table");
            }
            old.pragma_update(None, "user_version", version as i64).expect("a version");
            let row = "INSERT INTO runs (flow, file, started_ms, elapsed_ms, outcome, report)
                       VALUES ('old', NULL, 1, 2.0, 'done', '{}')";
            old.execute(row, []).expect("a run");
            drop(old);
            let store = Store::open(folder.path()).expect("lifted");
            let ask = |store: &mut rusqlite::Connection| {
                let version: i64 = store.pragma_query_value(None, "user_version", |row| row.get(0))?;
                let runs: i64 = store.query_row("SELECT count(*) FROM runs", [], |row| row.get(0))?;
                Ok((version, runs))
            };
            assert_eq!(store.with(ask).expect("asked"), (MIGRATIONS.len() as i64, 1), "from {version}");
            assert_eq!(store.offsets("c", "s").expect("the newest table"), Offsets::default());
        }
    }

    #[test]
    fn a_damaged_store_is_set_aside_and_not_overwritten() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("flowloom.sqlite");
        let notes = "not a database, but somebody's notes\n".repeat(50);
        fs::write(&path, &notes).expect("file");
        let store = Store::open(folder.path()).expect("a new one");
        let aside = store.set_aside().expect("told").to_owned();
        assert_eq!(fs::read_to_string(&aside).expect("kept"), notes);
        store.set_preference("theme", "1").expect("it works");
        drop(store);
        assert!(Store::open(folder.path()).expect("opened").set_aside().is_none(), "once");
        // The header is whole, but a page behind it is not.
        let mut bytes = fs::read(&path).expect("a store");
        bytes.truncate(4096);
        bytes[100..].fill(0xa5);
        fs::write(&path, &bytes).expect("damaged");
        assert!(Store::open(folder.path()).expect("a new one").set_aside().is_some());
        let damaged = fs::read_dir(folder.path()).expect("listed").filter_map(Result::ok);
        let damaged = damaged.filter(|entry| entry.file_name().to_string_lossy().contains(".damaged-"));
        assert!(damaged.count() >= 2, "both are kept");
    }

    #[test]
    fn many_find_the_same_damage_and_one_sets_it_aside() {
        let folder = tempfile::tempdir().expect("folder");
        fs::write(folder.path().join("flowloom.sqlite"), "somebody's notes".repeat(300)).expect("file");
        let stores: Vec<Store> = std::thread::scope(|scope| {
            let open = || Store::open(folder.path()).expect("opened");
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().expect("joined")).collect()
        });
        assert_eq!(stores.iter().filter(|store| store.set_aside().is_some()).count(), 1);
        stores[0].set_preference("theme", "1").expect("it works");
        assert_eq!(stores[7].preferences().expect("the same store").len(), 1);
    }

    #[test]
    fn many_open_a_new_store_at_once() {
        let folder = tempfile::tempdir().expect("folder");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| Store::open(folder.path()).expect("opened"));
            }
        });
    }
}
