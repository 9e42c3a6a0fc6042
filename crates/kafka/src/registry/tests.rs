//! A registry of a few lines on a thread answers by path.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use flowloom_net::{Probe, State};

use super::*;
use crate::error::Error;

/// A registry with `answers` by path; counts what it is asked.
pub(crate) fn serve(answers: &[(&str, u16, &str)]) -> (Registry, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/", listener.local_addr().unwrap());
    let answers: BTreeMap<String, (u16, String)> = answers
        .iter()
        .map(|(path, status, body)| (format!("/api/{path}"), (*status, (*body).to_owned())))
        .collect();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    thread::spawn(move || {
        let missing = (404, "{\"error_code\":404,\"message\":\"HTTP 404 Not Found\"}".to_owned());
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut lines = Vec::new();
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).unwrap() <= 2 {
                    break;
                }
                lines.push(line);
            }
            let Some(path) = lines.first().and_then(|line| line.split(' ').nth(1)) else { continue };
            count.fetch_add(1, Ordering::Relaxed);
            let (status, body) = answers.get(path).unwrap_or(&missing);
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status} -\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
            stream.get_mut().write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
    let access = RegistryAccess { url, auth: Auth::None, tls: None, timeout: Duration::from_secs(10) };
    (Registry::new(&access).unwrap(), asked)
}

#[test]
fn a_registry_that_never_answers_is_left_once_somebody_cancels() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Longer than any test takes.
    let access = RegistryAccess { url, auth: Auth::None, tls: None, timeout: Duration::from_hours(1) };
    let cancel = Cancel::default();
    let registry = Registry::new(&access).unwrap().heeding(&cancel);
    let asking = {
        let registry = registry.clone();
        thread::spawn(move || registry.decoder(7).map(drop))
    };
    let (_waiting, _) = listener.accept().unwrap();
    cancel.cancel();
    let cancelled = Unusable::Registry(RegistryError::Cancelled);
    assert_eq!(asking.join().unwrap(), Err(cancelled.clone()));
    assert_eq!(registry.subjects(), Err(RegistryError::Cancelled), "it does not even ask");
    assert!(registry.kept.lock().decoder(7).is_none(), "of the schema nothing is known");
    assert!(matches!(Error::from(cancelled), Error::Cancelled));
}

#[test]
fn schemas_are_asked_for_once() {
    let (registry, asked) = serve(&[
        ("schemas/ids/7", 200, r#"{"schema":"\"string\""}"#),
        ("subjects", 200, r#"["b","a/x"]"#),
        (
            "subjects/a%2Fx/versions/latest",
            200,
            r#"{"id":9,"version":3,"schemaType":"JSON","schema":"{}","references":null}"#,
        ),
    ]);
    for _ in 0..3 {
        let schema = registry.clone().schema(7).unwrap();
        assert_eq!((schema.id, schema.kind, schema.text.as_str()), (7, SchemaKind::Avro, "\"string\""));
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert_eq!(registry.subjects().unwrap(), ["a/x", "b"]);
    let latest = registry.latest("a/x").unwrap();
    assert_eq!((latest.id, latest.kind), (9, SchemaKind::Json));
}

#[test]
fn what_is_not_there_is_said_plainly() {
    let (registry, asked) = serve(&[
        ("schemas/ids/7", 404, r#"{"error_code":40403,"message":"Schema not found"}"#),
        ("subjects/none/versions/latest", 404, r#"{"error_code":40401,"message":"-"}"#),
        ("subjects/gone/versions/latest", 404, r#"{"error_code":40402,"message":"-"}"#),
        ("subjects/shut/versions/latest", 403, "{}"),
    ]);
    for _ in 0..5 {
        assert_eq!(registry.schema(7).unwrap_err().to_string(), "schema 7 is not in the registry");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1, "a schema that is not there is remembered");
    let said = |subject| registry.latest(subject).unwrap_err().to_string();
    assert_eq!(said("none"), "subject `none` is not in the registry");
    assert_eq!(said("gone"), "subject `gone` has no such version in the registry");
    assert!(said("shut").contains("refused the login"), "{}", said("shut"));
    let elsewhere = registry.schema(8).unwrap_err();
    assert!(elsewhere.to_string().contains("has nothing at `/api/schemas/ids/8`"), "{elsewhere}");
    assert!(elsewhere.hint().contains("ccompat"), "{elsewhere:?}");
    let before = asked.load(Ordering::Relaxed);
    for _ in 0..5 {
        assert!(registry.decoder(7).is_err());
    }
    assert_eq!(asked.load(Ordering::Relaxed), before, "a failure is remembered");
}

#[test]
fn references_are_followed_in_order_and_not_for_ever() {
    let schema = |id: i32, to: &str| {
        format!(
            r#"{{"id":{id},"schema":"{id}","references":[{{"name":"{to}","subject":"{to}","version":1}}]}}"#
        )
    };
    let (circle, _) = serve(&[
        ("subjects/a/versions/1", 200, &schema(1, "b")),
        ("subjects/b/versions/1", 200, &schema(2, "a")),
    ]);
    let of = |name: &str| {
        let reference = Reference { name: name.to_owned(), subject: name.to_owned(), version: 1 };
        RegistrySchema { id: 5, kind: SchemaKind::Avro, text: String::new(), references: vec![reference] }
    };
    let found = circle.references(&of("a")).unwrap();
    let names: Vec<_> = found.iter().map(|(name, schema)| (name.as_str(), schema.id)).collect();
    assert_eq!(names, [("b", 2), ("a", 1)]);
    let chain: Vec<_> = (0..40)
        .map(|step| (format!("subjects/{step}/versions/1"), schema(step, &(step + 1).to_string())))
        .collect();
    let chain: Vec<_> = chain.iter().map(|(path, body)| (path.as_str(), 200, body.as_str())).collect();
    let error = serve(&chain).0.references(&of("0")).unwrap_err();
    assert!(error.to_string().ends_with("builds on too many other schemas, or on itself"), "{error}");
}

#[test]
fn a_test_says_what_answers() {
    let probe = |registry: &Registry| {
        let mut tell = |_: &[flowloom_net::Step]| ();
        let mut probe = Probe::new(Duration::from_secs(20), Arc::default(), &mut tell);
        registry.test(&mut probe);
        let told = |step: &flowloom_net::Step| (step.state, step.message.clone());
        probe.steps().iter().map(told).collect::<Vec<_>>()
    };
    let subjects = ("subjects", 200, "[\"a\"]");
    let full = [
        subjects,
        ("config", 200, r#"{"compatibilityLevel":"FULL"}"#),
        ("mode", 200, r#"{"mode":"READWRITE"}"#),
    ];
    let passed = |text: &str| (State::Passed, text.to_owned());
    assert_eq!(probe(&serve(&full).0), [passed("1 subject"), passed("compatibility FULL, mode READWRITE")]);
    let told = probe(&serve(&[subjects, ("config", 403, "")]).0);
    assert_eq!(told[1], passed("the registry does not tell how it is set"));
    let told = probe(&serve(&[]).0);
    assert_eq!((told.len(), told[0].0), (1, State::Failed));
}

#[test]
fn a_login_without_encryption_is_warned_of() {
    let exposed = |url: &str, auth: Auth| {
        let access = RegistryAccess { url: url.to_owned(), auth, tls: None, timeout: Duration::from_secs(1) };
        Registry::new(&access).unwrap().is_exposed
    };
    let token = || Auth::Bearer(flowloom_secret::Secret::new("t"));
    assert!(exposed("http://registry.example:8081", token()));
    assert!(!exposed("http://registry.example:8081", Auth::None));
    assert!(!exposed("https://registry.example", token()) && !exposed("http://127.0.0.1:8081", token()));
}
