//! A password, a token or a key as a form has it, and the name of a connection that has them.

use flowloom_secret::Secret;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::form::Value;

/// Text that nobody may see. It is never written: where its text is known or kept, its file has nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Credential {
    #[default]
    Empty,
    /// Where it comes from at the point of use: `${env:NAME}`, `${file:PATH}`, `${vault:PATH#KEY}`.
    Reference(String),
    /// The store has it, locked; nobody has looked at it.
    Kept,
    /// Typed in, or unlocked to build a client.
    Given(Secret),
}

impl Credential {
    /// What a person typed.
    pub fn of(text: &str) -> Self {
        match text {
            "" => Self::Empty,
            text if is_reference(text) => Self::Reference(text.to_owned()),
            text => Self::Given(Secret::new(text)),
        }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Reference(_) | Self::Kept => false,
            Self::Given(secret) => secret.is_empty(),
        }
    }

    /// The text, once it is there: where a client is built.
    pub fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Given(secret) if !secret.is_empty() => Some(secret),
            _ => None,
        }
    }
}

/// Whether `text` names a place to look, as a whole: `${env:NAME}`.
pub fn is_reference(text: &str) -> bool {
    let inner = text.strip_prefix("${").and_then(|text| text.strip_suffix('}'));
    inner.is_some_and(|inner| {
        inner.split_once(':').is_some_and(|(place, _)| matches!(place, "env" | "file" | "vault"))
            && !inner.contains('}')
    })
}

impl Serialize for Credential {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Reference(text) => to.serialize_str(text),
            Self::Empty | Self::Kept | Self::Given(_) => to.serialize_str(""),
        }
    }
}

impl<'de> Deserialize<'de> for Credential {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        // A wrong type is refused without its value: serde's own message would repeat it.
        let text = Option::<String>::deserialize(from)
            .map_err(|_repeats_the_value| serde::de::Error::custom("a secret must be text"))?;
        Ok(text.map_or(Self::Empty, |text| Self::of(&text)))
    }
}

impl Value for Credential {
    const NAME: &'static str = "Credential";
    const SHAPE: &'static str = "${env:KAFKA_PASSWORD}";
}

/// A connection by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConnectionName(pub String);

impl Value for ConnectionName {
    const NAME: &'static str = "Connection";
    const SHAPE: &'static str = "prod";
}

/// Certificates in PEM: the text itself, or the path of a file that holds it. Not a key: it would be written openly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Certificate(pub String);

impl Certificate {
    /// Whether a private key stands in the text.
    pub fn has_key(&self) -> bool {
        self.0.contains("PRIVATE KEY-----")
    }
}

impl<'de> Deserialize<'de> for Certificate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)
            .map_err(|_repeats_the_value| serde::de::Error::custom("a certificate must be text or a path"))?;
        let certificate = Self(text);
        if certificate.has_key() {
            return Err(serde::de::Error::custom(
                "a private key stands among the certificates; put it into the setting for the key",
            ));
        }
        Ok(certificate)
    }
}

impl Value for Certificate {
    const NAME: &'static str = "Certificate";
    const SHAPE: &'static str = "/etc/kafka/ca.pem";
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_read_and_never_written() {
        let read = |text: &str| serde_json::from_value::<Credential>(json!(text)).expect("read");
        let given = read("hunter2");
        assert_eq!(given.secret().map(Secret::reveal), Some("hunter2"));
        assert_eq!(serde_json::to_value(&given).expect("written"), json!(""));
        assert!(!format!("{given:?}").contains("hunter2"));
        let reference = read("${env:KAFKA_PASSWORD}");
        assert_eq!(serde_json::to_value(&reference).expect("written"), json!("${env:KAFKA_PASSWORD}"));
        assert_eq!((read(""), Credential::Kept.is_empty()), (Credential::Empty, false));
        let wrong = serde_json::from_value::<Credential>(json!(4711)).expect_err("a number");
        assert_eq!(wrong.to_string(), "a secret must be text");
    }

    #[test]
    fn a_key_among_certificates_is_refused_and_not_repeated() {
        let text = "-----BEGIN CERTIFICATE-----\nAA==\n-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----";
        let error = serde_json::from_value::<Certificate>(json!(text)).expect_err("refused").to_string();
        assert!(error.contains("private key") && !error.contains("hunter2"), "{error}");
        serde_json::from_value::<Certificate>(json!("/etc/ca.pem")).expect("a path");
    }

    #[test]
    fn what_looks_like_a_password_is_no_reference() {
        for text in ["${env:A}", "${file:/run/secrets/x}", "${vault:secret/kafka#password}"] {
            assert!(is_reference(text), "{text}");
        }
        for text in ["${A}", "${env:A", "a${env:A}", "${env:A}b", "${env:A}${env:B}", "${pass:word}"] {
            assert!(!is_reference(text), "{text}");
        }
    }
}
