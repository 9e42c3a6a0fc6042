//! What a client says of itself: its complaints, so that a failure can say why, and how far it is.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{ClientContext, Statistics};

/// The context of our clients: sends logs to `tracing` and remembers what they report.
#[derive(Default)]
pub(crate) struct Watch {
    complaints: Mutex<Complaints>,
    /// The sum of the offsets that are fetched next.
    fetch_position: AtomicI64,
}

/// The last complaint of each kind, in plain words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Complaints {
    /// A name that has no address.
    pub(crate) resolve: Option<String>,
    /// A login or a certificate that was refused.
    pub(crate) refused: Option<String>,
    /// A connection that could not be made or broke.
    pub(crate) transport: Option<String>,
    /// Since when no broker at all is connected.
    pub(crate) all_down_since: Option<Instant>,
}

impl Watch {
    pub(crate) fn complaints(&self) -> Complaints {
        self.complaints.lock().clone()
    }

    /// A broker answered, so what was said before does not count.
    pub(crate) fn forget(&self) {
        *self.complaints.lock() = Complaints::default();
    }

    /// Grows while messages are fetched, those of aborted transactions too, which nobody gets to see.
    pub(crate) fn fetch_position(&self) -> i64 {
        self.fetch_position.load(Ordering::Relaxed)
    }
}

impl ClientContext for Watch {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        use RDKafkaLogLevel as Level;
        match level {
            Level::Emerg | Level::Alert | Level::Critical | Level::Error | Level::Warning => {
                tracing::warn!(target: "librdkafka", facility, "{message}");
            }
            Level::Notice | Level::Info => tracing::info!(target: "librdkafka", facility, "{message}"),
            Level::Debug => tracing::debug!(target: "librdkafka", facility, "{message}"),
        }
    }

    fn stats(&self, statistics: Statistics) {
        let partitions = statistics.topics.values().flat_map(|topic| topic.partitions.values());
        let position = partitions.map(|partition| partition.next_offset.max(0)).sum();
        self.fetch_position.store(position, Ordering::Relaxed);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", %error, "{reason}");
        let mut complaints = self.complaints.lock();
        match code_of(&error) {
            RDKafkaErrorCode::Resolve => complaints.resolve = Some(plain(reason)),
            RDKafkaErrorCode::Authentication
            | RDKafkaErrorCode::SaslAuthenticationFailed
            | RDKafkaErrorCode::SSL => {
                complaints.refused = Some(plain(reason));
            }
            RDKafkaErrorCode::BrokerTransportFailure | RDKafkaErrorCode::OperationTimedOut => {
                complaints.transport = Some(plain(reason));
            }
            RDKafkaErrorCode::AllBrokersDown => {
                complaints.all_down_since.get_or_insert_with(Instant::now);
            }
            _ => {}
        }
    }
}

impl ConsumerContext for Watch {}

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

/// librdkafka's reason without its internal names: `host:9092 refused the connection`.
fn plain(reason: &str) -> String {
    let reason = reason.split(" (after ").next().unwrap_or(reason).trim();
    let (broker, what) = reason.split_once(": ").unwrap_or(("", reason));
    let broker = broker.rsplit("://").next().unwrap_or(broker);
    let broker = broker.split('/').next().unwrap_or(broker);
    if what.contains("Connection refused") {
        format!("`{broker}` refuses connections")
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
    fn codes_are_described_without_their_names() {
        assert_eq!(describe(RDKafkaErrorCode::UnknownMemberId), "Unknown member");
        assert_eq!(describe(RDKafkaErrorCode::BrokerTransportFailure), "the connection broke");
    }
}
