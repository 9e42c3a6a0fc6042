//! The keys that lock secrets: the first one locks, each of them unlocks.

use fernet::{Fernet, MultiFernet};

use super::{LockError, Secret};

/// A Fernet key.
#[derive(Clone, Debug)]
pub struct Key(Secret);

impl Key {
    /// A new one, of the system's randomness.
    pub fn generate() -> Self {
        Self(Secret::new(Fernet::generate_key()))
    }

    /// The key that `text` writes. `what` names it in the error, which never repeats it.
    pub fn read(text: &str, what: &str) -> Result<Self, LockError> {
        let text = text.trim();
        match Fernet::new(text) {
            Some(_) => Ok(Self(Secret::new(text.to_owned()))),
            None => Err(LockError::NoKey { what: what.to_owned() }),
        }
    }

    pub fn secret(&self) -> &Secret {
        &self.0
    }
}

/// Keys, the newest first; never empty.
pub struct Ring {
    keys: Vec<Key>,
    locks: MultiFernet,
}

impl Ring {
    pub fn new(first: Key, others: Vec<Key>) -> Self {
        let keys: Vec<Key> = std::iter::once(first).chain(others).collect();
        let locks = MultiFernet::new(keys.iter().filter_map(|key| Fernet::new(key.0.reveal())).collect());
        Self { keys, locks }
    }

    /// Newest first.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// A token that only these keys open. Two tokens of one secret differ.
    pub fn lock(&self, secret: &Secret) -> String {
        self.locks.encrypt(secret.reveal().as_bytes())
    }

    /// What a token holds; `None`: no key of these opens it.
    pub fn unlock(&self, token: &str) -> Option<Secret> {
        String::from_utf8(self.locks.decrypt(token).ok()?).ok().map(Secret::new)
    }
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ring of {}", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_key_locks_and_each_unlocks() {
        let (old, new) = (Key::generate(), Key::generate());
        let before = Ring::new(old.clone(), Vec::new());
        let token = before.lock(&Secret::new("pässword".to_owned()));
        assert!(!token.contains("word") && token != before.lock(&Secret::new("pässword".to_owned())));
        let both = Ring::new(new.clone(), vec![old]);
        assert_eq!(both.unlock(&token).expect("the old key is there").reveal(), "pässword");
        let after = Ring::new(new, Vec::new());
        assert!(after.unlock(&token).is_none());
        assert!(after.unlock(&both.lock(&Secret::new("x".to_owned()))).is_some());
        assert!(after.unlock("no token").is_none());
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        let error = Key::read("hunter2", "line 1 of the file").expect_err("short").to_string();
        assert!(error.starts_with("line 1 of the file is no key") && !error.contains("hunter2"), "{error}");
    }
}
