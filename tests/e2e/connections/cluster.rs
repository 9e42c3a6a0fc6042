//! Every protocol and mechanism on the real broker, and every way to be refused.

use serde_json::{Value, json};

use super::{C, passes, test, test_json};
use crate::broker::Broker;
use crate::flowloom::Workshop;
use crate::message::Message;
use crate::oidc::Provider;
use crate::passwords;
use crate::service::Service;
use crate::topic::{Topic, unique};

/// The nine ways to the broker.
pub(super) fn ways(broker: &Broker) -> Vec<(String, Value)> {
    let mut ways = vec![
        ("plaintext".to_owned(), json!({"bootstrap_servers": broker.bootstrap()})),
        (
            "ssl".to_owned(),
            json!({"bootstrap_servers": broker.env("KAFKA_SSL"), "security": "ssl", "ca": broker.env("KAFKA_CA")}),
        ),
        ("mtls".to_owned(), mtls(broker)),
    ];
    for (security, listener) in [("sasl_plaintext", "KAFKA_SASL_PLAINTEXT"), ("sasl_ssl", "KAFKA_SASL_SSL")] {
        for mechanism in ["plain", "scram_sha_256", "scram_sha_512"] {
            let mut way = json!({
                "bootstrap_servers": broker.env(listener), "security": security, "mechanism": mechanism,
                "username": broker.env("KAFKA_USER"), "password": broker.env("KAFKA_PASSWORD"),
            });
            if security == "sasl_ssl" {
                way["ca"] = json!(broker.env("KAFKA_CA"));
            }
            ways.push((format!("{security}_{mechanism}"), way));
        }
    }
    ways.into_iter().map(|(name, way)| (name, kafka(way))).collect()
}

pub(super) fn kafka(mut settings: Value) -> Value {
    settings["kind"] = json!("kafka");
    settings
}

fn mtls(broker: &Broker) -> Value {
    json!({
        "bootstrap_servers": broker.env("KAFKA_MTLS"), "security": "ssl", "ca": broker.env("KAFKA_CA"),
        "certificate": broker.env("KAFKA_CERT"), "key": format!("${{file:{}}}", broker.env("KAFKA_KEY")),
    })
}

const FLOW: &str = "flowloom: 1
name: Copy
nodes:
  orders:
    kind: kafka_source
    settings: {connection: c, topic: TOPIC, start: earliest, fields: [{name: id, type: Int64}]}
  out:
    kind: write_file
    inputs: [orders]
    settings: {path: out.csv}
";

#[test]
#[expect(clippy::print_stderr, reason = "the figure is for people; a busy machine must not fail the tests")]
fn nine_ways_lead_to_the_broker_and_a_flow_runs_over_each() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "ways", 2);
    topic.send((0..10).map(|id| Message::new(format!("{{\"id\": {id}}}"))));
    let ways = ways(broker);
    assert_eq!(ways.len(), 9);
    let mut took = Vec::new();
    for (name, settings) in &ways {
        let workshop = Workshop::with(&FLOW.replace("TOPIC", &topic.name));
        let text = settings.to_string();
        let tested = test(&workshop, &[(C, &text)], "c");
        passes(&tested);
        let expected = if name.starts_with("sasl") { "passed" } else { "missing" };
        assert_eq!(tested.state("SASL"), expected, "{name}");
        assert_eq!((tested.state("Brokers"), tested.state("Topics")), ("passed", "passed"), "{name}");
        took.push((name, tested.elapsed_ms()));
        let ran = workshop.tell(&[(C, &text)], &["run", "test.flow.yaml"], "");
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.stderr);
        assert_eq!(workshop.text("out.csv").lines().count(), 11, "{name}");
    }
    took.sort_by(|one, other| one.1.total_cmp(&other.1));
    eprintln!("tests of a connection took {took:.0?} ms");
}

/// Settings with others over them.
fn with(mut settings: Value, more: Value) -> Value {
    let (Some(known), Value::Object(more)) = (settings.as_object_mut(), more) else { panic!("maps") };
    known.extend(more);
    settings
}

fn login(listener: &str, mechanism: &str, password: &str) -> Value {
    let broker = Broker::shared();
    let security = if listener == "KAFKA_SASL_SSL" { "sasl_ssl" } else { "sasl_plaintext" };
    json!({
        "bootstrap_servers": broker.env(listener), "security": security, "mechanism": mechanism,
        "username": "alice", "password": password, "ca": broker.env("KAFKA_CA"),
    })
}

fn tls(listener: &str) -> Value {
    let broker = Broker::shared();
    json!({"bootstrap_servers": broker.env(listener), "security": "ssl", "ca": broker.env("KAFKA_CA")})
}

/// What is tried, the step that fails, and words of its sentence.
type Refusal = (&'static str, Value, &'static str, &'static str);

#[track_caller]
fn refused(cases: Vec<Refusal>) {
    let workshop = Workshop::new();
    for (what, settings, step, words) in cases {
        let tested = test_json(&workshop, &kafka(settings));
        let (failed, message) = tested.failure();
        let is_so = failed == step && message.contains(words);
        assert!(is_so, "{what}: expected `{words}` in {step}, got {failed}: {message}\n{:#?}", tested.steps);
    }
}

#[test]
fn a_certificate_that_does_not_fit_is_told_with_its_reason() {
    let broker = Broker::shared();
    let key = |name: &str| json!(format!("${{file:{}}}", broker.env(name)));
    let ours = |certificate: &str, key_name: &str| {
        with(tls("KAFKA_MTLS"), json!({"certificate": broker.env(certificate), "key": key(key_name)}))
    };
    let locked = with(ours("KAFKA_CERT", "KAFKA_ENCRYPTED_KEY"), json!({"key_password": passwords::WRONG}));
    let trusting = |ca: &str| with(tls("KAFKA_SSL"), json!({ "ca": ca }));
    refused(vec![
        ("no certificate of ours", tls("KAFKA_MTLS"), "Kafka", "asks for a client certificate"),
        ("one of another CA", ours("KAFKA_ROGUE_CERT", "KAFKA_ROGUE_KEY"), "Kafka", "client certificate"),
        ("an expired one", ours("KAFKA_EXPIRED_CERT", "KAFKA_EXPIRED_KEY"), "TLS", "expired"),
        ("another's key", ours("KAFKA_CERT", "KAFKA_ROGUE_KEY"), "TLS", "key"),
        ("a locked key", locked, "TLS", "password"),
        ("an untrusted server", trusting(broker.env("KAFKA_ROGUE_CA")), "TLS", "signed by `ca`"),
        ("whom the machine trusts", trusting(""), "TLS", "this machine does not vouch for"),
        ("an expired server", tls("KAFKA_EXPIRED"), "TLS", "expired"),
        ("another host's certificate", tls("KAFKA_OTHERNAME"), "TLS", "kafka.invalid"),
    ]);
}

#[test]
fn a_login_or_a_listener_that_does_not_fit_is_told_with_its_reason() {
    let broker = Broker::shared();
    let at = |servers: &str| json!({ "bootstrap_servers": servers });
    let token =
        json!({"token_url": "http://127.0.0.1:1/token", "client_id": "x", "client_secret": passwords::WRONG});
    refused(vec![
        ("PLAIN", login("KAFKA_SASL_SSL", "plain", passwords::WRONG), "SASL", "password is wrong"),
        ("SCRAM", login("KAFKA_SASL_SSL", "scram_sha_256", passwords::WRONG), "SASL", "password is wrong"),
        (
            "no TLS",
            login("KAFKA_SASL_PLAINTEXT", "scram_sha_512", passwords::WRONG),
            "SASL",
            "password is wrong",
        ),
        ("no TLS to TLS", at(broker.env("KAFKA_SSL")), "Kafka", "asks for TLS"),
        ("TLS to no TLS", with(tls("KAFKA_SSL"), at(broker.bootstrap())), "TLS", "does not speak TLS"),
        ("no login", at(broker.env("KAFKA_SASL_PLAINTEXT")), "Kafka", "asks for a login"),
        (
            "a login too many",
            with(login("KAFKA_SASL_PLAINTEXT", "plain", "alice-secret"), at(broker.bootstrap())),
            "SASL",
            "login",
        ),
        (
            "no such mechanism",
            with(login("KAFKA_SASL_PLAINTEXT", "oauthbearer", ""), token),
            "Token",
            "does not offer OAUTHBEARER",
        ),
        ("nobody listens", at("127.0.0.1:1"), "TCP", "refuse"),
        ("an unknown host", at("no-such-host.invalid:9092"), "DNS", "no-such-host.invalid"),
        ("no port", at("host:port"), "Settings", "port"),
        ("no password", login("KAFKA_SASL_SSL", "plain", ""), "Settings", "the password is missing"),
        (
            "an owned property",
            with(at(broker.bootstrap()), json!({"properties": {"sasl.password": passwords::WRONG}})),
            "Settings",
            "sasl.password",
        ),
    ]);
}

#[test]
fn danger_is_allowed_by_a_switch_alone_and_warned_of() {
    let broker = Broker::shared();
    let workshop = Workshop::new();
    let listener = |name: &str, switch: &str| {
        kafka(
            json!({"bootstrap_servers": broker.env(name), "security": "ssl", "ca": broker.env("KAFKA_CA"), (switch): true}),
        )
    };
    for (name, switch) in [("KAFKA_OTHERNAME", "skip_host_name"), ("KAFKA_EXPIRED", "skip_certificate")] {
        let tested = test_json(&workshop, &listener(name, switch));
        passes(&tested);
        assert_eq!(tested.state("Settings"), "warned", "{:#?}", tested.steps);
    }
    assert_eq!(test_json(&workshop, &listener("KAFKA_EXPIRED", "skip_host_name")).failure().0, "TLS");
}

#[test]
fn rights_that_are_missing_are_named() {
    let broker = Broker::guarded();
    let settings = kafka(json!({
        "bootstrap_servers": broker.env("KAFKA_SASL_PLAINTEXT"), "security": "sasl_plaintext", "mechanism": "scram_sha_256",
        "username": "admin", "password": broker.env("KAFKA_ADMIN_PASSWORD"),
    }));
    let workshop = Workshop::new();
    let topic = Topic::create(broker, "rights", 1);
    passes(&test_json(&workshop, &settings));
    let mut alice = settings;
    alice["username"] = json!("alice");
    alice["password"] = json!(broker.env("KAFKA_PASSWORD"));
    let tested = test_json(&workshop, &alice);
    passes(&tested);
    assert_eq!(tested.state("Group"), "warned", "{:#?}", tested.steps);
    let text = alice.to_string();
    let refused = workshop.tell(&[(C, &text)], &["peek", "c", &topic.name], "");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("not allowed for this login"), "{}", refused.stderr);
    broker.allow("User:alice", "READ", crate::acl::On::Topic(&topic.name));
    topic.send([Message::new("seen")]);
    let seen = workshop.tell(&[(C, &text)], &["peek", "c", &topic.name], "");
    assert!(seen.stdout.contains("seen"), "{seen:?}");
}

#[test]
fn a_kerberos_ticket_opens_the_broker_by_keytab_and_by_cache() {
    let (broker, realm) = (Broker::guarded(), Service::kerberos());
    let workshop = Workshop::new();
    let settings = |principal: &str, more: Value| {
        let settings = json!({
            "bootstrap_servers": broker.env("KAFKA_GSSAPI"), "security": "sasl_plaintext", "mechanism": "gssapi",
            "principal": principal,
        });
        kafka(with(settings, more)).to_string()
    };
    let cache = |name: &str| format!("FILE:{}/{}", realm.env("KRB5_FOLDER"), unique(name));
    let principal = realm.env("KRB5_PRINCIPAL");
    let run = |settings: &str, cache: &str| {
        test(
            &workshop,
            &[(C, settings), ("KRB5_CONFIG", realm.env("KRB5_CONFIG")), ("KRB5CCNAME", cache)],
            "c",
        )
    };
    let by_keytab = settings(principal, json!({"keytab": realm.env("KRB5_KEYTAB")}));
    let tickets = cache("tickets");
    passes(&run(&by_keytab, &tickets));
    // The keytab's login filled the cache: who has a ticket needs no keytab.
    passes(&run(&settings(principal, json!({"kerberos": "ticket_cache"})), &tickets));
    let empty = run(&settings(principal, json!({"kerberos": "ticket_cache"})), &cache("empty"));
    assert_eq!(empty.failure().0, "Kerberos", "{:#?}", empty.steps);
    let stale =
        settings(realm.env("KRB5_STALE_PRINCIPAL"), json!({"keytab": realm.env("KRB5_STALE_KEYTAB")}));
    assert_eq!(run(&stale, &cache("stale")).failure().0, "Kerberos");
    let missing = settings(principal, json!({"keytab": "/no/such/keytab"}));
    let missing = run(&missing, &cache("missing"));
    assert!(missing.failure().1.contains("/no/such/keytab"), "{:#?}", missing.steps);
}

#[test]
fn a_bearer_token_opens_the_broker_and_a_wrong_client_gets_none() {
    let (broker, provider) = (Broker::guarded(), Provider::shared());
    let workshop = Workshop::new();
    let settings = |url: &str, secret: &str, listener: &str, security: &str| {
        kafka(json!({
            "bootstrap_servers": broker.env(listener), "security": security, "mechanism": "oauthbearer",
            "token_url": url, "client_id": Provider::CLIENT, "client_secret": secret, "scope": Provider::SCOPE,
            "ca": broker.env("KAFKA_CA"),
        }))
    };
    for (listener, security) in [("KAFKA_SASL_PLAINTEXT", "sasl_plaintext"), ("KAFKA_SASL_SSL", "sasl_ssl")] {
        passes(&test_json(&workshop, &settings(&provider.token_url(), passwords::OIDC, listener, security)));
    }
    let wrong = settings(&provider.token_url(), passwords::WRONG, "KAFKA_SASL_SSL", "sasl_ssl");
    let wrong = test_json(&workshop, &wrong);
    let (step, message) = wrong.failure();
    assert!(step == "Token" && message.contains("gives no token to the client"), "{step}: {message}");
    let nowhere = settings("http://127.0.0.1:1/token", passwords::OIDC, "KAFKA_SASL_SSL", "sasl_ssl");
    let nowhere = test_json(&workshop, &nowhere);
    assert!(nowhere.failure().1.contains("127.0.0.1:1"), "{:#?}", nowhere.steps);
}
