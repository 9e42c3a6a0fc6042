//! Tests the way to a cluster step by step: name, port, certificate, Kafka, login, brokers, topics, group.
//!
//! The first steps ask on a connection of our own, for librdkafka tells most of what goes wrong there with the same few
//! words; the login and what follows go through librdkafka, as every flow does. Nothing is created and nothing
//! committed.

mod inside;
mod listener;
mod login;

use std::sync::Arc;
use std::time::Duration;

use flowloom_net::{Address, Failure, Passed, Probe, reach};
use rdkafka::consumer::Consumer as _;

use crate::cancel::Cancel;
use crate::client::{Cluster, Connection};
use crate::error::Error;

/// The group that is asked for.
const GROUP: &str = "flowloom-test";

/// A client that is in, and what it was told there.
struct Client {
    connection: Connection,
    brokers: Vec<Address>,
    topics: Vec<String>,
}

/// Runs the steps `DNS`, `TCP`, `TLS` (if any), `Kafka`, `Kerberos` or `Token` (if so), `SASL` (if any), `Brokers`,
/// `Topics` and `Group`; before them `Settings` where those are wrong.
pub fn run(cluster: &Cluster, probe: &mut Probe<'_>) {
    steps(cluster, probe);
}

/// `None` where a step failed.
fn steps(cluster: &Cluster, probe: &mut Probe<'_>) -> Option<()> {
    let checked = cluster.check().and_then(|()| cluster.servers());
    let asked = match checked {
        Ok(servers) => servers,
        Err(error) => {
            return probe.step("Settings", move |_left| {
                let failure = of_error(&error);
                let has_hint = !failure.hint.is_empty();
                Err(if has_hint { failure } else { failure.hint("Look at the settings of the connection") })
            });
        }
    };
    let servers = reach::dns(probe, &asked)?;
    let reached = reach::tcp(probe, &servers)?;
    let security = cluster.security.clone();
    let greeted = match &cluster.security.tls {
        Some(tls) => {
            let tls = tls.clone();
            let secured = probe.step("TLS", move |left| listener::secure(reached, &tls, left))?;
            probe.step("Kafka", move |_left| listener::greet(secured.address, secured.stream, &security))?
        }
        None => probe.step("Kafka", move |left| {
            let limit = Some((left * 9 / 10).max(Duration::from_millis(1)));
            let stream = reached.stream;
            let set = stream.set_read_timeout(limit).and_then(|()| stream.set_write_timeout(limit));
            set.map_err(|error| Failure::new("the connection has no time limit").details(&error))?;
            listener::greet(reached.address, stream, &security)
        })?,
    };
    let cancel = Cancel::from(probe.cancel());
    let client = match &cluster.security.login {
        Some(login) => Some(login::run(probe, cluster, login, greeted)?),
        None => None,
    };
    let (cluster, stop) = (cluster.clone(), cancel.clone());
    let client = probe.step("Brokers", move |left| {
        let client = match client {
            Some(client) => client,
            None => Arc::new(self::client(&cluster, left, &stop)?),
        };
        let Passed { message, warning, .. } = inside::brokers(&client, &asked, left)?;
        Ok(Passed { value: client, message, warning })
    })?;
    let shown = Arc::clone(&client);
    probe.step("Topics", move |_left| Ok(inside::topics(&shown)))?;
    probe.step("Group", move |_left| inside::group(&client, &cancel))
}

/// Logs in with librdkafka and asks for brokers and topics.
fn client(cluster: &Cluster, left: Duration, cancel: &Cancel) -> Result<Client, Failure> {
    // Our own sentence comes before the test's time is up.
    let connect_timeout = cluster.connect_timeout.min(left * 9 / 10);
    let cluster = Cluster { connect_timeout, ..cluster.clone() };
    let connection = Connection::open(&cluster, &[("group.id", GROUP)]).map_err(|error| of_error(&error))?;
    let answer = connection.ask(cancel, |consumer, timeout| {
        let metadata = consumer.fetch_metadata(None, timeout)?;
        let brokers = metadata.brokers().iter().map(|broker| Address {
            host: broker.host().to_owned(),
            port: u16::try_from(broker.port()).unwrap_or_default(),
        });
        let topics = metadata.topics().iter().map(|topic| topic.name().to_owned());
        Ok((brokers.collect::<Vec<_>>(), topics.filter(|name| !is_internal(name)).collect::<Vec<_>>()))
    });
    match answer {
        Ok(Ok((brokers, topics))) => Ok(Client { connection, brokers, topics }),
        Ok(Err(error)) => {
            Err(failure("the cluster does not tell of its brokers", &connection).details(&error))
        }
        Err(error) => {
            let said = ours(&connection, &error);
            let is_away = matches!(error, Error::Unresolved { .. } | Error::Unreachable { .. });
            let asked = if is_away { cluster.servers().unwrap_or_default() } else { Vec::new() };
            Err(inside::sent_on(&connection.complaints(), &asked, &said.details).unwrap_or(said))
        }
    }
}

/// Topics of the brokers themselves.
fn is_internal(topic: &str) -> bool {
    topic.starts_with("__")
}

/// An error of our own, with librdkafka's last words.
fn ours(connection: &Connection, error: &Error) -> Failure {
    let said = of_error(error);
    match connection.complaints().raw {
        Some(raw) if said.details.is_empty() => said.details(&raw),
        _ => said,
    }
}

fn failure(message: &str, connection: &Connection) -> Failure {
    let failure = Failure::new(message);
    match connection.complaints().raw {
        Some(raw) => failure.details(&raw),
        None => failure,
    }
}

fn of_error(error: &Error) -> Failure {
    let details = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let message = match error {
        // The steps before have told that the server answers.
        Error::ConnectionRefused { reason, .. } | Error::NoLogin { reason, .. } => reason.clone(),
        error => error.to_string(),
    };
    Failure::new(message).hint(error.hint().unwrap_or_default()).details(&details)
}

#[cfg(test)]
mod tests;
