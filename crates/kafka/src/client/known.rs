//! The library's own list of client properties.

#![expect(unsafe_code, reason = "rust-rdkafka has no safe form of the list")]

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::slice;
use std::sync::OnceLock;

use rdkafka::bindings as native;

use super::properties::owner;

/// A client property that people may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownProperty {
    pub name: String,
    /// Empty where there is none.
    pub default: String,
}

/// Properties that the library leaves out of its list, for they have no value until somebody sets one.
const WITHOUT_DEFAULT: &[&str] = &[
    "client.rack",
    "debug",
    "ssl.cipher.suites",
    "ssl.crl.location",
    "ssl.curves.list",
    "ssl.sigalgs.list",
    "topic.blacklist",
];

/// Every client property that people may set, sorted by name: those that settings of ours own are not among them.
pub fn known_properties() -> &'static [KnownProperty] {
    static KNOWN: OnceLock<Vec<KnownProperty>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let others = WITHOUT_DEFAULT.iter().map(|name| ((*name).to_owned(), String::new()));
        let mut known = BTreeMap::new();
        for (name, default) in listed().into_iter().chain(others) {
            if owner(&name).is_none() {
                // A topic's property of the same name comes later and says `inherit`.
                known.entry(name).or_insert(default);
            }
        }
        known.into_iter().map(|(name, default)| KnownProperty { name, default }).collect()
    })
}

/// Names and defaults as the library lists them.
fn listed() -> Vec<(String, String)> {
    let mut listed = Vec::new();
    // SAFETY: both are ours until they are destroyed below, and each is destroyed once.
    let (client, topic) = unsafe { (native::rd_kafka_conf_new(), native::rd_kafka_topic_conf_new()) };
    for of_topic in [false, true] {
        let mut count = 0;
        // SAFETY: the configurations are alive and `count` is ours.
        let pairs = unsafe {
            if of_topic {
                native::rd_kafka_topic_conf_dump(topic, &raw mut count)
            } else {
                native::rd_kafka_conf_dump(client, &raw mut count)
            }
        };
        if pairs.is_null() {
            continue;
        }
        // SAFETY: the library hands over `count` pointers to texts that end in a zero, names and values in turn.
        let texts = unsafe { slice::from_raw_parts(pairs, count) };
        for pair in texts.chunks_exact(2) {
            // SAFETY: see above; they are copied before the list is freed.
            let text = |index: usize| unsafe { CStr::from_ptr(pair[index]) }.to_string_lossy().into_owned();
            listed.push((text(0), text(1)));
        }
        // SAFETY: the list is the library's own and is freed once.
        unsafe { native::rd_kafka_conf_dump_free(pairs, count) };
    }
    // SAFETY: see above.
    unsafe {
        native::rd_kafka_conf_destroy(client);
        native::rd_kafka_topic_conf_destroy(topic);
    }
    listed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cluster;

    #[test]
    fn every_known_property_may_be_set_to_its_default() {
        let known = known_properties();
        assert!(known.len() > 60 && known.iter().any(|known| known.name == "fetch.min.bytes"), "{known:?}");
        for KnownProperty { name, default } in known {
            let mut cluster = Cluster::new("localhost:9092");
            cluster.properties.insert(name.clone(), default.clone());
            // Empty is no value for some of them, but the name is known.
            match cluster.check() {
                Ok(()) => {}
                Err(crate::Error::InvalidProperty { .. }) if default.is_empty() => {}
                Err(error) => panic!("{name}={default}: {error}"),
            }
        }
    }
}
