//! Client properties that people may set, and those that settings of ours own.

use std::collections::BTreeMap;

use rdkafka::error::KafkaError;

use crate::error::{Error, Result};

/// Owned properties, by their beginning or whole name, and the setting to use instead.
const OWNED: &[(&str, &str)] = &[
    ("auto.commit.", "the sync name: offsets are committed after every writer has"),
    ("auto.offset.reset", "the start position"),
    ("bootstrap.servers", "the connection's bootstrap servers"),
    ("builtin.features", "nothing: it is fixed when Flowloom is built"),
    ("client.id", "nothing: Flowloom names itself"),
    ("enable.auto.commit", "the sync name: offsets are committed after every writer has"),
    ("enable.auto.offset.store", "the sync name: offsets are committed after every writer has"),
    ("enable.partition.eof", "nothing: a read knows its end"),
    ("enable.sasl.oauthbearer.", "the connection's security settings"),
    ("enable.ssl.", "the connection's security settings"),
    ("group.", "the sync name"),
    ("isolation.level", "the isolation setting"),
    ("log.", "the log settings of Flowloom"),
    ("log_level", "the log settings of Flowloom"),
    ("metadata.broker.list", "the connection's bootstrap servers"),
    ("offset.store.", "the sync name"),
    ("partition.assignment.strategy", "nothing: partitions are assigned without a group"),
    ("plugin.library.paths", "nothing: plugins are not loaded"),
    ("sasl.", "the connection's security settings"),
    ("security.", "the connection's security settings"),
    ("ssl.", "the connection's security settings"),
    ("test.mock.", "the demo"),
];

/// Refuses owned properties by name.
pub(super) fn check(properties: &BTreeMap<String, String>) -> Result<()> {
    for property in properties.keys() {
        let owner = OWNED.iter().find(|(owned, _)| {
            if owned.ends_with('.') { property.starts_with(owned) } else { property == owned }
        });
        if let Some((_, instead)) = owner {
            return Err(Error::OwnedProperty { property: property.clone(), instead });
        }
    }
    Ok(())
}

/// What librdkafka says when a property is wrong.
pub(super) fn refused(error: KafkaError) -> Error {
    match error {
        KafkaError::ClientConfig(_, reason, property, value) => {
            let reason = if reason.starts_with("No such configuration property") {
                "there is no such property".into()
            } else {
                reason
            };
            Error::InvalidProperty { property, value, reason }
        }
        KafkaError::ClientCreation(reason) => {
            Error::InvalidRequest { reason: format!("the client properties contradict each other: {reason}") }
        }
        other => Error::Kafka {
            doing: "creating a Kafka client".into(),
            reason: super::reason_of(&other),
            source: Some(Box::new(other)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_owned_property_is_refused_and_names_its_setting() {
        for property in [
            "security.protocol",
            "sasl.password",
            "ssl.ca.pem",
            "group.id",
            "group.instance.id",
            "enable.auto.commit",
            "enable.auto.offset.store",
            "enable.partition.eof",
            "auto.offset.reset",
            "bootstrap.servers",
            "isolation.level",
            "enable.ssl.certificate.verification",
        ] {
            let refused = check(&BTreeMap::from([(property.to_owned(), String::new())])).unwrap_err();
            assert!(refused.to_string().contains(property) && refused.hint().is_some(), "{refused}");
        }
        assert!(check(&BTreeMap::from([("fetch.min.bytes".to_owned(), "1".to_owned())])).is_ok());
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(OWNED.is_sorted());
    }
}
