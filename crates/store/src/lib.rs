//! What Flowloom remembers between sessions, in one SQLite file: one file of code for each table.
//!
//! Several processes may use it at once (a studio and command lines): WAL, a busy timeout, and
//! migrations inside one transaction.

mod connections;
mod drafts;
mod error;
mod owner;
mod preferences;
mod recent;
mod runs;
mod secret;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::base_strategy::{BaseStrategy as _, choose_native_strategy};
use parking_lot::Mutex;
use rusqlite::TransactionBehavior;

pub use connections::{Connection, SecretChanges};
pub use drafts::Draft;
pub use error::Error;
pub use owner::Owner;
pub use recent::Recent;
pub use runs::{NewRun, Run};
pub use secret::{Key, LockError, Master, Place, Ring};

/// Every change to the tables, oldest first. `user_version` counts those that a store has; a line that
/// was released is never edited.
const MIGRATIONS: &[&str] =
    &[runs::CREATE, preferences::CREATE, recent::CREATE, drafts::CREATE, connections::CREATE];

/// How long one process waits for another.
const BUSY: Duration = Duration::from_secs(5);

/// An open store.
#[derive(Debug)]
pub struct Store {
    connection: Mutex<rusqlite::Connection>,
    path: PathBuf,
}

impl Store {
    /// The folder of the store: `FLOWLOOM_HOME`, else the platform's folder for application data.
    pub fn home() -> Result<PathBuf, Error> {
        match env::var_os("FLOWLOOM_HOME") {
            Some(home) if !home.is_empty() => Ok(home.into()),
            _ => Ok(choose_native_strategy().map_err(Error::NoHome)?.data_dir().join("flowloom")),
        }
    }

    /// Opens the store in `folder`, makes it when it is not there, and lifts an older one.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(|source| Error::Folder { path: folder.to_owned(), source })?;
        let path = folder.join("flowloom.sqlite");
        let connection = rusqlite::Connection::open(&path)
            .map_err(|source| Error::Sqlite { path: path.clone(), source })?;
        let store = Self { connection: Mutex::new(connection), path };
        store.migrate()?;
        Ok(store)
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
            assert!(store.connections().expect("the newest table").is_empty());
        }
    }

    #[test]
    fn what_is_no_store_is_not_overwritten() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("flowloom.sqlite");
        fs::write(&path, "not a database, but somebody's notes\n".repeat(50)).expect("file");
        assert!(matches!(Store::open(folder.path()), Err(Error::Sqlite { .. })));
        assert!(fs::read_to_string(&path).expect("file").starts_with("not a database"));
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
