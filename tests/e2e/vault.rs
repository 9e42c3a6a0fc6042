//! A stand-in for HashiCorp Vault: no package registry has its program, so this answers as its HTTP API is documented
//! for the KV secrets engine, version 2, mounted at `secret/`.
//!
//! <https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2>

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::http::{Port, Request, Response, Server};
use crate::passwords;

/// A vault whose only token is [`passwords::VAULT`]; dropping it closes its port.
pub(crate) struct Vault {
    server: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// By namespace, which is empty for the root's, and path below `secret/`.
    secrets: BTreeMap<(String, String), Value>,
    sealed: bool,
}

impl Vault {
    pub(crate) fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let read = Arc::clone(&state);
        let server = Port::take().serve(move |request| answer(&read.lock(), request));
        Self { server, state }
    }

    /// What `VAULT_ADDR` is.
    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Keeps keys and values at `secret/PATH` of a namespace; the root's is `""`.
    pub(crate) fn put(&self, namespace: &str, path: &str, values: Value) {
        self.state.lock().secrets.insert((namespace.to_owned(), path.to_owned()), values);
    }

    /// From now on it answers as a vault that nobody has unsealed since its start.
    pub(crate) fn seal(&self) {
        self.state.lock().sealed = true;
    }
}

fn answer(state: &State, request: &Request) -> Response {
    let errors = |status, errors: &[&str]| Response::Json(status, json!({"errors": errors}));
    let header = |name: &str| request.headers.get(name).map_or("", String::as_str);
    if state.sealed {
        return errors(503, &["Vault is sealed"]);
    }
    if header("x-vault-token") != passwords::VAULT {
        return errors(403, &["permission denied"]);
    }
    if request.method != "GET" {
        return errors(405, &["unsupported operation"]);
    }
    let path = request.target.split('?').next().unwrap_or_default();
    let Some(path) = path.strip_prefix("/v1/secret/") else {
        return errors(404, &[&format!("no handler for route {path:?}. route entry not found.")]);
    };
    // A client that takes the engine for version 1 leaves `data/` out; a real one warns so.
    let Some(path) = path.strip_prefix("data/") else {
        let warning = "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API \
                       endpoints to use.";
        return Response::Json(404, json!({"warnings": [warning], "data": null}));
    };
    let namespace = header("x-vault-namespace").trim_matches('/').to_owned();
    let Some(values) = state.secrets.get(&(namespace, path.to_owned())) else {
        return errors(404, &[]);
    };
    let metadata = json!({
        "created_time": "2026-01-01T00:00:00Z", "custom_metadata": null, "deletion_time": "", "destroyed": false,
        "version": 1,
    });
    Response::Json(200, json!({"lease_duration": 0, "data": {"data": values, "metadata": metadata}}))
}
