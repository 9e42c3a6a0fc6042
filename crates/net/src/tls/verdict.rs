//! Why a server is not trusted or a handshake fails, in plain words.

use std::io::ErrorKind as Kind;

use openssl::ssl;
use openssl::x509::{X509, X509Ref, X509VerifyResult};

use super::Tls;
use super::certificate::{date, hosts, name};
use crate::probe::Failure;
use crate::reach::Address;

/// What the check of a certificate met first.
#[derive(Clone)]
pub(super) struct Doubt {
    pub(super) result: X509VerifyResult,
    pub(super) certificate: Option<X509>,
    /// 0 is the server's own certificate.
    pub(super) depth: u32,
}

// Of <openssl/x509_vfy.h>; the crate has no names for them.
const UNABLE_TO_GET_ISSUER: i32 = 2;
const NOT_YET_VALID: i32 = 9;
const EXPIRED: i32 = 10;
const SELF_SIGNED: i32 = 18;
const SELF_SIGNED_IN_CHAIN: i32 = 19;
const UNKNOWN_ISSUER: i32 = 20;
const UNVERIFIED_LEAF: i32 = 21;
const REVOKED: i32 = 23;
const WRONG_PURPOSE: i32 = 26;
const HOST_MISMATCH: i32 = 62;
const IP_MISMATCH: i32 = 64;

impl Doubt {
    /// Why the certificate of `address` is not trusted. `own_ca`: a CA certificate is set.
    pub(super) fn failure(&self, address: &Address, own_ca: bool) -> Failure {
        let Some(certificate) = self.certificate.as_deref() else {
            return Failure::new(format!("`{address}` shows no certificate that can be checked"))
                .details(self.result.error_string());
        };
        let whose = if self.depth == 0 {
            format!("the certificate of `{address}`")
        } else {
            format!("the CA certificate `{}` of `{address}`", name(certificate.subject_name()))
        };
        let failure = match self.result.as_raw() {
            EXPIRED => Failure::new(format!("{whose} expired on {}", date(certificate.not_after())))
                .hint("Have it renewed by whoever runs the server; check the clock of this machine, too"),
            NOT_YET_VALID => {
                Failure::new(format!("{whose} is valid only from {} on", date(certificate.not_before())))
                    .hint("Check the clock of this machine and that of the server")
            }
            HOST_MISMATCH | IP_MISMATCH => wrong_name(certificate, address),
            SELF_SIGNED if own_ca => Failure::new(format!(
                "{whose} is signed by itself and is not the one that is set as CA certificate"
            ))
            .hint("Fill in the server's own certificate as CA certificate if you trust it"),
            SELF_SIGNED => Failure::new(format!("{whose} is signed by itself, so nobody vouches for it"))
                .hint("Fill in the server's own certificate as CA certificate if you trust it"),
            UNABLE_TO_GET_ISSUER | SELF_SIGNED_IN_CHAIN | UNKNOWN_ISSUER | UNVERIFIED_LEAF => {
                let issuer = name(certificate.issuer_name());
                let (who, hint) = if own_ca {
                    (
                        "the CA certificate that is set",
                        format!(
                            "Fill in the certificate of `{issuer}` as CA certificate, with that of its own authority if it has one"
                        ),
                    )
                } else {
                    (
                        "this machine",
                        format!("Fill in the certificate of `{issuer}` as CA certificate if you trust it"),
                    )
                };
                Failure::new(format!(
                    "the certificate of `{address}` is signed by `{issuer}`, which {who} does not vouch for"
                ))
                .hint(hint)
            }
            REVOKED => Failure::new(format!("{whose} was revoked")).hint("Ask whoever runs the server"),
            WRONG_PURPOSE => Failure::new(format!("{whose} is not made for servers"))
                .hint("Have a certificate made for the use `serverAuth`"),
            _ => Failure::new(format!("{whose} is not trusted")).hint("Check the CA certificate"),
        };
        failure.details(&format!(
            "{} (code {}, depth {}, subject {:?}, issuer {:?})",
            self.result.error_string(),
            self.result.as_raw(),
            self.depth,
            certificate.subject_name(),
            certificate.issuer_name(),
        ))
    }
}

fn wrong_name(certificate: &X509Ref, address: &Address) -> Failure {
    let names: Vec<_> = hosts(certificate).iter().map(|host| format!("`{host}`")).collect();
    let shown = if names.len() > 6 {
        format!("{} and {} more", names[..5].join(", "), names.len() - 5)
    } else {
        names.join(", ")
    };
    Failure::new(format!("the certificate of `{address}` is not for `{}` but for {shown}", address.host))
        .hint("Use the name that the certificate is for, or have one made for this name")
}

const NO_TLS: &str = "Choose a protocol without TLS, or the port of the listener with TLS";

/// Parts of OpenSSL's texts, what they mean for a server, and what to do.
const REFUSALS: &[(&str, &str, &str)] = &[
    ("wrong version number", "does not speak TLS", NO_TLS),
    ("packet length too long", "does not speak TLS", NO_TLS),
    ("http request", "does not speak TLS", NO_TLS),
    ("record layer failure", "does not speak TLS", NO_TLS),
    ("alert unknown ca", "does not trust the CA of the client certificate", OTHER),
    ("alert certificate expired", "refuses the client certificate: it has expired", "Have a new one made"),
    ("alert certificate revoked", "refuses the client certificate: it was revoked", OTHER),
    ("alert bad certificate", "does not accept the client certificate", OTHER),
    ("alert certificate unknown", "does not accept the client certificate", OTHER),
    ("alert unsupported certificate", "does not accept this kind of client certificate", OTHER),
    ("alert access denied", "does not let this client certificate in", OTHER),
    (
        "alert handshake failure",
        "finds no common way to encrypt, or asks for a client certificate",
        "Check whether the server asks for a client certificate, and which versions of TLS it speaks",
    ),
    (
        "alert protocol version",
        "speaks no version of TLS that this machine allows",
        "Have TLS 1.2 or 1.3 turned on at the server",
    ),
    (
        "unsupported protocol",
        "speaks no version of TLS that this machine allows",
        "Have TLS 1.2 or 1.3 turned on at the server",
    ),
    (
        "no protocols available",
        "speaks no version of TLS that this machine allows",
        "Have TLS 1.2 or 1.3 turned on at the server",
    ),
    (
        "alert unrecognized name",
        "does not know the host name that it was asked for",
        "Check the spelling of the host",
    ),
    ("alert internal error", "fails in the TLS handshake", "Look into the server's log"),
];

const OWN: &str = "Fill in the client certificate and the client key that the server expects";
const OTHER: &str = "Fill in another client certificate and key; ask whoever runs the server which it takes";

/// Alerts of servers that want a certificate and got none.
const WANTED: &[&str] = &["alert bad certificate", "alert certificate required", "alert certificate unknown"];

/// What the server means with a TLS alert or a text that is no TLS, if it is one that we know; in `raw` OpenSSL's words.
/// TLS 1.3 tells only after the handshake that a client certificate is wanted, so readers of the connection ask, too.
pub fn refusal(address: &Address, raw: &str, tls: Option<&Tls>) -> Option<Failure> {
    let has_own = tls.is_some_and(|tls| tls.certificate.is_some());
    if !has_own && WANTED.iter().any(|part| raw.contains(part)) {
        let message = format!("`{address}` asks for a client certificate, and none is set");
        return Some(Failure::new(message).hint(OWN).details(raw));
    }
    let (_, says, hint) = REFUSALS.iter().find(|(part, ..)| raw.contains(part))?;
    Some(Failure::new(format!("`{address}` {says}")).hint(*hint).details(raw))
}

/// Why a handshake failed that was not about the certificate.
pub(super) fn broken(address: &Address, error: &ssl::Error, tls: &Tls) -> Failure {
    let raw = error.to_string();
    if let Some(failure) = refusal(address, &raw, Some(tls)) {
        return failure;
    }
    let io = error.io_error().map(std::io::Error::kind);
    if matches!(io, Some(Kind::WouldBlock | Kind::TimedOut)) {
        return Failure::new(format!("`{address}` does not answer the TLS handshake"))
            .hint("The port may not speak TLS at all: choose a protocol without TLS, or another port")
            .details(&raw);
    }
    let closed = raw.contains("unexpected eof")
        || error.code() == ssl::ErrorCode::ZERO_RETURN
        || error.code() == ssl::ErrorCode::SYSCALL;
    if closed {
        return Failure::new(format!("`{address}` closed the connection during the TLS handshake"))
            .hint("Mostly the port does not speak TLS: choose a protocol without TLS, or the port of the listener with TLS")
            .details(&raw);
    }
    Failure::new(format!("the TLS handshake with `{address}` failed"))
        .hint("Look into the details and the server's log")
        .details(&raw)
}
