//! Bytes on disk of topics, through the command line.

use serde_json::{Value, json};

use super::C;
use super::cluster::{kafka, ways};
use crate::acl::On;
use crate::broker::Broker;
use crate::flowloom::Workshop;
use crate::message::Message;
use crate::oidc::Provider;
use crate::passwords;
use crate::topic::Topic;

fn filled<'a>(broker: &'a Broker, name: &str) -> Topic<'a> {
    let topic = Topic::create(broker, name, 3);
    topic.send((0..300).map(|i| Message::new("x".repeat(i)).partition(i as i32 % 3)));
    topic
}

/// The size that `topics` tells of a topic, in the list and by itself.
#[track_caller]
fn size(settings: &Value, topic: &str) -> Option<u64> {
    let (workshop, text) = (Workshop::new(), settings.to_string());
    let told = |args: &[&str]| -> Value {
        let answer = workshop.tell(&[(C, &text)], args, "");
        assert_eq!(answer.code, Some(0), "{answer:?}");
        serde_json::from_str(&answer.stdout).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
    };
    let listed = told(&["topics", "c", "--search", topic, "--json"]);
    let alone = told(&["topics", "c", topic, "--json"]);
    assert_eq!(listed[0]["topic"], topic, "{listed}");
    assert_eq!(listed[0]["size_bytes"], alone["size_bytes"], "{listed} {alone}");
    listed[0]["size_bytes"].as_u64()
}

#[test]
fn sizes_are_those_of_the_brokers_files_on_all_nine_ways() {
    let broker = Broker::shared();
    let topic = filled(broker, "sized");
    let on_disk = broker.log_bytes(&topic.name);
    assert!(on_disk > 40_000, "{on_disk}");
    for (name, settings) in ways(broker) {
        assert_eq!(size(&settings, &topic.name), Some(on_disk), "{name}");
    }
    let settings = kafka(json!({"bootstrap_servers": broker.bootstrap()})).to_string();
    let shown = Workshop::new().tell(&[(C, &settings)], &["topics", "c", "--search", &topic.name], "");
    assert!(shown.stdout.contains("SIZE") && shown.stdout.contains(" kB"), "{shown:?}");
}

#[test]
fn who_may_not_see_sizes_sees_the_topics_all_the_same() {
    let broker = Broker::guarded();
    let topic = filled(broker, "unsized");
    let alice = kafka(json!({
        "bootstrap_servers": broker.env("KAFKA_SASL_PLAINTEXT"), "security": "sasl_plaintext",
        "mechanism": "scram_sha_256", "username": "alice", "password": broker.env("KAFKA_PASSWORD"),
    }));
    broker.allow("User:alice", "READ", On::Topic(&topic.name));
    assert_eq!(size(&alice, &topic.name), None);
}

#[test]
fn a_bearer_token_is_good_for_sizes_too() {
    let (broker, provider) = (Broker::guarded(), Provider::shared());
    let topic = filled(broker, "borne");
    let client = format!("User:{}", Provider::CLIENT);
    broker.allow(&client, "DESCRIBE", On::Topic(&topic.name));
    broker.allow(&client, "DESCRIBE_CONFIGS", On::Topic(&topic.name));
    broker.allow(&client, "DESCRIBE", On::Cluster);
    for (listener, security) in [("KAFKA_SASL_PLAINTEXT", "sasl_plaintext"), ("KAFKA_SASL_SSL", "sasl_ssl")] {
        let settings = kafka(json!({
            "bootstrap_servers": broker.env(listener), "security": security, "mechanism": "oauthbearer",
            "token_url": provider.token_url(), "client_id": Provider::CLIENT, "client_secret": passwords::OIDC,
            "scope": Provider::SCOPE, "ca": broker.env("KAFKA_CA"),
        }));
        assert_eq!(size(&settings, &topic.name), Some(broker.log_bytes(&topic.name)), "{listener}");
    }
}
