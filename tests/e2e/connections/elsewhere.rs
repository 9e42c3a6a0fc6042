//! Connections and secrets that stand elsewhere: in variables, files, Airflow's words, Vault.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::{C, passes, test};
use crate::broker::Broker;
use crate::flowloom::Workshop;
use crate::passwords;
use crate::vault::Vault;

fn login(broker: &Broker, password: &str) -> serde_json::Value {
    json!({
        "kind": "kafka", "bootstrap_servers": broker.env("KAFKA_SASL_PLAINTEXT"), "security": "sasl_plaintext",
        "mechanism": "scram_sha_256", "username": "alice", "password": password,
    })
}

#[test]
fn a_secret_is_looked_up_where_it_is_used() {
    let broker = Broker::shared();
    let (workshop, elsewhere) = (Workshop::new(), tempfile::tempdir().expect("a folder"));
    let file = elsewhere.path().join("password");
    fs::write(&file, "alice-secret\n").expect("written");
    let vault = Vault::start();
    vault.put("", "kafka", json!({"password": broker.env("KAFKA_PASSWORD")}));
    vault.put("team/a", "kafka", json!({"password": broker.env("KAFKA_PASSWORD")}));
    let address = vault.address();
    let in_vault = [("VAULT_ADDR", address.as_str()), ("VAULT_TOKEN", passwords::VAULT)];
    let named = login(broker, "${env:APP_PASSWORD}").to_string();
    passes(&test(&workshop, &[(C, &named), ("APP_PASSWORD", "alice-secret")], "c"));
    let unset = test(&workshop, &[(C, &named)], "c");
    assert_eq!(unset.failure().0, "Settings");
    assert!(unset.failure().1.contains("`APP_PASSWORD` is not set"));
    let in_file = login(broker, &format!("${{file:{}}}", file.display())).to_string();
    passes(&test(&workshop, &[(C, &in_file)], "c"));
    fs::remove_file(&file).expect("removed");
    assert!(test(&workshop, &[(C, &in_file)], "c").failure().1.contains("cannot be read"));
    let kept = login(broker, "${vault:secret/kafka#password}").to_string();
    let with = |more: &[(&'static str, &'static str)]| {
        let mut variables = vec![(C, kept.as_str())];
        variables.extend(in_vault);
        variables.extend(more);
        test(&workshop, &variables, "c")
    };
    passes(&with(&[]));
    passes(&with(&[("VAULT_NAMESPACE", "team/a")]));
    assert!(with(&[("VAULT_TOKEN", passwords::WRONG)]).failure().1.contains("does not let this token read"));
    assert!(
        with(&[("VAULT_NAMESPACE", "team/b")]).failure().1.contains("Vault has nothing at `secret/kafka`")
    );
    let other = login(broker, "${vault:secret/kafka#pasword}").to_string();
    let mut variables = vec![(C, other.as_str())];
    variables.extend(in_vault);
    assert!(test(&workshop, &variables, "c").failure().1.contains("has no key `pasword`"));
    vault.seal();
    assert_eq!(with(&[]).failure().0, "Settings");
}

#[test]
fn a_connection_comes_whole_from_a_variable_a_file_or_airflow() {
    let broker = Broker::shared();
    let (workshop, elsewhere) = (Workshop::new(), tempfile::tempdir().expect("a folder"));
    let servers = broker.env("KAFKA_SASL_PLAINTEXT");
    let uri =
        format!("kafka://alice:alice-secret@{servers}/?security=sasl_plaintext&mechanism=scram_sha_512");
    passes(&test(&workshop, &[(C, &uri)], "c"));
    let airflow = json!({"conn_type": "kafka", "extra": {
        "bootstrap.servers": servers, "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN",
        "sasl.username": "alice", "sasl.password": "alice-secret", "group.id": "theirs",
    }});
    passes(&test(&workshop, &[("AIRFLOW_CONN_KAFKA_DEFAULT", &airflow.to_string())], "kafka_default"));
    passes(&test(
        &workshop,
        &[
            ("PROD_BOOTSTRAP_SERVERS", servers),
            ("PROD_SECURITY_PROTOCOL", "SASL_PLAINTEXT"),
            ("PROD_SASL_MECHANISM", "SCRAM-SHA-256"),
            ("PROD_SASL_USERNAME", "alice"),
            ("PROD_SASL_PASSWORD", "alice-secret"),
        ],
        "prod",
    ));
    let file = elsewhere.path().join("connections.yaml");
    let text =
        format!("flowloom_connections: 1\nconnections:\n  inside: {}\n", login(broker, "alice-secret"));
    fs::write(&file, text).expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("closed");
    let path = file.to_str().expect("text");
    passes(&test(&workshop, &[("FLOWLOOM_CONNECTIONS", path)], "inside"));
    let listed =
        workshop.tell(&[("FLOWLOOM_CONNECTIONS", path), (C, &uri)], &["connections", "list", "--json"], "");
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).expect("JSON");
    let names: Vec<_> = listed.as_array().expect("a list").iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["c", "inside"]);
    for args in [["connections", "show", "c"], ["connections", "show", "inside"]] {
        let shown = workshop.tell(&[("FLOWLOOM_CONNECTIONS", path), (C, &uri)], &args, "");
        assert!(shown.stdout.contains("password: (given where the connection is written)"), "{shown:?}");
    }
    // What is wrong in a variable is told by its name and without its value.
    let wrong = workshop.tell(&[(C, "kafka://alice:alice-secret@host?sasl=1")], &["topics", "c"], "");
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains(C), "{}", wrong.stderr);
}
