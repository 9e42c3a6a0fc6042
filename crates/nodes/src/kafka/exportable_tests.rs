//! Given settings that no program follows, when exported, then a refusal that names them.

use flowloom_flow::Target;
use flowloom_flow::testing::code;
use flowloom_flow::value::{FieldSpec, Fields, Properties, TopicPart, Topics};

use super::KafkaSource;
use super::export_tests::exported;
use crate::kafka::choices::{BadMessages, Drift, End, Envelope, Format, KeyColumn, Start};

fn told(settings: &KafkaSource) -> String {
    let told = Target::ALL.map(|target| {
        let problem = code(settings, target, &[]).expect_err("refused").to_string();
        problem.replace(target.name(), "TARGET")
    });
    assert_eq!(told[0], told[1], "both targets refuse alike");
    told[0].clone()
}

#[test]
fn what_no_program_does_is_refused_by_name() {
    let fields = |dtype: &str| Fields(vec![FieldSpec::new("value", dtype)]);
    let refused = [
        (KafkaSource { start: Start::Last, ..exported() }, "start", "the start `Last messages, each time`"),
        (KafkaSource { format: Format::Avro, ..exported() }, "format", "the format Avro"),
        (KafkaSource { format: Format::Csv, ..exported() }, "format", "the format CSV"),
        (KafkaSource { format: Format::Text, ..exported() }, "fields", "text with fields other than `value`"),
        (
            KafkaSource { format: Format::Raw, fields: fields("String"), ..exported() },
            "fields",
            "bytes with fields other than `value`",
        ),
        (KafkaSource { fields: fields("Date"), ..exported() }, "fields[0].type", "the field `value` as Date"),
        (KafkaSource { key_column: KeyColumn::Json, ..exported() }, "key_column", "keys in JSON"),
        (KafkaSource { envelope: Envelope::Debezium, ..exported() }, "envelope", "an envelope"),
        (
            KafkaSource { drift: Drift::Extra, ..exported() },
            "drift",
            "unknown fields that are kept or refused",
        ),
        (
            KafkaSource { bad_messages: BadMessages::DeadLetterTopic, ..exported() },
            "bad_messages",
            "dead letters",
        ),
        (
            KafkaSource { topic: Topics::Pattern { pattern: "o.*".to_owned() }, ..exported() },
            "topic",
            "a pattern of topics",
        ),
        (
            KafkaSource {
                topic: Topics::List(vec![TopicPart::new("orders"), TopicPart::new("payments")]),
                ..exported()
            },
            "topic",
            "a list of topics",
        ),
    ];
    for (settings, key, what) in refused {
        let told = told(&settings);
        let begin = format!("{key}: {what} cannot be exported to TARGET; ");
        assert!(told.contains(&begin), "{told}\n{begin}");
    }
}

#[test]
fn offsets_of_another_topic_are_refused() {
    let settings =
        KafkaSource { end: End::Offsets, end_offsets: "orders:0=1, payments:0=7".to_owned(), ..exported() };
    let told = told(&settings);
    assert!(told.contains("end_offsets: offsets of topic `payments` are given, which is not read"), "{told}");
}

#[test]
fn rust_does_not_read_replicas_nearby() {
    let own = |name: &str| Properties([(name.to_owned(), "eu-1".to_owned())].into());
    let near = [
        (KafkaSource { rack: "eu-1".to_owned(), ..exported() }, "rack"),
        (KafkaSource { properties: own("client.rack"), ..exported() }, "properties"),
    ];
    for (settings, key) in near {
        let problem = code(&settings, Target::Rust, &[]).expect_err("refused").to_string();
        assert!(problem.contains(&format!("{key}: a rack cannot be exported to rust")), "{problem}");
        let script = code(&settings, Target::Python, &[]).expect("written");
        assert!(script.contains(r#""client.rack": "eu-1""#), "{script}");
    }
}
