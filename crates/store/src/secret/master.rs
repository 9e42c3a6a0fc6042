//! Where the keys are kept: in `FLOWLOOM_MASTER_KEY`, else in a file that only its owner can read.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::{Key, LockError, Ring};

/// Name of the key file in the folder of the store.
const FILE: &str = "master.key";
const HEAD: &str =
    "# Opens the secrets of Flowloom's connections. Keep a copy in a safe place and show it to nobody.\n";

/// Where the keys came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `FLOWLOOM_MASTER_KEY`.
    Environment,
    File(PathBuf),
}

/// The keys of a store.
#[derive(Debug)]
pub struct Master {
    pub ring: Ring,
    pub place: Place,
    /// The key was made just now: the user should hear of its file.
    pub is_new: bool,
}

impl Master {
    /// The keys of the store in `folder`. `environment`: what `FLOWLOOM_MASTER_KEY` says, newest first, with commas
    /// between. With neither there nor in the file a key, one is made, unless the store `has_secrets` already: then
    /// it was lost, and another one would not open them.
    pub fn open(folder: &Path, environment: Option<&str>, has_secrets: bool) -> Result<Self, LockError> {
        if let Some(text) = environment.filter(|text| !text.trim().is_empty()) {
            let ring = ring(text.split(','), "FLOWLOOM_MASTER_KEY")?;
            return Ok(Self { ring, place: Place::Environment, is_new: false });
        }
        let path = folder.join(FILE);
        let failed = |source| LockError::File { path: path.clone(), source };
        let mut is_new = false;
        let text = match read(&path)? {
            Some(text) => text,
            None if has_secrets => return Err(LockError::Lost { path }),
            None => {
                is_new = write(&path, &[Key::generate()], false).map_err(failed)?;
                // Of two processes that make it at once, both use the one that was there first.
                read(&path)?.ok_or_else(|| failed(ErrorKind::NotFound.into()))?
            }
        };
        let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        let ring = ring(lines, &format!("a line of `{}`", path.display()))?;
        Ok(Self { ring, place: Place::File(path), is_new })
    }

    /// Locks everything anew with a new key. `relock` is given the ring to do it with and must do all or nothing;
    /// until it has, the old keys stay where they are, so that a crash at any moment loses nothing.
    pub fn rotate<E: From<LockError>>(self, relock: impl FnOnce(&Ring) -> Result<(), E>) -> Result<Self, E> {
        let Self { ring: old, place, .. } = self;
        match &place {
            Place::Environment if old.keys().len() < 2 => Err(LockError::OneKey.into()),
            // The first key is the new one already.
            Place::Environment => {
                relock(&old)?;
                Ok(Self { ring: old, place, is_new: false })
            }
            Place::File(path) => {
                let failed = |source| E::from(LockError::File { path: path.clone(), source });
                let new = Key::generate();
                let both = Ring::new(new.clone(), old.keys().to_vec());
                write(path, both.keys(), true).map_err(failed)?;
                relock(&both)?;
                let ring = Ring::new(new, Vec::new());
                write(path, ring.keys(), true).map_err(failed)?;
                Ok(Self { ring, place, is_new: false })
            }
        }
    }
}

fn ring<'a>(texts: impl Iterator<Item = &'a str>, what: &str) -> Result<Ring, LockError> {
    let mut keys = texts.map(|text| Key::read(text, what)).collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() {
        return Err(LockError::NoKey { what: what.to_owned() });
    }
    let first = keys.remove(0);
    Ok(Ring::new(first, keys))
}

/// The key file; `None`: it is not there.
fn read(path: &Path) -> Result<Option<zeroize::Zeroizing<String>>, LockError> {
    let failed = |source| LockError::File { path: path.to_owned(), source };
    let text = match fs::read_to_string(path) {
        Ok(text) => zeroize::Zeroizing::new(text),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(LockError::Open { path: path.to_owned() });
        }
    }
    Ok(Some(text))
}

/// Puts `keys` into the file, whole or not at all. Without `may_replace` a file that is there stays; whether it was
/// written.
fn write(path: &Path, keys: &[Key], may_replace: bool) -> io::Result<bool> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // Only the owner can read it from the start: that is how temporary files are made.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(HEAD.as_bytes())?;
    for key in keys {
        file.write_all(key.secret().reveal().as_bytes())?;
        file.write_all(b"\n")?;
    }
    file.as_file().sync_all()?;
    let written = if may_replace {
        file.persist(path).map(|_file| true)
    } else {
        file.persist_noclobber(path).map(|_file| true)
    };
    match written {
        Err(error) if !may_replace && error.error.kind() == ErrorKind::AlreadyExists => Ok(false),
        written => written.map_err(|error| error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Secret;
    use super::*;

    fn secret() -> Secret {
        Secret::new("hunter2".to_owned())
    }

    #[test]
    fn a_key_is_made_once_for_the_owner_alone() {
        let folder = tempfile::tempdir().expect("folder");
        let masters: Vec<Master> = std::thread::scope(|scope| {
            let open = || Master::open(folder.path(), None, false).expect("opened");
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().expect("joined")).collect()
        });
        assert_eq!(masters.iter().filter(|master| master.is_new).count(), 1);
        let token = masters[0].ring.lock(&secret());
        assert!(masters.iter().all(|master| master.ring.unlock(&token).is_some()), "all have one key");
        let path = folder.path().join(FILE);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("opened to all");
            let error = Master::open(folder.path(), None, true).expect_err("open to all").to_string();
            assert!(error.contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn a_lost_key_is_not_replaced() {
        let folder = tempfile::tempdir().expect("folder");
        let error = Master::open(folder.path(), None, true).expect_err("lost").to_string();
        assert!(error.contains("master.key") && error.contains("FLOWLOOM_MASTER_KEY"), "{error}");
        assert!(!folder.path().join(FILE).exists());
        fs::write(folder.path().join(FILE), "# nothing\n").expect("an empty file");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let path = folder.path().join(FILE);
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("closed");
        }
        let error = Master::open(folder.path(), None, false).expect_err("no key in it").to_string();
        assert!(error.contains("is no key"), "{error}");
    }

    #[test]
    fn rotating_leaves_the_old_keys_until_everything_is_locked_anew() {
        let folder = tempfile::tempdir().expect("folder");
        let master = Master::open(folder.path(), None, false).expect("made");
        let token = master.ring.lock(&secret());
        let failed = master.rotate(|both| {
            assert!(both.unlock(&token).is_some());
            Err::<(), _>(LockError::OneKey)
        });
        failed.expect_err("nothing was locked anew");
        let master = Master::open(folder.path(), None, true).expect("as before");
        assert!(master.ring.unlock(&token).is_some(), "the old key is still there");
        let mut again = String::new();
        let after = master.rotate(|both| {
            again = both.lock(&both.unlock(&token).expect("unlocked"));
            Ok::<(), LockError>(())
        });
        let after = after.expect("rotated");
        assert_eq!((after.ring.keys().len(), after.ring.unlock(&token).is_none()), (1, true));
        let opened = Master::open(folder.path(), None, true).expect("opened");
        assert_eq!(opened.ring.unlock(&again).expect("the new key").reveal(), "hunter2");
    }

    #[test]
    fn the_environment_comes_first_and_is_never_changed() {
        let folder = tempfile::tempdir().expect("folder");
        let (old, new) = (Key::generate(), Key::generate());
        let one = old.secret().reveal().to_owned();
        let master = Master::open(folder.path(), Some(&one), true).expect("opened");
        assert_eq!(
            (&master.place, fs::read_dir(folder.path()).expect("listed").count()),
            (&Place::Environment, 0)
        );
        let token = master.ring.lock(&secret());
        let error = master.rotate(|_| Ok::<(), LockError>(())).expect_err("one key").to_string();
        assert!(error.contains("with a comma"), "{error}");
        let two = format!("{}, {one}", new.secret().reveal());
        let master = Master::open(folder.path(), Some(&two), true).expect("opened");
        assert!(
            master
                .rotate(|both| {
                    assert!(both.unlock(&token).is_some());
                    Ok::<(), LockError>(())
                })
                .is_ok()
        );
        let error = Master::open(folder.path(), Some("short"), true).expect_err("no key").to_string();
        assert!(error.starts_with("FLOWLOOM_MASTER_KEY is no key") && !error.contains("short"), "{error}");
    }
}
