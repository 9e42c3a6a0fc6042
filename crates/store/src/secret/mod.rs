//! The keys that lock secrets.

mod keyring;
mod master;
mod ring;

pub use keyring::{Keyring, NoKeyring, SystemKeyring};
pub use master::{Hold, Master, Place};
pub use ring::{Key, Ring};

pub(crate) use flowloom_secret::Secret;

/// Why a secret cannot be locked or unlocked. Nothing was changed in every case.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("{what} is no key")]
    NoKey { what: String },
    #[error("`{field}` of connection `{connection}` was locked with another key than those that are there")]
    OtherKey { connection: String, field: String },
    #[error(
        "the key of the stored secrets is gone: it is neither in the system's keyring{keyring} nor in `{}`",
        path.display()
    )]
    Lost { path: std::path::PathBuf, keyring: String },
    #[error("others may read the key file `{}`", path.display())]
    Open { path: std::path::PathBuf },
    #[error("the system's keyring did not take the new key: {0}; nothing was changed")]
    Keyring(String),
    #[error("the key file cannot be used: {source}; `{}`", path.display())]
    File { path: std::path::PathBuf, source: std::io::Error },
    #[error("FLOWLOOM_MASTER_KEY holds the key, so only you can change it")]
    OneKey,
}

impl LockError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoKey { .. } => {
                "a key is 32 bytes in URL-safe Base64, such as `openssl rand -base64 32 | tr +/ -_` prints"
                    .to_owned()
            }
            Self::OtherKey { .. } => "bring that key back, or enter the secret again".to_owned(),
            Self::Lost { .. } => {
                "bring it back from a backup or set FLOWLOOM_MASTER_KEY to it; without it the secrets \
                                  cannot be read, and must be entered again"
                    .to_owned()
            }
            Self::Open { path } => format!(
                "close it with `chmod 600 {}`, and rotate the key if somebody may have read it",
                path.display()
            ),
            Self::OneKey => {
                "put a new key before the old one, with a comma between, and rotate again; then remove the \
                             old one"
                    .to_owned()
            }
            Self::Keyring(_) | Self::File { .. } => return None,
        })
    }
}
