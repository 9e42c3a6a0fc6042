//! A connection as it is edited.

use std::fmt;

use flowloom_connections::{Settings, credentials, kind, put_credentials};
use flowloom_flow::Problem;
use flowloom_flow::value::Credential;
use serde_json::Value;

/// A connection as it is edited.
#[derive(Clone)]
pub struct Draft {
    pub name: String,
    /// Its name in the store; `None`: it is new.
    pub before: Option<String>,
    pub settings: Box<dyn Settings>,
}

/// Commands are logged: what somebody has typed into a field for an address may hold a password too.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Draft of {:?} ({})", self.name, self.settings.card().id)
    }
}

impl PartialEq for Draft {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.before == other.before && *self.settings == *other.settings
    }
}

impl Draft {
    /// A new connection of a kind, as a provider has them where a preset is named.
    pub fn new(name: &str, kind_id: &str, preset: Option<&str>) -> Result<Self, Problem> {
        let entry = kind(kind_id)?;
        let settings = match preset {
            None => (entry.new)(),
            Some(id) => {
                let preset = entry.card.presets.iter().find(|preset| preset.id == id).ok_or_else(|| {
                    let known: Vec<_> = entry.card.presets.iter().map(|preset| preset.id).collect();
                    Problem::user(format!("`{kind_id}` has no preset `{id}`"))
                        .hint(format!("known are {}", known.join(", ")))
                })?;
                entry.preset(preset)?
            }
        };
        Ok(Self { name: name.to_owned(), before: None, settings })
    }

    /// Sets one setting as a file has it; the secrets of the others stay.
    pub fn set(&mut self, key: &str, value: Value) -> Result<(), Problem> {
        let others: Vec<(String, Credential)> =
            credentials(&*self.settings).into_iter().filter(|(field, _)| field != key).collect();
        let mut written = self.settings.written();
        written.insert(key.to_owned(), value);
        let mut settings = (kind(self.settings.card().id)?.read)(written)?;
        put_credentials(&mut *settings, &others);
        self.settings = settings;
        Ok(())
    }

    /// Settings that hold secrets, of the form as it is now.
    pub fn secrets(&self) -> Vec<String> {
        credentials(&*self.settings).into_iter().map(|(key, _)| key).collect()
    }
}
