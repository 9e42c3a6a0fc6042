//! Topics, groups and raw messages, through the command line.

use std::process::Stdio;

use rdkafka::consumer::Consumer as _;
use serde_json::{Value, json};

use super::C;
use crate::broker::Broker;
use crate::cache::services_python;
use crate::eventually::eventually;
use crate::flowloom::{Answer, Workshop, answer};
use crate::gate::Gate;
use crate::group;
use crate::message::Message;
use crate::passwords;
use crate::topic::{Topic, unique};

fn connection(broker: &Broker) -> String {
    json!({
        "kind": "kafka", "bootstrap_servers": broker.env("KAFKA_SASL_PLAINTEXT"), "security": "sasl_plaintext",
        "mechanism": "plain", "username": "alice", "password": "alice-secret",
    })
    .to_string()
}

/// A call with the connection `c`.
#[track_caller]
fn call(workshop: &Workshop, args: &[&str]) -> Answer {
    let answer = workshop.tell(&[(C, &connection(Broker::shared()))], args, "");
    assert_eq!(answer.code, Some(0), "{answer:?}");
    answer
}

fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(&answer.stdout).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}

/// Groups that the broker knows.
fn groups(broker: &Broker) -> Vec<String> {
    let list =
        broker.consumer("looks").fetch_group_list(None, std::time::Duration::from_secs(10)).expect("groups");
    let mut names: Vec<String> = list.groups().iter().map(|group| group.name().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn topics_are_found_with_their_counts_settings_and_groups() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "inspected", 2);
    topic.send((0..10).map(|i| Message::new(i.to_string()).partition(i % 2).timestamp_ms(1_700_000_000_000)));
    topic.delete_before(0, 2);
    let readers = unique("readers");
    group::commit(&topic, &readers, &[3, 5]);
    let workshop = Workshop::new();
    let found = json_of(&call(&workshop, &["topics", "c", "--search", &topic.name.to_uppercase(), "--json"]));
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!((&found[0]["partitions"], &found[0]["messages"]), (&json!(2), &json!(8)));
    assert_eq!(found[0]["last_ms"], 1_700_000_000_000_i64);
    let one = json_of(&call(&workshop, &["topics", "c", &topic.name, "--json"]));
    let marks: Vec<_> = one["partitions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|p| (p["low"].as_i64(), p["high"].as_i64()))
        .collect();
    assert_eq!(marks, [(Some(2), Some(5)), (Some(0), Some(5))]);
    let group =
        one["groups"].as_array().expect("a list").iter().find(|group| group["group"] == readers.as_str());
    let lags: Vec<_> = group.expect("it has offsets")["partitions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|partition| (partition["committed"].as_i64(), partition["lag"].as_i64()))
        .collect();
    assert_eq!(lags, [(Some(3), Some(2)), (Some(5), Some(0))]);
    let settings = one["configuration"].as_array().expect("a list");
    assert!(settings.iter().any(|entry| entry["name"] == "retention.ms"), "{settings:?}");
    let text = call(&workshop, &["topics", "c", &topic.name]).stdout;
    assert!(text.contains(&format!("{readers}: lag 2")), "{text}");
    let unknown = workshop.tell(&[(C, &connection(broker))], &["topics", "c", "no-such-topic"], "");
    assert!(
        unknown.stdout.contains("no-such-topic") || unknown.stderr.contains("no-such-topic"),
        "{unknown:?}"
    );
}

#[test]
fn a_look_shows_messages_and_leaves_no_trace() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "peeked", 1);
    topic.send([
        Message::new("{\"id\": 1, \"big\": 12345678901234567890}")
            .key("a")
            .header("trace", "x1")
            .timestamp_ms(1_700_000_000_000),
        Message::new("plain text").key("b").timestamp_ms(1_700_000_001_000),
        Message::tombstone("a").timestamp_ms(1_700_000_002_000),
    ]);
    let workshop = Workshop::new();
    let before = groups(broker);
    let peek = |more: &[&str]| {
        let mut args = vec!["peek", "c", &topic.name];
        args.extend(more);
        call(&workshop, &args)
    };
    let offsets = |answer: &Answer| {
        let lines = answer.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines.map(|line| line["offset"].as_i64().expect("an offset")).collect::<Vec<_>>()
    };
    assert_eq!(offsets(&peek(&["--json"])), [2, 1, 0]);
    assert_eq!(offsets(&peek(&["--json", "--from", "oldest", "--count", "2"])), [0, 1]);
    assert_eq!(offsets(&peek(&["--json", "--from", "1"])), [1, 2]);
    assert_eq!(offsets(&peek(&["--json", "--from", "2023-11-14T22:13:21Z"])), [1, 2]);
    assert_eq!(offsets(&peek(&["--json", "--contains", "PLAIN"])), [1]);
    let text = peek(&["--from", "oldest"]).stdout;
    assert!(
        text.contains("\"big\": 12345678901234567890") && text.contains("trace: x1"),
        "digits stay: {text}"
    );
    assert!(text.contains("null"), "a tombstone is shown: {text}");
    let hex = peek(&["--as", "hex", "--from", "1", "--count", "1"]).stdout;
    assert!(hex.contains("70 6c 61 69 6e"), "{hex}");
    let not_json = peek(&["--as", "json", "--from", "1", "--count", "1"]).stdout;
    assert!(not_json.contains("plain text") && not_json.contains("not JSON"), "{not_json}");
    let wrong = workshop.tell(&[(C, &connection(broker))], &["peek", "c", &topic.name, "--from", "soon"], "");
    assert!(wrong.code == Some(2) && wrong.stderr.contains("no place to look from"), "{wrong:?}");
    assert_eq!(groups(broker), before, "no group was made");
}

#[test]
fn a_tail_goes_on_until_it_is_interrupted() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "tailed", 1);
    topic.send([Message::new("before")]);
    let workshop = Workshop::new();
    let mut command = workshop.command(&["peek", "c", &topic.name, "--follow", "--from", "oldest", "--json"]);
    let out = workshop.path("tail.jsonl");
    let file = std::fs::File::create(&out).expect("a file");
    command.env(C, connection(broker)).stdout(file).stderr(Stdio::piped());
    let child = command.spawn().expect("it starts");
    let seen = || workshop.text("tail.jsonl");
    eventually("the first message", || seen().contains("before").then_some(()));
    topic.send([Message::new("later")]);
    eventually("the second message", || seen().contains("later").then_some(()));
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.is_ok_and(|status| status.success()));
    let ended = answer(child.wait_with_output().expect("it ends"));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
}

/// Messages of the reference serializers, of each sort of schema.
const SERIALIZE: &str = r#"
import sys
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.serialization import SerializationContext, MessageField
bootstrap, registry, topic = sys.argv[1:]
client = SchemaRegistryClient({"url": registry})
context = SerializationContext(topic, MessageField.VALUE)
avro = '{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}, {"name": "note", "type": ["null", "string"]}]}'
schema = '{"title": "Order", "type": "object", "properties": {"id": {"type": "integer"}}}'
producer = Producer({"bootstrap.servers": bootstrap})
producer.produce(topic, AvroSerializer(client, avro)({"id": 7, "note": "avro"}, context))
producer.produce(topic, JSONSerializer(schema, client, conf={"subject.name.strategy": lambda *_: topic + "-json"})({"id": 8}, context))
producer.flush(20)
"#;

#[test]
fn messages_are_decoded_by_the_registry_that_the_connection_names() {
    let (broker, gate) = (Broker::shared(), Gate::before_registry());
    let topic = Topic::create(broker, "decoded", 1);
    let registry_url = crate::service::Service::registry().env("REGISTRY_URL");
    let produced = std::process::Command::new(services_python())
        .args(["-c", SERIALIZE, broker.bootstrap(), registry_url, &topic.name])
        .output()
        .expect("Python runs");
    assert!(produced.status.success(), "{}", String::from_utf8_lossy(&produced.stderr));
    let workshop = Workshop::new();
    let kafka =
        json!({"kind": "kafka", "bootstrap_servers": broker.bootstrap(), "schema_registry": "schemas"})
            .to_string();
    let registry = json!({
        "kind": "schema_registry", "url": gate.url(), "login": "basic", "username": Gate::USER,
        "password": passwords::REGISTRY, "ca": gate.ca(),
    });
    let peek = |registry: &Value, how: &str| {
        let registry = registry.to_string();
        let args = ["peek", "c", &topic.name, "--from", "oldest", "--as", how];
        workshop.tell(&[(C, &kafka), ("FLOWLOOM_CONNECTION_SCHEMAS", &registry)], &args, "")
    };
    for how in ["auto", "registry"] {
        let shown = peek(&registry, how);
        assert_eq!(shown.code, Some(0), "{shown:?}");
        assert!(
            shown.stdout.contains("\"note\": \"avro\"") && shown.stdout.contains("\"id\": 8"),
            "{}",
            shown.stdout
        );
    }
    let mut wrong = registry;
    wrong["password"] = json!(passwords::WRONG);
    let refused = peek(&wrong, "registry");
    assert!(refused.stdout.contains("refused the login"), "why it is not decoded is told: {refused:?}");
    let none =
        workshop.tell(&[(C, &connection(broker))], &["peek", "c", &topic.name, "--as", "registry"], "");
    assert!(none.code == Some(2) && none.stderr.contains("names no schema registry"), "{none:?}");
}
