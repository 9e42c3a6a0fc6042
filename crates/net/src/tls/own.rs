//! Our own certificates and keys, and what is wrong with them before anybody is asked.

use std::fs;
use std::path::Path;

use flowloom_secret::Secret;
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslConnector, SslConnectorBuilder, SslMethod, SslVerifyMode};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;

use super::certificate::{SOON_DAYS, date, days_until, in_days, name};
use super::{Key, Pem, Tls, Verify};
use crate::probe::Failure;

const CA: &str = "CA certificate";
const CERTIFICATE: &str = "client certificate";
const KEY: &str = "client key";

/// What a connection is made with.
pub(crate) struct Own {
    pub(crate) ca: Option<Vec<X509>>,
    pub(crate) identity: Option<(Vec<X509>, PKey<Private>)>,
}

impl Tls {
    /// Whether our own certificates and keys can be used, without asking anybody. What comes back is worth a warning.
    pub fn check(&self) -> Result<Vec<Failure>, Failure> {
        let own = self.read()?;
        let mut warnings = Vec::new();
        if let Some((chain, _)) = &own.identity
            && let Some(leaf) = chain.first()
        {
            let (end, owner) = (date(leaf.not_after()), name(leaf.subject_name()));
            match days_until(leaf.not_after()) {
                Some(days) if days < 0 => {
                    return Err(Failure::new(format!(
                        "the client certificate of `{owner}` expired on {end}"
                    ))
                    .hint("Have a new one made"));
                }
                Some(days) if days < SOON_DAYS => warnings.push(
                    Failure::new(format!(
                        "the client certificate of `{owner}` expires {}, on {end}",
                        in_days(days)
                    ))
                    .hint("Have a new one made before"),
                ),
                _ => {}
            }
            if days_until(leaf.not_before()).is_some_and(|days| days > 0) {
                let start = date(leaf.not_before());
                return Err(Failure::new(format!(
                    "the client certificate of `{owner}` is valid only from {start} on"
                ))
                .hint("Check the clock of this machine"));
            }
        }
        for authority in own.ca.iter().flatten() {
            if days_until(authority.not_after()).is_some_and(|days| days < 0) {
                let (owner, end) = (name(authority.subject_name()), date(authority.not_after()));
                warnings.push(
                    Failure::new(format!("the CA certificate `{owner}` expired on {end}"))
                        .hint("Ask for the new one; nothing that it signed is trusted"),
                );
            }
        }
        Ok(warnings)
    }

    /// What encrypts with these settings by OpenSSL. Host names are checked as [`Verify`] says only where the
    /// connection is configured with [`openssl::ssl::ConnectConfiguration::verify_hostname`].
    pub fn openssl_connector(&self) -> Result<SslConnector, Failure> {
        let own = self.read()?;
        self.connector(own)
            .map(SslConnectorBuilder::build)
            .map_err(|error| Failure::new("the certificates cannot be used").details(&error))
    }

    fn connector(&self, own: Own) -> Result<SslConnectorBuilder, ErrorStack> {
        let mut builder = SslConnector::builder(SslMethod::tls_client())?;
        if let Some(ca) = own.ca {
            let mut store = X509StoreBuilder::new()?;
            for authority in ca {
                store.add_cert(authority)?;
            }
            builder.set_cert_store(store.build());
        }
        if let Some((chain, key)) = own.identity {
            let mut chain = chain.into_iter();
            if let Some(leaf) = chain.next() {
                builder.set_certificate(&leaf)?;
            }
            for intermediate in chain {
                builder.add_extra_chain_cert(intermediate)?;
            }
            builder.set_private_key(&key)?;
        }
        builder.set_verify(match self.verify {
            Verify::Full | Verify::Chain => SslVerifyMode::PEER,
            Verify::Nothing => SslVerifyMode::NONE,
        });
        Ok(builder)
    }

    pub(crate) fn read(&self) -> Result<Own, Failure> {
        let ca = self.ca.as_ref().map(|ca| certificates(CA, ca)).transpose()?;
        let identity = match (&self.certificate, &self.key) {
            (None, None) => None,
            (Some(_), None) => {
                return Err(Failure::new("there is a client certificate without its key")
                    .hint("Fill in the client key, too"));
            }
            (None, Some(_)) => {
                return Err(Failure::new("there is a client key without its certificate")
                    .hint("Fill in the client certificate, too"));
            }
            (Some(certificate), Some(key)) => {
                let chain = certificates(CERTIFICATE, certificate)?;
                let key = private_key(key, self.key_password.as_ref())?;
                let fits = |leaf: &X509| leaf.public_key().is_ok_and(|public| public.public_eq(&key));
                if !chain.first().is_some_and(fits) {
                    let elsewhere = chain.iter().any(fits);
                    return Err(Failure::new("the client key does not fit the client certificate").hint(
                        if elsewhere {
                            "Put the client's own certificate first, before those of its authorities"
                        } else {
                            "Check that both are of the same client"
                        },
                    ));
                }
                Some((chain, key))
            }
        };
        Ok(Own { ca, identity })
    }
}

/// All certificates of a PEM.
fn certificates(what: &str, pem: &Pem) -> Result<Vec<X509>, Failure> {
    let (bytes, place) = match pem {
        Pem::Text(text) => (text.as_bytes().to_vec(), String::new()),
        Pem::Path(path) => (read(what, path)?, format!("; {}", path.display())),
    };
    let found = X509::stack_from_pem(&bytes);
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Err(error)
            if contains(&bytes, "BEGIN CERTIFICATE") || contains(&bytes, "BEGIN TRUSTED CERTIFICATE") =>
        {
            Err(Failure::new(format!("the {what} is damaged{place}"))
                .hint("Copy it again, from `-----BEGIN CERTIFICATE-----` to `-----END CERTIFICATE-----`")
                .details(&error))
        }
        Ok(_) | Err(_) => Err(no_pem(what, "certificate", &bytes, &place)),
    }
}

fn private_key(key: &Key, password: Option<&Secret>) -> Result<PKey<Private>, Failure> {
    let (bytes, place) = match key {
        Key::Text(text) => (Secret::new(text.reveal()), String::new()),
        Key::Path(path) => {
            let bytes = read(KEY, path)?;
            let text = String::from_utf8(bytes).map_err(|error| {
                no_pem(KEY, "private key", error.as_bytes(), &format!("; {}", path.display()))
            })?;
            (Secret::new(text), format!("; {}", path.display()))
        }
    };
    let text = bytes.reveal();
    if !text.contains("PRIVATE KEY-----") {
        return Err(no_pem(KEY, "private key", text.as_bytes(), &place));
    }
    let password = password.map_or("", Secret::reveal);
    let is_encrypted = text.contains("ENCRYPTED");
    if is_encrypted && password.is_empty() {
        return Err(Failure::new(format!("the {KEY} is encrypted and there is no password for it{place}"))
            .hint("Fill in the key password"));
    }
    PKey::private_key_from_pem_passphrase(text.as_bytes(), password.as_bytes()).map_err(|error| {
        if is_encrypted {
            Failure::new(format!("the password of the {KEY} is wrong{place}"))
                .hint("Fill in the password that the key was encrypted with")
        } else {
            Failure::new(format!("the {KEY} is damaged{place}"))
                .hint("Copy it again, from `-----BEGIN … PRIVATE KEY-----` to the line of its end")
        }
        .details(&error)
    })
}

fn read(what: &str, path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file",
            std::io::ErrorKind::PermissionDenied => "the file may not be read",
            _ => "the file cannot be read",
        };
        Failure::new(format!("{why} for the {what}; {}", path.display()))
            .hint("Check the path and who may read the file")
            .details(&error)
    })
}

/// What is given instead of PEM, as far as it can be told.
fn no_pem(what: &str, wanted: &str, bytes: &[u8], place: &str) -> Failure {
    let java = bytes.starts_with(&[0xfe, 0xed, 0xfe, 0xed]);
    let binary = bytes.starts_with(&[0x30]);
    let (is, hint) = if java {
        (
            "is a Java keystore, not PEM",
            "Export it with `keytool -importkeystore … -deststoretype pkcs12`, then `openssl pkcs12`",
        )
    } else if binary {
        (
            "is binary (DER or PKCS#12), not PEM",
            "Convert it with `openssl x509 -inform der`, or `openssl pkcs12 -nodes`",
        )
    } else if bytes.trim_ascii().is_empty() {
        ("is empty", "Fill in the text of a PEM file or the path of one")
    } else if wanted == "certificate" && contains(bytes, "PRIVATE KEY") {
        ("is a private key", "Fill in the certificate, which starts with `-----BEGIN CERTIFICATE-----`")
    } else if wanted != "certificate" && contains(bytes, "BEGIN CERTIFICATE") {
        ("is a certificate", "Fill in the key, which starts with `-----BEGIN PRIVATE KEY-----` or the like")
    } else {
        ("is no PEM text", "It starts with a line `-----BEGIN …-----`")
    };
    Failure::new(format!("the {what} {is}{place}")).hint(hint)
}

fn contains(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}
