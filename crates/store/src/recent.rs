//! The table of recent flows: files that were opened or saved, and when.

use std::path::{Path, PathBuf};

use rusqlite::params;

use crate::{Error, Store};

pub(crate) const CREATE: &str = "
CREATE TABLE recent (
    path      TEXT PRIMARY KEY,
    opened_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX recent_opened ON recent (opened_ms);
";

/// Files that are kept; the longest unused goes first.
const KEPT: u32 = 50;

/// A flow file that was in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    pub path: PathBuf,
    /// Milliseconds since 1970 UTC.
    pub opened_ms: i64,
}

impl Store {
    /// Puts `path` first. A path that is not Unicode is left out: it could not be found again.
    pub fn add_recent(&self, path: &Path, opened_ms: i64) -> Result<(), Error> {
        let Some(path) = path.to_str() else { return Ok(()) };
        self.with(|connection| {
            let change = connection.transaction()?;
            change.execute(
                "INSERT OR REPLACE INTO recent (path, opened_ms) VALUES (?1, ?2)",
                params![path, opened_ms],
            )?;
            change.execute(
                "DELETE FROM recent WHERE path NOT IN
                 (SELECT path FROM recent ORDER BY opened_ms DESC, path LIMIT ?1)",
                [KEPT],
            )?;
            change.commit()
        })
    }

    /// Takes `path` off the list.
    pub fn forget_recent(&self, path: &Path) -> Result<(), Error> {
        let Some(path) = path.to_str() else { return Ok(()) };
        self.with(|connection| connection.execute("DELETE FROM recent WHERE path = ?1", [path]).map(drop))
    }

    /// Recent files, newest first; they may be gone by now.
    pub fn recent(&self) -> Result<Vec<Recent>, Error> {
        self.with(|connection| {
            let mut query =
                connection.prepare("SELECT path, opened_ms FROM recent ORDER BY opened_ms DESC, path")?;
            let rows = query.query_map([], |row| {
                Ok(Recent { path: row.get::<_, String>(0)?.into(), opened_ms: row.get(1)? })
            })?;
            rows.collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_opened_last_comes_first_and_once() {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(folder.path()).expect("store");
        for (at, path) in ["a", "b", "a", "c"].into_iter().enumerate() {
            store.add_recent(Path::new(path), at as i64).expect("added");
        }
        store.forget_recent(Path::new("b")).expect("forgotten");
        let recent = store.recent().expect("recent");
        assert_eq!(
            recent,
            [Recent { path: "c".into(), opened_ms: 3 }, Recent { path: "a".into(), opened_ms: 2 }]
        );
        for at in 0..i64::from(KEPT) + 5 {
            store.add_recent(Path::new(&format!("flow {at}")), 10 + at).expect("added");
        }
        let recent = store.recent().expect("recent");
        assert_eq!(recent.len(), KEPT as usize);
        assert!(recent.iter().all(|each| each.opened_ms >= 15), "the oldest went");
    }
}
