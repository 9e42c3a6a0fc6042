//! What unlocks the secrets of a connection, each when it is asked for.

use std::collections::BTreeMap;

use flowloom_connections::reference;
use flowloom_flow::{Problem, Secret, Vault};

use super::book::{Book, problem};

/// Unlocks the secrets of one connection, each when it is asked for.
pub(super) struct Locker {
    pub(super) book: Book,
    /// In the store; empty: it is not there.
    pub(super) name: String,
    pub(super) given: BTreeMap<String, Secret>,
    /// Only these of the store; `None`: all. A draft from which a secret was cleared must not be tried with it.
    pub(super) only: Option<Vec<String>>,
}

impl Vault for Locker {
    fn secret(&self, field: &str) -> Result<Option<Secret>, Problem> {
        if let Some(secret) = self.given.get(field) {
            return Ok(Some(secret.clone()));
        }
        let is_cleared = self.only.as_ref().is_some_and(|only| !only.iter().any(|known| known == field));
        if self.name.is_empty() || is_cleared {
            return Ok(None);
        }
        let store = self.book.store()?;
        let has_it = store.connection(&self.name).map_err(problem)?;
        if !has_it.is_some_and(|found| found.secrets.iter().any(|known| known == field)) {
            return Ok(None);
        }
        let (master, _hold) = self.book.master(&store)?;
        Ok(store.secrets(&self.name, &master.ring).map_err(problem)?.remove(field))
    }

    fn resolve(&self, reference: &str) -> Result<Secret, Problem> {
        reference::resolve(reference, &*self.book.get)
    }
}
