//! How a connection to a database is encrypted: one choice in the words of libpq's `sslmode`, and certificates.

use std::path::PathBuf;

use flowloom_flow::value::{Certificate, Credential, is_reference};
use flowloom_flow::{Choice, Choices, Form, Problem, Problems, Setting};
use flowloom_net::tls::Key;
use flowloom_net::{Pem, Tls, Verify};
use serde::{Deserialize, Serialize};

use crate::host::is_local;

/// Whether a connection is encrypted, and what is checked of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SslMode {
    /// Everything is checked, but nothing is encrypted on this machine itself.
    #[default]
    Auto,
    Disable,
    Require,
    VerifyCa,
    VerifyFull,
}

impl Choices for SslMode {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Auto, Choice { key: "auto", label: "Automatic" }),
        (Self::Disable, Choice { key: "disable", label: "Disable" }),
        (Self::Require, Choice { key: "require", label: "Require" }),
        (Self::VerifyCa, Choice { key: "verify-ca", label: "Verify CA" }),
        (Self::VerifyFull, Choice { key: "verify-full", label: "Verify full" }),
    ];
}

impl SslMode {
    /// What this comes to for `host`.
    #[must_use]
    pub fn of(self, host: &str) -> Self {
        match self {
            Self::Auto if is_local(host) => Self::Disable,
            Self::Auto => Self::VerifyFull,
            mode => mode,
        }
    }

    /// The mode that a URI names; `prefer` and `allow` ask for nothing and get what is safe.
    pub(crate) fn of_text(text: &str) -> Result<Self, Problem> {
        match text.to_ascii_lowercase().replace('_', "-").as_str() {
            "" | "auto" | "prefer" | "preferred" | "allow" => Ok(Self::Auto),
            "disable" | "disabled" => Ok(Self::Disable),
            "require" | "required" => Ok(Self::Require),
            "verify-ca" => Ok(Self::VerifyCa),
            "verify-full" | "verify-identity" => Ok(Self::VerifyFull),
            _ => Err(Problem::user(format!("there is no mode of TLS `{text}`"))
                .hint("known are disable, require, verify-ca and verify-full")
                .at_field("ssl_mode")),
        }
    }
}

/// The settings of a kind that say how it is encrypted.
pub(crate) struct Encryption<'a> {
    pub(crate) host: &'a str,
    pub(crate) mode: SslMode,
    pub(crate) ca: &'a Certificate,
    pub(crate) certificate: &'a Certificate,
    pub(crate) key: &'a Credential,
    pub(crate) key_password: &'a Credential,
}

impl Encryption<'_> {
    /// How a client is to encrypt; `None`: not at all.
    pub(crate) fn tls(&self) -> Option<Tls> {
        let verify = match self.mode.of(self.host) {
            SslMode::Disable => return None,
            SslMode::Require => Verify::Nothing,
            SslMode::VerifyCa => Verify::Chain,
            SslMode::Auto | SslMode::VerifyFull => Verify::Full,
        };
        let certificate = pem(self.certificate);
        let (key, key_password) = match certificate {
            Some(_) => (self.key.secret().cloned().map(Key::Text), self.key_password.secret().cloned()),
            None => (None, None),
        };
        let ca = if verify == Verify::Nothing { None } else { pem(self.ca) };
        Some(Tls { ca, certificate, key, key_password, verify })
    }

    pub(crate) fn check(&self, problems: &mut Problems) {
        let mode = self.mode.of(self.host);
        if mode == SslMode::Disable {
            if !is_local(self.host) {
                problems.push(
                    Problem::user(format!(
                        "nothing is encrypted on the way to `{}`: whoever is in between reads the password and \
                         every row",
                        self.host.trim()
                    ))
                    .hint("choose Verify full")
                    .warning()
                    .at_field("ssl_mode"),
                );
            }
            return;
        }
        if mode == SslMode::Require && !is_local(self.host) {
            problems.push(
                Problem::user(
                    "the server's certificate is not checked: whoever is in between can pose as the server",
                )
                .hint("choose Verify full, and give the CA where the server's is a private one")
                .warning()
                .at_field("ssl_mode"),
            );
        }
        if !self.certificate.0.trim().is_empty() && self.key.is_empty() {
            problems.push(
                Problem::user("the client certificate has no private key")
                    .hint("give the key that the certificate was made for")
                    .at_field("key"),
            );
        }
    }
}

/// The section of a form; what the mode does not use is not shown, and so does not count.
pub(crate) fn form(
    form: &mut dyn Form,
    host: &str,
    mode: &mut SslMode,
    ca: &mut Certificate,
    certificate: &mut Certificate,
    (key, key_password): (&mut Credential, &mut Credential),
) {
    form.section("Encryption", &mut |form| {
        form.pick(
            Setting::new("ssl_mode", "TLS").help(
                "Automatic checks the server's certificate and its name, and encrypts nothing on this machine \
                 itself. Require encrypts without checking who answers, and Disable sends passwords and rows as \
                 they are: both are dangerous outside of this machine",
            ),
            mode,
        );
        let mode = mode.of(host);
        if mode == SslMode::Disable {
            return;
        }
        if mode != SslMode::Require {
            form.value(
                Setting::new("ca", "CA certificate").hint("PEM or path, optional").help(
                    "Who signed the server's certificate, as PEM or the path of a file; the provider's console \
                     offers it for download. Empty: whom this machine trusts",
                ),
                ca,
                &[],
            );
        }
        form.value(
            Setting::new("certificate", "Client certificate").hint("PEM or path, optional").help(
                "For servers that ask for one; whoever runs the server issues it",
            ),
            certificate,
            &[],
        );
        if !certificate.0.trim().is_empty() {
            form.value(
                Setting::new("key", "Client key").hint("PEM").help(
                    "The private key of the client certificate. For a file write `${file:/path/client.key}`",
                ),
                key,
                &[],
            );
            form.value(
                Setting::new("key_password", "Key password")
                    .hint("optional")
                    .help("Only where the private key itself is encrypted"),
                key_password,
                &[],
            );
        }
    });
}

/// `TLS verify-full`, for captions.
pub(crate) fn label(mode: SslMode, host: &str) -> String {
    match mode.of(host) {
        SslMode::Disable => "no TLS".to_owned(),
        mode => format!("TLS {}", mode.choice().key),
    }
}

/// PEM text, or where it is.
pub(crate) fn pem(certificate: &Certificate) -> Option<Pem> {
    match certificate.0.trim() {
        "" => None,
        text if text.contains("-----BEGIN") => Some(Pem::Text(text.to_owned())),
        path => Some(Pem::Path(PathBuf::from(path))),
    }
}

/// The key that a URI names, mostly by its path.
pub(crate) fn key_of(text: &str) -> Credential {
    if text.is_empty() || text.contains('\n') || is_reference(text) {
        return Credential::of(text);
    }
    Credential::Reference(format!("${{file:{text}}}"))
}
