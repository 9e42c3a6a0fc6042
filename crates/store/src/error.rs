//! What can go wrong with the store.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// Why the store cannot be used. It is left as it is in every case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no folder for application data; set FLOWLOOM_HOME")]
    NoHome(#[source] etcetera::HomeDirError),
    #[error("the folder of the store cannot be made: {source}; `{}`", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error(
        "the store was made by a newer Flowloom (version {found}, this one knows {known}); `{}`",
        path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("there is a connection `{0}` already; choose another name")]
    Taken(String),
    #[error("there is no connection `{0}`")]
    NoConnection(String),
    #[error("a secret cannot be kept without a key")]
    NoKey,
    #[error(transparent)]
    Lock(#[from] crate::LockError),
    #[error("the store cannot be used: {source}; `{}`", path.display())]
    Sqlite { path: PathBuf, source: rusqlite::Error },
}

impl Error {
    /// What to do about it, if there is something to say.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Lock(error) => error.hint(),
            _ => None,
        }
    }

    /// Whether the file itself is wrong, rather than the disk or a lock.
    pub(crate) fn is_damage(&self) -> bool {
        let Self::Sqlite { source, .. } = self else { return false };
        matches!(source.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
    }
}
