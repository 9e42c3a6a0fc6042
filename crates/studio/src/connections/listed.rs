//! Connections as a list shows them, those that cannot be read too.

use flowloom_connections::{Card, Named, Origin, Settings, environment, kind};
use flowloom_flow::Problem;
use flowloom_store::Connection;
use serde_json::Value;

use super::book::FILE;

/// A connection in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    pub name: String,
    /// `None`: a newer Flowloom has made it.
    pub card: Option<&'static Card>,
    pub kind: String,
    /// What it reaches, without secrets.
    pub caption: String,
    pub origin: Origin,
    /// Milliseconds since 1970 UTC; `None`: it is not in the store.
    pub changed_ms: Option<i64>,
    /// Why it cannot be used.
    pub problem: Option<Problem>,
}

pub(super) fn settings_of(connection: &Connection) -> Result<Box<dyn Settings>, Problem> {
    let Ok(Value::Object(settings)) = serde_json::from_str(&connection.settings) else {
        return Err(Problem::external(format!(
            "the stored settings of `{}` cannot be read",
            connection.name
        ))
        .hint("remove the connection and add it again"));
    };
    (kind(&connection.kind)?.read)(settings)
}

pub(super) fn of_store(connection: &Connection) -> Listed {
    let read = settings_of(connection);
    Listed {
        name: connection.name.clone(),
        card: read.as_ref().ok().map(|settings| settings.card()),
        kind: connection.kind.clone(),
        caption: read.as_ref().map_or_else(|_| String::new(), |settings| settings.caption()),
        origin: Origin::Store,
        changed_ms: Some(connection.changed_ms),
        problem: read.err(),
    }
}

pub(super) fn listed(name: &str, found: Result<Named, Problem>) -> Listed {
    match found {
        Ok(named) => Listed {
            name: name.to_owned(),
            card: Some(named.settings.card()),
            kind: named.settings.card().id.to_owned(),
            caption: named.settings.caption(),
            origin: named.origin,
            changed_ms: None,
            problem: None,
        },
        Err(problem) => Listed {
            name: name.to_owned(),
            card: None,
            kind: String::new(),
            caption: String::new(),
            origin: Origin::Environment(match name {
                FILE => FILE.to_owned(),
                name => format!("FLOWLOOM_CONNECTION_{}", environment::variable(name)),
            }),
            changed_ms: None,
            problem: Some(problem),
        },
    }
}
