//! Errors of the file system in plain words.

use std::io::{Error, ErrorKind};
use std::path::Path;

use flowloom_flow::Problem;

/// `doing` failed on `path`: `read`, `write`, `replace`.
pub(super) fn trouble(doing: &str, path: &Path, error: Error) -> Problem {
    let (why, hint) = match error.kind() {
        ErrorKind::NotFound => ("there is no such file or folder", "check the path"),
        ErrorKind::PermissionDenied => ("permission denied", "ask for access, or choose another path"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            ("no space is left on the disk", "free some space and run again; nothing was changed")
        }
        ErrorKind::ReadOnlyFilesystem => ("the file system is read-only", "choose another path"),
        ErrorKind::AlreadyExists => ("a file has that name", "choose another path"),
        ErrorKind::IsADirectory => ("it is a folder", "give the path of a file"),
        ErrorKind::NotADirectory => ("a part of the path is a file", "check the path"),
        ErrorKind::InvalidFilename => ("the name is not allowed here", "choose a shorter or simpler name"),
        _ => ("", ""),
    };
    let message = match why {
        "" => format!("cannot {doing}, {error}: `{}`", path.display()),
        why => format!("cannot {doing}, {why}: `{}`", path.display()),
    };
    let problem = Problem::external(message);
    let problem = if hint.is_empty() { problem } else { problem.hint(hint) };
    problem.retriable(error.kind() == ErrorKind::StorageFull).source(error)
}
