//! The parts of a Kafka source's panel.

use flowloom_flow::{Form, Setting};
use polars::prelude::Schema;

use super::choices::{BadMessages, End, Format, SchemaFrom, Start};
use crate::kafka_source::KafkaSource;

impl KafkaSource {
    pub(crate) fn format_form(&mut self, form: &mut dyn Form, inputs: &[Schema]) {
        form.pick(Setting::new("format", "Format"), &mut self.format);
        let key_has_schema = self.key_column.format().is_some_and(Format::has_schema);
        if self.format.has_schema() || key_has_schema {
            form.pick(Setting::new("schema_from", "Schema from"), &mut self.schema_from);
            if self.schema_from == SchemaFrom::Registry {
                let registry = Setting::new("registry", "Schema registry").help(
                    "A connection. Each message begins with the id of its schema, which the registry has",
                );
                form.value(registry, &mut self.registry, inputs);
            }
        }
        if self.format.has_schema() && self.schema_from == SchemaFrom::File {
            let file = Setting::new("schema_file", "Schema file")
                .help("`.avsc`, `.json`, `.proto` or a descriptor set; relative to the flow file");
            form.value(file, &mut self.schema_file, inputs);
        }
        if (self.format.has_schema() || key_has_schema) && self.schema_from == SchemaFrom::File {
            let has_id = Setting::new("has_schema_id", "Messages begin with a schema's id")
                .help("The five bytes that serializers with a registry write first are passed over");
            form.switch(has_id, &mut self.has_schema_id);
        }
        match self.format {
            Format::Avro if self.schema_from == SchemaFrom::Registry => {
                let subject = Setting::new("reader_subject", "Read as").hint("subject, optional").help(
                    "Every message is read as the newest schema of this subject, by Avro's rules of evolution: \
                     defaults, aliases, promotions. Empty: each as it was written",
                );
                form.text(subject, &mut self.reader_subject);
            }
            Format::Protobuf => {
                let message = Setting::new("message", "Message type").hint("optional").help(
                    "Full name, such as `shop.Order`. Empty: the one that each message names, or the file's first one",
                );
                form.text(message, &mut self.message);
            }
            _ => {}
        }
        if self.format == Format::Csv || self.key_column.format() == Some(Format::Csv) {
            form.text(Setting::new("delimiter", "Delimiter"), &mut self.delimiter);
            form.text(Setting::new("quote", "Quote"), &mut self.quote);
            let null = Setting::new("null_text", "Null is written").hint("nothing");
            form.text(null, &mut self.null_text);
            let lenient = Setting::new("lenient", "Fewer or more values")
                .help("Columns that a record lacks are null, values beyond the columns are unknown fields");
            form.switch(lenient, &mut self.lenient);
        }
        if self.format.has_fields() {
            let envelope = Setting::new("envelope", "Envelope").help(
                "What stands around the fields. Of Debezium's changes the row after the change is read, of a deletion \
                 the row before it; `_op` says what happened",
            );
            form.pick(envelope, &mut self.envelope);
        }
    }

    pub(crate) fn position_form(&mut self, form: &mut dyn Form) {
        const OFFSETS: &str = "`0=100, 1=250` of one topic, `orders:0=100, payments:0=7` of several";
        const TIME: &str =
            "RFC 3339, such as `2026-11-21T20:00:00Z` or `2026-11-21`, in UTC unless it says otherwise";
        form.pick(Setting::new("start", "Start at"), &mut self.start);
        match self.start {
            Start::Timestamp => {
                let at = Setting::new("start_at", "From").hint("time, inclusive").help(TIME);
                form.text(at, &mut self.start_at);
            }
            Start::Offsets => {
                form.text(
                    Setting::new("start_offsets", "From").hint("offsets").help(OFFSETS),
                    &mut self.start_offsets,
                );
            }
            Start::Last => {
                let last = Setting::new("last_messages", "Last messages").help("Of all partitions together");
                form.integer(last, &mut self.last_messages, 1..=i64::MAX);
            }
            Start::Committed => {
                let fallback = Setting::new("fallback", "New partitions start at")
                    .help("For partitions whose offset was never committed under the sync name");
                form.pick(fallback, &mut self.fallback);
            }
            Start::Earliest | Start::Latest => {}
        }
        let end = Setting::new("end", "End at").help("Known before the first message is read");
        form.pick(end, &mut self.end);
        match self.end {
            End::Latest => {}
            End::Committed => {
                form.text(Setting::new("end_group", "Group").hint("consumer group"), &mut self.end_group);
            }
            End::Timestamp => {
                let at = Setting::new("end_at", "Up to").hint("time, exclusive").help(TIME);
                form.text(at, &mut self.end_at);
            }
            End::Offsets => {
                let help = "The first offsets that are not read, written as at the start";
                form.text(
                    Setting::new("end_offsets", "Up to").hint("offsets").help(help),
                    &mut self.end_offsets,
                );
            }
        }
        let lost = Setting::new("lost", "Removed by retention")
            .help("What happens where messages are gone before they were read. How many is always told");
        form.pick(lost, &mut self.lost);
        if self.start.keeps_offsets() {
            let sync = Setting::new("sync_name", "Sync name").hint("consumer group").help(
                "Consumer group under which offsets are kept, once every writer has written. \
                 Empty: `flowloom-<flow>-<node>`.",
            );
            form.text(sync, &mut self.sync_name);
            let kept = Setting::new("offsets", "Offsets kept").help(
                "In Kafka, under the sync name; in Flowloom's own table on this machine; or by the writers, with the \
                 rows, which each writer of the flow must be able to (append to a folder)",
            );
            form.pick(kept, &mut self.offsets);
        }
    }

    pub(crate) fn messages_form(&mut self, form: &mut dyn Form, inputs: &[Schema]) {
        let bad = Setting::new("bad_messages", "Bad messages").help(
            "What happens to a message that is not of its format or does not fit the fields. Topic and files get it \
             as it was, with the reason and where it was",
        );
        form.pick(bad, &mut self.bad_messages);
        match self.bad_messages {
            BadMessages::DeadLetterTopic => {
                let topic = Setting::new("dead_letter_topic", "Topic of bad messages");
                form.text(topic, &mut self.dead_letter_topic);
            }
            BadMessages::DeadLetterFolder => {
                let folder = Setting::new("dead_letter_folder", "Folder of bad messages")
                    .help("Each run that meets some writes one Parquet file; relative to the flow file");
                form.value(folder, &mut self.dead_letter_folder, inputs);
            }
            BadMessages::Fail | BadMessages::Skip | BadMessages::Reject => {}
        }
        let tombstones = Setting::new("tombstones", "Without a value").hint("tombstones");
        form.pick(tombstones, &mut self.tombstones);
        let drift = Setting::new("drift", "Unknown fields").help(
            "Fields of messages that are not above. The run says which it met, and in how many messages",
        );
        form.pick(drift, &mut self.drift);
        form.pick(Setting::new("isolation", "Transactions"), &mut self.isolation);
    }

    pub(crate) fn metadata_form(&mut self, form: &mut dyn Form, inputs: &[Schema]) {
        form.pick(Setting::new("key_column", "Key").hint("_kafka_key"), &mut self.key_column);
        if let Some(format) = self.key_column.format() {
            let dtype = Setting::new("key_type", "Type of the key")
                .help("Of a key that is an object a struct: `Struct{id: Int64}`. Infer fills it in");
            form.text(dtype, &mut self.key_type);
            if format.has_schema() && self.schema_from == SchemaFrom::File {
                form.value(
                    Setting::new("key_schema_file", "Schema file of the key"),
                    &mut self.key_schema_file,
                    inputs,
                );
            }
            if format == Format::Protobuf {
                let message = Setting::new("key_message", "Message type of the key").hint("optional");
                form.text(message, &mut self.key_message);
            }
        }
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
        let names = Setting::new("column_names", "Other names")
            .help("A metadata column's usual name, and the one that it gets: `_kafka_offset = position`");
        form.value(names, &mut self.column_names, inputs);
    }
}
