//! What is behind `kafka_source`: its columns, its reads and commits, and the code it exports.

pub(crate) mod check;
pub(crate) mod choices;
mod client;
pub(crate) mod columns;
mod dead;
mod export_place;
#[cfg(test)]
mod export_rust_tests;
#[cfg(test)]
mod export_tests;
pub(crate) mod exportable;
#[cfg(test)]
mod exportable_tests;
mod format;
mod grown;
mod infer;
mod keeper;
mod metrics;
mod notes;
mod panel;
pub(crate) mod place;
pub(crate) mod python;
mod python_lines;
mod python_place;
pub(crate) mod reach;
mod request;
pub(crate) mod rust;
mod rust_client;
mod rust_lines;
mod rust_place;
mod rust_place_lines;
mod rust_times;
mod source;
mod standing;
pub(crate) mod topics;

use flowloom_connections::kafka_problem;
use flowloom_flow::{CodeWriter, Problem};
use flowloom_kafka::Error;

use crate::kafka_source::KafkaSource;
use choices::Start;

pub(crate) use infer::infer;
pub(crate) use reach::Reach;
pub(crate) use source::TopicSource;
pub(crate) use standing::{reset, standing};

/// The environment variable that an exported program takes the brokers from: one for all nodes that share them.
pub(crate) fn servers_variable(settings: &KafkaSource, out: &mut CodeWriter<'_>) -> String {
    let servers = settings.bootstrap_servers.trim();
    let node = out.node().as_str().to_uppercase();
    let shared = "KAFKA_BOOTSTRAP_SERVERS".to_owned();
    let own = [format!("{node}_BOOTSTRAP_SERVERS"), format!("{node}_KAFKA_BOOTSTRAP_SERVERS")];
    let is_free = |name: &String| match out.variable(name) {
        Some(known) => known.default.as_deref() == Some(servers),
        None => true,
    };
    let name = std::iter::once(&shared).chain(&own).find(|name| is_free(name)).unwrap_or(&own[1]).clone();
    out.environment(&name, Some(servers), "`host:port` of the brokers, separated by commas");
    name
}

/// How many messages one run of an exported program reads at most.
pub(crate) fn max_messages(settings: &KafkaSource) -> Option<i64> {
    (settings.max_messages > 0 && settings.start != Start::Latest).then_some(settings.max_messages)
}

/// What Kafka's crate says, as a problem of the setting that it is about.
pub(crate) fn problem(error: Error) -> Problem {
    let field = match error {
        Error::UnknownTopic { .. } | Error::TopicForbidden { .. } => Some("topic"),
        Error::GroupForbidden { .. } | Error::GroupBusy { .. } | Error::OffsetsMoved { .. } => {
            Some("sync_name")
        }
        Error::BadMessage { .. } => Some("bad_messages"),
        _ => None,
    };
    let problem = kafka_problem(error);
    match field {
        Some(field) => problem.at_field(field),
        None => problem,
    }
}
