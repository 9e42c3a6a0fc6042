//! Client properties that people may set, and those that settings of ours own.

use std::collections::BTreeMap;

use rdkafka::error::KafkaError;

use super::known::known_properties;
use crate::error::{Error, Result};

const GROUP: &str = "the sync name: offsets are committed after every writer has";
const INSIDE: &str = "nothing: it is of the library's inside";
const LOG: &str = "the log settings of Flowloom";
const SERVERS: &str = "the connection's field `Bootstrap servers`";
const CA: &str = "the connection's field `CA certificate`";
const CERTIFICATE: &str = "the connection's field `Client certificate`";
const KEY: &str = "the connection's field `Client key`";
const KEY_PASSWORD: &str = "the connection's field `Key password`";
const KEYSTORE: &str = "the connection's fields `Client certificate` and `Client key`, as PEM";
const TOKEN: &str = "the connection's fields for tokens";
const VERIFY: &str = "the connection's switches that skip verification";

/// Owned properties, by their whole name or by their beginning with a dot or underscore at its end, and the setting to
/// use instead.
const OWNED: &[(&str, &str)] = &[
    ("auto.commit.", GROUP),
    ("auto.offset.reset", "the start position"),
    ("bootstrap.servers", SERVERS),
    ("builtin.features", "nothing: it is fixed when Flowloom is built"),
    ("client.software.", "nothing: Flowloom names itself"),
    ("default_topic_conf", INSIDE),
    ("enable.auto.commit", GROUP),
    ("enable.auto.offset.store", GROUP),
    ("enable.partition.eof", "nothing: a read knows its end"),
    ("enable.sasl.", TOKEN),
    ("enable.ssl.certificate.verification", VERIFY),
    ("enabled_events", INSIDE),
    ("group.", "the sync name"),
    (
        "group.instance.id",
        "nothing: partitions are assigned and no group is joined, so none is ever rebalanced",
    ),
    ("https.", CA),
    ("interceptors", INSIDE),
    ("internal.", INSIDE),
    ("isolation.level", "the isolation setting"),
    ("log.", LOG),
    ("log_level", LOG),
    ("metadata.broker.list", SERVERS),
    ("oauthbearer_", TOKEN),
    ("offset.store.", "the sync name"),
    ("opaque", INSIDE),
    ("partition.assignment.strategy", "nothing: partitions are assigned without a group"),
    ("plugin.library.paths", "nothing: plugins are not loaded"),
    ("sasl.", "the connection's fields for the login"),
    ("sasl.kerberos.keytab", "the connection's field `Keytab`"),
    ("sasl.kerberos.kinit.cmd", "the connection's field `Keytab`"),
    ("sasl.kerberos.principal", "the connection's field `Principal`"),
    ("sasl.kerberos.service.name", "the connection's field `Service name`"),
    ("sasl.mechanism", "the connection's field `Mechanism`"),
    ("sasl.mechanisms", "the connection's field `Mechanism`"),
    ("sasl.oauthbearer.", TOKEN),
    ("sasl.oauthbearer.client.id", "the connection's field `Client id`"),
    ("sasl.oauthbearer.client.secret", "the connection's field `Client secret`"),
    ("sasl.oauthbearer.scope", "the connection's field `Scope`"),
    ("sasl.oauthbearer.token.endpoint.url", "the connection's field `Token endpoint`"),
    ("sasl.password", "the connection's field `Password`"),
    ("sasl.username", "the connection's field `User name`"),
    ("security.", "the connection's field `Security protocol`"),
    ("ssl.ca.", CA),
    ("ssl.certificate.location", CERTIFICATE),
    ("ssl.certificate.pem", CERTIFICATE),
    ("ssl.certificate.verify_cb", INSIDE),
    ("ssl.endpoint.identification.algorithm", VERIFY),
    ("ssl.engine.", "nothing: no engines are loaded"),
    ("ssl.key.location", KEY),
    ("ssl.key.password", KEY_PASSWORD),
    ("ssl.key.pem", KEY),
    ("ssl.keystore.", KEYSTORE),
    ("ssl.providers", "nothing: no providers are loaded"),
    ("ssl.truststore.", CA),
    ("ssl_", INSIDE),
    ("test.mock.", "the demo"),
    ("ut_", INSIDE),
];

/// Beginnings of properties that are about security: their values may be secrets, so no text repeats them.
const SECURITY: &[&str] = &["enable.sasl", "enable.ssl", "https", "oauth", "sasl", "security", "ssl"];

/// The setting to use instead of a property that we own, in words.
pub(super) fn owner(property: &str) -> Option<&'static str> {
    if property.ends_with("_cb") {
        return Some(INSIDE);
    }
    let is_meant =
        |owned: &str| property == owned || owned.ends_with(['.', '_']) && property.starts_with(owned);
    let meant = OWNED.iter().filter(|(owned, _)| is_meant(owned));
    // The longest says it best: `ssl.key.pem`, not `ssl.`.
    meant.max_by_key(|(owned, _)| owned.len()).map(|(_, instead)| *instead)
}

/// Refuses owned properties by name, and those that the library does not know.
pub(super) fn check(properties: &BTreeMap<String, String>) -> Result<()> {
    for (property, value) in properties {
        if property.contains('\0') || value.contains('\0') {
            let property = property.escape_debug();
            return Err(Error::InvalidRequest {
                reason: format!("the client property `{property}` has a zero byte in it"),
            });
        }
        if let Some(instead) = owner(property) {
            return Err(Error::OwnedProperty { property: property.clone(), instead });
        }
    }
    Ok(())
}

/// What librdkafka says when a property is wrong.
pub(super) fn refused(error: KafkaError) -> Error {
    match error {
        KafkaError::ClientConfig(_, reason, property, _) if reason.starts_with("No such configuration") => {
            let nearest = nearest(&property);
            Error::UnknownProperty { property, nearest }
        }
        KafkaError::ClientConfig(_, _, property, _)
            if SECURITY.iter().any(|start| property.starts_with(start)) =>
        {
            Error::InvalidProperty {
                property,
                value: "…".into(),
                reason: "the library refuses this value".into(),
            }
        }
        KafkaError::ClientConfig(_, reason, property, value) => {
            let reason = match reason.split_once("outside allowed range ") {
                Some((_, range)) => format!("it must be within {}", range.trim()),
                None if reason.starts_with("Expected bool") => "it must be `true` or `false`".to_owned(),
                None => reason.trim().to_owned(),
            };
            Error::InvalidProperty { property, value, reason }
        }
        KafkaError::ClientCreation(reason) => Error::InvalidRequest { reason: creation(&reason) },
        // Its source would repeat the bytes, which may be a secret.
        KafkaError::Nul(_) => {
            Error::InvalidRequest { reason: "a setting of the connection has a zero byte in it".into() }
        }
        other => Error::Kafka {
            doing: "creating a Kafka client".into(),
            reason: super::reason_of(&other),
            source: Some(Box::new(other)),
        },
    }
}

/// Why no client can be made. The library names its properties, people know fields.
fn creation(reason: &str) -> String {
    // Without `: error:0480006C:PEM routines::no start line`, which says nothing more.
    let reason = reason.split(": error:").next().unwrap_or(reason).trim().trim_end_matches(':');
    let field = OWNED.iter().find(|(owned, _)| reason.starts_with(owned)).map(|(_, instead)| *instead);
    match field {
        Some(field) => format!("{field} cannot be used: {reason}"),
        None => format!("no Kafka client can be made with these settings: {reason}"),
    }
}

/// The known property that was perhaps meant.
fn nearest(typed: &str) -> Option<&'static str> {
    let allowed = (typed.len() / 4).max(1);
    let known = known_properties().iter().map(|known| known.name.as_str());
    let owned = OWNED.iter().map(|(name, _)| *name).filter(|name| !name.ends_with(['.', '_']));
    let close = known.chain(owned).map(|name| (distance(typed, name), name));
    close.filter(|(distance, _)| *distance <= allowed).min().map(|(_, name)| name)
}

/// Levenshtein's edit distance, in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Cluster;

    fn set(name: &str, value: &str) -> Result<()> {
        let mut cluster = Cluster::new("localhost:9092");
        cluster.properties.insert(name.into(), value.into());
        cluster.check()
    }

    #[test]
    fn every_owned_property_is_refused_and_names_its_field() {
        for (property, field) in [
            ("security.protocol", "`Security protocol`"),
            ("sasl.password", "`Password`"),
            ("sasl.username", "`User name`"),
            ("sasl.mechanisms", "`Mechanism`"),
            ("ssl.ca.location", "`CA certificate`"),
            ("ssl.ca.pem", "`CA certificate`"),
            ("ssl.key.pem", "`Client key`"),
            ("ssl.key.password", "`Key password`"),
            ("ssl.keystore.password", "`Client certificate` and `Client key`"),
            ("enable.ssl.certificate.verification", "skip verification"),
            ("bootstrap.servers", "`Bootstrap servers`"),
            ("group.id", "sync name"),
            ("group.instance.id", "no group is joined"),
            ("enable.auto.commit", "sync name"),
            ("enable.auto.offset.store", "sync name"),
            ("enable.partition.eof", "nothing"),
            ("auto.offset.reset", "start position"),
            ("isolation.level", "isolation"),
            ("sasl.oauthbearer.client.secret", "`Client secret`"),
            ("ut_handle_ProduceResponse", "nothing"),
            ("open_cb", "nothing"),
        ] {
            let refused = set(property, "hunter2").unwrap_err();
            let hint = refused.hint().unwrap();
            assert!(refused.to_string().contains(property) && hint.contains(field), "{refused}: {hint}");
        }
    }

    #[test]
    fn wrong_properties_say_what_would_be_right() {
        assert!(set("fetch.min.bytes", "1").is_ok() && set("ssl.cipher.suites", "x").is_ok());
        let unknown = set("fetch.wait.max.sm", "20").unwrap_err();
        assert_eq!(unknown.to_string(), "there is no client property `fetch.wait.max.sm`");
        assert_eq!(unknown.hint().unwrap(), "Did you mean `fetch.wait.max.ms`?");
        let typo = set("sasl_password", "hunter2").unwrap_err();
        assert_eq!(typo.hint().unwrap(), "Did you mean `sasl.password`?");
        assert!(!format!("{typo:?}").contains("hunter2"));
        let range = set("fetch.wait.max.ms", "-5").unwrap_err().to_string();
        assert_eq!(
            range,
            "the client property `fetch.wait.max.ms` cannot be `-5`: it must be within 0..300000"
        );
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(OWNED.is_sorted_by_key(|(name, _)| name));
    }

    /// Names that are nearly or really those of properties.
    fn names() -> impl Strategy<Value = String> {
        let known: Vec<_> = known_properties().iter().map(|known| known.name.clone()).collect();
        let owned: Vec<_> = OWNED.iter().map(|(name, _)| format!("{name}location")).collect();
        let exact: Vec<_> = OWNED.iter().map(|(name, _)| (*name).to_owned()).collect();
        prop_oneof![
            prop::sample::select(known),
            prop::sample::select(owned),
            prop::sample::select(exact),
            "(ssl|sasl|security|enable|https)[._][a-z._]{0,20}",
            any::<String>(),
        ]
    }

    proptest! {
        #[test]
        fn no_text_of_properties_panics_and_no_secret_is_repeated(name in names(), noise in any::<String>()) {
            let value = format!("hunter2-{noise}");
            if let Err(error) = set(&name, &value) {
                let told = format!("{error} {error:?} {:?}", error.hint());
                let may_tell = matches!(&error, Error::InvalidProperty { property, .. }
                    if !SECURITY.iter().any(|start| property.starts_with(start)));
                prop_assert!(may_tell || !told.contains("hunter2"), "{told}");
            }
        }
    }
}
