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
