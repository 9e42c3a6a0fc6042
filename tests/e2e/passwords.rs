//! Every secret that the tests' services know; a scan of all output and files looks for each of them.

/// What opens anything in the tests, or is tried in vain. They differ from every word that may be printed rightly.
pub(crate) const ALL: [&str; 13] = [
    "admin-secret",
    "alice-secret",
    BEARER,
    KEY,
    "mariadb-secret",
    OIDC,
    "postgres-secret",
    "realm-secret",
    REGISTRY,
    "s3-secret",
    STRANGER,
    VAULT,
    WRONG,
];

/// The token that [`Gate`](crate::gate::Gate) lets through.
pub(crate) const BEARER: &str = "bearer-secret";
/// What the client's private key is encrypted with.
pub(crate) const KEY: &str = "key-secret";
/// The client secret that [`Provider`](crate::oidc::Provider) knows.
pub(crate) const OIDC: &str = "oidc-secret";
/// The password that [`Gate`](crate::gate::Gate) lets through.
pub(crate) const REGISTRY: &str = "registry-secret";
/// What [`Vault`](crate::vault::Vault) holds in the tests of the harness.
pub(crate) const STRANGER: &str = "stranger-secret";
/// The token that [`Vault`](crate::vault::Vault) takes.
pub(crate) const VAULT: &str = "vault-secret";
/// What nothing takes.
pub(crate) const WRONG: &str = "wrong-secret";

/// Whether `NAME` of a service's environment is a secret.
pub(crate) fn names_one(name: &str) -> bool {
    ["_PASSWORD", "_SECRET", "_SECRET_KEY"].iter().any(|end| name.ends_with(end))
}
