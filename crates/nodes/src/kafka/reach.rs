//! How a source reaches its cluster: by a connection, or by servers that stand in the node.

use std::collections::BTreeMap;
use std::time::Duration;

use flowloom_connections::kinds::Kafka;
use flowloom_connections::{kafka_problem, open};
use flowloom_flow::{Access, Host, Problem};
use flowloom_kafka::Cluster;

use crate::kafka_source::KafkaSource;

/// How to reach the brokers; its secrets are still locked.
#[derive(Clone)]
pub(crate) enum Reach {
    /// Servers without security.
    Servers(Box<Cluster>),
    /// A connection, and properties that this node adds.
    Connection(Access, BTreeMap<String, String>),
}

impl Reach {
    pub(crate) fn of(settings: &KafkaSource, host: &dyn Host) -> Result<Self, Problem> {
        match settings.connection.0.as_str() {
            "" => Ok(Self::Servers(Box::new(servers(settings)))),
            name => {
                let access = host.connection(name).map_err(|problem| problem.at_field("connection"))?;
                if access.kind != "kafka" {
                    return Err(Problem::user(format!("the connection `{name}` is not one to Kafka"))
                        .hint("choose another one")
                        .at_field("connection"));
                }
                Ok(Self::Connection(access, settings.properties.0.clone()))
            }
        }
    }

    /// What a client is built of. Unlocks the connection's secrets: only for the client that is built now.
    pub(crate) fn cluster(&self) -> Result<Cluster, Problem> {
        match self {
            Self::Servers(cluster) => Ok((**cluster).clone()),
            Self::Connection(access, properties) => {
                let mut cluster =
                    open::<Kafka>(access).map_err(|problem| problem.at_field("connection"))?.cluster();
                cluster.properties.extend(properties.clone());
                Ok(cluster)
            }
        }
    }

    /// Which cluster it is, for results that are kept.
    pub(crate) fn fingerprint(&self) -> String {
        match self {
            Self::Servers(cluster) => cluster.bootstrap_servers.clone(),
            Self::Connection(access, _) => format!("{} {:?}", access.name, access.settings),
        }
    }
}

/// The cluster of a node without a connection.
fn servers(settings: &KafkaSource) -> Cluster {
    Cluster {
        properties: settings.properties.0.clone(),
        connect_timeout: Duration::from_millis(settings.connect_timeout_ms.max(1).unsigned_abs()),
        ..Cluster::new(settings.bootstrap_servers.as_str())
    }
}

/// What is wrong with how the node itself says where the brokers are.
pub(crate) fn check(settings: &KafkaSource) -> Result<(), Problem> {
    let has_connection = !settings.connection.0.is_empty();
    let mut cluster = servers(settings);
    if has_connection {
        "localhost:9092".clone_into(&mut cluster.bootstrap_servers);
    }
    cluster.check().map_err(|error| {
        let is_missing = !has_connection && settings.bootstrap_servers.trim().is_empty();
        kafka_problem(error).at_field(if is_missing { "bootstrap_servers" } else { "properties" })
    })
}
