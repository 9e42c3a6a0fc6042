//! A connection with its name, wherever it was found.

use std::fmt;
use std::path::PathBuf;

use flowloom_flow::Problem;
use serde_json::{Map, Value};

use crate::{Settings, kind};

/// Where a connection comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The store of this person; it can be edited.
    Store,
    /// This variable, or variables that start like it.
    Environment(String),
    File(PathBuf),
}

/// A connection by name.
#[derive(Clone)]
pub struct Named {
    pub name: String,
    pub settings: Box<dyn Settings>,
    pub origin: Origin,
}

impl fmt::Debug for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({}) of {:?}", self.name, self.settings.card().id, self.origin)
    }
}

/// Letters, digits, `_`, `-` and `.`, so that a name fits into a flow, a variable and a command line.
pub fn check_name(name: &str) -> Result<(), Problem> {
    let problem = match name {
        "" => "a connection needs a name".to_owned(),
        name if name.len() > 64 => "a connection's name has at most 64 characters".to_owned(),
        name if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')) => {
            format!("`{name}` cannot be the name of a connection")
        }
        _ => return Ok(()),
    };
    Err(Problem::user(problem).hint("use letters, digits, `_`, `-` and `.`").at_field("name"))
}

/// Settings with their kind beside them, `{"kind": "kafka", "bootstrap_servers": …}`.
pub(crate) fn of_map(mut map: Map<String, Value>) -> Result<Box<dyn Settings>, Problem> {
    let id = match map.remove("kind") {
        Some(Value::String(id)) => id,
        Some(_) => return Err(Problem::user("`kind` must be text").at_field("kind")),
        None => {
            return Err(Problem::user("`kind` is missing: what the connection reaches")
                .hint("write `kind: kafka`, or another of `flowloom connections kinds`")
                .at_field("kind"));
        }
    };
    (kind(&id).map_err(|problem| problem.at_field("kind"))?.read)(map)
}
