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
}

impl Vault for Locker {
    fn secret(&self, field: &str) -> Result<Option<Secret>, Problem> {
        if let Some(secret) = self.given.get(field) {
            return Ok(Some(secret.clone()));
        }
        if self.name.is_empty() {
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
