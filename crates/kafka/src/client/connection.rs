//! A live client, and how to ask it something without being stuck with it.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, bounded};
use rdkafka::ClientConfig;
use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaErrorCode;

use super::Cluster;
use super::watch::{Complaints, RoundTrip, Watch, code_of, reason_of};
use crate::cancel::Cancel;
use crate::error::{Error, Result};

/// How often a waiting call looks at its cancel flag and at the client's complaints.
const TICK: Duration = Duration::from_millis(10);

/// How long the thread that makes tokens waits for the next event; it keeps a closing client alive as long.
const SERVE: Duration = Duration::from_millis(50);

/// How long all brokers may be away at the start before we say so; a restarting broker may come back.
const PATIENCE: Duration = Duration::from_secs(2);

/// A consumer client that never joins a group, and who it talks to.
pub(crate) struct Connection {
    consumer: Arc<BaseConsumer<Watch>>,
    /// A thread of its own hands events to the context, for making a token takes long.
    is_served: bool,
    servers: String,
    timeout: Duration,
}

impl Connection {
    /// A client of `cluster` with `extra` properties; connects when it is first asked something.
    pub(crate) fn open(cluster: &Cluster, extra: &[(&str, &str)]) -> Result<Self> {
        let mut config: ClientConfig = cluster.config()?;
        for (name, value) in extra {
            // What the person set counts more than our tuning; owned properties they cannot set.
            if !cluster.properties.contains_key(*name) {
                config.set(*name, *value);
            }
        }
        let consumer = BaseConsumer::from_config_and_context(&config, Watch::of(cluster)?)
            .map_err(|error| cluster.refused(error))?;
        let consumer = Arc::new(consumer);
        let is_served = cluster.security.token().is_some();
        if is_served {
            serve_tokens(&consumer)?;
        }
        Ok(Self {
            consumer,
            is_served,
            servers: cluster.bootstrap_servers.trim().to_owned(),
            timeout: cluster.connect_timeout,
        })
    }

    pub(crate) fn consumer(&self) -> &Arc<BaseConsumer<Watch>> {
        &self.consumer
    }

    pub(crate) fn servers(&self) -> &str {
        &self.servers
    }

    /// How long to wait for a first answer.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// What the client complained about since a broker last answered.
    pub(crate) fn complaints(&self) -> Complaints {
        self.serve();
        self.consumer.context().complaints()
    }

    /// See [`Watch::fetch_position`]; told every few seconds.
    pub(crate) fn fetch_position(&self) -> i64 {
        self.serve();
        self.consumer.context().fetch_position()
    }

    /// Takes in what the client says of itself.
    pub(crate) fn hear(&self) {
        self.serve();
    }

    /// See [`RoundTrip`].
    pub(crate) fn round_trip(&self) -> Option<RoundTrip> {
        self.serve();
        self.consumer.context().round_trip()
    }

    /// A broker answered, so what the client complained about before does not count.
    pub(crate) fn answered(&self) {
        self.consumer.context().forget();
    }

    /// Runs a blocking `question` on a thread of its own, so that cancel and complaints are heard.
    ///
    /// The outer error is ours: cancelled, or no broker answers; the inner one is the broker's.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        cancel: &Cancel,
        question: impl FnOnce(&BaseConsumer<Watch>, Duration) -> KafkaResult<T> + Send + 'static,
    ) -> Result<KafkaResult<T>> {
        self.ask_unless(cancel, |_| None, question)
    }

    /// As [`ask`](Self::ask), about the group that the connection was opened with. The library waits for a coordinator
    /// even if it was told that the group is not ours to use, so that is heard here.
    pub(crate) fn ask_group<T: Send + 'static>(
        &self,
        cancel: &Cancel,
        question: impl FnOnce(&BaseConsumer<Watch>, Duration) -> KafkaResult<T> + Send + 'static,
    ) -> Result<KafkaResult<T>> {
        let denied = |complaints: &Complaints| {
            complaints.group_denied.then_some(RDKafkaErrorCode::GroupAuthorizationFailed)
        };
        self.ask_unless(cancel, denied, question)
    }

    fn ask_unless<T: Send + 'static>(
        &self,
        cancel: &Cancel,
        denied: impl Fn(&Complaints) -> Option<RDKafkaErrorCode>,
        question: impl FnOnce(&BaseConsumer<Watch>, Duration) -> KafkaResult<T> + Send + 'static,
    ) -> Result<KafkaResult<T>> {
        cancel.check()?;
        let started = Instant::now();
        let (send, receive) = bounded(1);
        let (consumer, timeout) = (Arc::clone(&self.consumer), self.timeout);
        spawn("kafka-ask", move || {
            let answer = question(&consumer, timeout);
            // The client may be ours alone by now: close it here, before anyone is told to go on.
            drop(consumer);
            if send.send(answer).is_err() {
                tracing::debug!("nobody waits for a Kafka answer any more");
            }
        })?;
        loop {
            match receive.recv_timeout(TICK) {
                Ok(Ok(answer)) => {
                    self.answered();
                    return Ok(Ok(answer));
                }
                Ok(Err(error)) if is_silence(code_of(&error)) => {
                    return Err(self.unreachable(started, Some(error)));
                }
                Ok(Err(error)) => return Ok(Err(error)),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::Thread {
                        name: "kafka-ask",
                        what: "ended without an answer",
                        source: None,
                    });
                }
                Err(RecvTimeoutError::Timeout) => {
                    cancel.check()?;
                    let complaints = self.complaints();
                    if let Some(code) = denied(&complaints) {
                        return Ok(Err(KafkaError::Global(code)));
                    }
                    let away = complaints.all_down_since.is_some_and(|since| since.elapsed() >= PATIENCE);
                    let refused = complaints.refused.is_some() || complaints.token.is_some();
                    if away || refused || started.elapsed() >= self.timeout + TICK {
                        return Err(self.unreachable(started, None));
                    }
                }
            }
        }
    }

    /// Why no broker answers, from what the client complained about.
    pub(crate) fn unreachable(&self, since: Instant, source: Option<KafkaError>) -> Error {
        let servers = self.servers.clone();
        let complaints = self.complaints();
        if let Some(reason) = complaints.token {
            return Error::NoLogin { servers, reason };
        }
        if let Some(reason) = complaints.refused {
            return Error::ConnectionRefused { servers, reason };
        }
        if let (Some(reason), None) = (&complaints.resolve, &complaints.transport) {
            return Error::Unresolved { servers, reason: reason.clone() };
        }
        let reason = complaints.transport.or_else(|| source.as_ref().map(reason_of));
        Error::Unreachable {
            servers,
            waited: since.elapsed(),
            reason: reason.unwrap_or_else(|| "no answer".into()),
            source: source.map(Box::new),
        }
    }

    /// An answer that no case of its own exists for.
    pub(crate) fn failed(doing: impl Into<String>, source: KafkaError) -> Error {
        Error::Kafka { doing: doing.into(), reason: reason_of(&source), source: Some(Box::new(source)) }
    }

    /// Hands waiting logs and errors to the context.
    fn serve(&self) {
        if self.is_served {
            return;
        }
        // Errors are handled by the context, so what `poll` returns of them is known already.
        while self.consumer.poll(Duration::ZERO).is_some() {}
    }
}

/// Closing waits for the client's threads, which nobody has to watch.
impl Drop for Connection {
    fn drop(&mut self) {
        let consumer = Arc::clone(&self.consumer);
        if spawn("kafka-close", move || drop(consumer)).is_err() {
            tracing::debug!("a Kafka client is closed in place");
        }
    }
}

/// Makes tokens as the client asks for them, also while nobody else looks at its events; ends with the client.
fn serve_tokens(consumer: &Arc<BaseConsumer<Watch>>) -> Result<()> {
    let consumer = Arc::downgrade(consumer);
    let serve = move || {
        while let Some(consumer) = consumer.upgrade() {
            if let Some(Err(error)) = consumer.poll(SERVE) {
                tracing::trace!(target: "librdkafka", %error, "told to the context already");
            }
        }
    };
    spawn("kafka-token", serve).map(drop)
}

/// Starts a named thread.
fn spawn(name: &'static str, work: impl FnOnce() + Send + 'static) -> Result<thread::JoinHandle<()>> {
    let builder = thread::Builder::new().name(name.to_owned());
    builder.spawn(work).map_err(|error| Error::Thread {
        name,
        what: "could not be started",
        source: Some(error),
    })
}

/// Whether a code means that nobody answered, rather than an answer.
fn is_silence(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::AllBrokersDown
            | Code::BrokerTransportFailure
            | Code::OperationTimedOut
            | Code::Resolve
            | Code::Authentication
            | Code::SSL
            | Code::WaitingForCoordinator
    )
}
