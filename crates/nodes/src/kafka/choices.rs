//! What a Kafka source lets a person choose: formats, envelopes, and what becomes of what does not fit.

use flowloom_flow::Choice;
use flowloom_flow::form::Choices;
use serde::{Deserialize, Serialize};

/// How values are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    #[default]
    Json,
    JsonSchema,
    Avro,
    Protobuf,
    Csv,
    Text,
    Raw,
    #[serde(rename = "messagepack")]
    MessagePack,
    Cbor,
}

impl Choices for Format {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Json, Choice { key: "json", label: "JSON" }),
        (Self::JsonSchema, Choice { key: "json_schema", label: "JSON Schema" }),
        (Self::Avro, Choice { key: "avro", label: "Avro" }),
        (Self::Protobuf, Choice { key: "protobuf", label: "Protobuf" }),
        (Self::Csv, Choice { key: "csv", label: "CSV" }),
        (Self::Text, Choice { key: "text", label: "Text" }),
        (Self::Raw, Choice { key: "raw", label: "Bytes" }),
        (Self::MessagePack, Choice { key: "messagepack", label: "MessagePack" }),
        (Self::Cbor, Choice { key: "cbor", label: "CBOR" }),
    ];
}

impl Format {
    /// Whether its messages may have fields within fields, and so an envelope.
    pub(crate) fn has_fields(self) -> bool {
        !matches!(self, Self::Csv | Self::Text | Self::Raw)
    }

    /// Whether its messages are written by a schema.
    pub(crate) fn has_schema(self) -> bool {
        matches!(self, Self::JsonSchema | Self::Avro | Self::Protobuf)
    }
}

/// The column of the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyColumn {
    /// As text; a key that is not UTF-8 makes its message bad.
    #[default]
    Text,
    /// As it is.
    Bytes,
    None,
    Json,
    JsonSchema,
    Avro,
    Protobuf,
    Csv,
    #[serde(rename = "messagepack")]
    MessagePack,
    Cbor,
}

impl Choices for KeyColumn {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Text, Choice { key: "text", label: "Text" }),
        (Self::Bytes, Choice { key: "bytes", label: "Bytes" }),
        (Self::None, Choice { key: "none", label: "None" }),
        (Self::Json, Choice { key: "json", label: "JSON" }),
        (Self::JsonSchema, Choice { key: "json_schema", label: "JSON Schema" }),
        (Self::Avro, Choice { key: "avro", label: "Avro" }),
        (Self::Protobuf, Choice { key: "protobuf", label: "Protobuf" }),
        (Self::Csv, Choice { key: "csv", label: "CSV" }),
        (Self::MessagePack, Choice { key: "messagepack", label: "MessagePack" }),
        (Self::Cbor, Choice { key: "cbor", label: "CBOR" }),
    ];
}

impl KeyColumn {
    /// The format that it is decoded as; `None`: it is not.
    pub(crate) fn format(self) -> Option<Format> {
        match self {
            Self::Text | Self::Bytes | Self::None => None,
            Self::Json => Some(Format::Json),
            Self::JsonSchema => Some(Format::JsonSchema),
            Self::Avro => Some(Format::Avro),
            Self::Protobuf => Some(Format::Protobuf),
            Self::Csv => Some(Format::Csv),
            Self::MessagePack => Some(Format::MessagePack),
            Self::Cbor => Some(Format::Cbor),
        }
    }
}

/// Where the schema of messages comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SchemaFrom {
    /// Each message names it, and the registry has it.
    #[default]
    Registry,
    /// A file has it for all messages.
    File,
}

impl Choices for SchemaFrom {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Registry, Choice { key: "registry", label: "Schema registry" }),
        (Self::File, Choice { key: "file", label: "File" }),
    ];
}

/// What stands around the fields of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Envelope {
    #[default]
    None,
    /// `{op, data, metadata}`.
    Structured,
    /// A change as Debezium writes it.
    Debezium,
    /// The same, in `payload` beside its `schema`.
    DebeziumWithSchema,
}

impl Choices for Envelope {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::None, Choice { key: "none", label: "None" }),
        (Self::Structured, Choice { key: "structured", label: "{op, data, metadata}" }),
        (Self::Debezium, Choice { key: "debezium", label: "Debezium" }),
        (Self::DebeziumWithSchema, Choice { key: "debezium_with_schema", label: "Debezium with schema" }),
    ];
}

/// What becomes of fields that are not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Drift {
    /// They are left out, and the run says which.
    #[default]
    Ignore,
    /// They are kept in the column `_extra`.
    Extra,
    /// As `Extra`, and the run proposes them as fields.
    Add,
    /// Their message is bad.
    Fail,
}

impl Choices for Drift {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Ignore, Choice { key: "ignore", label: "Leave out" }),
        (Self::Extra, Choice { key: "extra", label: "Keep in `_extra`" }),
        (Self::Add, Choice { key: "add", label: "Keep, and add as fields" }),
        (Self::Fail, Choice { key: "fail", label: "Bad message" }),
    ];
}

impl Drift {
    /// Whether there is a column of what is not known.
    pub(crate) fn keeps(self) -> bool {
        matches!(self, Self::Extra | Self::Add)
    }
}

/// What a message without a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tombstones {
    #[default]
    Bad,
    /// A row of nulls, with its key and metadata.
    Nulls,
    /// Counted only.
    Skip,
}

impl Choices for Tombstones {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Bad, Choice { key: "bad", label: "Bad message" }),
        (Self::Nulls, Choice { key: "nulls", label: "Row of nulls" }),
        (Self::Skip, Choice { key: "skip", label: "Skip and count" }),
    ];
}

/// What becomes of a message that does not fit the fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BadMessages {
    #[default]
    Fail,
    Skip,
    Reject,
    DeadLetterTopic,
    DeadLetterFolder,
}

impl Choices for BadMessages {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Fail, Choice { key: "fail", label: "Fail" }),
        (Self::Skip, Choice { key: "skip", label: "Skip and count" }),
        (Self::Reject, Choice { key: "reject", label: "To the output `rejects`" }),
        (Self::DeadLetterTopic, Choice { key: "dead_letter_topic", label: "To a topic" }),
        (Self::DeadLetterFolder, Choice { key: "dead_letter_folder", label: "To files" }),
    ];
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
    /// At a time, in every run; no offsets are kept.
    Timestamp,
    /// At given offsets, in every run; no offsets are kept.
    Offsets,
    /// So that the newest messages are read; no offsets are kept.
    Last,
}

impl Choices for Start {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Committed, Choice { key: "committed", label: "Where the last run ended" }),
        (Self::Earliest, Choice { key: "earliest", label: "First message, each time" }),
        (Self::Latest, Choice { key: "latest", label: "Skip what waits" }),
        (Self::Timestamp, Choice { key: "timestamp", label: "A time, each time" }),
        (Self::Offsets, Choice { key: "offsets", label: "Offsets, each time" }),
        (Self::Last, Choice { key: "last", label: "Last messages, each time" }),
    ];
}

impl Start {
    /// Whether a run goes on where the one before it ended.
    pub(crate) fn keeps_offsets(self) -> bool {
        matches!(self, Self::Committed | Self::Latest)
    }
}

/// Where a run ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum End {
    /// At the end as it is when the run starts; a live run goes on from there.
    #[default]
    Latest,
    /// Where another consumer group stands.
    Committed,
    /// Before a time.
    Timestamp,
    /// Before given offsets.
    Offsets,
}

impl Choices for End {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Latest, Choice { key: "latest", label: "End when the run starts" }),
        (Self::Committed, Choice { key: "committed", label: "Where a group stands" }),
        (Self::Timestamp, Choice { key: "timestamp", label: "A time" }),
        (Self::Offsets, Choice { key: "offsets", label: "Offsets" }),
    ];
}

/// What happens where retention has removed messages that were not read yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Lost {
    Fail,
    #[default]
    Earliest,
    Latest,
}

impl Choices for Lost {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Earliest, Choice { key: "earliest", label: "Warn, go on at the first" }),
        (Self::Latest, Choice { key: "latest", label: "Warn, go on at the end" }),
        (Self::Fail, Choice { key: "fail", label: "Fail" }),
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
    pub(crate) fn elsewhere(self) -> Option<&'static str> {
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
