//! Where the keys are kept: in `FLOWLOOM_MASTER_KEY`, else in the system's keyring, else in a file that only its owner
//! can read.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::{Key, Keyring, LockError, Ring, Secret};
use crate::Error;

/// Name of the key file in the folder of the store.
const FILE: &str = "master.key";
const LOCK: &str = "master.lock";
const HEAD: &str =
    "# Opens the secrets of Flowloom's connections. Keep a copy in a safe place and show it to nobody.\n";

/// Where the keys came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `FLOWLOOM_MASTER_KEY`.
    Environment,
    /// The system's keyring.
    Keyring,
    File(PathBuf),
}

/// The keys of a store.
#[derive(Debug)]
pub struct Master {
    pub ring: Ring,
    pub place: Place,
    /// The key was made just now: the user should hear of its place.
    pub is_new: bool,
}

impl Master {
    /// As [`Master::open`], and nobody else opens them to change something until this is dropped: what is locked with
    /// these keys now will be opened by those that are there then. Each holds it for moments.
    pub fn hold(
        folder: &Path,
        environment: Option<&str>,
        keyring: &dyn Keyring,
        has_secrets: impl FnOnce() -> Result<bool, Error>,
    ) -> Result<(Self, Hold), Error> {
        let failed = |source| LockError::File { path: folder.join(LOCK), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let hold = Hold(lock(folder).map_err(failed)?);
        Ok((Self::open_held(folder, environment, keyring, has_secrets()?)?, hold))
    }

    /// The keys of the store in `folder`. `environment`: what `FLOWLOOM_MASTER_KEY` says, newest first, with commas
    /// between; else the keyring's; else those of the key file, which also help where the keyring has others. With
    /// no key anywhere one is made, unless the store `has_secrets` already: then it was lost, and another one would
    /// not open them.
    pub fn open(
        folder: &Path,
        environment: Option<&str>,
        keyring: &dyn Keyring,
        has_secrets: bool,
    ) -> Result<Self, LockError> {
        let failed = |source| LockError::File { path: folder.join(LOCK), source };
        fs::create_dir_all(folder).map_err(failed)?;
        // Of two processes that make a key at once, both use the one that was there first.
        let _lock = lock(folder).map_err(failed)?;
        Self::open_held(folder, environment, keyring, has_secrets)
    }

    fn open_held(
        folder: &Path,
        environment: Option<&str>,
        keyring: &dyn Keyring,
        has_secrets: bool,
    ) -> Result<Self, LockError> {
        if let Some(text) = environment.filter(|text| !text.trim().is_empty()) {
            let ring = ring(text.split(','), "FLOWLOOM_MASTER_KEY")?;
            return Ok(Self { ring, place: Place::Environment, is_new: false });
        }
        let path = folder.join(FILE);
        let failed = |source| LockError::File { path: path.clone(), source };
        let held = keyring.get();
        let file = read(&path)?;
        let in_file = |text: &str| of_lines(text, &format!("a line of `{}`", path.display()));
        match (held, file) {
            (Ok(Some(text)), file) => {
                let mut keys = of_lines(&text, "the entry in the system's keyring")?;
                keys.extend(file.as_deref().map(|text| in_file(text)).transpose()?.unwrap_or_default());
                Ok(Self { ring: of_keys(keys, "the keyring")?, place: Place::Keyring, is_new: false })
            }
            (_, Some(text)) => {
                let ring = of_keys(in_file(&text)?, &format!("`{}`", path.display()))?;
                Ok(Self { ring, place: Place::File(path), is_new: false })
            }
            (held, None) if has_secrets => Err(LockError::Lost {
                path,
                keyring: held.err().map(|reason| format!(" ({reason})")).unwrap_or_default(),
            }),
            (held, None) => {
                let key = Key::generate();
                if held.is_ok() && keyring.set(key.secret()).is_ok() {
                    return Ok(Self {
                        ring: Ring::new(key, Vec::new()),
                        place: Place::Keyring,
                        is_new: true,
                    });
                }
                write(&path, std::slice::from_ref(&key)).map_err(failed)?;
                Ok(Self { ring: Ring::new(key, Vec::new()), place: Place::File(path), is_new: true })
            }
        }
    }

    /// Locks everything anew with a new key; who calls it [holds](Master::hold) the keys. `relock` is given the ring to do it with and must do all or nothing;
    /// until it has, the old keys stay where they are, so that a crash at any moment loses nothing.
    pub fn rotate<E: From<LockError>>(
        self,
        folder: &Path,
        keyring: &dyn Keyring,
        relock: impl FnOnce(&Ring) -> Result<(), E>,
    ) -> Result<Self, E> {
        let Self { ring: old, place, .. } = self;
        if place == Place::Environment {
            if old.keys().len() < 2 {
                return Err(LockError::OneKey.into());
            }
            // The first key is the new one already.
            relock(&old)?;
            return Ok(Self { ring: old, place, is_new: false });
        }
        let put = |keys: &[Key]| match &place {
            Place::File(path) => {
                write(path, keys).map_err(|source| LockError::File { path: path.clone(), source })
            }
            _ => keyring.set(&lines(keys)).map_err(LockError::Keyring),
        };
        let new = Key::generate();
        let both = Ring::new(new.clone(), old.keys().to_vec());
        put(both.keys())?;
        relock(&both)?;
        let ring = Ring::new(new, Vec::new());
        // Everything is locked anew: an old key that stays where it was opens nothing any more.
        if let Err(error) = put(ring.keys()) {
            tracing::warn!(%error, "the old key stays beside the new one");
        }
        if place == Place::Keyring
            && let Err(error) = remove(&folder.join(FILE))
        {
            tracing::warn!(%error, "the old key file stays");
        }
        Ok(Self { ring, place, is_new: false })
    }
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Keeps others from changing keys and what they lock, until it is dropped.
#[derive(Debug)]
pub struct Hold(#[expect(dead_code, reason = "its lock goes with it")] File);

/// Held while a key is looked for and made.
fn lock(folder: &Path) -> io::Result<File> {
    let lock = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK))?;
    match lock.lock() {
        // Some network file systems know no locks; then two first starts at once may make two keys.
        Ok(()) => Ok(lock),
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(lock),
        Err(error) => Err(error),
    }
}

fn of_lines(text: &str, what: &str) -> Result<Vec<Key>, LockError> {
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(|line| Key::read(line, what)).collect()
}

fn of_keys(mut keys: Vec<Key>, what: &str) -> Result<Ring, LockError> {
    if keys.is_empty() {
        return Err(LockError::NoKey { what: what.to_owned() });
    }
    let first = keys.remove(0);
    Ok(Ring::new(first, keys))
}

fn lines(keys: &[Key]) -> Secret {
    Secret::new(keys.iter().map(|key| key.secret().reveal()).collect::<Vec<_>>().join("\n"))
}

fn ring<'a>(texts: impl Iterator<Item = &'a str>, what: &str) -> Result<Ring, LockError> {
    of_keys(texts.map(|text| Key::read(text, what)).collect::<Result<_, _>>()?, what)
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

/// Puts `keys` into the file, whole or not at all.
fn write(path: &Path, keys: &[Key]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // Only the owner can read it from the start: that is how temporary files are made.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(HEAD.as_bytes())?;
    file.write_all(lines(keys).reveal().as_bytes())?;
    file.write_all(b"\n")?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::keyring::{Memory, NoKeyring};
    use super::*;

    fn secret() -> Secret {
        Secret::new("hunter2".to_owned())
    }

    #[test]
    fn a_key_is_made_once_for_the_owner_alone() {
        let folder = tempfile::tempdir().expect("folder");
        let masters: Vec<Master> = std::thread::scope(|scope| {
            let open = || Master::open(folder.path(), None, &NoKeyring, false).expect("opened");
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
            let error = Master::open(folder.path(), None, &NoKeyring, true).expect_err("open to all");
            assert!(error.hint().is_some_and(|hint| hint.contains("chmod 600")), "{error}");
        }
    }

    #[test]
    fn a_lost_key_is_not_replaced() {
        let folder = tempfile::tempdir().expect("folder");
        let error = Master::open(folder.path(), None, &NoKeyring, true).expect_err("lost");
        assert!(error.to_string().contains("master.key"), "{error}");
        assert!(error.hint().is_some_and(|hint| hint.contains("FLOWLOOM_MASTER_KEY")), "{error}");
        assert!(!folder.path().join(FILE).exists());
        fs::write(folder.path().join(FILE), "# nothing\n").expect("an empty file");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let path = folder.path().join(FILE);
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("closed");
        }
        let error =
            Master::open(folder.path(), None, &NoKeyring, false).expect_err("no key in it").to_string();
        assert!(error.contains("is no key"), "{error}");
    }

    #[test]
    fn rotating_leaves_the_old_keys_until_everything_is_locked_anew() {
        let folder = tempfile::tempdir().expect("folder");
        let master = Master::open(folder.path(), None, &NoKeyring, false).expect("made");
        let token = master.ring.lock(&secret());
        let failed = master.rotate(folder.path(), &NoKeyring, |both| {
            assert!(both.unlock(&token).is_some());
            Err::<(), _>(LockError::OneKey)
        });
        failed.expect_err("nothing was locked anew");
        let master = Master::open(folder.path(), None, &NoKeyring, true).expect("as before");
        assert!(master.ring.unlock(&token).is_some(), "the old key is still there");
        let mut again = String::new();
        let after = master.rotate(folder.path(), &NoKeyring, |both| {
            again = both.lock(&both.unlock(&token).expect("unlocked"));
            Ok::<(), LockError>(())
        });
        let after = after.expect("rotated");
        assert_eq!((after.ring.keys().len(), after.ring.unlock(&token).is_none()), (1, true));
        let opened = Master::open(folder.path(), None, &NoKeyring, true).expect("opened");
        assert_eq!(opened.ring.unlock(&again).expect("the new key").reveal(), "hunter2");
    }

    #[test]
    fn many_rotate_at_once_and_no_key_is_lost() {
        let folder = tempfile::tempdir().expect("folder");
        let master = Master::open(folder.path(), None, &NoKeyring, false).expect("made");
        let token = parking_lot::Mutex::new(master.ring.lock(&secret()));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let held = Master::hold(folder.path(), None, &NoKeyring, || Ok(true));
                    let (master, _hold) = held.expect("held");
                    let rotated = master.rotate(folder.path(), &NoKeyring, |both| {
                        let mut token = token.lock();
                        let again = both.lock(&both.unlock(&token).expect("opened"));
                        *token = again;
                        Ok::<(), LockError>(())
                    });
                    rotated.expect("rotated");
                });
            }
        });
        let master = Master::open(folder.path(), None, &NoKeyring, true).expect("opened");
        assert_eq!(master.ring.unlock(&token.lock()).expect("the last key").reveal(), "hunter2");
    }

    #[test]
    fn a_keyring_holds_the_key_and_the_file_helps() {
        let folder = tempfile::tempdir().expect("folder");
        let before = Master::open(folder.path(), None, &NoKeyring, false).expect("a file");
        let old = before.ring.lock(&secret());
        let keyring = Memory::default();
        let master = Master::open(folder.path(), None, &keyring, true).expect("the file's");
        assert!(matches!(master.place, Place::File(_)), "a key that is there is not left for a new one");
        fs::rename(folder.path().join(FILE), folder.path().join("away")).expect("moved");
        let master = Master::open(folder.path(), None, &keyring, false).expect("made");
        assert_eq!((&master.place, master.is_new), (&Place::Keyring, true));
        let new = master.ring.lock(&secret());
        fs::rename(folder.path().join("away"), folder.path().join(FILE)).expect("moved back");
        let both = Master::open(folder.path(), None, &keyring, true).expect("both");
        assert!(both.ring.unlock(&old).is_some() && both.ring.unlock(&new).is_some());
        let rotated = both.rotate(folder.path(), &keyring, |ring| {
            assert!(ring.unlock(&old).is_some());
            Ok::<(), LockError>(())
        });
        assert_eq!(rotated.expect("rotated").ring.keys().len(), 1);
        assert_eq!(keyring.get().expect("there").expect("a key").lines().count(), 1);
    }

    #[test]
    fn the_environment_comes_first_and_is_never_changed() {
        let folder = tempfile::tempdir().expect("folder");
        let (old, new) = (Key::generate(), Key::generate());
        let one = old.secret().reveal().to_owned();
        let master = Master::open(folder.path(), Some(&one), &NoKeyring, true).expect("opened");
        assert_eq!((&master.place, folder.path().join(FILE).exists()), (&Place::Environment, false));
        let token = master.ring.lock(&secret());
        let error =
            master.rotate(folder.path(), &NoKeyring, |_| Ok::<(), LockError>(())).expect_err("one key");
        assert!(error.hint().is_some_and(|hint| hint.contains("with a comma")), "{error}");
        let two = format!("{}, {one}", new.secret().reveal());
        let master = Master::open(folder.path(), Some(&two), &NoKeyring, true).expect("opened");
        assert!(
            master
                .rotate(folder.path(), &NoKeyring, |both| {
                    assert!(both.unlock(&token).is_some());
                    Ok::<(), LockError>(())
                })
                .is_ok()
        );
        let error =
            Master::open(folder.path(), Some("short"), &NoKeyring, true).expect_err("no key").to_string();
        assert!(error.starts_with("FLOWLOOM_MASTER_KEY is no key") && !error.contains("short"), "{error}");
    }
}
