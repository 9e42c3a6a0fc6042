//! The tables of connections and of their secrets. A secret is a token of [`crate::Ring`] here, never its text.

use std::collections::BTreeMap;

use flowloom_secret::Secret;
use rusqlite::{OptionalExtension as _, Row, Transaction, TransactionBehavior, params};

use crate::{Error, LockError, Ring, Store};

pub(crate) const CREATE: &str = "
CREATE TABLE connections (
    name       TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    settings   TEXT NOT NULL,
    changed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE secrets (
    connection TEXT NOT NULL REFERENCES connections (name) ON DELETE CASCADE ON UPDATE CASCADE,
    field      TEXT NOT NULL,
    token      TEXT NOT NULL,
    PRIMARY KEY (connection, field)
) STRICT, WITHOUT ROWID;
";

/// Named access data, but for its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    pub name: String,
    /// The kind's id.
    pub kind: String,
    /// JSON, without secrets.
    pub settings: String,
    /// Milliseconds since 1970 UTC.
    pub changed_ms: i64,
    /// Fields that have a secret.
    pub secrets: Vec<String>,
}

impl Connection {
    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            kind: row.get("kind")?,
            settings: row.get("settings")?,
            changed_ms: row.get("changed_ms")?,
            secrets: Vec::new(),
        })
    }
}

/// What becomes of the secrets of a connection that is kept.
pub type SecretChanges = BTreeMap<String, Option<Secret>>;

/// A connection to keep, see [`Store::keep_connection`].
#[derive(Clone, Debug)]
pub struct Keeping {
    pub connection: Connection,
    pub before: Option<String>,
    pub changes: SecretChanges,
}

impl Store {
    /// Keeps a connection. `before`: its name until now; `None`: it is new. Of its secrets those in `changes` are
    /// set, or removed where they are `None`; the others stay, whatever `connection.secrets` says.
    pub fn keep_connection(
        &self,
        connection: &Connection,
        before: Option<&str>,
        changes: &SecretChanges,
        ring: &Ring,
    ) -> Result<(), Error> {
        self.keep(connection, before, changes, Some(ring))
    }

    fn keep(
        &self,
        connection: &Connection,
        before: Option<&str>,
        changes: &SecretChanges,
        ring: Option<&Ring>,
    ) -> Result<(), Error> {
        let keeping = Keeping {
            connection: connection.clone(),
            before: before.map(str::to_owned),
            changes: changes.clone(),
        };
        self.keep_connections(&[keeping], ring)
    }

    /// As [`Store::keep_connection`] of several, all or none. Without a `ring` no secret may be among the changes but
    /// those to remove.
    pub fn keep_connections(&self, all: &[Keeping], ring: Option<&Ring>) -> Result<(), Error> {
        let kept = self.with(|store| {
            let change = store.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for keeping in all {
                if let Err(error) = keep_in(&change, keeping, ring)? {
                    return Ok(Err(error));
                }
            }
            change.commit()?;
            Ok(Ok(()))
        });
        kept?
    }

    /// All connections, by name.
    pub fn connections(&self) -> Result<Vec<Connection>, Error> {
        self.with(|store| {
            let store = store.transaction()?;
            let mut connections = store
                .prepare("SELECT * FROM connections ORDER BY name")?
                .query_map([], Connection::of)?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            for connection in &mut connections {
                connection.secrets = fields(&store, &connection.name)?;
            }
            Ok(connections)
        })
    }

    pub fn connection(&self, name: &str) -> Result<Option<Connection>, Error> {
        self.with(|store| {
            let store = store.transaction()?;
            let found = store.query_row("SELECT * FROM connections WHERE name = ?1", [name], Connection::of);
            let Some(found) = found.optional()? else { return Ok(None) };
            let secrets = fields(&store, name)?;
            Ok(Some(Connection { secrets, ..found }))
        })
    }

    /// Forgets a connection and its secrets.
    pub fn remove_connection(&self, name: &str) -> Result<(), Error> {
        let removed = self.with(|store| store.execute("DELETE FROM connections WHERE name = ?1", [name]))?;
        if removed == 0 { Err(Error::NoConnection(name.to_owned())) } else { Ok(()) }
    }

    /// A connection's secrets, by field.
    pub fn secrets(&self, name: &str, ring: &Ring) -> Result<BTreeMap<String, Secret>, Error> {
        let tokens = self.with(|store| {
            store
                .prepare("SELECT field, token FROM secrets WHERE connection = ?1")?
                .query_map([name], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let unlock = |(field, token): (String, String)| match ring.unlock(&token) {
            Some(secret) => Ok((field, secret)),
            None => Err(LockError::OtherKey { connection: name.to_owned(), field }.into()),
        };
        tokens.into_iter().map(unlock).collect()
    }

    /// Whether any secret is stored: then a lost key matters.
    pub fn has_secrets(&self) -> Result<bool, Error> {
        self.with(|store| store.query_row("SELECT EXISTS (SELECT 1 FROM secrets)", [], |row| row.get(0)))
    }

    /// Locks every secret anew with the first key of `ring`, all or none.
    pub fn relock(&self, ring: &Ring) -> Result<(), Error> {
        let relocked = self.with(|store| {
            let change = store.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let all = change
                .prepare("SELECT connection, field, token FROM secrets")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<rusqlite::Result<Vec<(String, String, String)>>>()?;
            for (connection, field, token) in all {
                let Some(secret) = ring.unlock(&token) else {
                    return Ok(Err(LockError::OtherKey { connection, field }.into()));
                };
                change.execute(
                    "UPDATE secrets SET token = ?3 WHERE connection = ?1 AND field = ?2",
                    params![connection, field, ring.lock(&secret)],
                )?;
            }
            change.commit()?;
            Ok(Ok(()))
        });
        relocked?
    }
}

fn keep_in(
    change: &Transaction<'_>,
    keeping: &Keeping,
    ring: Option<&Ring>,
) -> rusqlite::Result<Result<(), Error>> {
    let Keeping { connection: Connection { name, kind, settings, changed_ms, .. }, before, changes } =
        keeping;
    if before.as_ref() != Some(name) && has(change, name)? {
        return Ok(Err(Error::Taken(name.clone())));
    }
    if let Some(before) = before
        && !has(change, before)?
    {
        return Ok(Err(Error::NoConnection(before.clone())));
    }
    match before {
        Some(before) => change.execute(
            "UPDATE connections SET name = ?1, kind = ?2, settings = ?3, changed_ms = ?4 WHERE name = ?5",
            params![name, kind, settings, changed_ms, before],
        )?,
        None => change.execute(
            "INSERT INTO connections (name, kind, settings, changed_ms) VALUES (?1, ?2, ?3, ?4)",
            params![name, kind, settings, changed_ms],
        )?,
    };
    for (field, secret) in changes {
        match (secret, ring) {
            (Some(secret), Some(ring)) => change.execute(
                "INSERT OR REPLACE INTO secrets (connection, field, token) VALUES (?1, ?2, ?3)",
                params![name, field, ring.lock(secret)],
            )?,
            (Some(_), None) => return Ok(Err(Error::NoKey)),
            (None, _) => change
                .execute("DELETE FROM secrets WHERE connection = ?1 AND field = ?2", params![name, field])?,
        };
    }
    Ok(Ok(()))
}

fn has(change: &Transaction<'_>, name: &str) -> rusqlite::Result<bool> {
    change.query_row("SELECT EXISTS (SELECT 1 FROM connections WHERE name = ?1)", [name], |row| row.get(0))
}

fn fields(store: &Transaction<'_>, name: &str) -> rusqlite::Result<Vec<String>> {
    store
        .prepare("SELECT field FROM secrets WHERE connection = ?1 ORDER BY field")?
        .query_map([name], |row| row.get(0))?
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Key, Master, NoKeyring};

    fn connection(name: &str) -> Connection {
        Connection {
            name: name.to_owned(),
            kind: "kafka".to_owned(),
            settings: "{\"bootstrap_servers\": \"a:9092\"}".to_owned(),
            changed_ms: 7,
            secrets: Vec::new(),
        }
    }

    fn set(field: &str, text: &str) -> SecretChanges {
        SecretChanges::from([(field.to_owned(), Some(Secret::new(text.to_owned())))])
    }

    fn texts(store: &Store, name: &str, ring: &Ring) -> Vec<(String, String)> {
        let secrets = store.secrets(name, ring).expect("secrets").into_iter();
        secrets.map(|(field, secret)| (field, secret.reveal().to_owned())).collect()
    }

    #[test]
    fn a_connection_keeps_its_secrets_through_other_changes_and_takes_them_along() {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(folder.path()).expect("store");
        let ring = Ring::new(Key::generate(), Vec::new());
        store.keep_connection(&connection("prod"), None, &set("password", "hunter2"), &ring).expect("kept");
        let taken = store.keep_connection(&connection("prod"), None, &SecretChanges::new(), &ring);
        assert!(matches!(taken, Err(Error::Taken(name)) if name == "prod"));
        let renamed = Connection { changed_ms: 8, ..connection("live") };
        store.keep_connection(&renamed, Some("prod"), &set("token", "abc"), &ring).expect("renamed");
        assert_eq!(store.connection("prod").expect("asked"), None);
        let found = store.connections().expect("listed");
        let secrets = vec!["password".to_owned(), "token".to_owned()];
        assert_eq!(found, [Connection { secrets, ..renamed.clone() }]);
        assert_eq!(
            texts(&store, "live", &ring),
            [("password", "hunter2"), ("token", "abc")].map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
        let gone = SecretChanges::from([("token".to_owned(), None)]);
        store.keep_connection(&renamed, Some("live"), &gone, &ring).expect("changed");
        assert_eq!(texts(&store, "live", &ring).len(), 1);
        let missing = store.keep_connection(&renamed, Some("prod"), &gone, &ring);
        assert!(matches!(missing, Err(Error::Taken(_) | Error::NoConnection(_))));
        store.remove_connection("live").expect("removed");
        assert!(!store.has_secrets().expect("asked"), "they went with it");
        assert!(matches!(store.remove_connection("live"), Err(Error::NoConnection(_))));
    }

    #[test]
    fn no_file_of_the_store_holds_the_text_of_a_secret() {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(folder.path()).expect("store");
        let master = Master::open(folder.path(), None, &NoKeyring, false).expect("a key");
        store
            .keep_connection(&connection("prod"), None, &set("password", "hunter2-in-clear"), &master.ring)
            .expect("kept");
        for entry in std::fs::read_dir(folder.path()).expect("listed") {
            let bytes = std::fs::read(entry.expect("an entry").path()).expect("read");
            assert!(!bytes.windows(16).any(|part| part == b"hunter2-in-clear"));
        }
    }

    #[test]
    fn another_key_says_which_secret_it_cannot_open_and_changes_nothing() {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(folder.path()).expect("store");
        let (mine, other) = (Ring::new(Key::generate(), Vec::new()), Ring::new(Key::generate(), Vec::new()));
        store.keep_connection(&connection("a"), None, &set("password", "one"), &mine).expect("kept");
        store.keep_connection(&connection("b"), None, &set("password", "two"), &other).expect("kept");
        let error = store.secrets("b", &mine).expect_err("another key").to_string();
        assert!(error.contains("`password` of connection `b`"), "{error}");
        let both_but_one = Ring::new(Key::generate(), mine.keys().to_vec());
        store.relock(&both_but_one).expect_err("one cannot be opened");
        assert_eq!(texts(&store, "a", &mine), [("password".to_owned(), "one".to_owned())], "all or none");
    }

    #[test]
    fn rotating_the_key_locks_every_secret_anew() {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(folder.path()).expect("store");
        let master = Master::open(folder.path(), None, &NoKeyring, false).expect("a key");
        let old = Ring::new(master.ring.keys()[0].clone(), Vec::new());
        store.keep_connection(&connection("a"), None, &set("password", "one"), &old).expect("kept");
        let master = master.rotate(folder.path(), &NoKeyring, |ring| store.relock(ring)).expect("rotated");
        assert_eq!(texts(&store, "a", &master.ring), [("password".to_owned(), "one".to_owned())]);
        store.secrets("a", &old).expect_err("the old key opens nothing any more");
    }
}
