//! `sqlite`: a database in a file of this machine.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::time::Duration;

use flowloom_flow::{Form, Problem, Problems, Setting};
use flowloom_net::{Failure, Passed, Probe};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use serde::{Deserialize, Serialize};

use crate::{Card, Group, Kind, Parts};

/// A database in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sqlite {
    pub path: String,
}

impl Kind for Sqlite {
    const CARD: &'static Card = &Card {
        id: "sqlite",
        name: "SQLite",
        group: Group::Databases,
        blurb: "A database in a file of this machine",
        presets: &[],
        schemes: &["sqlite"],
    };

    fn form(&mut self, form: &mut dyn Form) {
        form.text(
            Setting::new("path", "File").help(
                "Absolute path of the database, often `….db` or `….sqlite`. `PRAGMA database_list` tells it where a \
                 program has it open",
            ),
            &mut self.path,
        );
    }

    fn caption(&self) -> String {
        self.path.clone()
    }

    fn check(&self, problems: &mut Problems) {
        let path = self.path.trim();
        if path.is_empty() {
            problems.error("path", "no file is given");
        } else if path == ":memory:" {
            problems.push(
                Problem::user("a database in memory is gone with its connection")
                    .hint("give the path of a file")
                    .at_field("path"),
            );
        } else if !Path::new(path).is_absolute() {
            problems.push(
                Problem::user(format!("`{path}` is no absolute path"))
                    .hint("a connection is used from many folders: write the whole path")
                    .at_field("path"),
            );
        }
    }

    fn test(&self, probe: &mut Probe<'_>) {
        let path = self.path.trim().to_owned();
        let Some(path) = probe.step("File", move |_| file(path)) else { return };
        let settings = self.clone();
        let opened = probe.step("Database", move |left| {
            let database = settings.client(left)?;
            let summary = summary(&database).map_err(|error| refusal(&settings.path, &error))?;
            Ok(Passed::new(database, summary))
        });
        if opened.is_some() {
            probe.step("Writing", move |_| Ok(writing(&path)));
        }
    }

    fn of_parts(parts: &Parts) -> Result<Self, Problem> {
        // Airflow writes the file as the host, SQLAlchemy as the path: `sqlite:///shop.db` and `sqlite:////srv/shop.db`.
        let path = match parts.host.as_deref().filter(|host| !host.is_empty()) {
            Some(host) if parts.path.is_empty() => host.to_owned(),
            Some(host) => format!("{host}/{}", parts.path),
            None if Path::new(&parts.path).is_absolute() => parts.path.clone(),
            None => format!("/{}", parts.path),
        };
        Ok(Self { path })
    }
}

impl Sqlite {
    /// The database, to be read only. `limit`: how long it waits for a lock.
    pub fn client(&self, limit: Duration) -> Result<Connection, Failure> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = || {
            let database = Connection::open_with_flags(self.path.trim(), flags)?;
            database.busy_timeout(limit)?;
            Ok(database)
        };
        open().map_err(|error| refusal(&self.path, &error))
    }
}

fn file(path: String) -> Result<Passed<String>, Failure> {
    let about = fs::metadata(&path).map_err(|error| {
        Failure::new(format!("`{path}` cannot be opened: {}", error.kind()))
            .hint("check the path; a test makes no database that is not there")
            .details(&error)
    })?;
    if !about.is_file() {
        return Err(Failure::new(format!("`{path}` is no file")).hint("give the path of the database itself"));
    }
    fs::File::open(&path).map_err(|error| {
        Failure::new(format!("`{path}` cannot be read: {}", error.kind()))
            .hint("allow this user to read it")
            .details(&error)
    })?;
    Ok(Passed::new(path, format!("{} bytes", about.len())))
}

/// `SQLite 3.51.1, 4 tables, journal wal`
fn summary(database: &Connection) -> rusqlite::Result<String> {
    let tables: i64 =
        database
            .query_row("SELECT count(*) FROM sqlite_schema WHERE type = 'table'", [], |row| row.get(0))?;
    let journal: String = database.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    let tables = if tables == 1 { "1 table".to_owned() } else { format!("{tables} tables") };
    let journal = if journal == "wal" {
        "WAL: others may write meanwhile".to_owned()
    } else {
        format!("journal {journal}")
    };
    Ok(format!("SQLite {}, {tables}, {journal}", rusqlite::version()))
}

/// Whether SQLite could write: the file and, for its journal, the folder. Nothing is written into the database.
fn writing(path: &str) -> Passed<()> {
    let file = OpenOptions::new().write(true).open(path).map(drop);
    let folder = Path::new(path).parent().unwrap_or_else(|| Path::new("/"));
    let journal = folder.join(format!(".flowloom-test-{}", std::process::id()));
    let tried = file.map_err(|error| ("the file", error)).and_then(|()| {
        let made = fs::File::create_new(&journal).and_then(|_| fs::remove_file(&journal));
        made.map_err(|error| ("its folder, where the journal stands,", error))
    });
    match tried {
        Ok(()) => Passed::new((), "file and folder can be written"),
        Err((what, error)) => Passed::new((), "").warn(
            Failure::new(format!("{what} cannot be written: {}", error.kind()))
                .hint("reading works; allow this user to write if a flow is to write here")
                .details(&error),
        ),
    }
}

fn refusal(path: &str, error: &rusqlite::Error) -> Failure {
    let failure = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => {
            Failure::new(format!("`{path}` is no SQLite database, or it is encrypted"))
                .hint("check the path; encrypted databases cannot be read")
        }
        Some(ErrorCode::DatabaseCorrupt) => Failure::new(format!("the database `{path}` is damaged"))
            .hint("`PRAGMA integrity_check` says where; restore a backup"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Failure::new(format!("another program holds the database `{path}` locked"))
                .hint("close the other program's transaction, or switch the database to WAL")
        }
        Some(ErrorCode::CannotOpen) => Failure::new(format!("the database `{path}` cannot be opened"))
            .hint("with WAL this user must be allowed to write into its folder, even to read"),
        _ => Failure::new(format!("the database `{path}` cannot be read")),
    };
    failure.details(error)
}

#[cfg(test)]
mod tests {
    use flowloom_net::State;

    use super::*;
    use crate::kinds::tests::{steps, told};

    fn at(path: &Path) -> Sqlite {
        Sqlite { path: path.to_str().expect("UTF-8").to_owned() }
    }

    #[test]
    fn a_database_is_told_from_what_is_none() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("shop.db");
        let database = Connection::open(&path).expect("open");
        database.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE orders (id)").expect("made");
        let found = steps(&at(&path));
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|step| step.state == State::Passed), "{found:?}");
        assert!(found[1].message.contains("1 table, WAL"), "{found:?}");
        drop(database);
        let text = folder.path().join("notes.txt");
        fs::write(&text, "a text that is long enough to be taken for the head of a database, or not")
            .expect("written");
        let found = steps(&at(&text));
        assert!(found[1].message.ends_with("is no SQLite database, or it is encrypted"), "{found:?}");
        assert!(steps(&at(&folder.path().join("none.db")))[0].message.contains("cannot be opened"));
        assert!(!folder.path().join("none.db").exists());
        assert!(steps(&at(folder.path()))[0].message.ends_with("is no file"));
    }

    #[test]
    fn a_locked_database_ends_in_time() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("shop.db");
        let database = Connection::open(&path).expect("open");
        database.execute_batch("CREATE TABLE orders (id); BEGIN EXCLUSIVE").expect("locked");
        let client = at(&path).client(Duration::from_millis(20)).expect("opened");
        let failure = refusal("shop.db", &summary(&client).expect_err("locked"));
        assert!(failure.message.starts_with("another program holds"), "{failure:?}");
    }

    #[test]
    fn paths_are_absolute_wherever_they_come_from() {
        let of = |host: Option<&str>, path: &str| {
            let parts = Parts { host: host.map(str::to_owned), path: path.to_owned(), ..Parts::default() };
            Sqlite::of_parts(&parts).expect("read").path
        };
        assert_eq!(of(None, "srv/shop.db"), "/srv/shop.db");
        assert_eq!(of(Some(""), "/srv/shop.db"), "/srv/shop.db");
        assert_eq!(of(Some("/srv/shop.db"), ""), "/srv/shop.db");
        for wrong in ["", "shop.db", ":memory:"] {
            assert_eq!(told(&Sqlite { path: wrong.to_owned() }), ["error path"], "{wrong}");
        }
    }
}
