//! Our certificates and keys for the platform's TLS, which takes them in forms of its own.

use native_tls::{Certificate, Identity};
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use zeroize::Zeroizing;

use super::error::{HttpError, HttpErrorKind};
use crate::probe::Failure;

/// An authority that is trusted.
pub(super) fn authority(certificate: &X509) -> Result<Certificate, HttpError> {
    let der = certificate.to_der().map_err(|error| unusable(&error))?;
    Certificate::from_der(&der).map_err(|error| unusable(&error))
}

/// Our certificate with those of its authorities, and its key.
pub(super) fn ours(chain: &[X509], key: &PKey<Private>) -> Result<Identity, HttpError> {
    let pem = || -> Result<_, ErrorStack> {
        let mut certificates = Vec::new();
        for certificate in chain {
            certificates.extend(certificate.to_pem()?);
        }
        Ok((certificates, Zeroizing::new(key.private_key_to_pem_pkcs8()?)))
    };
    let (certificates, key) = pem().map_err(|error| unusable(&error))?;
    Identity::from_pkcs8(&certificates, &key).map_err(|error| unusable(&error))
}

pub(super) fn unusable(details: &(impl ToString + ?Sized)) -> HttpError {
    Failure::new("the certificates cannot be used").details(details).into()
}

/// What is wrong with our own certificates.
impl From<Failure> for HttpError {
    fn from(failure: Failure) -> Self {
        let Failure { message: reason, hint, details } = failure;
        Self { kind: HttpErrorKind::Certificates { reason, hint }, details }
    }
}
