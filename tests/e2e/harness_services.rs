//! The harness itself: services and stand-ins take what is right and refuse what is wrong, by clients that are not ours.

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use serde_json::{Value, json};

use crate::acl::On;
use crate::broker::Broker;
use crate::cache::{python, services_python};
use crate::eventually::eventually;
use crate::gate::Gate;
use crate::oidc::Provider;
use crate::passwords;
use crate::service::Service;
use crate::topic::{Topic, unique};
use crate::vault::Vault;

/// What a program wrote, and an error that holds what it complained of.
fn outcome(command: &mut Command) -> Result<String, String> {
    let Output { status, stdout, stderr } =
        command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if status.success() { Ok(text(&stdout)) } else { Err(format!("{}{}", text(&stderr), text(&stdout))) }
}

/// The status and the body of an HTTP answer; `000` when there was none.
fn curl(arguments: &[&str]) -> (String, String) {
    let output =
        Command::new("curl").args(["-s", "-m", "20", "-w", "\n%{http_code}"]).args(arguments).output();
    let text = String::from_utf8(output.expect("curl runs").stdout).expect("text");
    let (body, status) = text.rsplit_once('\n').expect("curl writes the status last");
    (status.to_owned(), body.to_owned())
}

fn status(arguments: &[&str]) -> String {
    curl(arguments).0
}

/// Names of the topics that a Python client with these properties sees, or its error.
fn topics(properties: &Value, env: &[(&str, &str)]) -> Result<String, String> {
    let program = "
import json, sys
from confluent_kafka.admin import AdminClient
print(*sorted(AdminClient({'log_level': 0, **json.loads(sys.argv[1])}).list_topics(timeout=4).topics))
";
    outcome(Command::new(python()).args(["-c", program, &properties.to_string()]).envs(env.iter().copied()))
}

#[test]
fn a_broker_shows_certificates_that_ended_or_name_another_host() {
    let broker = Broker::shared();
    let verdict = |listener: &str| {
        let to =
            ["-connect", broker.env(listener), "-CAfile", broker.env("KAFKA_CA"), "-verify_ip", "127.0.0.1"];
        let client = outcome(Command::new("openssl").arg("s_client").args(to).stdin(Stdio::null()));
        let text = client.unwrap_or_else(|error| error);
        text.lines().find_map(|line| line.trim().strip_prefix("Verify return code: ").map(str::to_owned))
    };
    assert_eq!(verdict("KAFKA_SSL").as_deref(), Some("0 (ok)"));
    assert_eq!(verdict("KAFKA_EXPIRED").as_deref(), Some("10 (certificate has expired)"));
    assert_eq!(verdict("KAFKA_OTHERNAME").as_deref(), Some("64 (IP address mismatch)"));
}

#[test]
fn a_broker_takes_a_client_with_an_encrypted_key_and_none_whose_certificate_ended() {
    let broker = Broker::shared();
    let with = |certificate: &str, key: &str, password: &str| {
        let properties = json!({
            "bootstrap.servers": broker.env("KAFKA_MTLS"), "security.protocol": "SSL",
            "ssl.ca.location": broker.env("KAFKA_CA"), "ssl.certificate.location": broker.env(certificate),
            "ssl.key.location": broker.env(key), "ssl.key.password": password,
        });
        topics(&properties, &[])
    };
    with("KAFKA_CERT", "KAFKA_ENCRYPTED_KEY", passwords::KEY).expect("a right certificate and its password");
    with("KAFKA_CERT", "KAFKA_ENCRYPTED_KEY", passwords::WRONG).expect_err("another password");
    with("KAFKA_EXPIRED_CERT", "KAFKA_EXPIRED_KEY", "").expect_err("a certificate of 2020");
    with("KAFKA_ROGUE_CERT", "KAFKA_ROGUE_KEY", "").expect_err("another authority's certificate");
}

#[test]
fn a_guarded_broker_shows_a_user_what_was_allowed() {
    let broker = Broker::guarded();
    let topic = Topic::create(broker, "guarded", 1);
    let alice = json!({
        "bootstrap.servers": broker.env("KAFKA_SASL_PLAINTEXT"), "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-256", "sasl.username": broker.env("KAFKA_USER"),
        "sasl.password": broker.env("KAFKA_PASSWORD"),
    });
    let sees = || topics(&alice, &[]).expect("alice may log in").contains(&topic.name);
    assert!(!sees());
    broker.allow("User:alice", "DESCRIBE", On::Topic(&topic.name));
    eventually("the right holds", || sees().then_some(()));
    broker.allow("User:alice", "READ", On::Group(&unique("group")));
}

#[test]
fn a_guarded_broker_takes_tickets_of_its_realm() {
    let broker = Broker::guarded();
    let realm = Service::kerberos();
    // Kerberos finds its realm by the environment of the process, so the client is a process of its own.
    let program = std::env::current_exe().expect("this program has a path");
    let log_in = |principal: &str, keytab: &str| {
        outcome(
            Command::new(&program)
                .args(["--exact", "harness_services::client_of_a_realm", "--ignored", "--nocapture"])
                .env("KRB5_CONFIG", realm.env("KRB5_CONFIG"))
                .env("KRB5CCNAME", format!("FILE:{}/{}", realm.env("KRB5_FOLDER"), unique("tickets")))
                .env("FLOWLOOM_TEST_BOOTSTRAP", broker.env("KAFKA_GSSAPI"))
                .env("FLOWLOOM_TEST_PRINCIPAL", realm.env(principal))
                .env("FLOWLOOM_TEST_KEYTAB", realm.env(keytab)),
        )
    };
    log_in("KRB5_PRINCIPAL", "KRB5_KEYTAB").expect("alice's keytab is right");
    log_in("KRB5_STALE_PRINCIPAL", "KRB5_STALE_KEYTAB").expect_err("bob's key has changed");
}

#[test]
#[ignore = "a_guarded_broker_takes_tickets_of_its_realm runs it"]
fn client_of_a_realm() {
    let setting = |name: &str| std::env::var(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    let client: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", setting("FLOWLOOM_TEST_BOOTSTRAP"))
        .set("security.protocol", "SASL_PLAINTEXT")
        .set("sasl.mechanism", "GSSAPI")
        .set("sasl.kerberos.principal", setting("FLOWLOOM_TEST_PRINCIPAL"))
        .set("sasl.kerberos.keytab", setting("FLOWLOOM_TEST_KEYTAB"))
        .create()
        .expect("librdkafka has Kerberos");
    client.fetch_metadata(None, Duration::from_secs(10)).expect("the broker takes the ticket");
}

#[test]
fn a_guarded_broker_takes_tokens_of_its_provider_and_none_that_are_forged() {
    let broker = Broker::guarded();
    let provider = Provider::shared();
    let with = |listener: &str, protocol: &str, secret: &str| {
        let properties = json!({
            "bootstrap.servers": broker.env(listener), "security.protocol": protocol,
            "ssl.ca.location": broker.env("KAFKA_CA"), "sasl.mechanism": "OAUTHBEARER",
            "sasl.oauthbearer.method": "oidc", "sasl.oauthbearer.client.id": Provider::CLIENT,
            "sasl.oauthbearer.client.secret": secret, "sasl.oauthbearer.scope": Provider::SCOPE,
            "sasl.oauthbearer.token.endpoint.url": provider.token_url(),
        });
        topics(&properties, &[])
    };
    with("KAFKA_SASL_PLAINTEXT", "SASL_PLAINTEXT", passwords::OIDC).expect("a token over plain TCP");
    with("KAFKA_OAUTHBEARER", "SASL_SSL", passwords::OIDC).expect("a token over TLS");
    with("KAFKA_OAUTHBEARER", "SASL_SSL", passwords::WRONG).expect_err("no token without the secret");

    let program = "
import sys, time
from confluent_kafka.admin import AdminClient
bootstrap, token = sys.argv[1:]
admin = AdminClient({'bootstrap.servers': bootstrap, 'security.protocol': 'SASL_PLAINTEXT', 'log_level': 0,
                     'sasl.mechanism': 'OAUTHBEARER', 'oauth_cb': lambda _: (token, time.time() + 300)})
admin.poll(1)
admin.list_topics(timeout=4)
";
    let present = |token: &str| {
        outcome(Command::new(python()).args(["-c", program, broker.env("KAFKA_SASL_PLAINTEXT"), token]))
    };
    let form = format!("grant_type=client_credentials&client_id=flowloom&client_secret={}", passwords::OIDC);
    let (_, answer) = curl(&["-d", &form, &provider.token_url()]);
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    present(answer["access_token"].as_str().expect("a token")).expect("the provider's token");
    present(&provider.forged()).expect_err("somebody else's token");
    assert_eq!(status(&["-d", "grant_type=password", &provider.token_url()]), "400");
}

#[test]
fn postgres_wants_its_password_and_has_tls() {
    let postgres = Service::postgres();
    let psql = |password: &str, tls: &str| {
        let ask = "select ssl, current_database() from pg_stat_ssl where pid = pg_backend_pid()";
        outcome(Command::new("psql").args(["-XAt", "-c", ask]).envs([
            ("PGHOST", postgres.env("POSTGRES_HOST")),
            ("PGPORT", postgres.env("POSTGRES_PORT")),
            ("PGUSER", postgres.env("POSTGRES_USER")),
            ("PGDATABASE", postgres.env("POSTGRES_DATABASE")),
            ("PGPASSWORD", password),
            ("PGSSLMODE", tls),
            ("PGSSLROOTCERT", postgres.env("POSTGRES_CA")),
        ]))
    };
    let right = postgres.env("POSTGRES_PASSWORD");
    assert_eq!(psql(right, "verify-full").as_deref(), Ok("t|shop"));
    assert_eq!(psql(right, "disable").as_deref(), Ok("f|shop"));
    assert!(
        psql(passwords::WRONG, "verify-full")
            .expect_err("another password")
            .contains("authentication failed")
    );
}

#[test]
fn mariadb_wants_its_password_and_has_tls() {
    let mariadb = Service::mariadb();
    let program = "
import sys, pymysql
host, port, user, database, password, ca = sys.argv[1:]
tls = {'ssl': {'ca': ca, 'check_hostname': True}} if ca else {'ssl_disabled': True}
with pymysql.connect(host=host, port=int(port), user=user, password=password, database=database, **tls) as connection:
    cursor = connection.cursor()
    cursor.execute('show status like \"Ssl_version\"')
    print(*cursor.fetchone())
";
    let ask = |password: &str, ca: &str| {
        let names = ["MARIADB_HOST", "MARIADB_PORT", "MARIADB_USER", "MARIADB_DATABASE"];
        let python = services_python();
        outcome(
            Command::new(python)
                .args(["-c", program])
                .args(names.map(|name| mariadb.env(name)))
                .args([password, ca]),
        )
    };
    let right = mariadb.env("MARIADB_PASSWORD");
    assert_eq!(ask(right, mariadb.env("MARIADB_CA")).as_deref(), Ok("Ssl_version TLSv1.3"));
    assert_eq!(ask(right, "").as_deref(), Ok("Ssl_version"));
    assert!(ask(passwords::WRONG, "").expect_err("another password").contains("Access denied"));
}

#[test]
fn the_registry_keeps_schemas_and_its_gate_wants_a_login() {
    let open = format!("{}/subjects", Service::registry().env("REGISTRY_URL"));
    let gate = Gate::before_registry();
    let subject = unique("subject");
    let url = format!("{}/subjects", gate.url());
    let ca = gate.ca();
    let ca = ca.to_str().expect("a path of text");
    let password = |password: &str| format!("{}:{password}", Gate::USER);

    assert_eq!(status(&["--cacert", ca, &url]), "401");
    assert_eq!(status(&["--cacert", ca, "-u", &password(passwords::WRONG), &url]), "401");
    assert_eq!(
        status(&["-u", &password(passwords::REGISTRY), &url]),
        "000",
        "an authority that nobody trusts"
    );

    let schema = json!({"schema": "{\"type\": \"string\"}"}).to_string();
    let to = format!("{url}/{subject}/versions");
    let json = "Content-Type: application/vnd.schemaregistry.v1+json";
    let (status, body) =
        curl(&["--cacert", ca, "-u", &password(passwords::REGISTRY), "-H", json, "-d", &schema, &to]);
    assert_eq!(status, "200", "{body}");
    let (_, subjects) =
        curl(&["--cacert", ca, "-H", &format!("Authorization: Bearer {}", passwords::BEARER), &url]);
    assert!(subjects.contains(&subject), "{subjects}");
    assert_eq!(curl(&[&open]).1, subjects);
}

#[test]
fn s3_checks_signatures() {
    let s3 = Service::s3();
    let object = format!("{}/{}/{}", s3.env("S3_ENDPOINT"), s3.env("S3_BUCKET"), unique("object"));
    let signing = format!("aws:amz:{}:s3", s3.env("S3_REGION"));
    let signed = |secret: &str, more: &[&str]| {
        let login = format!("{}:{secret}", s3.env("S3_ACCESS_KEY"));
        // curl 7.88 leaves this header out, and S3 wants it.
        let hash = "x-amz-content-sha256: UNSIGNED-PAYLOAD";
        curl(&[&["--aws-sigv4", &signing, "-u", &login, "-H", hash], more].concat())
    };
    let right = s3.env("S3_SECRET_KEY");
    assert_eq!(signed(right, &["-X", "PUT", "-d", "hello", &object]).0, "200");
    assert_eq!(signed(right, &[&object]), ("200".to_owned(), "hello".to_owned()));
    assert_eq!(signed(passwords::WRONG, &[&object]).0, "403");
    assert_eq!(status(&[&object]), "403", "not signed at all");
}

#[test]
fn gcs_keeps_objects() {
    let gcs = Service::gcs();
    let (url, bucket, name) = (gcs.env("GCS_ENDPOINT"), gcs.env("GCS_BUCKET"), unique("object"));
    let upload = format!("{url}/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}");
    assert_eq!(status(&["-H", "Content-Type: text/plain", "-d", "hello", &upload]), "200");
    let object = format!("{url}/storage/v1/b/{bucket}/o/{name}?alt=media");
    assert_eq!(curl(&[&object]), ("200".to_owned(), "hello".to_owned()));
}

#[test]
fn the_vault_gives_secrets_to_its_token_and_namespace() {
    let vault = Vault::start();
    vault.put("", "kafka/prod", json!({"password": passwords::STRANGER}));
    vault.put("team", "kafka/prod", json!({"password": "another"}));
    let read = |token: &str, namespace: &str, path: &str| {
        let token = format!("X-Vault-Token: {token}");
        let namespace = format!("X-Vault-Namespace: {namespace}");
        let (status, body) =
            curl(&["-H", &token, "-H", &namespace, &format!("{}/v1/{path}", vault.address())]);
        let body: Value = serde_json::from_str(&body).expect("JSON");
        (status, body["data"]["data"]["password"].as_str().map(str::to_owned))
    };
    let found = |password: &str| ("200".to_owned(), Some(password.to_owned()));
    let refused = |status: &str| (status.to_owned(), None);
    assert_eq!(read(passwords::VAULT, "", "secret/data/kafka/prod"), found(passwords::STRANGER));
    assert_eq!(read(passwords::VAULT, "team", "secret/data/kafka/prod"), found("another"));
    assert_eq!(read(passwords::VAULT, "", "secret/data/kafka/staging"), refused("404"));
    assert_eq!(read(passwords::VAULT, "", "secret/kafka/prod"), refused("404"));
    assert_eq!(read(passwords::VAULT, "", "other/data/kafka/prod"), refused("404"));
    assert_eq!(read(passwords::WRONG, "", "secret/data/kafka/prod"), refused("403"));
    vault.seal();
    assert_eq!(read(passwords::VAULT, "", "secret/data/kafka/prod"), refused("503"));
}
