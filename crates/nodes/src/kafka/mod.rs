//! What is behind `kafka_source`: its columns, its reads and commits, and the code it exports.

mod client;
pub(crate) mod columns;
#[cfg(test)]
mod export_tests;
pub(crate) mod python;
pub(crate) mod reach;
pub(crate) mod rust;
mod rust_lines;
mod source;

use std::time::Duration;

use flowloom_connections::kafka_problem;
use flowloom_flow::value::{FieldSpec, Fields, show_dtype};
use flowloom_flow::{Cancel, CodeWriter, Problem, Site, Suggestion};
use flowloom_kafka::{Error, sample, topic};
use serde_json::{Map, Value};

use crate::arrow::from_arrow;
use crate::kafka_source::{KafkaSource, Start};

pub(crate) use reach::Reach;
pub(crate) use source::TopicSource;

/// How long a list of topics is waited for: somebody looks at an open list.
const SUGGEST_TIMEOUT: Duration = Duration::from_secs(5);

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
        Error::GroupForbidden { .. } | Error::GroupBusy { .. } => Some("sync_name"),
        Error::BadMessage { .. } => Some("bad_messages"),
        _ => None,
    };
    let problem = kafka_problem(error);
    match field {
        Some(field) => problem.at_field(field),
        None => problem,
    }
}

/// The setting `fields`, from a sample of the topic.
pub(crate) fn infer(
    settings: &KafkaSource,
    site: &Site<'_>,
    cancel: &Cancel,
) -> Result<Map<String, Value>, Problem> {
    let topic = settings.topic.0.as_str();
    if topic.trim().is_empty() {
        return Err(Problem::user("no topic is chosen").at_field("topic"));
    }
    let cancel = cancel.flag().into();
    let cluster = Reach::of(settings, site.host)?.cluster()?;
    let found = sample::infer_schema(&cluster, topic, sample::DEFAULT_MESSAGES, &cancel).map_err(problem)?;
    let fields = found.schema.fields().iter().filter_map(|field| {
        let dtype = show_dtype(&from_arrow(field.data_type())?);
        Some(FieldSpec { name: field.name().clone(), dtype })
    });
    let fields = Fields(fields.collect());
    if fields.0.is_empty() {
        let why = match &found.first_bad {
            Some(reason) => format!("its messages are not JSON ({reason})"),
            None => "it holds no message with a value".to_owned(),
        };
        return Err(Problem::user(format!("the fields of topic `{topic}` cannot be inferred: {why}"))
            .hint("type the fields in, or try again when the topic has messages")
            .at_field("fields"));
    }
    let fields = serde_json::to_value(fields)
        .map_err(|error| Problem::internal("the inferred fields cannot be written").source(error))?;
    Ok(Map::from_iter([("fields".to_owned(), fields)]))
}

/// The topics that the cluster's users made, by name.
pub(crate) fn suggest_topics(
    settings: &KafkaSource,
    site: &Site<'_>,
    cancel: &Cancel,
) -> Result<Vec<Suggestion>, Problem> {
    let mut cluster = Reach::of(settings, site.host)?.cluster()?;
    cluster.connect_timeout = cluster.connect_timeout.min(SUGGEST_TIMEOUT);
    let topics = topic::topics(&cluster, &cancel.flag().into()).map_err(problem)?;
    let topics = topics.into_iter().filter(|topic| !topic.internal).map(|topic| Suggestion {
        value: topic.name,
        detail: match topic.partitions {
            1 => "1 partition".to_owned(),
            many => format!("{many} partitions"),
        },
    });
    Ok(topics.collect())
}
