//! What a client says of itself: its complaints, so that a failure can say why, and how far it is.

use std::borrow::Cow;
use std::error;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use flowloom_secret::Secret;
use parking_lot::Mutex;
use rdkafka::client::OAuthToken;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::ProducerContext;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{ClientContext, Statistics};

use super::Cluster;
use super::kerberos::Lease;
use super::oauth::Token;
use super::refusal;
use super::security::{Login, Security};
use crate::error::Error;

/// Warnings of a client that are logged in [`LOG_WINDOW`]: it tries a refused login again and again.
const LOG_LINES: u32 = 10;
const LOG_WINDOW: Duration = Duration::from_secs(30);

/// What librdkafka puts before our own words when we have no token for it.
const NO_TOKEN: &str = "Failed to acquire SASL OAUTHBEARER token: ";

/// How long a token may take to come; librdkafka tries again 10 s after a failure.
const TOKEN_TIMEOUT: Duration = Duration::from_secs(10);

/// Shorter secrets are not struck out of texts: that would tell more than it hides.
const SHORTEST: usize = 4;

/// The context of our clients: makes their tokens, sends logs to `tracing` and remembers what they report.
#[derive(Default)]
pub(crate) struct Watch {
    token: Option<Token>,
    /// As long as the client lives, the process stays who it is to Kerberos.
    #[expect(dead_code, reason = "it is there to be dropped")]
    ticket: Option<Lease>,
    /// Whether we have a client certificate.
    has_own: bool,
    protocol: &'static str,
    /// Struck out of everything that is logged or told: who refuses a login may repeat it.
    secrets: Vec<Secret>,
    logged: Mutex<Logged>,
    complaints: Mutex<Complaints>,
    /// Why the first message of a producer did not arrive, of those that did not.
    undelivered: Mutex<Option<(RDKafkaErrorCode, String)>>,
    /// The sum of the offsets that are fetched next.
    fetch_position: AtomicI64,
    round_trip: Mutex<Option<RoundTrip>>,
}

/// Requests to the brokers and their answers over the last second, as librdkafka measured them. A fetch is one: it
/// waits at the broker for messages as long as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundTrip {
    /// Over all brokers.
    pub mean: Duration,
    /// 99 in 100 requests took no longer, to the slowest broker.
    pub p99: Duration,
}

impl RoundTrip {
    /// `None` while nothing was answered.
    fn of(statistics: &Statistics) -> Option<Self> {
        let windows = statistics.brokers.values().filter_map(|broker| broker.rtt.as_ref());
        let (mut sum, mut count, mut p99) = (0, 0, 0);
        windows.for_each(|window| {
            sum += window.sum.max(0);
            count += window.cnt.max(0);
            p99 = p99.max(window.p99);
        });
        let micros = |micros: i64| Duration::from_micros(micros.max(0) as u64);
        (count > 0).then(|| Self { mean: micros(sum / count), p99: micros(p99) })
    }
}

/// The last complaint of each kind, in plain words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Complaints {
    /// A name that has no address.
    pub(crate) resolve: Option<String>,
    /// A login or a certificate that was refused.
    pub(crate) refused: Option<String>,
    /// Why there is no token to log in with.
    pub(crate) token: Option<String>,
    /// A connection that could not be made or broke.
    pub(crate) transport: Option<String>,
    /// The last of these in librdkafka's own words.
    pub(crate) raw: Option<String>,
    /// The login may not use the group; stays, for the library says it once.
    pub(crate) group_denied: bool,
    /// Since when no broker at all is connected.
    pub(crate) all_down_since: Option<Instant>,
}

/// How much was logged lately.
#[derive(Default)]
struct Logged {
    since: Option<Instant>,
    lines: u32,
}

impl Logged {
    /// Whether one more line may be logged, and how many were left out before it.
    fn admit(&mut self, now: Instant) -> Option<u32> {
        if self.since.is_none_or(|since| now.duration_since(since) >= LOG_WINDOW) {
            let left_out = self.lines.saturating_sub(LOG_LINES);
            *self = Self { since: Some(now), lines: 1 };
            return Some(left_out);
        }
        self.lines = self.lines.saturating_add(1);
        (self.lines <= LOG_LINES).then_some(0)
    }
}

impl Watch {
    /// Of a client of `cluster`; gets the Kerberos ticket that it needs.
    pub(crate) fn of(cluster: &Cluster) -> crate::Result<Self> {
        let ticket = match &cluster.security.login {
            Some(Login::Kerberos(kerberos)) => {
                let ticket = kerberos.ticket(cluster.connect_timeout).map_err(|failure| Error::NoLogin {
                    servers: cluster.bootstrap_servers.trim().to_owned(),
                    reason: failure.message,
                })?;
                Some(ticket)
            }
            _ => None,
        };
        Ok(Self { ticket, ..Self::secured(&cluster.security) })
    }

    fn secured(security: &Security) -> Self {
        let mut secrets = security.secrets();
        secrets.retain(|secret| secret.reveal().len() >= SHORTEST);
        let has_own = security.tls.as_ref().is_some_and(|tls| tls.certificate.is_some());
        let (token, protocol) = (security.token().cloned(), security.protocol());
        Self { token, has_own, protocol, secrets, ..Self::default() }
    }

    /// `text` without secrets.
    fn clean<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let hidden = |text: &str| self.secrets.iter().any(|secret| text.contains(secret.reveal()));
        if !hidden(text) {
            return Cow::Borrowed(text);
        }
        Cow::Owned(
            self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.reveal(), "…")),
        )
    }

    /// librdkafka only logs when a connection is closed in no time, and not as an error.
    fn hear(&self, line: &str) {
        let reason = line.split_once("]: ").map_or(line, |(_, reason)| reason);
        let Some(wanted) = refusal::perhaps_wanted(reason, self.protocol) else { return };
        let mut complaints = self.complaints.lock();
        let broker = broker_of(reason);
        complaints.transport =
            Some(format!("`{broker}` closes connections at once: perhaps its listener asks for {wanted}"));
        complaints.raw = Some(reason.to_owned());
    }

    pub(crate) fn complaints(&self) -> Complaints {
        self.complaints.lock().clone()
    }

    /// A broker answered, so what was said before does not count.
    pub(crate) fn forget(&self) {
        let mut complaints = self.complaints.lock();
        *complaints = Complaints { group_denied: complaints.group_denied, ..Complaints::default() };
    }

    /// Why a message of a producer did not arrive, if one did not.
    pub(crate) fn undelivered(&self) -> Option<(RDKafkaErrorCode, String)> {
        self.undelivered.lock().clone()
    }

    /// Grows while messages are fetched, those of aborted transactions too, which nobody gets to see.
    pub(crate) fn fetch_position(&self) -> i64 {
        self.fetch_position.load(Ordering::Relaxed)
    }

    /// `None`: the client was not there for long enough.
    pub(crate) fn round_trip(&self) -> Option<RoundTrip> {
        *self.round_trip.lock()
    }
}

impl ClientContext for Watch {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _config: Option<&str>) -> Result<OAuthToken, Box<dyn error::Error>> {
        let token = self.token.as_ref().ok_or("no token was asked for")?;
        token.make(TOKEN_TIMEOUT).map_err(|failure| failure.message.replace('\0', "").into())
    }

    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        use RDKafkaLogLevel as Level;
        let message = self.clean(message);
        if facility == "FAIL" {
            self.hear(&message);
        }
        match level {
            Level::Emerg | Level::Alert | Level::Critical | Level::Error | Level::Warning => {
                match self.logged.lock().admit(Instant::now()) {
                    None => {}
                    Some(0) => tracing::warn!(target: "librdkafka", facility, "{message}"),
                    Some(left_out) => {
                        tracing::warn!(target: "librdkafka", facility, left_out, "{message}");
                    }
                }
            }
            Level::Notice | Level::Info => tracing::info!(target: "librdkafka", facility, "{message}"),
            Level::Debug => tracing::debug!(target: "librdkafka", facility, "{message}"),
        }
    }

    fn stats(&self, statistics: Statistics) {
        if let Some(round_trip) = RoundTrip::of(&statistics) {
            *self.round_trip.lock() = Some(round_trip);
        }
        let partitions = statistics.topics.values().flat_map(|topic| topic.partitions.values());
        let position = partitions.map(|partition| partition.next_offset.max(0)).sum();
        self.fetch_position.store(position, Ordering::Relaxed);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let reason = &*self.clean(reason);
        tracing::debug!(target: "librdkafka", %error, "{reason}");
        let mut complaints = self.complaints.lock();
        if let Some((_, why)) = reason.split_once(NO_TOKEN) {
            complaints.token = Some(why.to_owned());
            return;
        }
        match code_of(&error) {
            RDKafkaErrorCode::Resolve => {
                complaints.resolve = Some(plain(reason));
                complaints.raw = Some(reason.to_owned());
            }
            RDKafkaErrorCode::Authentication
            | RDKafkaErrorCode::SaslAuthenticationFailed
            | RDKafkaErrorCode::SSL => {
                complaints.refused =
                    Some(refusal::meaning(reason, self.has_own).unwrap_or_else(|| plain(reason)));
                complaints.raw = Some(reason.to_owned());
            }
            RDKafkaErrorCode::BrokerTransportFailure
            | RDKafkaErrorCode::OperationTimedOut
            | RDKafkaErrorCode::BadMessage => {
                // A refused client certificate comes as a broken connection.
                match refusal::meaning(reason, self.has_own) {
                    Some(meaning) => complaints.refused = Some(meaning),
                    None => complaints.transport = Some(plain(reason)),
                }
                complaints.raw = Some(reason.to_owned());
            }
            RDKafkaErrorCode::GroupAuthorizationFailed => complaints.group_denied = true,
            RDKafkaErrorCode::AllBrokersDown => {
                complaints.all_down_since.get_or_insert_with(Instant::now);
            }
            _ => {}
        }
    }
}

impl ConsumerContext for Watch {}

impl ProducerContext for Watch {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, _opaque: ()) {
        if let Err((error, _)) = result {
            self.undelivered
                .lock()
                .get_or_insert_with(|| (code_of(error), self.clean(&reason_of(error)).into_owned()));
        }
    }
}

/// The code that librdkafka or a broker gave.
pub(crate) fn code_of(error: &KafkaError) -> RDKafkaErrorCode {
    error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown)
}

/// The code's own words, without rust-rdkafka's wrapping.
pub(crate) fn reason_of(error: &KafkaError) -> String {
    error.rdkafka_error_code().map_or_else(|| error.to_string(), describe)
}

/// A broker's or librdkafka's code in words.
pub(crate) fn describe(code: RDKafkaErrorCode) -> String {
    match code {
        RDKafkaErrorCode::OperationTimedOut => "no answer in time".into(),
        RDKafkaErrorCode::BrokerTransportFailure => "the connection broke".into(),
        RDKafkaErrorCode::AllBrokersDown => "no broker is connected".into(),
        other => {
            let text = other.to_string();
            // `UnknownMemberId (Broker: Unknown member)` is for us; the words inside are for people.
            let inner = text.split_once('(').map_or(text.as_str(), |(_, inner)| inner.trim_end_matches(')'));
            inner.trim_start_matches("Broker: ").trim_start_matches("Local: ").to_owned()
        }
    }
}

/// `host:port` at the start of librdkafka's text.
fn broker_of(reason: &str) -> &str {
    let broker = reason.split_once(": ").map_or("", |(broker, _)| broker);
    let broker = broker.rsplit("://").next().unwrap_or(broker);
    broker.split('/').next().unwrap_or(broker)
}

/// librdkafka's reason without its internal names: `host:9092 refused the connection`.
fn plain(reason: &str) -> String {
    let reason = reason.split(" (after ").next().unwrap_or(reason).trim();
    let what = reason.split_once(": ").map_or(reason, |(_, what)| what);
    let broker = broker_of(reason);
    if what.contains("Connection refused") {
        format!("`{broker}` refuses connections")
    } else if what.contains("connecting to a PLAINTEXT broker listener") {
        format!("`{broker}` closes connections at once: perhaps its listener does not speak TLS")
    } else if what.starts_with("Failed to resolve") {
        format!("`{broker}` has no known address")
    } else if broker.is_empty() {
        what.to_owned()
    } else {
        format!("`{broker}`: {what}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_plain() {
        for (raw, expected) in [
            (
                "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)",
                "`127.0.0.1:1` refuses connections",
            ),
            (
                "sasl_ssl://nowhere:9092/bootstrap: Failed to resolve 'nowhere:9092': Name or service not known (after 3ms in state CONNECT)",
                "`nowhere:9092` has no known address",
            ),
            ("2/2 brokers are down", "2/2 brokers are down"),
            ("host:9092/1: Disconnected (after 20ms in state UP)", "`host:9092`: Disconnected"),
        ] {
            assert_eq!(plain(raw), expected);
        }
    }

    #[test]
    fn no_secret_is_told_and_logs_are_bounded() {
        use super::super::security::Mechanism;
        let (mechanism, username) = (Mechanism::Plain, "app".to_owned());
        let password = Secret::new("hunter2-hidden");
        let login = Some(Login::Password { mechanism, username, password });
        let watch = Watch::secured(&Security { tls: None, login });
        let error = KafkaError::Global(RDKafkaErrorCode::Authentication);
        watch.error(error, "h:1/1: SASL authentication error: no user app with hunter2-hidden");
        let refused = watch.complaints().refused.unwrap();
        assert_eq!(refused, "the login was refused: no user app with …");
        assert!(!watch.complaints().raw.unwrap().contains("hunter2"));
        let (mut logged, start) = (Logged::default(), Instant::now());
        let admitted = (0..1000).filter(|_| logged.admit(start).is_some()).count();
        assert_eq!(admitted, LOG_LINES as usize);
        assert_eq!(logged.admit(start + LOG_WINDOW), Some(1000 - LOG_LINES));
    }

    #[test]
    fn codes_are_described_without_their_names() {
        assert_eq!(describe(RDKafkaErrorCode::UnknownMemberId), "Unknown member");
        assert_eq!(describe(RDKafkaErrorCode::BrokerTransportFailure), "the connection broke");
    }
}
