//! The TLS handshake as a step of a test, with the library that Kafka's client uses, too.

use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openssl::ssl::{HandshakeError, SslRef, SslStream, SslVerifyMode};
use openssl::x509::X509;

use super::certificate::{SOON_DAYS, date, days_until, in_days, name};
use super::verdict::{Doubt, broken};
use super::{Tls, Verify};
use crate::probe::{Failure, Passed, Probe};
use crate::reach::{Address, Reached};

/// An encrypted connection, and to whom.
#[derive(Debug)]
pub struct Secured {
    pub address: Address,
    pub stream: SslStream<TcpStream>,
}

/// Encrypts an open connection as the step `TLS`, and tells whose certificate the server has and for how long.
pub fn tls(probe: &mut Probe<'_>, reached: Reached, tls: &Tls) -> Option<Secured> {
    let tls = tls.clone();
    probe.step("TLS", move |left| handshake(reached, &tls, left))
}

/// Encrypts an open connection, within a step.
pub fn handshake(reached: Reached, tls: &Tls, limit: Duration) -> Result<Passed<Secured>, Failure> {
    let Reached { address, stream } = reached;
    let warnings = tls.check()?;
    let connector = tls.openssl_connector()?;
    let broke = |error: &dyn std::fmt::Display| {
        Failure::new("the TLS handshake cannot be started").details(&error.to_string())
    };
    // Our own sentence comes before the test's time is up.
    let limit = Some((limit * 9 / 10).max(Duration::from_millis(1)));
    stream
        .set_read_timeout(limit)
        .and_then(|()| stream.set_write_timeout(limit))
        .map_err(|error| broke(&error))?;
    let mut settings = connector.configure().map_err(|error| broke(&error))?;
    settings.set_verify_hostname(tls.verify == Verify::Full);
    let doubt: Arc<Mutex<Option<Doubt>>> = Arc::default();
    if tls.verify != Verify::Nothing {
        let doubt = Arc::clone(&doubt);
        settings.set_verify_callback(SslVerifyMode::PEER, move |good, context| {
            if !good {
                let certificate = context.current_cert().map(ToOwned::to_owned);
                let (result, depth) = (context.error(), context.error_depth());
                let mut doubt = doubt.lock().unwrap_or_else(PoisonError::into_inner);
                doubt.get_or_insert(Doubt { result, certificate, depth });
            }
            good
        });
    }
    let doubt = || doubt.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let stream = settings.connect(&address.host, stream).map_err(|error| match (doubt(), error) {
        (Some(doubt), _) => doubt.failure(&address, tls.ca.is_some()),
        (None, HandshakeError::Failure(middle) | HandshakeError::WouldBlock(middle)) => {
            broken(&address, middle.error(), tls)
        }
        (None, HandshakeError::SetupFailure(error)) => broke(&error),
    })?;
    let (message, warning) = found(stream.ssl(), tls.verify);
    let warning = warning.or_else(|| warnings.into_iter().next());
    Ok(Passed { value: Secured { address, stream }, message, warning })
}

/// What the handshake brought, and what is worth a warning.
fn found(ssl: &SslRef, verify: Verify) -> (String, Option<Failure>) {
    let version = ssl.version_str().replace("TLSv", "TLS ");
    let Some(certificate) = ssl.peer_certificate() else {
        return (format!("{version}, without a certificate"), None);
    };
    let (owner, end) = (name(certificate.subject_name()), date(certificate.not_after()));
    let mut message =
        format!("{version}, certificate of `{owner}`{}, valid until {end}", signers(ssl, &certificate));
    if verify == Verify::Chain {
        message.push_str("; its host name is not checked");
    }
    let days = days_until(certificate.not_after());
    let warning = if verify == Verify::Nothing {
        Some(Failure::new(format!(
            "the certificate is not checked: anybody in between can read and change everything; {message}"
        ))
        .hint("Turn verification on, and fill in the CA certificate if the server's authority is not known here"))
    } else {
        days.filter(|days| *days < SOON_DAYS).map(|days| {
            Failure::new(format!("the server's certificate of `{owner}` expires {}, on {end}", in_days(days)))
                .hint("Have it renewed by whoever runs the server")
        })
    };
    (message, warning)
}

/// The chain from the server's own certificate up, as the end of a sentence.
fn signers(ssl: &SslRef, certificate: &X509) -> String {
    let mut names = vec![name(certificate.issuer_name())];
    let chain = ssl.verified_chain().or_else(|| ssl.peer_cert_chain());
    for authority in chain.into_iter().flatten().skip(1) {
        let issuer = name(authority.issuer_name());
        if names.last() != Some(&issuer) {
            names.push(issuer);
        }
    }
    if names == [name(certificate.subject_name())] {
        return " signed by itself".to_owned();
    }
    format!(" signed by {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" by "))
}
