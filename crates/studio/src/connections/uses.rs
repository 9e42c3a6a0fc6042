//! Which flows name a connection.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use flowloom_flow::{Flow, Problem};
use serde_json::Value;

use super::Book;

/// Runs of the history that are looked through for files.
const RUNS: u32 = 200;

/// A flow that names a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The flow's name.
    pub flow: String,
    /// `None`: it was never saved.
    pub file: Option<PathBuf>,
    /// Nodes that name it.
    pub nodes: Vec<String>,
    /// It is no flow but another connection, `nodes` its settings: a cluster that names its registry.
    pub is_connection: bool,
}

/// Flows among the open ones, those that were used lately and those that were run, that name the connection `name`.
pub(super) fn uses(
    book: &Book,
    name: &str,
    open: &[(Arc<Flow>, Option<PathBuf>)],
) -> Result<Vec<Use>, Problem> {
    let mut found: BTreeSet<Use> =
        open.iter().filter_map(|(flow, file)| in_flow(flow, file.clone(), name)).collect();
    let store = book.store()?;
    let failed = |error: flowloom_store::Error| Problem::external(error.to_string()).source(error);
    let recent = store.recent().map_err(failed)?.into_iter().map(|recent| recent.path);
    let ran = store.runs(RUNS).map_err(failed)?.into_iter().filter_map(|run| run.file.map(PathBuf::from));
    let files: BTreeSet<PathBuf> = recent.chain(ran).collect();
    for file in files {
        let is_open = open.iter().any(|(_, path)| path.as_deref() == Some(&*file));
        // A file that is gone or broken names nothing that could be told.
        let Some(text) = (!is_open).then(|| std::fs::read_to_string(&file).ok()).flatten() else { continue };
        let Ok(flow) = flowloom_flow::file::load(&text) else { continue };
        found.extend(in_flow(&flow, Some(file), name));
    }
    for connection in store.connections().map_err(failed)? {
        let Ok(Value::Object(settings)) = serde_json::from_str(&connection.settings) else { continue };
        if settings.get("schema_registry").and_then(Value::as_str) == Some(name) {
            let nodes = vec!["schema_registry".to_owned()];
            found.insert(Use { flow: connection.name, file: None, nodes, is_connection: true });
        }
    }
    Ok(found.into_iter().collect())
}

/// By convention the setting that names a connection is called `connection`, or ends so.
fn in_flow(flow: &Flow, file: Option<PathBuf>, name: &str) -> Option<Use> {
    let names_it = |(key, value): (&String, &Value)| {
        (key == "connection" || key.ends_with("_connection")) && value.as_str() == Some(name)
    };
    let nodes = flow.nodes.iter().filter(|(_, node)| node.settings.iter().any(names_it));
    let nodes: Vec<String> = nodes.map(|(id, _)| id.to_string()).collect();
    (!nodes.is_empty()).then(|| Use { flow: flow.name.clone(), file, nodes, is_connection: false })
}
