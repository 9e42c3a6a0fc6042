//! `kafka_source`: reads a topic from where the last run ended up to its end.

use flowloom_flow::value::{ConnectionName, Fields, FilePath, Names, Properties, Topics};
use flowloom_flow::{
    Cancel, Card, CodeWriter, Form, Group, Inferred, Kind, Port, Position, Problem, Problems, Reset,
    ResetAsk, Setting, Site, Standing, Step, Suggestion, Target, ValueFacts,
};
use polars::prelude::{LazyFrame, Schema};
use serde::{Deserialize, Serialize};

use crate::kafka::choices::{
    BadMessages, Drift, End, Envelope, Fallback, Format, Isolation, KeyColumn, Lost, OffsetsKept, SchemaFrom,
    Start, Tombstones,
};
use crate::kafka::{self, columns, exportable, python, rust};

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
    /// Start `timestamp`: the first message of this time or later.
    pub(crate) start_at: String,
    /// Start `offsets`: as [`kafka::place::offsets`] reads them.
    pub(crate) start_offsets: String,
    /// Start `last`: so many messages, the newest.
    pub(crate) last_messages: i64,
    pub(crate) end: End,
    /// End `timestamp`: before the first message of this time or later.
    pub(crate) end_at: String,
    pub(crate) end_offsets: String,
    /// End `committed`: where this consumer group stands.
    pub(crate) end_group: String,
    pub(crate) lost: Lost,
    pub(crate) format: Format,
    pub(crate) schema_from: SchemaFrom,
    /// Connection to the schema registry, of values and keys.
    pub(crate) registry: ConnectionName,
    pub(crate) schema_file: FilePath,
    /// Messages of a schema from a file begin with a schema's id all the same, which is passed over.
    pub(crate) has_schema_id: bool,
    /// Full name of the Protobuf message; empty: the one that the message names, or the file's only one.
    pub(crate) message: String,
    /// Subject whose newest schema Avro messages are read as; empty: each as it was written.
    pub(crate) reader_subject: String,
    pub(crate) delimiter: String,
    pub(crate) quote: String,
    /// Text of CSV that is null.
    pub(crate) null_text: String,
    /// Records of CSV may have fewer or more values than there are columns.
    pub(crate) lenient: bool,
    pub(crate) envelope: Envelope,
    pub(crate) drift: Drift,
    pub(crate) tombstones: Tombstones,
    /// Payload columns in order.
    pub(crate) fields: Fields,
    pub(crate) bad_messages: BadMessages,
    pub(crate) dead_letter_topic: String,
    pub(crate) dead_letter_folder: FilePath,
    pub(crate) isolation: Isolation,
    pub(crate) key_column: KeyColumn,
    /// Type of a decoded key.
    pub(crate) key_type: String,
    pub(crate) key_schema_file: FilePath,
    pub(crate) key_message: String,
    pub(crate) partition_column: bool,
    pub(crate) offset_column: bool,
    pub(crate) timestamp_column: bool,
    pub(crate) timestamp_type_column: bool,
    pub(crate) topic_column: bool,
    pub(crate) headers_column: bool,
    /// Other names of metadata columns, by their usual ones.
    pub(crate) column_names: Names,
    /// 0: no limit.
    pub(crate) max_messages: i64,
    /// 0: no limit.
    pub(crate) max_bytes: i64,
    /// 0: no limit.
    pub(crate) max_seconds: i64,
    /// In a second; 0: no limit.
    pub(crate) messages_per_second: i64,
    /// In a second; 0: no limit.
    pub(crate) bytes_per_second: i64,
    pub(crate) rack: String,
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
            start_at: String::new(),
            start_offsets: String::new(),
            last_messages: 1000,
            end: End::default(),
            end_at: String::new(),
            end_offsets: String::new(),
            end_group: String::new(),
            lost: Lost::default(),
            format: Format::default(),
            schema_from: SchemaFrom::default(),
            registry: ConnectionName::default(),
            schema_file: FilePath::default(),
            has_schema_id: false,
            message: String::new(),
            reader_subject: String::new(),
            delimiter: ",".to_owned(),
            quote: "\"".to_owned(),
            null_text: String::new(),
            lenient: false,
            envelope: Envelope::default(),
            drift: Drift::default(),
            tombstones: Tombstones::default(),
            fields: Fields::default(),
            bad_messages: BadMessages::default(),
            dead_letter_topic: String::new(),
            dead_letter_folder: FilePath::default(),
            isolation: Isolation::default(),
            key_column: KeyColumn::default(),
            key_type: "String".to_owned(),
            key_schema_file: FilePath::default(),
            key_message: String::new(),
            partition_column: true,
            offset_column: true,
            timestamp_column: true,
            timestamp_type_column: false,
            topic_column: false,
            headers_column: false,
            column_names: Names::default(),
            max_messages: 0,
            max_bytes: 0,
            max_seconds: 0,
            messages_per_second: 0,
            bytes_per_second: 0,
            rack: String::new(),
            connect_timeout_ms: 10_000,
            properties: Properties::default(),
        }
    }
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
        self.format_form(form, inputs);
        let fields = Setting::new("fields", "Fields").help(
            "Columns of the message. Infer them from a sample, then edit them: they are stored with the node, so a \
             late message never changes a type.",
        );
        form.value(fields, &mut self.fields, inputs);
        form.section("Position", &mut |form| self.position_form(form));
        form.section("Messages", &mut |form| self.messages_form(form, inputs));
        form.section("Metadata columns", &mut |form| self.metadata_form(form, inputs));
        form.section("Limits", &mut |form| {
            form.note("0 is no limit; the next run goes on where a limit ended this one");
            form.integer(Setting::new("max_messages", "Messages"), &mut self.max_messages, 0..=i64::MAX);
            form.integer(Setting::new("max_bytes", "Bytes"), &mut self.max_bytes, 0..=i64::MAX);
            form.integer(Setting::new("max_seconds", "Time").hint("s"), &mut self.max_seconds, 0..=i64::MAX);
            let rate = Setting::new("messages_per_second", "Messages in a second")
                .help("The run takes longer, so that others have the brokers too");
            form.integer(rate, &mut self.messages_per_second, 0..=i64::MAX);
            let rate = Setting::new("bytes_per_second", "Bytes in a second");
            form.integer(rate, &mut self.bytes_per_second, 0..=i64::MAX);
        });
        form.section("Client", &mut |form| {
            let rack = Setting::new("rack", "Rack").hint("optional").help(
                "Where this program runs, as the brokers name it: a replica nearby is read instead of the leader",
            );
            form.text(rack, &mut self.rack);
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
        exportable::check(self, out)?;
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
        kafka::check::check(self, problems);
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
            "topic" | "dead_letter_topic" => Some(kafka::topics::suggest(self, site, cancel)),
            "connection" => Some(site.host.connections(&["kafka"])),
            "registry" => Some(site.host.connections(&["schema_registry"])),
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
        self.start.keeps_offsets()
    }

    fn goes_on(&self) -> Result<bool, Problem> {
        match self.end {
            End::Latest => Ok(true),
            _ => Err(Problem::user("the end is fixed, and a live run has none")
                .hint("let it end at the topic's end, or run once")
                .at_field("end")),
        }
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
        self.offsets == OffsetsKept::Sink && self.start.keeps_offsets()
    }

    fn caption(&self) -> String {
        if self.topic.is_empty() {
            return String::new();
        }
        let columns = columns::rows(self).map_or(0, |schema| schema.len());
        let group = match (self.start, self.sync_name.trim()) {
            (Start::Earliest, _) => " · from the first message".to_owned(),
            (Start::Timestamp, _) => format!(" · from {}", self.start_at.trim()),
            (Start::Offsets, _) => " · from given offsets".to_owned(),
            (Start::Last, _) => format!(" · last {}", self.last_messages),
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
