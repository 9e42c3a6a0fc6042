//! The other kinds of connection, each on the real service.

use serde_json::{Value, json};

use super::{passes, test_json};
use crate::flowloom::Workshop;
use crate::gate::Gate;
use crate::passwords;
use crate::service::Service;

/// Each change to `good` fails in a step, with these words.
#[track_caller]
fn fails(good: &Value, cases: &[(Value, &str, &str)]) {
    let workshop = Workshop::new();
    for (change, step, words) in cases {
        let mut settings = good.clone();
        let (Some(settings), Some(change)) = (settings.as_object_mut(), change.as_object()) else {
            panic!("maps")
        };
        settings.extend(change.clone());
        let tested = test_json(&workshop, &json!(settings));
        let (failed, message) = tested.failure();
        assert!(
            failed == *step && message.contains(words),
            "{change:?}: expected `{words}` in {step}, got {failed}: {message}"
        );
    }
}

#[test]
fn a_registry_answers_with_each_login_and_says_why_not() {
    let workshop = Workshop::new();
    let open = json!({"kind": "schema_registry", "url": Service::registry().env("REGISTRY_URL")});
    passes(&test_json(&workshop, &open));
    let gate = Gate::before_registry();
    let basic = json!({
        "kind": "schema_registry", "url": gate.url(), "ca": gate.ca(), "login": "basic", "username": Gate::USER,
        "password": passwords::REGISTRY,
    });
    passes(&test_json(&workshop, &basic));
    let bearer = json!({
        "kind": "schema_registry", "url": gate.url(), "ca": gate.ca(), "login": "bearer", "token": passwords::BEARER,
    });
    passes(&test_json(&workshop, &bearer));
    fails(
        &basic,
        &[
            (json!({"password": passwords::WRONG}), "Answer", "refused the login"),
            (json!({"ca": ""}), "TLS", "signed by"),
            (
                json!({"url": gate.url().replace("localhost", "127.0.0.1").replace("https", "http")}),
                "Answer",
                "",
            ),
            (json!({"url": format!("{}/nothing", gate.url())}), "Answer", "nothing at"),
            (json!({"url": "https://localhost:1"}), "TCP", "refuse"),
            (json!({"url": "https://user:wrong-secret@localhost"}), "Settings", "holds a user or a password"),
            (json!({"username": ""}), "Settings", "the user name is missing"),
        ],
    );
}

#[test]
fn postgresql_logs_in_over_tls_and_says_what_is_wrong() {
    let server = Service::postgres();
    let good = json!({
        "kind": "postgres", "host": server.env("POSTGRES_HOST"), "port": server.env("POSTGRES_PORT").parse::<i64>().expect("a port"),
        "database": server.env("POSTGRES_DATABASE"), "user": server.env("POSTGRES_USER"),
        "password": server.env("POSTGRES_PASSWORD"), "ssl_mode": "verify-full", "ca": server.env("POSTGRES_CA"),
    });
    let workshop = Workshop::new();
    let tested = test_json(&workshop, &good);
    passes(&tested);
    assert_eq!((tested.state("TLS"), tested.state("Login")), ("passed", "passed"), "{:#?}", tested.steps);
    let mut open = good.clone();
    open["ssl_mode"] = json!("disable");
    let tested = test_json(&workshop, &open);
    passes(&tested);
    assert_eq!(tested.state("TLS"), "skipped", "{:#?}", tested.steps);
    fails(
        &good,
        &[
            (json!({"password": passwords::WRONG}), "Login", "password"),
            (json!({"user": "nobody"}), "Login", "nobody"),
            (json!({"database": "nothing"}), "Login", "nothing"),
            (json!({"ca": ""}), "TLS", "signed by"),
            (json!({"port": 1}), "TCP", "refuse"),
            (json!({"host": "no-such-host.invalid"}), "DNS", "no-such-host.invalid"),
            (json!({"host": ""}), "Settings", "host"),
        ],
    );
    let uri = format!(
        "postgresql://{}:{}@{}:{}/{}?sslmode=disable",
        server.env("POSTGRES_USER"),
        server.env("POSTGRES_PASSWORD"),
        server.env("POSTGRES_HOST"),
        server.env("POSTGRES_PORT"),
        server.env("POSTGRES_DATABASE"),
    );
    passes(&super::test(&workshop, &[(super::C, &uri)], "c"));
}

#[test]
fn mariadb_logs_in_over_tls_and_says_what_is_wrong() {
    let server = Service::mariadb();
    let good = json!({
        "kind": "mysql", "host": server.env("MARIADB_HOST"), "port": server.env("MARIADB_PORT").parse::<i64>().expect("a port"),
        "database": server.env("MARIADB_DATABASE"), "user": server.env("MARIADB_USER"),
        "password": server.env("MARIADB_PASSWORD"), "ssl_mode": "verify-full", "ca": server.env("MARIADB_CA"),
    });
    let tested = test_json(&Workshop::new(), &good);
    passes(&tested);
    assert_eq!((tested.state("TLS"), tested.state("Login")), ("passed", "passed"), "{:#?}", tested.steps);
    fails(
        &good,
        &[
            (json!({"password": passwords::WRONG}), "Login", "password"),
            (json!({"database": "nothing"}), "Login", "nothing"),
            (json!({"ca": ""}), "TLS", "signed by"),
        ],
    );
}

#[test]
fn a_bucket_is_listed_and_written_to_and_says_what_is_wrong() {
    let server = Service::s3();
    let good = json!({
        "kind": "s3", "endpoint": server.env("S3_ENDPOINT"), "region": server.env("S3_REGION"),
        "bucket": server.env("S3_BUCKET"), "login": "access_key", "access_key_id": server.env("S3_ACCESS_KEY"),
        "secret_access_key": server.env("S3_SECRET_KEY"),
    });
    let tested = test_json(&Workshop::new(), &good);
    passes(&tested);
    assert_eq!((tested.state("List"), tested.state("Write")), ("passed", "passed"), "{:#?}", tested.steps);
    fails(
        &good,
        &[
            (json!({"secret_access_key": passwords::WRONG}), "Bucket", "secret"),
            (json!({"bucket": "no-such-bucket"}), "List", "no-such-bucket"),
            (json!({"endpoint": "http://127.0.0.1:1"}), "TCP", "refuse"),
            (json!({"secret_access_key": ""}), "Settings", "the access key has no secret"),
        ],
    );
}

#[test]
fn a_file_and_a_folder_of_this_machine_are_tried_for_real() {
    let workshop = Workshop::new();
    let folder = workshop.path("data");
    std::fs::create_dir(&folder).expect("a folder");
    let local = json!({"kind": "local_folder", "path": folder});
    passes(&test_json(&workshop, &local));
    assert_eq!(std::fs::read_dir(&folder).expect("listed").count(), 0, "the test leaves nothing");
    fails(
        &local,
        &[
            (json!({"path": workshop.path("nothing")}), "Folder", "nothing"),
            (json!({"path": "data"}), "Settings", "absolute"),
        ],
    );
    workshop.put("notes.sqlite", "no database, but notes");
    let notes = json!({"kind": "sqlite", "path": workshop.path("notes.sqlite")});
    assert!(!test_json(&workshop, &notes).passed);
    // The studio's own store is a database that is surely there.
    assert_eq!(workshop.call(&["connections", "list"]).code, Some(0));
    passes(&test_json(
        &workshop,
        &json!({"kind": "sqlite", "path": workshop.home().join("flowloom.sqlite")}),
    ));
}
