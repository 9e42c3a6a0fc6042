//! Encryption of HTTP by the platform's own TLS, with every [`Verify`] and with the reason of a refusal.

use std::error::Error as _;
use std::fmt;
use std::io::{Read as _, Write as _};

use native_tls::{HandshakeError, TlsStream};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport, TransportAdapter,
};

use super::error::HttpError;
use super::identity;
use crate::tls::{Tls, Verify};

/// Encrypts what goes to `https`.
pub(super) struct TlsConnector(native_tls::TlsConnector);

impl TlsConnector {
    pub(super) fn new(tls: Option<&Tls>) -> Result<Self, HttpError> {
        let mut builder = native_tls::TlsConnector::builder();
        if let Some(tls) = tls {
            let own = tls.read()?;
            if let Some(ca) = &own.ca {
                builder.disable_built_in_roots(true);
                for certificate in ca {
                    builder.add_root_certificate(identity::authority(certificate)?);
                }
            }
            if let Some((chain, key)) = &own.identity {
                builder.identity(identity::ours(chain, key)?);
            }
            builder.danger_accept_invalid_hostnames(tls.verify != Verify::Full);
            builder.danger_accept_invalid_certs(tls.verify == Verify::Nothing);
        }
        let built = builder.build();
        built.map(Self).map_err(|error| identity::unusable(&error))
    }
}

impl fmt::Debug for TlsConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsConnector")
    }
}

impl<In: Transport> Connector<In> for TlsConnector {
    type Out = Either<In, Encrypted>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(below) = chained else { return Ok(None) };
        if !details.needs_tls() || below.is_tls() {
            return Ok(Some(Either::A(below)));
        }
        let host = details.uri.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let mut below = TransportAdapter::new(below.boxed(), details.current_time.clone());
        below.set_timeout(details.timeout);
        let stream = self.0.connect(host, below).map_err(|error| match error {
            HandshakeError::Failure(error) => {
                timeout_in(&error).unwrap_or_else(|| ureq::Error::Other(Box::new(Refusal(error.to_string()))))
            }
            HandshakeError::WouldBlock(_) => {
                ureq::Error::Other(Box::new(Refusal("the handshake stopped".to_owned())))
            }
        })?;
        let buffers =
            LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(Either::B(Encrypted { buffers, stream })))
    }
}

/// The timeout that a handshake ended with.
fn timeout_in(error: &native_tls::Error) -> Option<ureq::Error> {
    let mut source = error.source();
    while let Some(error) = source {
        let inner = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(ureq::Error::Timeout(timeout)) = inner.and_then(|inner| inner.downcast_ref()) {
            return Some(ureq::Error::Timeout(*timeout));
        }
        source = error.source();
    }
    None
}

/// An encrypted connection.
pub(super) struct Encrypted {
    buffers: LazyBuffers,
    stream: TlsStream<TransportAdapter>,
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Encrypted")
    }
}

impl Transport for Encrypted {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.get_mut().set_timeout(timeout);
        Ok(self.stream.write_all(&self.buffers.output()[..amount])?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.get_mut().set_timeout(timeout);
        let read = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.get_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

/// What the TLS library said when it gave up.
#[derive(Debug)]
pub(super) struct Refusal(String);

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Refusal {
    /// Whether `raw` is the TLS library's.
    pub(super) fn is_in(raw: &str) -> bool {
        raw.contains("SSL") || raw.contains("TLS") || raw.contains("alert")
    }

    /// The library's words in plain ones; of OpenSSL, and as far as they are alike of the others.
    pub(super) fn plain(host: &str, raw: &str) -> String {
        let raw = raw.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| raw.contains(word));
        if has(&["certificate has expired", "certificate is expired", "expired certificate"]) {
            "its certificate has expired".to_owned()
        } else if has(&["not yet valid"]) {
            "its certificate is not valid yet; this machine's clock may be wrong".to_owned()
        } else if has(&[
            "hostname mismatch",
            "ip address mismatch",
            "cn name does not match",
            "name does not match",
        ]) {
            format!("its certificate is not for `{host}`")
        } else if has(&[
            "alert unknown ca",
            "certificate required",
            "alert bad certificate",
            "alert certificate",
        ]) {
            "it does not accept our client certificate, or wants one".to_owned()
        } else if has(&[
            "self-signed",
            "self signed",
            "unable to get",
            "not trusted",
            "untrusted",
            "unknown issuer",
        ]) {
            "its certificate is signed by nobody who is trusted here".to_owned()
        } else if has(&[
            "wrong version number",
            "http request",
            "packet length too long",
            "record layer failure",
        ]) {
            "it does not speak TLS at this port".to_owned()
        } else if has(&["unsupported protocol", "protocol version", "no protocols available"]) {
            "it speaks only versions of TLS that are not safe any more".to_owned()
        } else if has(&["handshake failure", "no shared cipher"]) {
            "both ends have no way of encryption in common, or it wants a client certificate".to_owned()
        } else if has(&["unexpected eof", "connection reset", "closed"]) {
            "it closed the connection during the handshake".to_owned()
        } else if has(&["certificate"]) {
            "its certificate is refused".to_owned()
        } else {
            "the handshake failed".to_owned()
        }
    }
}
