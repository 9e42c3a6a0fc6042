//! Our own certificates for clients that have an encryption of their own: looked at here, handed over as they take them.

use flowloom_secret::Secret;
use openssl::error::ErrorStack;
use openssl::pkcs12::Pkcs12;
use openssl::stack::Stack;

use super::Tls;
use crate::probe::Failure;

impl Tls {
    /// The CA certificates as PEM; `None`: whom this machine trusts.
    pub fn ca_pem(&self) -> Result<Option<Vec<u8>>, Failure> {
        let Some(ca) = self.read()?.ca else { return Ok(None) };
        let pems: Result<Vec<_>, _> = ca.iter().map(|certificate| certificate.to_pem()).collect();
        pems.map(|pems| Some(pems.concat())).map_err(|error| unusable(&error))
    }

    /// The client certificate and its key as PKCS#12, and the password that it was locked with just now; `None`: there is
    /// none.
    pub fn pkcs12(&self) -> Result<Option<(Vec<u8>, Secret)>, Failure> {
        let Some((chain, key)) = self.read()?.identity else { return Ok(None) };
        let Some((leaf, others)) = chain.split_first() else { return Ok(None) };
        let pack = || -> Result<_, ErrorStack> {
            let mut random = [0; 24];
            openssl::rand::rand_bytes(&mut random)?;
            let password = Secret::new(openssl::base64::encode_block(&random));
            let mut intermediates = Stack::new()?;
            for certificate in others {
                intermediates.push(certificate.clone())?;
            }
            let mut builder = Pkcs12::builder();
            builder.name("flowloom").pkey(&key).cert(leaf).ca(intermediates);
            Ok((builder.build2(password.reveal())?.to_der()?, password))
        };
        pack().map(Some).map_err(|error| unusable(&error))
    }
}

fn unusable(error: &ErrorStack) -> Failure {
    Failure::new("the certificates cannot be used").hint("Look into the details").details(error)
}
