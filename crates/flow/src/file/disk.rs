//! Flow files on disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Loaded, parse, save};
use crate::{Flow, Problem};

/// Reads the flow in the file at `path`.
pub fn read(path: &Path) -> Result<Loaded, Vec<Problem>> {
    match fs::read(path) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => parse(&text),
            Err(error) => Err(vec![
                Problem::user("the flow file is not UTF-8 text")
                    .hint(format!("save it as UTF-8: {}", path.display()))
                    .source(error),
            ]),
        },
        Err(error) => Err(vec![failed("the flow file cannot be read", path, error)]),
    }
}

/// Writes `flow` to `path`: the file holds the old flow or the new one, never a part.
///
/// Keeps the permissions of an existing file, and writes through a link.
pub fn write(path: &Path, flow: &Flow) -> Result<(), Problem> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    replace(&target, save(flow).as_bytes())
        .map_err(|error| failed("the flow file cannot be written", path, error))
}

fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = aside(target);
    let written = stage(&aside, target, bytes).and_then(|()| fs::rename(&aside, target));
    if written.is_err() {
        fs::remove_file(&aside).unwrap_or_else(|error| tracing::debug!(%error, "nothing to clean up"));
    }
    written?;
    sync_folder(target)
}

/// A hidden file beside `target`, so that the rename stays within one file system. No other write has the same.
fn aside(target: &Path) -> PathBuf {
    static WRITES: AtomicU64 = AtomicU64::new(0);
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let write = WRITES.fetch_add(1, Ordering::Relaxed);
    target.with_file_name(format!(".{name}.{}-{write}.tmp", std::process::id()))
}

fn stage(aside: &Path, target: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(aside)?;
    if let Ok(existing) = fs::metadata(target) {
        file.set_permissions(existing.permissions())?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the rename itself durable; only Unix can open a folder.
fn sync_folder(target: &Path) -> io::Result<()> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    if cfg!(unix) { File::open(folder.unwrap_or(Path::new(".")))?.sync_all() } else { Ok(()) }
}

fn failed(what: &str, path: &Path, error: io::Error) -> Problem {
    Problem::external(format!("{what}: {error}: {}", path.display())).source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(name: &str) -> Flow {
        Flow { name: name.to_owned(), ..Flow::default() }
    }

    #[test]
    fn a_written_flow_reads_back_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("orders.flow.yaml");
        write(&path, &flow("one")).expect("written");
        write(&path, &flow("two")).expect("written again");
        assert_eq!(read(&path).expect("read").flow, flow("two"));
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let (path, link) = (folder.path().join("a.flow.yaml"), folder.path().join("b.flow.yaml"));
        write(&path, &flow("one")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("changed");
        symlink(&path, &link).expect("linked");
        write(&link, &flow("two")).expect("written through the link");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o640);
        assert_eq!(read(&path).expect("read").flow, flow("two"));
    }

    #[test]
    fn what_fails_is_said_with_the_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("none").join("a.flow.yaml");
        let problem = write(&path, &flow("one")).expect_err("no folder");
        assert!(problem.message.starts_with("the flow file cannot be written: "), "{problem}");
        assert!(problem.message.ends_with("a.flow.yaml"), "{problem}");
        assert!(read(&path).is_err());
        let binary = folder.path().join("x");
        fs::write(&binary, [0xff, 0xfe]).expect("written");
        assert!(read(&binary).expect_err("not text")[0].message.contains("not UTF-8"));
    }
}
