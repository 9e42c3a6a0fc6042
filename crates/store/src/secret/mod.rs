//! Text that nobody may see, and the keys that lock it.

mod master;
mod ring;

use std::fmt;

use zeroize::Zeroizing;

pub use master::{Master, Place};
pub use ring::{Key, Ring};

/// A password, a token, a private key: wiped from memory when it is dropped.
///
/// It cannot be printed and not be written, so it gets into no log, no file and no error by accident:
///
/// ```compile_fail
/// println!("{}", flowloom_store::Secret::new("hidden".to_owned()));
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself: only where a client is built of it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Why a secret cannot be locked or unlocked. Nothing was changed in every case.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error(
        "{what} is no key: a key is 32 bytes in URL-safe Base64, such as `openssl rand -base64 32 | tr +/ -_` prints"
    )]
    NoKey { what: String },
    #[error(
        "`{field}` of connection `{connection}` was locked with another key than those that are there: bring that key \
         back, or enter the secret again"
    )]
    OtherKey { connection: String, field: String },
    #[error(
        "the key of the stored secrets is gone: bring `{}` back from a backup or set FLOWLOOM_MASTER_KEY to it; without \
         it they cannot be read, and must be entered again",
        path.display()
    )]
    Lost { path: std::path::PathBuf },
    #[error(
        "others may read the key file: close it with `chmod 600 {}`, and rotate the key if somebody may have read it",
        path.display()
    )]
    Open { path: std::path::PathBuf },
    #[error("the key file cannot be used: {source}; `{}`", path.display())]
    File { path: std::path::PathBuf, source: std::io::Error },
    #[error(
        "FLOWLOOM_MASTER_KEY holds the key, so only you can change it: put a new key before the old one, with a comma \
         between, and rotate again; then remove the old one"
    )]
    OneKey,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_says_nothing_of_itself() {
        let secret = Secret::new("hunter2".to_owned());
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)), "Secret Some(\n    Secret,\n)");
        assert_eq!(secret.reveal(), "hunter2");
    }
}
