//! `HashiCorp` Vault, key-value engine version 2, over its HTTP API.

use flowloom_flow::{Problem, Secret};

use super::Get;

/// The value of `MOUNT/PATH#KEY`, from the server that `VAULT_ADDR` names.
pub(super) fn secret(path: &str, get: Get<'_>) -> Result<Secret, Problem> {
    let address = get("VAULT_ADDR").ok_or_else(|| Problem::user("`VAULT_ADDR` is not set"))?;
    Err(Problem::user(format!("{path} {address}")))
}
