//! The system's keyring: Secret Service, Keychain, Credential Manager.

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use flowloom_secret::Secret;
use zeroize::Zeroizing;

/// A keyring may ask a person for its password; somebody who is not there is not waited for longer than this.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a system keeps a person's secrets. Errors are a few words.
pub trait Keyring: Send + Sync {
    /// The entry; `None`: the keyring is there and has none.
    fn get(&self) -> Result<Option<Zeroizing<String>>, String>;
    fn set(&self, text: &Secret) -> Result<(), String>;
}

/// There is none, or it is not to be used.
#[derive(Debug)]
pub struct NoKeyring;

impl Keyring for NoKeyring {
    fn get(&self) -> Result<Option<Zeroizing<String>>, String> {
        Err("there is none".to_owned())
    }

    fn set(&self, _text: &Secret) -> Result<(), String> {
        Err("there is none".to_owned())
    }
}

/// This system's, with an entry for each store.
#[derive(Debug)]
pub struct SystemKeyring {
    user: String,
}

impl SystemKeyring {
    /// For the store in `folder`.
    pub fn new(folder: &Path) -> Self {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        Self { user: folder.display().to_string() }
    }

    /// `limit`: `None` where an answer that comes late would undo what came after it.
    fn ask<T: Send + 'static>(
        &self,
        limit: Option<Duration>,
        question: impl FnOnce(&keyring::v1::Entry) -> Result<T, keyring::v1::Error> + Send + 'static,
    ) -> Result<T, String> {
        let (send, receive) = mpsc::sync_channel(1);
        let user = self.user.clone();
        let ask = move || {
            let answer = keyring::v1::Entry::new("flowloom", &user).and_then(|entry| question(&entry));
            if send.send(answer).is_err() {
                tracing::debug!("the keyring answered too late");
            }
        };
        thread::Builder::new()
            .name("flowloom-keyring".to_owned())
            .spawn(ask)
            .map_err(|error| error.to_string())?;
        let answer = match limit {
            Some(limit) => receive.recv_timeout(limit).ok(),
            None => receive.recv().ok(),
        };
        match answer {
            Some(answer) => answer.map_err(|error| {
                tracing::debug!(%error, "the keyring");
                error.to_string()
            }),
            None => Err("it did not answer".to_owned()),
        }
    }
}

impl Keyring for SystemKeyring {
    fn get(&self) -> Result<Option<Zeroizing<String>>, String> {
        self.ask(Some(PATIENCE), |entry| match entry.get_password() {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(keyring::v1::Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
    }

    fn set(&self, text: &Secret) -> Result<(), String> {
        let text = text.clone();
        self.ask(None, move |entry| entry.set_password(text.reveal()))
    }
}

/// A keyring in memory.
#[cfg(test)]
#[derive(Default)]
pub(super) struct Memory(parking_lot::Mutex<Option<String>>);

#[cfg(test)]
impl Keyring for Memory {
    fn get(&self) -> Result<Option<Zeroizing<String>>, String> {
        Ok(self.0.lock().clone().map(Zeroizing::new))
    }

    fn set(&self, text: &Secret) -> Result<(), String> {
        *self.0.lock() = Some(text.reveal().to_owned());
        Ok(())
    }
}
