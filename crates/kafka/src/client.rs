//! The one way to a broker: which properties a client gets, and what its silence means.

mod connection;
mod kerberos;
mod known;
mod oauth;
mod properties;
mod refusal;
mod security;
mod watch;

use std::collections::BTreeMap;
use std::time::Duration;

use flowloom_net::reach::parse_list;
use flowloom_net::{Address, Tls};
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;

use crate::error::{Error, Result};

pub(crate) use connection::Connection;
pub use kerberos::Kerberos;
pub use known::{KnownProperty, known_properties};
pub use oauth::{AwsCredentials, MskIam, Oidc, Token};
pub use security::{Login, Mechanism, Security};
pub use watch::RoundTrip;
pub(crate) use watch::{Complaints, Watch, code_of, describe, reason_of};

/// Where brokers listen when nobody says otherwise.
pub(crate) const DEFAULT_PORT: u16 = 9092;

/// How to reach a Kafka cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// `host:port`, several separated by commas.
    pub bootstrap_servers: String,
    pub security: Security,
    /// librdkafka's own properties for special cases, except those that settings of ours set.
    pub properties: BTreeMap<String, String>,
    /// How long to wait for a first answer before a call fails.
    pub connect_timeout: Duration,
}

impl Cluster {
    /// A cluster without encryption and login, with librdkafka's defaults and a connect timeout of 10 s.
    pub fn new(bootstrap_servers: impl Into<String>) -> Self {
        Self {
            bootstrap_servers: bootstrap_servers.into(),
            security: Security::default(),
            properties: BTreeMap::new(),
            connect_timeout: Duration::from_secs(10),
        }
    }

    /// Whether the settings are right, without asking a broker.
    ///
    /// Fails with [`Error::OwnedProperty`], [`Error::UnknownProperty`], [`Error::InvalidProperty`] or [`Error::InvalidRequest`].
    pub fn check(&self) -> Result<()> {
        let config = self.config()?;
        config.create_native_config().map(drop).map_err(properties::refused)
    }

    /// Why the library makes no client. It says little of certificates and keys, so they are looked at here.
    pub(crate) fn refused(&self, error: KafkaError) -> Error {
        if matches!(error, KafkaError::ClientCreation(_))
            && let Some(Err(failure)) = self.security.tls.as_ref().map(Tls::check)
        {
            return Error::InvalidRequest { reason: failure.message };
        }
        properties::refused(error)
    }

    /// The bootstrap servers, one by one.
    pub fn servers(&self) -> Result<Vec<Address>> {
        parse_list(&self.bootstrap_servers, DEFAULT_PORT).map_err(|failure| Error::InvalidRequest {
            reason: format!("the bootstrap servers are wrong: {}", failure.message),
        })
    }

    /// What every client of this cluster is configured with.
    pub(crate) fn config(&self) -> Result<ClientConfig> {
        properties::check(&self.properties)?;
        let servers = self.servers()?.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let mut config = ClientConfig::new();
        config.set_log_level(RDKafkaLogLevel::Info);
        config.set("bootstrap.servers", servers);
        config.set("client.id", "flowloom");
        config.set("allow.auto.create.topics", "false");
        config.set("reconnect.backoff.ms", "50").set("reconnect.backoff.max.ms", "1000");
        config.extend(self.properties.clone());
        self.security.apply(&mut config)?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_settings_are_found_without_a_broker() {
        let with = |name: &str, value: &str| {
            let mut cluster = Cluster::new("localhost:9092");
            cluster.properties.insert(name.into(), value.into());
            cluster.check()
        };
        assert!(with("fetch.wait.max.ms", "20").is_ok());
        let unknown = with("fetch.wait.max.sm", "20").unwrap_err().to_string();
        assert!(
            unknown.contains("`fetch.wait.max.sm`") && unknown.contains("there is no client property"),
            "{unknown}"
        );
        let value = with("fetch.wait.max.ms", "soon").unwrap_err().to_string();
        assert!(value.contains("cannot be `soon`"), "{value}");
        let owned = with("group.id", "mine").unwrap_err();
        assert!(owned.hint().is_some_and(|hint| hint.contains("sync name")), "{owned}");
        assert!(Cluster::new(" ").check().is_err());
    }
}
