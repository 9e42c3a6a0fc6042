//! The table of preferences: what a person set about the studio itself, as JSON by key.

use std::collections::BTreeMap;

use crate::{Error, Store};

pub(crate) const CREATE: &str = "
CREATE TABLE preferences (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
";

impl Store {
    /// Sets a preference; `value` is JSON.
    pub fn set_preference(&self, key: &str, value: &str) -> Result<(), Error> {
        self.with(|connection| {
            connection
                .execute("INSERT OR REPLACE INTO preferences (key, value) VALUES (?1, ?2)", [key, value])?;
            Ok(())
        })
    }

    /// Every preference, by key.
    pub fn preferences(&self) -> Result<BTreeMap<String, String>, Error> {
        self.with(|connection| {
            let mut query = connection.prepare("SELECT key, value FROM preferences")?;
            query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_counts_and_survives_a_reopen() {
        let folder = tempfile::tempdir().expect("folder");
        let store = Store::open(folder.path()).expect("store");
        for (key, value) in [("theme", "\"dark\""), ("zoom", "1.5"), ("theme", "\"light\"")] {
            store.set_preference(key, value).expect("set");
        }
        drop(store);
        let kept = Store::open(folder.path()).and_then(|store| store.preferences()).expect("preferences");
        let kept: Vec<_> = kept.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(kept, [("theme", "\"light\""), ("zoom", "1.5")]);
    }
}
