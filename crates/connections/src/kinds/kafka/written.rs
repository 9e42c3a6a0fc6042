//! Clusters that others have written down: as a URI, in Airflow's words, in environment variables.

use flowloom_flow::Problem;
use serde_json::{Map, Value, json};

use super::Kafka;
use crate::kind::{Variables, read};
use crate::{Kind as _, Parts};

/// librdkafka's properties and our settings for the same.
const PROPERTIES: &[(&str, &str)] = &[
    ("bootstrap.servers", "bootstrap_servers"),
    ("enable.ssl.certificate.verification", "skip_certificate"),
    ("metadata.broker.list", "bootstrap_servers"),
    ("sasl.kerberos.keytab", "keytab"),
    ("sasl.kerberos.principal", "principal"),
    ("sasl.kerberos.service.name", "kerberos_service"),
    ("sasl.mechanism", "mechanism"),
    ("sasl.mechanisms", "mechanism"),
    ("sasl.oauthbearer.client.id", "client_id"),
    ("sasl.oauthbearer.client.secret", "client_secret"),
    ("sasl.oauthbearer.scope", "scope"),
    ("sasl.oauthbearer.token.endpoint.url", "token_url"),
    ("sasl.password", "password"),
    ("sasl.username", "username"),
    ("security.protocol", "security"),
    ("ssl.ca.location", "ca"),
    ("ssl.ca.pem", "ca"),
    ("ssl.certificate.location", "certificate"),
    ("ssl.certificate.pem", "certificate"),
    ("ssl.endpoint.identification.algorithm", "skip_host_name"),
    ("ssl.key.location", "key"),
    ("ssl.key.password", "key_password"),
    ("ssl.key.pem", "key"),
];

/// Properties that say how a client of theirs reads, not how the cluster is reached.
const OF_READERS: &[&str] =
    &["group.id", "auto.offset.reset", "enable.auto.commit", "sasl.oauthbearer.method", "error_cb"];

/// Endings of environment variables and our settings for the same.
const VARIABLES: &[(&str, &str)] = &[
    ("BOOTSTRAP_SERVERS", "bootstrap_servers"),
    ("SECURITY_PROTOCOL", "security"),
    ("SASL_MECHANISM", "mechanism"),
    ("SASL_USERNAME", "username"),
    ("SASL_PASSWORD", "password"),
    ("SASL_KERBEROS_PRINCIPAL", "principal"),
    ("SASL_KERBEROS_SERVICE_NAME", "kerberos_service"),
    ("SASL_KERBEROS_KEYTAB", "keytab"),
    ("SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL", "token_url"),
    ("SASL_OAUTHBEARER_CLIENT_ID", "client_id"),
    ("SASL_OAUTHBEARER_CLIENT_SECRET", "client_secret"),
    ("SASL_OAUTHBEARER_SCOPE", "scope"),
    ("SSL_CA_LOCATION", "ca"),
    ("SSL_CERTIFICATE_LOCATION", "certificate"),
    ("SSL_KEY_LOCATION", "key"),
    ("SSL_KEY_PEM", "key"),
    ("SSL_KEY_PASSWORD", "key_password"),
];

pub(super) fn of_parts(parts: &Parts) -> Result<Kafka, Problem> {
    let mut settings = Map::new();
    let mut properties = Map::new();
    if !parts.authority.is_empty() {
        settings.insert("bootstrap_servers".to_owned(), json!(parts.authority));
    }
    if let Some(login) = &parts.login {
        settings.insert("username".to_owned(), json!(login));
    }
    if let Some(password) = &parts.password {
        settings.insert("password".to_owned(), json!(password.reveal()));
    }
    for (key, value) in &parts.extra {
        let text = parts.extra(key).unwrap_or_default();
        match PROPERTIES.iter().find(|(property, _)| property == key) {
            Some((property, setting)) => {
                settings.insert((*setting).to_owned(), translated(property, text));
            }
            None if OF_READERS.contains(&key.as_str()) => {}
            None if key.contains('.') => {
                properties.insert(key.clone(), json!(text));
            }
            None => {
                settings.insert(key.clone(), value.clone());
            }
        }
    }
    if !properties.is_empty() {
        settings.insert("properties".to_owned(), Value::Object(properties));
    }
    finish(settings)
}

pub(super) fn of_variables(variables: &Variables<'_>) -> Option<Result<Kafka, Problem>> {
    variables.get("BOOTSTRAP_SERVERS")?;
    let mut settings = Map::new();
    for (ending, setting) in VARIABLES {
        if let Some(text) = variables.get(ending) {
            let value = if *setting == "key" { in_file(&text) } else { json!(text) };
            settings.insert((*setting).to_owned(), value);
        }
    }
    if let Some(id) = variables.get("CLIENT_ID") {
        settings.insert("properties".to_owned(), json!({ "client.id": id }));
    }
    if variables.get("SCHEMA_REGISTRY_URL").is_some() {
        let name = format!("{}_schema_registry", variables.prefix.to_lowercase());
        settings.insert("schema_registry".to_owned(), json!(name));
    }
    Some(finish(settings))
}

/// The value of a property as our setting has it.
fn translated(property: &str, text: String) -> Value {
    match property {
        "enable.ssl.certificate.verification" => json!(text == "false"),
        "ssl.endpoint.identification.algorithm" => json!(matches!(text.as_str(), "none" | "")),
        "ssl.key.location" => in_file(&text),
        _ => Value::String(text),
    }
}

fn in_file(path: &str) -> Value {
    if path.starts_with("-----BEGIN") { json!(path) } else { json!(format!("${{file:{path}}}")) }
}

/// A login without a protocol is meant to be a login, and not to go over an open line.
fn finish(mut settings: Map<String, Value>) -> Result<Kafka, Problem> {
    let has_login =
        ["username", "mechanism", "principal", "client_id"].iter().any(|key| settings.contains_key(*key));
    let has_tls = ["ca", "certificate"].iter().any(|key| settings.contains_key(*key));
    if !settings.contains_key("security") && (has_login || has_tls) {
        settings.insert("security".to_owned(), json!(if has_login { "sasl_ssl" } else { "ssl" }));
    }
    for key in ["security", "mechanism"] {
        if let Some(Value::String(text)) = settings.get_mut(key) {
            *text = text.trim().to_lowercase().replace('-', "_");
        }
    }
    let kafka: Kafka = read(settings)?;
    if kafka.bootstrap_servers.trim().is_empty() {
        return Err(Problem::user(format!("a connection to {} needs bootstrap servers", Kafka::CARD.name))
            .at_field("bootstrap_servers"));
    }
    Ok(kafka)
}

#[cfg(test)]
mod tests {
    use flowloom_flow::Secret;
    use flowloom_flow::value::Credential;

    use super::*;
    use crate::kinds::kafka::{Mechanism, Security};

    #[test]
    fn airflows_extra_is_librdkafkas_configuration() {
        let extra = json!({
            "bootstrap.servers": "a:9093,b:9093", "security.protocol": "SASL_SSL", "sasl.mechanisms": "SCRAM-SHA-512",
            "sasl.username": "app", "sasl.password": "app-secret", "ssl.ca.location": "/ca.pem", "group.id": "theirs",
            "fetch.min.bytes": 7, "ssl.endpoint.identification.algorithm": "none"
        });
        let Value::Object(extra) = extra else { panic!("an object") };
        let kafka = of_parts(&Parts { scheme: "kafka".into(), extra, ..Parts::default() }).expect("read");
        assert_eq!(kafka.bootstrap_servers, "a:9093,b:9093");
        assert_eq!((kafka.security, kafka.mechanism), (Security::SaslSsl, Mechanism::ScramSha512));
        assert_eq!((kafka.username.as_str(), kafka.ca.0.as_str()), ("app", "/ca.pem"));
        assert_eq!(kafka.password, Credential::Given(Secret::new("app-secret")));
        assert!(kafka.skip_host_name && !kafka.skip_certificate);
        assert_eq!(
            kafka.properties.0.into_iter().collect::<Vec<_>>(),
            [("fetch.min.bytes".into(), "7".into())]
        );
    }

    #[test]
    fn a_uri_has_several_brokers_and_a_login_means_sasl_ssl() {
        let parts = Parts {
            authority: "a:1,b:2".into(),
            login: Some("app".into()),
            password: Some(Secret::new("app-secret")),
            ..Parts::default()
        };
        let kafka = of_parts(&parts).expect("read");
        assert_eq!((kafka.bootstrap_servers.as_str(), kafka.security), ("a:1,b:2", Security::SaslSsl));
        let wrong = Parts { extra: Map::from_iter([("sasl_user".into(), json!("x"))]), ..parts };
        assert_eq!(of_parts(&wrong).expect_err("unknown").at.field.as_deref(), Some("sasl_user"));
        let empty = of_parts(&Parts::default()).expect_err("no servers").to_string();
        assert!(empty.contains("needs bootstrap servers"), "{empty}");
    }

    #[test]
    fn variables_describe_a_cluster_and_its_registry() {
        let known = [
            ("PROD_BOOTSTRAP_SERVERS", "a:9092"),
            ("PROD_SECURITY_PROTOCOL", "SASL_PLAINTEXT"),
            ("PROD_SASL_MECHANISM", "SCRAM-SHA-256"),
            ("PROD_SASL_USERNAME", "app"),
            ("PROD_SASL_PASSWORD", "app-secret"),
            ("PROD_SSL_KEY_LOCATION", "/key.pem"),
            ("PROD_SCHEMA_REGISTRY_URL", "http://registry"),
        ];
        let get = |name: &str| known.iter().find(|(key, _)| *key == name).map(|(_, text)| (*text).to_owned());
        let variables = |prefix: &str| Variables { prefix: prefix.to_owned(), get: &get };
        let kafka = of_variables(&variables("PROD")).expect("there").expect("read");
        assert_eq!((kafka.security, kafka.mechanism), (Security::SaslPlaintext, Mechanism::ScramSha256));
        assert_eq!(kafka.key, Credential::Reference("${file:/key.pem}".into()));
        assert_eq!(kafka.schema_registry.0, "prod_schema_registry");
        assert!(of_variables(&variables("OTHER")).is_none());
    }
}
