//! `HashiCorp` Vault, key-value engine version 2, over its HTTP API.
//!
//! As Vault's own tools it is told by `VAULT_ADDR`, `VAULT_TOKEN` (else `~/.vault-token`), `VAULT_NAMESPACE` and
//! `VAULT_CACERT`.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use flowloom_flow::{Problem, Secret};
use flowloom_net::http::{Auth, Http, HttpAccess, HttpError, HttpErrorKind};
use flowloom_net::{Pem, Tls};
use serde_json::Value;

use super::Get;

const TIMEOUT: Duration = Duration::from_secs(10);

/// The value of `MOUNT/PATH#KEY`.
pub(super) fn secret(reference: &str, get: Get<'_>) -> Result<Secret, Problem> {
    let wrong = || {
        Problem::user(format!("`${{vault:{reference}}}` is no place in Vault"))
            .hint("write `${vault:secret/kafka#password}`: mount, path, `#`, key")
    };
    let (path, key) = reference.split_once('#').ok_or_else(wrong)?;
    let (mount, path) = path.trim_matches('/').split_once('/').ok_or_else(wrong)?;
    if key.is_empty() || path.is_empty() {
        return Err(wrong());
    }
    // Vault's HTTP paths have `data` behind the mount, those of its command line have not.
    let path = path.strip_prefix("data/").unwrap_or(path);
    let address = set("VAULT_ADDR", get).ok_or_else(|| {
        Problem::user("Vault's address is not known: the environment variable `VAULT_ADDR` is not set")
            .hint("set it to `https://host:8200`")
    })?;
    let auth = Auth::Header { name: "X-Vault-Token".to_owned(), value: token(get)? };
    let headers = set("VAULT_NAMESPACE", get).map(|name| ("X-Vault-Namespace".to_owned(), name));
    let ca = set("VAULT_CACERT", get).map(|path| Tls { ca: Some(Pem::Path(path.into())), ..Tls::default() });
    let access = HttpAccess { tls: ca, auth, headers: headers.into_iter().collect(), timeout: TIMEOUT };
    let url = format!("{}/v1/{mount}/data/{path}", address.trim_end_matches('/'));
    let place = format!("{mount}/{path}");
    let mut answer: Value =
        Http::new(&access).and_then(|http| http.get_json(&url)).map_err(|error| refused(&place, error))?;
    let Some(Value::Object(data)) = answer.pointer_mut("/data/data").map(Value::take) else {
        return Err(Problem::external(format!("Vault's answer for `{place}` holds no data"))
            .hint("the mount must be a key-value engine of version 2, and the secret not deleted"));
    };
    match data.get(key) {
        Some(Value::String(text)) => Ok(Secret::new(text.as_str())),
        Some(Value::Null) | None => {
            let known: Vec<_> = data.keys().map(|key| format!("`{key}`")).collect();
            Err(Problem::user(format!("the secret `{place}` in Vault has no key `{key}`"))
                .hint(format!("it has {}", known.join(", "))))
        }
        Some(other) => Ok(Secret::new(other.to_string())),
    }
}

fn set(name: &str, get: Get<'_>) -> Option<String> {
    get(name).filter(|text| !text.trim().is_empty())
}

fn token(get: Get<'_>) -> Result<Secret, Problem> {
    if let Some(token) = set("VAULT_TOKEN", get) {
        return Ok(Secret::new(token));
    }
    let file = set("HOME", get).map(|home| PathBuf::from(home).join(".vault-token"));
    let token = file.and_then(|file| fs::read_to_string(file).ok()).map(Secret::new);
    match token {
        Some(token) if !token.reveal().trim().is_empty() => Ok(Secret::new(token.reveal().trim())),
        _ => {
            Err(Problem::user("there is no token for Vault").hint("run `vault login`, or set `VAULT_TOKEN`"))
        }
    }
}

fn refused(place: &str, error: HttpError) -> Problem {
    let hint = error.hint();
    let problem = match &error.kind {
        HttpErrorKind::NotFound { .. } => Problem::user(format!("Vault has nothing at `{place}`"))
            .hint("check mount and path: `vault kv get MOUNT/PATH` shows it"),
        HttpErrorKind::LoginRefused { .. } => {
            Problem::user(format!("Vault does not let this token read `{place}`"))
                .hint("the token has expired, or its policy does not allow to read there")
        }
        _ => {
            let problem = Problem::external(format!("Vault cannot be asked: {error}"));
            if hint.is_empty() { problem } else { problem.hint(crate::kinds::in_a_sentence(&hint)) }
        }
    };
    problem.retriable(error.is_retriable()).source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_said_before_anybody_is_asked() {
        let text = |reference: &str, known: &[(&str, &str)]| {
            let get =
                |name: &str| known.iter().find(|(key, _)| *key == name).map(|(_, text)| (*text).to_owned());
            secret(reference, &get).expect_err("refused").to_string()
        };
        assert!(text("secret/kafka", &[]).contains("is no place in Vault"));
        assert!(text("kafka#password", &[]).contains("is no place in Vault"));
        assert!(text("secret/kafka#password", &[]).contains("`VAULT_ADDR` is not set"));
        let address = ("VAULT_ADDR", "http://127.0.0.1:1");
        assert!(text("secret/kafka#password", &[address]).contains("there is no token for Vault"));
        let token = ("VAULT_TOKEN", "token-secret");
        let refused = text("secret/kafka#password", &[address, token]);
        assert!(refused.contains("refuses connections") && !refused.contains("token-secret"), "{refused}");
    }
}
