//! Encryption, and who is trusted at the other end.

mod certificate;
mod connect;
mod export;
mod own;
#[cfg(test)]
mod tests;
mod verdict;

use std::path::PathBuf;

use flowloom_secret::Secret;

pub use connect::{Secured, handshake, tls};
pub use verdict::refusal;

/// A certificate or several, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pem {
    Path(PathBuf),
    Text(String),
}

/// A private key in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    Path(PathBuf),
    Text(Secret),
}

/// What is checked of the server's certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verify {
    /// Its chain, its dates, and that it is the certificate of the host that was asked for.
    #[default]
    Full,
    /// Its chain and its dates.
    Chain,
    /// Nothing: anybody in between can read and change everything.
    Nothing,
}

/// How a connection is encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Who may have signed the server's certificate; `None`: whom this machine trusts.
    pub ca: Option<Pem>,
    /// Ours, for servers that ask for one.
    pub certificate: Option<Pem>,
    pub key: Option<Key>,
    pub key_password: Option<Secret>,
    pub verify: Verify,
}
