//! SCRAM (RFC 5802) with SHA-256 (RFC 7677) and SHA-512: both ends prove that they know the password, and neither says
//! it. As Kafka does it: the password as its UTF-8 bytes, no channel binding.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flowloom_secret::Secret;
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::pkcs5::pbkdf2_hmac;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use zeroize::Zeroizing;

/// Fewer make the password easy to guess for who has heard the proof (RFC 7677 asks for these); more are meant to keep
/// us busy.
const ITERATIONS: std::ops::RangeInclusive<usize> = 4096..=1_000_000;

/// One exchange.
pub(super) struct Scram<'a> {
    digest: MessageDigest,
    password: &'a Secret,
    nonce: &'a str,
    /// Our first message without its header.
    first: String,
}

/// Our second message, and how the server must sign it.
pub(super) struct Final {
    pub(super) message: String,
    signature: Vec<u8>,
}

impl<'a> Scram<'a> {
    /// `nonce`: printable, without commas, and never used before.
    pub(super) fn new(digest: MessageDigest, username: &str, password: &'a Secret, nonce: &'a str) -> Self {
        let username = username.replace('=', "=3D").replace(',', "=2C");
        Self { digest, password, nonce, first: format!("n={username},r={nonce}") }
    }

    pub(super) fn first(&self) -> String {
        format!("n,,{}", self.first)
    }

    /// The answer to the server's first message; `None`: that is no such message.
    pub(super) fn answer(&self, server: &str) -> Option<Final> {
        let mut parts = server.split(',');
        let nonce = parts.next()?.strip_prefix("r=")?;
        let salt = BASE64.decode(parts.next()?.strip_prefix("s=")?).ok()?;
        let iterations = parts.next()?.strip_prefix("i=")?.parse().ok()?;
        let is_new = nonce.len() > self.nonce.len() && nonce.starts_with(self.nonce);
        if !is_new || salt.is_empty() || !ITERATIONS.contains(&iterations) {
            return None;
        }
        // `biws` is `n,,`, the header of our first message.
        let unproven = format!("c=biws,r={nonce}");
        let signed = format!("{},{server},{unproven}", self.first);
        let (proof, signature) = self.prove(&salt, iterations, &signed).ok()?;
        Some(Final { message: format!("{unproven},p={}", BASE64.encode(proof)), signature })
    }

    /// Our proof, and the server's.
    fn prove(&self, salt: &[u8], iterations: usize, signed: &str) -> Result<(Vec<u8>, Vec<u8>), ErrorStack> {
        let mut salted = Zeroizing::new(vec![0; self.digest.size()]);
        pbkdf2_hmac(self.password.reveal().as_bytes(), salt, iterations, self.digest, &mut salted)?;
        let client = Zeroizing::new(self.hmac(&salted, b"Client Key")?);
        let stored = hash(self.digest, &client)?;
        let signature = self.hmac(&stored, signed.as_bytes())?;
        let proof = client.iter().zip(&signature).map(|(key, sign)| key ^ sign).collect();
        let server = self.hmac(&salted, b"Server Key")?;
        Ok((proof, self.hmac(&server, signed.as_bytes())?))
    }

    fn hmac(&self, key: &[u8], text: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let key = PKey::hmac(key)?;
        let mut signer = Signer::new(self.digest, &key)?;
        signer.update(text)?;
        signer.sign_to_vec()
    }
}

impl Final {
    /// Whether the server's last message shows that it knows the password, too.
    pub(super) fn is_signed(&self, server: &str) -> bool {
        let signature = server.split(',').next().and_then(|first| first.strip_prefix("v="));
        let signature = signature.and_then(|text| BASE64.decode(text).ok());
        // The comparison takes equal lengths only.
        signature.is_some_and(|signature| {
            signature.len() == self.signature.len() && openssl::memcmp::eq(&signature, &self.signature)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
    const SERVER: &str =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

    #[test]
    fn the_example_of_rfc_7677() {
        let password = Secret::new("pencil");
        let scram = Scram::new(MessageDigest::sha256(), "user", &password, NONCE);
        assert_eq!(scram.first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        let proof = scram.answer(SERVER).unwrap();
        assert_eq!(
            proof.message,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
             p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert!(proof.is_signed("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
        for wrong in
            ["v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "v=", "v=AAAA", "e=other-error", "", "v=*"]
        {
            assert!(!proof.is_signed(wrong), "{wrong}");
        }
    }

    #[test]
    fn the_example_of_rfc_5802() {
        let password = Secret::new("pencil");
        let scram = Scram::new(MessageDigest::sha1(), "user", &password, "fyko+d2lbbFgONRv9qkxdawL");
        let server = "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096";
        let proof = scram.answer(server).unwrap();
        assert!(proof.message.ends_with(",p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="), "{}", proof.message);
        assert!(proof.is_signed("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));
    }

    #[test]
    fn who_does_not_follow_the_rules_gets_no_proof() {
        let password = Secret::new("pencil");
        let scram = Scram::new(MessageDigest::sha512(), "a=b,c", &password, NONCE);
        assert_eq!(scram.first(), format!("n,,n=a=3Db=2Cc,r={NONCE}"));
        assert!(scram.answer(SERVER).is_some());
        for wrong in [
            SERVER.replace("i=4096", "i=1"),
            SERVER.replace("i=4096", "i=99999999999"),
            SERVER.replace("r=r", "r=s"),
            SERVER.replace("s=W22", "s=*"),
            format!("r={NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"),
            format!("m=x,{SERVER}"),
            "e=unknown-user".to_owned(),
            String::new(),
        ] {
            assert!(scram.answer(&wrong).is_none(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_answer_panics(text in "[resiv=,A-Za-z0-9+/*ü]{0,60}") {
            let password = Secret::new("pencil");
            let scram = Scram::new(MessageDigest::sha256(), "user", &password, NONCE);
            prop_assert!(scram.answer(&text).is_none());
            let proof = Final { message: String::new(), signature: vec![1; 32] };
            prop_assert!(!proof.is_signed(&text));
        }
    }
}
