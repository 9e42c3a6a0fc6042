//! Certificates and keys as people give them: PEM as text or as a file, the key locked by a password or not.

use std::path::Path;

use native_tls::{Certificate, Identity};
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use zeroize::Zeroizing;

use super::error::{HttpError, HttpErrorKind};
use crate::tls::{Key, Pem, Tls};

/// The authorities that are trusted in place of the machine's.
pub(super) fn authorities(ca: &Pem) -> Result<Vec<Certificate>, HttpError> {
    let what = "the CA certificate";
    let found = certificates(ca, what)?;
    found
        .iter()
        .map(|certificate| {
            let der =
                certificate.to_der().map_err(|error| wrong(format!("{what} cannot be used"), &error))?;
            Certificate::from_der(&der).map_err(|error| wrong(format!("{what} cannot be used"), &error))
        })
        .collect()
}

/// Our certificate with its key; `None` when there is neither.
pub(super) fn ours(tls: &Tls) -> Result<Option<Identity>, HttpError> {
    let (certificate, key) = match (&tls.certificate, &tls.key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => (certificate, key),
        (Some(_), None) => return Err(wrong("the client certificate has no private key", "")),
        (None, Some(_)) => return Err(wrong("the private key has no client certificate", "")),
    };
    let chain = certificates(certificate, "the client certificate")?;
    let key = private_key(key, tls.key_password.as_ref().map(flowloom_secret::Secret::reveal))?;
    let unusable = |error| wrong("the client certificate cannot be used", &error);
    let belongs = match chain.first() {
        Some(first) => first.public_key().map_err(unusable)?.public_eq(&key),
        None => false,
    };
    if !belongs {
        return Err(wrong("the private key does not belong to the client certificate", ""));
    }
    let mut pem = Vec::new();
    for certificate in &chain {
        pem.extend(certificate.to_pem().map_err(unusable)?);
    }
    let key = Zeroizing::new(key.private_key_to_pem_pkcs8().map_err(unusable)?);
    let identity = Identity::from_pkcs8(&pem, &key);
    identity.map(Some).map_err(|error| wrong("the client certificate cannot be used", &error))
}

fn certificates(pem: &Pem, what: &str) -> Result<Vec<X509>, HttpError> {
    let text = match pem {
        Pem::Text(text) => Zeroizing::new(text.clone().into_bytes()),
        Pem::Path(path) => read(path, what)?,
    };
    let found = X509::stack_from_pem(&text)
        .map_err(|error| wrong(format!("{what} is no certificate in PEM"), &error))?;
    if found.is_empty() {
        return Err(wrong(format!("{what} is no certificate in PEM"), ""));
    }
    Ok(found)
}

fn private_key(key: &Key, password: Option<&str>) -> Result<PKey<Private>, HttpError> {
    let text = match key {
        Key::Text(text) => Zeroizing::new(text.reveal().as_bytes().to_vec()),
        Key::Path(path) => read(path, "the private key")?,
    };
    let password = password.filter(|password| !password.is_empty());
    let mut asked = false;
    // Without an answer of ours OpenSSL would ask on the terminal.
    let read = PKey::private_key_from_pem_callback(&text, |room| {
        asked = true;
        let password = password.unwrap_or_default().as_bytes();
        let taken = password.len().min(room.len());
        room[..taken].copy_from_slice(&password[..taken]);
        Ok(taken)
    });
    read.map_err(|error| match (asked, password) {
        (true, None) => wrong("the private key is locked, and no password for it is given", ""),
        (true, Some(_)) => wrong("the password does not open the private key", &error),
        (false, _) => wrong("the private key is none in PEM", &error),
    })
}

fn read(path: &Path, what: &str) -> Result<Zeroizing<Vec<u8>>, HttpError> {
    std::fs::read(path)
        .map(Zeroizing::new)
        .map_err(|error| wrong(format!("{what} cannot be read: {}", path.display()), &error))
}

pub(super) fn wrong(reason: impl Into<String>, details: &(impl ToString + ?Sized)) -> HttpError {
    HttpError::new(HttpErrorKind::Certificates { reason: reason.into() }, details)
}
