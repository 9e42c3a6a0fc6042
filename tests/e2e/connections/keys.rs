//! The store's secrets through the command line: kept, changed, moved, locked anew, and never seen.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::Value;

use super::{passes, test};
use crate::broker::Broker;
use crate::flowloom::{Workshop, answer};
use crate::passwords;

const ADD: [&str; 9] = [
    "connections",
    "add",
    "prod",
    "kafka",
    "--set",
    "security=sasl_plaintext",
    "--set",
    "mechanism=scram_sha_256",
    "--set",
];

fn add(workshop: &Workshop, broker: &Broker, password: &str) -> crate::flowloom::Answer {
    let servers = format!("bootstrap_servers={}", broker.env("KAFKA_SASL_PLAINTEXT"));
    let mut args = ADD.to_vec();
    args.extend([servers.as_str(), "--set", "username=alice", "--secret", "password", "--test"]);
    workshop.tell(&[], &args, &format!("{password}\n"))
}

#[test]
fn a_connection_is_added_tested_changed_renamed_and_removed() {
    let broker = Broker::shared();
    let workshop = Workshop::new();
    let refused = add(&workshop, broker, passwords::WRONG);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stdout.contains("FAIL  SASL") && refused.stderr.contains("not kept"), "{refused:?}");
    assert!(workshop.call(&["connections", "list"]).stdout.contains("no connections yet"));
    let added = add(&workshop, broker, "alice-secret");
    assert_eq!(added.code, Some(0), "{added:?}");
    assert!(added.stdout.contains("kept `prod`") && added.stdout.contains("master.key"), "{}", added.stdout);
    let mode = fs::metadata(workshop.home().join("master.key")).expect("a key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    passes(&test(&workshop, &[], "prod"));
    let twice = add(&workshop, broker, "alice-secret");
    assert!(
        twice.code == Some(2) && twice.stderr.contains("there is a connection `prod` already"),
        "{twice:?}"
    );
    // A change of something else leaves the password as it is, under the new name too.
    let args = ["connections", "edit", "prod", "--rename", "production", "--set", "connect_timeout_ms=5000"];
    assert_eq!(workshop.tell(&[], &args, "").code, Some(0));
    passes(&test(&workshop, &[], "production"));
    let changed = ["connections", "edit", "production", "--secret", "password"];
    assert_eq!(workshop.tell(&[], &changed, &format!("{}\n", passwords::WRONG)).code, Some(0));
    assert_eq!(test(&workshop, &[], "production").failure().0, "SASL");
    let shell = ["connections", "edit", "production", "--set", "password=hunter2"];
    let shell = workshop.tell(&[], &shell, "");
    assert!(shell.code == Some(2) && shell.stderr.contains("--secret password"), "{shell:?}");
    assert!(!shell.stderr.contains("hunter2"), "{shell:?}");
    let slip = workshop.tell(&[], &["connections", "edit", "production", "--set", "usrname=x"], "");
    assert!(slip.stderr.contains("did you mean `username`?"), "{slip:?}");
    assert_eq!(workshop.call(&["connections", "remove", "production"]).code, Some(0));
    let gone = workshop.call(&["connections", "remove", "production"]);
    assert!(gone.code == Some(2) && gone.stderr.contains("there is no connection `production`"), "{gone:?}");
}

#[test]
fn a_connection_that_a_flow_names_is_not_removed_by_accident() {
    let workshop = Workshop::with(
        "flowloom: 1\nname: Copy\nnodes:\n  orders:\n    kind: kafka_source\n    settings: {connection: prod, topic: t, fields: [{name: a, type: Int64}]}\n  out:\n    kind: write_file\n    inputs: [orders]\n    settings: {path: out.csv}\n",
    );
    let args = ["connections", "add", "prod", "kafka", "--set", "bootstrap_servers=127.0.0.1:1"];
    assert_eq!(workshop.call(&args).code, Some(0));
    // The flow is known by a run of it, however that ended.
    assert_eq!(workshop.call(&["run", "test.flow.yaml"]).code, Some(1));
    let used = workshop.call(&["connections", "remove", "prod"]);
    assert!(
        used.code == Some(2) && used.stderr.contains("test.flow.yaml") && used.stderr.contains("orders"),
        "{used:?}"
    );
    assert_eq!(workshop.call(&["connections", "remove", "prod", "--force"]).code, Some(0));
    let missing = workshop.call(&["check", "test.flow.yaml"]);
    assert!(
        missing.code == Some(2) && missing.stderr.contains("there is no connection `prod`"),
        "{missing:?}"
    );
}

#[test]
fn rotating_the_key_is_safe_beside_others_and_a_lost_key_changes_nothing() {
    let broker = Broker::shared();
    let workshop = Workshop::new();
    assert_eq!(add(&workshop, broker, "alice-secret").code, Some(0));
    let status = workshop.call(&["secrets", "status"]);
    assert!(status.stdout.contains("opens the one secret"), "{status:?}");
    // Several programs use the store at once: rotations and looks, each by itself.
    let children: Vec<_> = (0..6)
        .map(|n| {
            let args: &[&str] =
                if n % 3 == 0 { &["secrets", "rotate"] } else { &["connections", "list", "--json"] };
            workshop.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
        })
        .collect();
    for child in children {
        let answer = answer(child.wait_with_output().expect("it ends"));
        assert_eq!(answer.code, Some(0), "{answer:?}");
    }
    passes(&test(&workshop, &[], "prod"));
    let key = workshop.home().join("master.key");
    let bytes = fs::read(&key).expect("the key");
    fs::remove_file(&key).expect("lost");
    for args in [&["secrets", "status"][..], &["secrets", "rotate"]] {
        let lost = workshop.call(args);
        assert_eq!(lost.code, Some(1), "{lost:?}");
        assert!(
            lost.stderr.contains("the key of the stored secrets is gone")
                && lost.stderr.contains("FLOWLOOM_MASTER_KEY"),
            "{lost:?}"
        );
    }
    assert!(!key.exists(), "no key takes the place of the lost one");
    assert_eq!(test(&workshop, &[], "prod").failure().0, "Settings");
    // The listing needs no key, and the environment may bring it back.
    assert!(workshop.call(&["connections", "list"]).stdout.contains("prod"));
    let text = String::from_utf8(bytes).expect("text");
    let held = text.lines().find(|line| !line.starts_with('#') && !line.is_empty()).expect("a key");
    passes(&test(&workshop, &[("FLOWLOOM_MASTER_KEY", held)], "prod"));
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let wrong = test(&workshop, &[("FLOWLOOM_MASTER_KEY", other)], "prod");
    assert!(wrong.failure().1.contains("locked with another key"), "{:#?}", wrong.steps);
    // A new key before the old one in the environment, then rotated: the new one alone opens everything.
    let both = format!("{other},{held}");
    let rotated = workshop.tell(&[("FLOWLOOM_MASTER_KEY", &both)], &["secrets", "rotate", "--json"], "");
    let told: Value = serde_json::from_str(&rotated.stdout).expect("JSON");
    assert_eq!((told["place"].as_str(), told["secrets"].as_u64()), (Some("FLOWLOOM_MASTER_KEY"), Some(1)));
    passes(&test(&workshop, &[("FLOWLOOM_MASTER_KEY", other)], "prod"));
}

#[test]
fn files_of_connections_go_from_store_to_store_without_their_secrets() {
    let broker = Broker::shared();
    let (first, second) = (Workshop::new(), Workshop::new());
    let text = format!(
        "flowloom_connections: 1\nconnections:\n  prod:\n    kind: kafka\n    bootstrap_servers: {}\n    security: sasl_plaintext\n    mechanism: plain\n    username: alice\n    password: alice-secret\n",
        broker.env("KAFKA_SASL_PLAINTEXT")
    );
    assert_eq!(first.tell(&[], &["connections", "import", "-"], &text).code, Some(0));
    passes(&test(&first, &[], "prod"));
    let exported = first.call(&["connections", "export", "--out", "connections.yaml"]);
    assert!(exported.stdout.contains("set PROD_PASSWORD"), "{exported:?}");
    let written = first.text("connections.yaml");
    assert!(written.contains("${env:PROD_PASSWORD}"), "{written}");
    second.put("connections.yaml", &written);
    assert_eq!(second.call(&["connections", "import", "connections.yaml"]).code, Some(0));
    passes(&test(&second, &[("PROD_PASSWORD", "alice-secret")], "prod"));
    let again = second.call(&["connections", "import", "connections.yaml"]);
    assert!(again.code == Some(2) && again.stderr.contains("--replace"), "{again:?}");
    let overwritten = first.call(&["connections", "export", "--out", "connections.yaml"]);
    assert!(overwritten.code != Some(0) && first.text("connections.yaml") == written, "{overwritten:?}");
}

#[test]
fn a_damaged_store_is_set_aside_and_told_of() {
    let workshop = Workshop::new();
    let args = ["connections", "add", "prod", "kafka", "--set", "bootstrap_servers=a:9092"];
    assert_eq!(workshop.call(&args).code, Some(0));
    let path = workshop.home().join("flowloom.sqlite");
    fs::write(&path, "somebody's notes, no store".repeat(100)).expect("damaged");
    let listed = workshop.call(&["connections", "list"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert!(listed.stderr.contains("was set aside"), "{listed:?}");
    let aside = fs::read_dir(workshop.home()).expect("listed").filter_map(Result::ok);
    let aside: Vec<_> =
        aside.filter(|entry| entry.file_name().to_string_lossy().contains(".damaged-")).collect();
    assert_eq!(aside.len(), 1);
    assert!(fs::read_to_string(aside[0].path()).expect("kept").starts_with("somebody's notes"));
}

/// A Secret Service of the test's own, unlocked, and `flowloom` in its session.
const IN_A_SESSION: &str = r#"
printf unlock | gnome-keyring-daemon --unlock --components=secrets >/dev/null || exit 9
printf 'alice-secret\n' | "$0" connections add prod kafka --set bootstrap_servers=a:9092 --set security=sasl_ssl \
  --set username=alice --secret password
"$0" secrets rotate && "$0" secrets status
"#;

#[test]
#[cfg(target_os = "linux")]
fn the_key_is_in_the_systems_keyring_where_there_is_one() {
    let workshop = Workshop::new();
    let run = |script: &str| {
        let mut command = std::process::Command::new("dbus-run-session");
        command.args(["--", "bash", "-c", script]).arg(crate::flowloom::binary()).stdin(Stdio::null());
        for (name, folder) in [("HOME", "home"), ("XDG_RUNTIME_DIR", "runtime")] {
            fs::create_dir_all(workshop.path(folder)).expect("a folder");
            fs::set_permissions(workshop.path(folder), fs::Permissions::from_mode(0o700)).expect("closed");
            command.env(name, workshop.path(folder));
        }
        command
            .env("FLOWLOOM_HOME", workshop.home())
            .env_remove("XDG_DATA_HOME")
            .env_remove("FLOWLOOM_KEYRING");
        answer(command.output().expect("scripts/install.sh test installs dbus-run-session"))
    };
    let kept = run(IN_A_SESSION);
    assert_eq!(kept.code, Some(0), "{kept:?}");
    assert!(
        kept.stdout.contains("it is in the system's keyring") && kept.stdout.contains("opens the one secret"),
        "{kept:?}"
    );
    assert!(!workshop.home().join("master.key").exists());
    // Without the keyring the key is lost, and nobody makes another one.
    let lost = workshop.call(&["secrets", "status"]);
    assert!(lost.code == Some(1) && lost.stderr.contains("neither in the system's keyring"), "{lost:?}");
}
