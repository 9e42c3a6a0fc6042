use std::fs;
use std::path::Path;

use flowloom_connections::kinds::{Kafka, LocalFolder};
use flowloom_connections::open;
use flowloom_flow::value::Credential;
use flowloom_flow::{Problem, Secret};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::{Command, Outcome, Reply, Session};

/// A book with a home of its own, in an environment of its own.
fn book(home: &TempDir, variables: &[(&str, &str)]) -> Book {
    let mut all = vec![("FLOWLOOM_KEYRING", "off")];
    all.extend(variables);
    Book::new(Some(home.path().to_owned())).with_environment(&all)
}

fn home() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn kafka(json: serde_json::Value) -> Box<dyn Settings> {
    let serde_json::Value::Object(settings) = json else { panic!("a map") };
    (kind("kafka").expect("known").read)(settings).expect("read")
}

fn prod(password: &str) -> Draft {
    let settings = json!({"bootstrap_servers": "a:9092", "security": "sasl_ssl", "username": "app", "password": password});
    Draft { name: "prod".into(), before: None, settings: kafka(settings) }
}

fn password(book: &Book, name: &str) -> Result<Option<Secret>, Problem> {
    let kafka: Kafka = open(&book.access(name)?)?;
    Ok(kafka.password.secret().cloned())
}

#[test]
fn a_connection_is_kept_locked_and_unlocked_where_a_client_is_built() {
    let home = home();
    let book = book(&home, &[]);
    let notice = book.keep(&prod("prod-secret")).expect("kept").expect("the key is new");
    assert!(notice.contains("master.key"), "{notice}");
    let listed = &book.list().expect("listed")[0];
    assert_eq!((listed.name.as_str(), listed.caption.as_str()), ("prod", "a:9092 · SASL_SSL · PLAIN as app"));
    assert_eq!(password(&book, "prod").expect("unlocked"), Some(Secret::new("prod-secret")));
    // An edit that leaves the password alone keeps it; a new name takes it along.
    let mut draft = book.draft("prod").expect("a draft");
    assert_eq!(credentials(&*draft.settings), [("password".to_owned(), Credential::Kept)]);
    draft.name = "production".into();
    assert_eq!(book.keep(&draft).expect("kept"), None);
    assert_eq!(password(&book, "production").expect("unlocked"), Some(Secret::new("prod-secret")));
    assert!(book.access("prod").expect_err("renamed").to_string().contains("there is no connection `prod`"));
    let taken = Draft { name: "production".into(), ..prod("x") };
    assert!(
        book.keep(&taken)
            .expect_err("taken")
            .to_string()
            .contains("there is a connection `production` already")
    );
    for entry in fs::read_dir(home.path()).expect("listed").filter_map(Result::ok) {
        let bytes = fs::read(entry.path()).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&bytes).contains("prod-secret"), "{:?}", entry.path());
    }
}

#[test]
fn a_secret_that_no_field_shows_any_more_is_forgotten() {
    let home = home();
    let book = book(&home, &[]);
    book.keep(&prod("prod-secret")).expect("kept");
    let before = Some("prod".to_owned());
    let open = kafka(json!({"bootstrap_servers": "a:9092"}));
    book.keep(&Draft { name: "prod".into(), before: before.clone(), settings: open }).expect("kept");
    assert!(!book.store().expect("store").has_secrets().expect("asked"));
    let reference = kafka(json!({"bootstrap_servers": "a:9092", "security": "sasl_ssl", "username": "app",
        "password": "${env:APP_PASSWORD}"}));
    book.keep(&Draft { name: "prod".into(), before, settings: reference }).expect("kept");
    let problem = password(&book, "prod").expect_err("not set").to_string();
    assert!(problem.contains(
        "the connection `prod` cannot be used: the environment variable `APP_PASSWORD` is not set"
    ));
}

#[test]
fn the_environment_and_a_file_come_before_the_store_and_what_others_wrote_after_it() {
    let home = home();
    let path = home.path().join("connections.yaml");
    let file = "flowloom_connections: 1\nconnections:\n  files: {kind: local_folder, path: /data}\n";
    fs::write(&path, file).expect("written");
    let path = path.to_str().expect("text").to_owned();
    let book = book(
        &home,
        &[
            ("FLOWLOOM_CONNECTION_PROD", r#"{"kind": "kafka", "bootstrap_servers": "env:9092"}"#),
            ("AIRFLOW_CONN_OTHER", "kafka://app:other-secret@airflow:9092"),
            ("STAGE_BOOTSTRAP_SERVERS", "stage:9092"),
            ("FLOWLOOM_CONNECTIONS", &path),
        ],
    );
    book.keep(&prod("prod-secret")).expect("kept");
    book.keep(&Draft {
        name: "stage".into(),
        before: None,
        settings: kafka(json!({"bootstrap_servers": "store:9092"})),
    })
    .expect("kept");
    let found: Vec<_> = book.list().expect("listed").into_iter().map(|one| (one.name, one.caption)).collect();
    let expected = [
        ("files", "/data"),
        ("other", "airflow:9092 · SASL_SSL · PLAIN as app"),
        ("prod", "env:9092"),
        ("stage", "store:9092"),
    ];
    assert_eq!(found, expected.map(|(name, caption)| (name.to_owned(), caption.to_owned())));
    let folder: LocalFolder = open(&book.access("files").expect("found")).expect("opened");
    assert_eq!(folder.path, "/data");
    assert_eq!(password(&book, "other").expect("given"), Some(Secret::new("other-secret")));
    let wrong = open::<Kafka>(&book.access("files").expect("found")).expect_err("another kind").to_string();
    assert!(wrong.contains("is one to Local folder, not to Kafka"), "{wrong}");
    let unchanged = book.remove("other").expect_err("not in the store").to_string();
    assert!(unchanged.contains("AIRFLOW") || unchanged.contains("environment"), "{unchanged}");
    assert!(book.access("prodd").expect_err("a slip").to_string().contains("did you mean `prod`?"));
}

#[test]
fn what_is_broken_elsewhere_hides_nothing() {
    let home = home();
    let book = book(&home, &[("FLOWLOOM_CONNECTIONS", "/no/such/file"), ("FLOWLOOM_CONNECTION_X", "{}")]);
    let draft =
        Draft { name: "local".into(), before: None, settings: kafka(json!({"bootstrap_servers": "a:9092"})) };
    book.keep(&draft).expect("kept");
    let listed: Vec<_> =
        book.list().expect("listed").into_iter().map(|one| (one.name, one.problem.is_some())).collect();
    let expected = [("FLOWLOOM_CONNECTIONS", true), ("local", false), ("x", true)];
    assert_eq!(listed, expected.map(|(name, is_broken)| (name.to_owned(), is_broken)));
}

#[test]
fn rotation_is_whole_and_a_lost_or_wrong_key_changes_nothing() {
    let home = home();
    let book = book(&home, &[]);
    book.keep(&prod("prod-secret")).expect("kept");
    let rotated = book.rotate().expect("rotated");
    assert_eq!(rotated.secrets, 1);
    assert_eq!(password(&book, "prod").expect("unlocked"), Some(Secret::new("prod-secret")));
    let key = home.path().join("master.key");
    let kept = fs::read(&key).expect("the key");
    fs::remove_file(&key).expect("lost");
    let lost = password(&book, "prod").expect_err("lost").to_string();
    assert!(
        lost.contains("the key of the stored secrets is gone") && lost.contains("FLOWLOOM_MASTER_KEY"),
        "{lost}"
    );
    book.rotate().expect_err("nothing to rotate");
    assert!(!key.exists(), "no key was made over it");
    // A host name is changed without the key.
    let mut draft = book.draft("prod").expect("a draft");
    draft.settings = {
        let mut settings =
            kafka(json!({"bootstrap_servers": "b:9092", "security": "sasl_ssl", "username": "app"}));
        flowloom_connections::with_kept(&mut *settings, &["password".to_owned()]);
        settings
    };
    book.keep(&draft).expect("kept without the key");
    fs::write(&key, kept).expect("found again");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("closed");
    }
    assert_eq!(password(&book, "prod").expect("unlocked"), Some(Secret::new("prod-secret")));
    let other = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let with_other = self::book(&home, &[("FLOWLOOM_MASTER_KEY", other)]);
    let wrong = password(&with_other, "prod").expect_err("another key").to_string();
    assert!(wrong.contains("locked with another key") && !wrong.contains(other), "{wrong}");
}

#[test]
fn files_go_in_and_out_without_secrets_and_all_or_none() {
    let home = home();
    let book = book(&home, &[]);
    let text = "flowloom_connections: 1\nconnections:\n  prod: {kind: kafka, bootstrap_servers: a:9092, \
                security: sasl_ssl, username: app, password: prod-secret}\n  files: {kind: local_folder, path: /data}\n";
    let (names, _) = book.import(text, Path::new("c.yaml"), false).expect("imported");
    assert_eq!(names, ["prod", "files"]);
    let again = book.import(text, Path::new("c.yaml"), false).expect_err("there already");
    assert_eq!(again.len(), 2, "{again:?}");
    book.import(text, Path::new("c.yaml"), true).expect("replaced");
    let (written, variables) = book.export(&[]).expect("exported");
    assert!(!written.contains("prod-secret") && written.contains("${env:PROD_PASSWORD}"), "{written}");
    assert_eq!(variables, ["PROD_PASSWORD"]);
    let broken = text.replace("kind: local_folder", "kind: no_such");
    book.import(&broken, Path::new("c.yaml"), true).expect_err("nothing of it");
}

#[test]
fn a_session_lists_tests_and_says_who_uses_one() {
    let home = home();
    let mut session = Session::new(crate::Limits::default()).with_home(home.path());
    let ask = |session: &mut Session, ask: Ask| match session.send(Command::Connections(ask)) {
        Ok(Reply::Job(job) | Reply::Test { job, .. }) => job.wait(|_| ()),
        _ => panic!("a job"),
    };
    let folder = home.path().to_str().expect("text").to_owned();
    let settings = Box::new(LocalFolder { path: folder });
    let draft = Draft { name: "files".into(), before: None, settings };
    let Outcome::Connections(Answer::Tested(steps)) = ask(&mut session, Ask::Test { draft: draft.clone() })
    else {
        panic!("tested")
    };
    let steps: Vec<_> = steps.iter().map(|step| (step.name.as_str(), step.state)).collect();
    assert_eq!(steps, [("Settings", State::Passed), ("Folder", State::Passed), ("Writing", State::Passed)]);
    let kept = ask(&mut session, Ask::Keep { draft });
    assert!(matches!(kept, Outcome::Connections(Answer::Kept { notice: None, .. })), "{kept:?}");
    let flow = "flowloom: 1\nname: Copy\nnodes:\n  orders:\n    kind: kafka_source\n    settings: {connection: files}\n";
    let path = home.path().join("copy.flow.yaml");
    fs::write(&path, flow).expect("a flow");
    let Ok(Reply::Opened { .. }) = session.send(Command::Open { path: path.clone() }) else {
        panic!("opened")
    };
    let uses = ask(&mut session, Ask::Uses { name: "files".into() });
    let Outcome::Connections(Answer::Uses(uses)) = uses else { panic!("{uses:?}") };
    assert_eq!(
        uses,
        [Use { flow: "Copy".into(), file: Some(path), nodes: vec!["orders".into()], is_connection: false }]
    );
    let gone = ask(&mut session, Ask::Remove { name: "files".into() });
    assert!(matches!(gone, Outcome::Connections(Answer::Removed { .. })));
    let missing = ask(&mut session, Ask::TestNamed { name: "files".into() });
    assert!(
        matches!(&missing, Outcome::Failed(problems) if problems[0].message.contains("`files`")),
        "{missing:?}"
    );
}
