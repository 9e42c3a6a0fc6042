//! `SaslAuthenticate`: the login on a connection of our own (KIP-152). Kerberos is not here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flowloom_secret::Secret;
use openssl::hash::MessageDigest;
use openssl::rand::rand_bytes;

use super::coding::{Reader, Writer};
use super::scram::Scram;
use super::{Broken, Channel, SASL_AUTHENTICATE};
use crate::client::Mechanism;

const SASL_AUTHENTICATION_FAILED: i16 = 58;

/// What we log in with.
pub(crate) enum Proof<'a> {
    Password { mechanism: Mechanism, username: &'a str, password: &'a Secret },
    Token(&'a Secret),
}

/// Why we are not in.
#[derive(Debug)]
pub(crate) enum Refused {
    /// The broker does not accept the user, the password or the token.
    Login,
    /// The broker does not know the password itself, so it is not who it says it is.
    Impostor,
    /// It offers no login of this kind, what it says is no answer, or the connection broke.
    Unheard,
}

impl From<Broken> for Refused {
    fn from(_broken: Broken) -> Self {
        Self::Unheard
    }
}

impl Channel {
    /// Logs in.
    pub(crate) fn login(&mut self, proof: &Proof<'_>) -> Result<(), Refused> {
        let name = match proof {
            Proof::Password { mechanism, .. } => mechanism.name(),
            Proof::Token(_) => "OAUTHBEARER",
        };
        let (error, _) = self.sasl(name)?;
        if error != 0 {
            return Err(Refused::Unheard);
        }
        match proof {
            Proof::Token(token) => {
                let message = format!("n,,\u{1}auth=Bearer {}\u{1}\u{1}", token.reveal());
                let said = self.say(&Secret::new(message))?;
                // A refusal comes as a text first, and as an error once that was answered (RFC 7628, section 3.2.3).
                if said.is_empty() { Ok(()) } else { Err(Refused::Login) }
            }
            Proof::Password { mechanism, username, password } => match mechanism {
                Mechanism::Plain => {
                    self.say(&Secret::new(format!("\0{username}\0{}", password.reveal()))).map(drop)
                }
                Mechanism::ScramSha256 => self.scram(MessageDigest::sha256(), username, password),
                Mechanism::ScramSha512 => self.scram(MessageDigest::sha512(), username, password),
            },
        }
    }

    fn scram(&mut self, digest: MessageDigest, username: &str, password: &Secret) -> Result<(), Refused> {
        let mut random = [0; 24];
        rand_bytes(&mut random).map_err(|_error| Refused::Unheard)?;
        let nonce = BASE64.encode(random);
        let scram = Scram::new(digest, username, password, &nonce);
        let said = self.say(&Secret::new(scram.first()))?;
        let answer = scram.answer(&said).ok_or(Refused::Unheard)?;
        let said = self.say(&Secret::new(&answer.message))?;
        if answer.is_signed(&said) { Ok(()) } else { Err(Refused::Impostor) }
    }

    /// One message of the mechanism, and the broker's.
    fn say(&mut self, message: &Secret) -> Result<String, Refused> {
        let mut body = Writer::fixed();
        body.blob(message.reveal().as_bytes());
        let answer = self.ask(SASL_AUTHENTICATE, 0, &body)?;
        match read(&answer) {
            Some((0, said)) => Ok(said),
            Some((SASL_AUTHENTICATION_FAILED, _)) => Err(Refused::Login),
            Some(_) | None => Err(Refused::Unheard),
        }
    }
}

/// The error code and the broker's message.
fn read(answer: &[u8]) -> Option<(i16, String)> {
    let mut reader = Reader::fixed(answer);
    let (error, _why) = (reader.i16()?, reader.text()?);
    Some((error, String::from_utf8_lossy(reader.blob()?).into_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn answers_are_read() {
        let said = [&[0, 0, 255, 255][..], &[0, 0, 0, 2], b"v="].concat();
        assert_eq!(read(&said), Some((0, "v=".to_owned())));
        let refused = [&[0, 58, 0, 2][..], b"no", &[0, 0, 0, 0]].concat();
        assert_eq!(read(&refused), Some((58, String::new())));
    }

    proptest! {
        #[test]
        fn no_answer_panics(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            read(&bytes);
        }
    }
}
