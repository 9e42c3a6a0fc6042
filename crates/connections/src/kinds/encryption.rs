//! Certificates as forms have them, as what a client is built of.

use flowloom_flow::value::{Certificate, Credential};
use flowloom_net::tls::Key;
use flowloom_net::{Pem, Tls, Verify};

/// How a connection is encrypted; without a certificate of ours its key says nothing.
pub(crate) fn tls(
    ca: &Certificate,
    certificate: &Certificate,
    key: &Credential,
    key_password: &Credential,
    verify: Verify,
) -> Tls {
    let certificate = pem(certificate);
    let of_ours = |credential: &Credential| credential.secret().filter(|_| certificate.is_some()).cloned();
    Tls {
        ca: pem(ca),
        key: of_ours(key).map(Key::Text),
        key_password: of_ours(key_password),
        certificate,
        verify,
    }
}

/// PEM text, or the path of a file.
pub(crate) fn pem(certificate: &Certificate) -> Option<Pem> {
    match certificate.0.trim() {
        "" => None,
        // Other programs write a few words before it.
        text if text.contains("-----BEGIN") => Some(Pem::Text(text.to_owned())),
        path => Some(Pem::Path(path.into())),
    }
}

/// What two switches leave to be verified.
pub(crate) const fn verify(skip_certificate: bool, skip_host_name: bool) -> Verify {
    match (skip_certificate, skip_host_name) {
        (true, _) => Verify::Nothing,
        (false, true) => Verify::Chain,
        (false, false) => Verify::Full,
    }
}
