//! The table of drafts: flows as they are on the canvas, kept until they are saved or given up.

use std::path::PathBuf;

use rusqlite::{Row, TransactionBehavior, params};

use crate::owner::is_alive;
use crate::{Error, Owner, Store};

pub(crate) const CREATE: &str = "
CREATE TABLE drafts (
    id       TEXT PRIMARY KEY,
    path     TEXT,
    flow     TEXT NOT NULL,
    text     TEXT NOT NULL,
    saved_ms INTEGER NOT NULL,
    pid      INTEGER NOT NULL,
    owner    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

/// An unsaved flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// One for each open flow, unique over all processes.
    pub id: String,
    /// Its file, when it has one; a path that is not Unicode is not kept.
    pub path: Option<PathBuf>,
    /// The flow's name.
    pub flow: String,
    /// What its file would hold.
    pub text: String,
    /// Milliseconds since 1970 UTC.
    pub saved_ms: i64,
}

impl Draft {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            path: row.get::<_, Option<String>>("path")?.map(PathBuf::from),
            flow: row.get("flow")?,
            text: row.get("text")?,
            saved_ms: row.get("saved_ms")?,
        })
    }
}

impl Store {
    /// Keeps `draft`, in place of an earlier one of this id. It is durable when this returns.
    pub fn keep_draft(&self, draft: &Draft, owner: &Owner) -> Result<(), Error> {
        let path = draft.path.as_ref().and_then(|path| path.to_str());
        self.with(|connection| {
            connection.execute(
                "INSERT OR REPLACE INTO drafts (id, path, flow, text, saved_ms, pid, owner)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    draft.id,
                    path,
                    draft.flow,
                    draft.text,
                    draft.saved_ms,
                    std::process::id(),
                    owner.token()
                ],
            )?;
            Ok(())
        })
    }

    /// Forgets a draft: its flow was saved, or given up.
    pub fn drop_draft(&self, id: &str) -> Result<(), Error> {
        self.with(|connection| connection.execute("DELETE FROM drafts WHERE id = ?1", [id]).map(drop))
    }

    /// The drafts whose owners died, newest first; they belong to `owner` now, so that of two processes
    /// that start at once only one is given them.
    pub fn take_drafts(&self, owner: &Owner) -> Result<Vec<Draft>, Error> {
        let folder = self.folder();
        self.with(|connection| {
            let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let found: Vec<(Draft, String)> = change
                .prepare("SELECT * FROM drafts ORDER BY saved_ms DESC, id")?
                .query_map([], |row| Ok((Draft::of(row)?, row.get("owner")?)))?
                .collect::<Result<_, _>>()?;
            let mut taken = Vec::new();
            for (draft, of) in found {
                if of == owner.token() || is_alive(folder, &of) {
                    continue;
                }
                change.execute(
                    "UPDATE drafts SET owner = ?1, pid = ?2 WHERE id = ?3",
                    params![owner.token(), std::process::id(), draft.id],
                )?;
                taken.push(draft);
            }
            change.commit()?;
            Ok(taken)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(id: &str, text: &str) -> Draft {
        Draft {
            id: id.to_owned(),
            path: Some("a.flow.yaml".into()),
            flow: "A".to_owned(),
            text: text.to_owned(),
            saved_ms: 5,
        }
    }

    #[test]
    fn drafts_of_the_dead_are_taken_by_one_and_those_of_the_living_by_nobody() {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(folder.path()).expect("store");
        let owner = || Owner::new(folder.path()).expect("owner");
        let (alive, dead) = (owner(), owner());
        store.keep_draft(&draft("1", "old"), &alive).expect("kept");
        store.keep_draft(&draft("2", "old"), &dead).expect("kept");
        store.keep_draft(&draft("2", "new"), &dead).expect("kept");
        drop(dead);
        let (first, second) = (owner(), owner());
        assert_eq!(store.take_drafts(&first).expect("drafts"), [draft("2", "new")]);
        assert_eq!(store.take_drafts(&second).expect("drafts"), []);
        drop(first);
        assert_eq!(store.take_drafts(&second).expect("drafts"), [draft("2", "new")], "it died as well");
        store.drop_draft("2").expect("dropped");
        drop(second);
        assert_eq!(store.take_drafts(&alive).expect("drafts"), [], "its own are no news to it");
    }

    #[test]
    fn a_draft_without_a_file_comes_back_without_one() {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(folder.path()).expect("store");
        let kept = Draft { path: None, ..draft("1", "x") };
        let owner = Owner::new(folder.path()).expect("owner");
        store.keep_draft(&kept, &owner).expect("kept");
        drop(owner);
        let owner = Owner::new(folder.path()).expect("owner");
        assert_eq!(store.take_drafts(&owner).expect("drafts"), [kept]);
    }
}
