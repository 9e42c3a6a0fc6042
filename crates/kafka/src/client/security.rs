//! Who we are to a cluster and how the way to it is encrypted, as librdkafka's properties.

use flowloom_net::tls::{Key, Pem};
use flowloom_net::{Tls, Verify};
use flowloom_secret::Secret;
use rdkafka::ClientConfig;

use super::kerberos::Kerberos;
use super::oauth::Token;
use crate::error::{Error, Result};

/// How a cluster's listener is secured. The protocol follows: `PLAINTEXT`, `SSL`, `SASL_PLAINTEXT`, `SASL_SSL`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// Encryption; a client certificate is part of it.
    pub tls: Option<Tls>,
    /// What we log in with.
    pub login: Option<Login>,
}

/// How we say who we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    Password { mechanism: Mechanism, username: String, password: Secret },
    Kerberos(Kerberos),
    Token(Token),
}

/// How a password is proven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mechanism {
    /// The password itself is sent.
    #[default]
    Plain,
    ScramSha256,
    ScramSha512,
}

impl Mechanism {
    /// As Kafka names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

impl Login {
    /// The SASL mechanism, as Kafka names it.
    pub const fn mechanism(&self) -> &'static str {
        match self {
            Self::Password { mechanism, .. } => mechanism.name(),
            Self::Kerberos(_) => "GSSAPI",
            Self::Token(_) => "OAUTHBEARER",
        }
    }
}

impl Security {
    /// The listener's protocol, as Kafka names it.
    pub const fn protocol(&self) -> &'static str {
        match (&self.tls, &self.login) {
            (None, None) => "PLAINTEXT",
            (Some(_), None) => "SSL",
            (None, Some(_)) => "SASL_PLAINTEXT",
            (Some(_), Some(_)) => "SASL_SSL",
        }
    }

    /// What makes tokens, if the login is one.
    pub(crate) fn token(&self) -> Option<&Token> {
        match &self.login {
            Some(Login::Token(token)) => Some(token),
            _ => None,
        }
    }

    /// Everything that must not be seen, so that it can be struck out of what servers and libraries say.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let mut secrets = Vec::new();
        if let Some(tls) = &self.tls {
            secrets.extend(tls.key_password.clone());
        }
        match &self.login {
            Some(Login::Password { password, .. }) => secrets.push(password.clone()),
            Some(Login::Token(token)) => token.secrets(&mut secrets),
            Some(Login::Kerberos(_)) | None => {}
        }
        secrets
    }

    /// Sets librdkafka's properties.
    pub(super) fn apply(&self, config: &mut ClientConfig) -> Result<()> {
        let mut properties = Properties { config };
        properties.set("security.protocol", "protocol", self.protocol())?;
        if let Some(tls) = &self.tls {
            properties.tls(tls)?;
        }
        match &self.login {
            None => {}
            Some(login @ Login::Password { username, password, .. }) => {
                if username.is_empty() {
                    return Err(wrong("the user name is empty"));
                }
                if password.is_empty() {
                    return Err(wrong(format!("the password of the user `{username}` is empty")));
                }
                properties.set("sasl.mechanism", "mechanism", login.mechanism())?;
                properties.set("sasl.username", "user name", username)?;
                properties.set("sasl.password", "password", password.reveal())?;
            }
            Some(login @ Login::Kerberos(kerberos)) => {
                properties.set("sasl.mechanism", "mechanism", login.mechanism())?;
                for (name, field, value) in kerberos.properties()? {
                    properties.set(name, field, &value)?;
                }
            }
            Some(login @ Login::Token(token)) => {
                token.check()?;
                properties.set("sasl.mechanism", "mechanism", login.mechanism())?;
            }
        }
        Ok(())
    }
}

struct Properties<'a> {
    config: &'a mut ClientConfig,
}

impl Properties<'_> {
    /// A value with a zero byte would come back in an error of the library, so it is refused here without itself.
    fn set(&mut self, name: &str, field: &str, value: &str) -> Result<()> {
        if value.contains('\0') {
            return Err(wrong(format!("the {field} has a zero byte in it")));
        }
        self.config.set(name, value);
        Ok(())
    }

    fn path(&mut self, name: &str, field: &str, path: &std::path::Path) -> Result<()> {
        let text = path
            .to_str()
            .ok_or_else(|| wrong(format!("the path of the {field} is no valid text: {}", path.display())))?;
        self.set(name, field, text)
    }

    fn tls(&mut self, tls: &Tls) -> Result<()> {
        match &tls.ca {
            Some(Pem::Path(path)) => self.path("ssl.ca.location", "CA certificate", path)?,
            Some(Pem::Text(text)) => self.set("ssl.ca.pem", "CA certificate", text)?,
            None => {}
        }
        match &tls.certificate {
            Some(Pem::Path(path)) => self.path("ssl.certificate.location", "client certificate", path)?,
            Some(Pem::Text(text)) => self.set("ssl.certificate.pem", "client certificate", text)?,
            None => {}
        }
        match &tls.key {
            Some(Key::Path(path)) => self.path("ssl.key.location", "client key", path)?,
            Some(Key::Text(text)) => self.set("ssl.key.pem", "client key", text.reveal())?,
            None => {}
        }
        if let Some(password) = tls.key_password.as_ref().filter(|password| !password.is_empty()) {
            self.set("ssl.key.password", "key password", password.reveal())?;
        }
        let (verification, host) = match tls.verify {
            Verify::Full => ("true", "https"),
            Verify::Chain => ("true", "none"),
            Verify::Nothing => ("false", "none"),
        };
        self.set("enable.ssl.certificate.verification", "verification", verification)?;
        self.set("ssl.endpoint.identification.algorithm", "verification", host)
    }
}

/// A setting that is wrong, without its value.
pub(super) fn wrong(reason: impl Into<String>) -> Error {
    Error::InvalidRequest { reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cluster;

    fn cluster(security: Security) -> Cluster {
        Cluster { security, ..Cluster::new("localhost:9092") }
    }

    fn password(text: &str) -> Login {
        let mechanism = Mechanism::ScramSha512;
        Login::Password { mechanism, username: "app".into(), password: Secret::new(text) }
    }

    #[test]
    fn the_protocol_follows_from_tls_and_login() {
        let tls = Some(Tls::default());
        for (tls, login, protocol) in [
            (None, None, "PLAINTEXT"),
            (tls.clone(), None, "SSL"),
            (None, Some(password("x")), "SASL_PLAINTEXT"),
            (tls, Some(password("x")), "SASL_SSL"),
        ] {
            let config = cluster(Security { tls, login }).config().unwrap();
            assert_eq!(config.get("security.protocol"), Some(protocol));
        }
    }

    #[test]
    fn verification_is_off_only_where_it_was_switched_off() {
        for (verify, chain, name) in [
            (Verify::Full, "true", "https"),
            (Verify::Chain, "true", "none"),
            (Verify::Nothing, "false", "none"),
        ] {
            let tls = Tls { verify, ..Tls::default() };
            let config = cluster(Security { tls: Some(tls), login: None }).config().unwrap();
            assert_eq!(config.get("enable.ssl.certificate.verification"), Some(chain));
            assert_eq!(config.get("ssl.endpoint.identification.algorithm"), Some(name));
        }
    }

    #[test]
    fn no_error_repeats_a_secret() {
        let hidden = "hunter2-hidden";
        let key = Some(Key::Text(Secret::new(format!("{hidden}\0"))));
        let tls = Tls { key, key_password: Some(Secret::new(hidden)), ..Tls::default() };
        for security in [
            Security { tls: None, login: Some(password(&format!("{hidden}\0"))) },
            Security { tls: Some(tls), login: Some(password(hidden)) },
        ] {
            let cluster = cluster(security);
            let error = cluster.check().unwrap_err();
            assert!(error.to_string().contains("zero byte"), "{error}");
            assert!(!format!("{error} {error:?} {cluster:?}").contains(hidden));
        }
        let empty = cluster(Security { tls: None, login: Some(password("")) }).check().unwrap_err();
        assert_eq!(empty.to_string(), "the password of the user `app` is empty");
    }
}
