//! `kafka_source`: reads a topic from where the last run ended up to its end.

use flowloom_flow::form::Choices;
use flowloom_flow::value::{ConnectionName, Fields, Properties, Topics};
use flowloom_flow::{
    Cancel, Card, Choice, CodeWriter, Form, Group, Inferred, Kind, Port, Position, Problem, Problems, Reset,
    ResetAsk, Setting, Site, Standing, Step, Suggestion, Target, ValueFacts,
};
use polars::prelude::{LazyFrame, Schema};
use serde::{Deserialize, Serialize};

use crate::kafka::{self, columns, python, rust};

/// Reads a topic from where the last run ended up to its end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each switches a column of its own")]
pub(crate) struct KafkaSource {
    /// Empty: the servers below, without security.
    pub(crate) connection: ConnectionName,
    pub(crate) bootstrap_servers: String,
    pub(crate) topic: Topics,
    /// Consumer group that keeps the offsets; empty: made of the flow's and the node's name.
    pub(crate) sync_name: String,
    pub(crate) start: Start,
    /// Where a partition starts whose offset was never committed.
    pub(crate) fallback: Fallback,
    pub(crate) offsets: OffsetsKept,
    /// Payload columns in order.
    pub(crate) fields: Fields,
    pub(crate) bad_messages: BadMessages,
    pub(crate) isolation: Isolation,
    pub(crate) key_column: KeyColumn,
    pub(crate) partition_column: bool,
    pub(crate) offset_column: bool,
    pub(crate) timestamp_column: bool,
    pub(crate) timestamp_type_column: bool,
    pub(crate) topic_column: bool,
    pub(crate) headers_column: bool,
    /// 0: no limit.
    pub(crate) max_messages: i64,
    /// 0: no limit.
    pub(crate) max_bytes: i64,
    /// 0: no limit.
    pub(crate) max_seconds: i64,
    pub(crate) connect_timeout_ms: i64,
    pub(crate) properties: Properties,
}

impl Default for KafkaSource {
    fn default() -> Self {
        Self {
            connection: ConnectionName::default(),
            bootstrap_servers: "localhost:9092".to_owned(),
            topic: Topics::default(),
            sync_name: String::new(),
            start: Start::default(),
            fallback: Fallback::default(),
            offsets: OffsetsKept::default(),
            fields: Fields::default(),
            bad_messages: BadMessages::default(),
            isolation: Isolation::default(),
            key_column: KeyColumn::default(),
            partition_column: true,
            offset_column: true,
            timestamp_column: true,
            timestamp_type_column: false,
            topic_column: false,
            headers_column: false,
            max_messages: 0,
            max_bytes: 0,
            max_seconds: 0,
            connect_timeout_ms: 10_000,
            properties: Properties::default(),
        }
    }
}

/// Where a run starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Start {
    /// Where the last run ended; offsets are kept under the sync name.
    #[default]
    Committed,
    /// At the first message, in every run; no offsets are kept.
    Earliest,
    /// At the end: what waits is skipped and its offsets are committed.
    Latest,
}

impl Choices for Start {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Committed, Choice { key: "committed", label: "Where the last run ended" }),
        (Self::Earliest, Choice { key: "earliest", label: "First message, each time" }),
        (Self::Latest, Choice { key: "latest", label: "Skip what waits" }),
    ];
}

/// Where a partition without a committed offset starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fallback {
    #[default]
    Earliest,
    Latest,
}

impl Choices for Fallback {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Earliest, Choice { key: "earliest", label: "First message" }),
        (Self::Latest, Choice { key: "latest", label: "End" }),
    ];
}

/// Where the offsets are kept that the next run goes on from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OffsetsKept {
    /// In the consumer group of the sync name, where Kafka's own tools see them.
    #[default]
    Kafka,
    /// In Flowloom's table on this machine: nothing is committed to the cluster.
    Table,
    /// With the rows, in what the flow writes: each row exactly once, wherever a run ends.
    Sink,
}

impl OffsetsKept {
    /// As an exported program is told that it cannot do so.
    fn elsewhere(self) -> Option<&'static str> {
        match self {
            Self::Kafka => None,
            Self::Table => Some("offsets in Flowloom's table"),
            Self::Sink => Some("offsets that are kept by the writers"),
        }
    }
}

impl Choices for OffsetsKept {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Kafka, Choice { key: "kafka", label: "In Kafka" }),
        (Self::Table, Choice { key: "table", label: "In Flowloom's table" }),
        (Self::Sink, Choice { key: "sink", label: "By the writers" }),
    ];
}

/// What becomes of a message that does not fit the fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BadMessages {
    #[default]
    Fail,
    Skip,
    Reject,
}

impl Choices for BadMessages {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Fail, Choice { key: "fail", label: "Fail" }),
        (Self::Skip, Choice { key: "skip", label: "Skip and count" }),
        (Self::Reject, Choice { key: "reject", label: "To the output `rejects`" }),
    ];
}

/// Which messages of transactions are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Isolation {
    #[default]
    ReadCommitted,
    ReadUncommitted,
}

impl Isolation {
    pub(crate) fn level(self) -> &'static str {
        self.choice().key
    }
}

impl Choices for Isolation {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::ReadCommitted, Choice { key: "read_committed", label: "Committed only" }),
        (Self::ReadUncommitted, Choice { key: "read_uncommitted", label: "All" }),
    ];
}

/// The column `_kafka_key`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeyColumn {
    /// As text; a key that is not UTF-8 makes its message bad.
    #[default]
    Text,
    /// As it is.
    Bytes,
    None,
}

impl Choices for KeyColumn {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Text, Choice { key: "text", label: "Text" }),
        (Self::Bytes, Choice { key: "bytes", label: "Bytes" }),
        (Self::None, Choice { key: "none", label: "None" }),
    ];
}

impl Kind for KafkaSource {
    const CARD: &'static Card = &Card {
        id: "kafka_source",
        name: "Kafka source",
        group: Group::Source,
        blurb: "Reads a topic from where the last run ended up to its end",
        tags: &["topic", "stream", "consumer", "read"],
        inputs: &[],
        outputs: &[Port::OUT, Port::one("rejects", "Messages that could not be decoded")],
        version: 1,
    };

    fn form(&mut self, form: &mut dyn Form, inputs: &[Schema]) {
        let connection = Setting::new("connection", "Connection")
            .help("How the cluster is reached, by name. Empty: the bootstrap servers below, without login");
        form.value(connection, &mut self.connection, inputs);
        if self.connection.0.is_empty() {
            let servers = Setting::new("bootstrap_servers", "Bootstrap servers")
                .help("`host:port` of one or more brokers, separated by commas");
            form.text(servers, &mut self.bootstrap_servers);
        }
        let topics = Setting::new("topic", "Topics").hint("one, a list, or a pattern").help(
            "Rows come by topic, partition and offset. A pattern is a regular expression that a topic's whole name \
             fits; topics that are made later are read as well.",
        );
        form.value(topics, &mut self.topic, inputs);
        let fields = Setting::new("fields", "Fields").help(
            "Columns of the message, read from JSON. Infer them from a sample, then edit them: they are stored \
             with the node, so a late message never changes a type.",
        );
        form.value(fields, &mut self.fields, inputs);
        form.section("Position", &mut |form| {
            form.pick(Setting::new("start", "Start at"), &mut self.start);
            if self.start == Start::Committed {
                let fallback = Setting::new("fallback", "New partitions start at")
                    .help("For partitions whose offset was never committed under the sync name");
                form.pick(fallback, &mut self.fallback);
            }
            if self.start != Start::Earliest {
                let sync = Setting::new("sync_name", "Sync name").hint("consumer group").help(
                    "Consumer group under which offsets are kept, once every writer has written. \
                     Empty: `flowloom-<flow>-<node>`.",
                );
                form.text(sync, &mut self.sync_name);
                let kept = Setting::new("offsets", "Offsets kept").help(
                    "In Kafka, under the sync name; in Flowloom's own table on this machine; or by the writers, with \
                     the rows, which each writer of the flow must be able to (append to a folder)",
                );
                form.pick(kept, &mut self.offsets);
            }
        });
        form.section("Messages", &mut |form| {
            let bad = Setting::new("bad_messages", "Bad messages").help(
                "What happens to a message that is not JSON or does not fit the fields. Tombstones count as bad.",
            );
            form.pick(bad, &mut self.bad_messages);
            form.pick(Setting::new("isolation", "Transactions"), &mut self.isolation);
        });
        form.section("Metadata columns", &mut |form| {
            form.pick(Setting::new("key_column", "Key").hint("_kafka_key"), &mut self.key_column);
            for (key, label, hint, switch) in [
                ("partition_column", "Partition", "_kafka_partition", &mut self.partition_column),
                ("offset_column", "Offset", "_kafka_offset", &mut self.offset_column),
                ("timestamp_column", "Timestamp", "_kafka_timestamp", &mut self.timestamp_column),
                (
                    "timestamp_type_column",
                    "Timestamp type",
                    "_kafka_timestamp_type",
                    &mut self.timestamp_type_column,
                ),
                ("topic_column", "Topic", "_kafka_topic", &mut self.topic_column),
                ("headers_column", "Headers", "_kafka_headers", &mut self.headers_column),
            ] {
                form.switch(Setting::new(key, label).hint(hint), switch);
            }
        });
        form.section("Limits", &mut |form| {
            form.note("0 is no limit; the next run goes on where a limit ended this one");
            form.integer(Setting::new("max_messages", "Messages"), &mut self.max_messages, 0..=i64::MAX);
            form.integer(Setting::new("max_bytes", "Bytes"), &mut self.max_bytes, 0..=i64::MAX);
            form.integer(Setting::new("max_seconds", "Time").hint("s"), &mut self.max_seconds, 0..=i64::MAX);
        });
        form.section("Client", &mut |form| {
            if self.connection.0.is_empty() {
                let timeout = Setting::new("connect_timeout_ms", "Connect timeout").hint("ms");
                form.integer(timeout, &mut self.connect_timeout_ms, 100..=600_000);
            }
            let properties = Setting::new("properties", "Properties")
                .help("librdkafka's own properties, beside those that settings of this node set");
            form.value(properties, &mut self.properties, inputs);
        });
    }

    fn plan(&self, _inputs: Vec<LazyFrame>, site: &Site<'_>) -> Result<Step, Problem> {
        Ok(Step::Source(Box::new(kafka::TopicSource::new(self, site)?)))
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        for (key, limit) in [("max_bytes", self.max_bytes), ("max_seconds", self.max_seconds)] {
            if limit > 0 {
                let refused = out.refuse(&format!("the limit `{key}`"));
                return Err(refused.hint("set it to 0; `max_messages` can be exported").at_field(key));
            }
        }
        if self.topic.single().is_none() {
            let what = match self.topic.pattern() {
                Some(_) => "a pattern of topics",
                None => "a list of topics",
            };
            return Err(out.refuse(what).hint("choose one topic with all its partitions").at_field("topic"));
        }
        self.fields.refuse_paths("an exported program").map_err(|problem| {
            let part = problem.at.field.clone().unwrap_or_default();
            problem.at_field(format!("fields{part}"))
        })?;
        if let Some(elsewhere) = self.offsets.elsewhere().filter(|_| self.start != Start::Earliest) {
            return Err(out.refuse(elsewhere).hint("keep them in Kafka").at_field("offsets"));
        }
        match out.target() {
            Target::Python => python::write(self, out),
            Target::Rust => rust::write(self, out),
        }
    }

    fn schema(&self, _inputs: &[Schema], site: &Site<'_>) -> Result<Vec<Schema>, Problem> {
        kafka::Reach::of(self, site.host)?;
        Ok(vec![columns::rows(self)?, columns::rejects()])
    }

    fn check(&self, _inputs: &[Schema], problems: &mut Problems) {
        if self.topic.is_empty() {
            return problems.error("topic", "no topic is chosen");
        }
        for problem in self.topic.problems() {
            let part = problem.at.field.clone().unwrap_or_default();
            problems.push(problem.at_field(format!("topic{part}")));
        }
        if let Err(problem) = kafka::reach::check(self) {
            problems.push(problem);
        }
        if self.needs_inference() {
            problems.push(
                Problem::user(format!(
                    "the fields of {} are not known yet",
                    kafka::topics::called(&self.topic)
                ))
                .hint("infer them from the topic: `flowloom infer FLOW`, or the button `Infer` in the panel")
                .at_field("fields"),
            );
        }
    }

    fn needs_inference(&self) -> bool {
        self.fields.0.is_empty() && !self.topic.is_empty()
    }

    fn infer(&self, site: &Site<'_>, cancel: &Cancel) -> Option<Result<Inferred, Problem>> {
        Some(kafka::infer(self, site, cancel))
    }

    fn suggest(
        &self,
        key: &str,
        site: &Site<'_>,
        cancel: &Cancel,
    ) -> Option<Result<Vec<Suggestion>, Problem>> {
        match key {
            "topic" => Some(kafka::topics::suggest(self, site, cancel)),
            "connection" => Some(site.host.connections(&["kafka"])),
            _ => None,
        }
    }

    fn facts(
        &self,
        key: &str,
        values: &[String],
        site: &Site<'_>,
        cancel: &Cancel,
    ) -> Option<Result<ValueFacts, Problem>> {
        (key == "topic").then(|| kafka::topics::facts(self, values, site, cancel))
    }

    fn keeps_offsets(&self) -> bool {
        self.start != Start::Earliest
    }

    fn standing(
        &self,
        site: &Site<'_>,
        held: Option<&Position>,
        cancel: &Cancel,
    ) -> Option<Result<Standing, Problem>> {
        Some(kafka::standing(self, site, held, cancel))
    }

    fn reset(
        &self,
        site: &Site<'_>,
        ask: &ResetAsk,
        apply: bool,
        cancel: &Cancel,
    ) -> Option<Result<Reset, Problem>> {
        Some(kafka::reset(self, site, ask, apply, cancel))
    }

    fn needs_batches(&self) -> bool {
        self.offsets == OffsetsKept::Sink && self.start != Start::Earliest
    }

    fn caption(&self) -> String {
        if self.topic.is_empty() {
            return String::new();
        }
        let columns = columns::rows(self).map_or(0, |schema| schema.len());
        let group = match (self.start, self.sync_name.trim()) {
            (Start::Earliest, _) => " · from the first message".to_owned(),
            (_, "") => String::new(),
            (_, name) => format!(" · group {name}"),
        };
        let columns = if self.fields.0.is_empty() { String::new() } else { format!(" · {columns} columns") };
        format!("{}{group}{columns}", self.topic.caption())
    }
}

#[cfg(test)]
#[path = "kafka/tests.rs"]
mod tests;
