//! Exported programs log in as the connection does, by secrets of their environment.

use std::process::Command;

use serde_json::json;

use super::C;
use crate::broker::Broker;
use crate::cache::python;
use crate::flowloom::{Workshop, answer};
use crate::message::Message;
use crate::topic::Topic;

const FLOW: &str = "flowloom: 1
name: Copy
nodes:
  orders:
    kind: kafka_source
    settings: {connection: c, topic: TOPIC, fields: [{name: id, type: Int64}]}
  out:
    kind: write_file
    inputs: [orders]
    settings: {path: out.csv}
";

#[test]
fn a_script_takes_its_secrets_from_the_environment_and_holds_none() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "exported", 1);
    topic.send((0..10).map(|id| Message::new(format!("{{\"id\": {id}}}"))));
    let workshop = Workshop::with(&FLOW.replace("TOPIC", &topic.name));
    let connection = json!({
        "kind": "kafka", "bootstrap_servers": broker.env("KAFKA_SASL_SSL"), "security": "sasl_ssl",
        "mechanism": "scram_sha_512", "username": "alice", "password": "alice-secret", "ca": broker.env("KAFKA_CA"),
        "properties": {"fetch.wait.max.ms": 20},
    })
    .to_string();
    for to in ["python", "rust"] {
        let args = ["export", "test.flow.yaml", "--to", to, "--out", to];
        let exported = workshop.tell(&[(C, &connection)], &args, "");
        assert_eq!(exported.code, Some(0), "{exported:?}");
        let readme = workshop.text(&format!("{to}/README.md"));
        assert!(readme.contains("C_SASL_PASSWORD") && readme.contains("C_BOOTSTRAP_SERVERS"), "{readme}");
    }
    let rust = workshop.text("rust/src/main.rs");
    assert!(rust.contains(r#".set("sasl.password", setting("C_SASL_PASSWORD", None)?)"#), "{rust}");
    let script = std::fs::read_dir(workshop.path("python"))
        .expect("a folder")
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "py"))
        .expect("a script");
    let run = |password: Option<&str>| {
        let mut command = Command::new(python());
        command.arg(&script).current_dir(workshop.path("python"));
        command.envs(password.map(|password| ("C_SASL_PASSWORD", password)));
        answer(command.output().expect("Python runs"))
    };
    let unset = run(None);
    assert!(
        unset.code != Some(0) && unset.stderr.contains("set the environment variable C_SASL_PASSWORD"),
        "{unset:?}"
    );
    let ran = run(Some("alice-secret"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(workshop.text("python/out.csv").lines().count(), 11);
}
