//! Which topics and partitions a read covers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};

use regex::Regex;

use crate::cancel::Cancel;
use crate::client::{Cluster, Connection};
use crate::error::{Error, Result};
use crate::offsets::Places;
use crate::topic::{partitions_of, partitions_that};

/// What to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topics {
    /// These topics, each named once.
    Named(Vec<Wanted>),
    /// Every topic whose whole name matches this regular expression. Kafka's own, which begin with `__`,
    /// are read only when they are named.
    Pattern(String),
}

/// A topic, or some of its partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub topic: String,
    /// `None`: all that there are when the read begins.
    pub partitions: Option<BTreeSet<i32>>,
}

impl From<&str> for Topics {
    fn from(topic: &str) -> Self {
        topic.to_owned().into()
    }
}

impl From<String> for Topics {
    /// All of one topic.
    fn from(topic: String) -> Self {
        Self::Named(vec![Wanted { topic, partitions: None }])
    }
}

impl Display for Topics {
    /// The names, or the pattern.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pattern(pattern) => out.write_str(pattern),
            Self::Named(wanted) => {
                let names: Vec<_> = wanted.iter().map(|wanted| wanted.topic.as_str()).collect();
                out.write_str(&names.join(", "))
            }
        }
    }
}

impl Topics {
    /// Whether this can be asked for; what a cluster has of it, [`partitions`](Self::partitions) tells.
    ///
    /// Fails with [`Error::InvalidRequest`].
    pub fn check(&self) -> Result<()> {
        let wrong = |reason: String| Err(Error::InvalidRequest { reason });
        let wanted = match self {
            Self::Pattern(pattern) if pattern.trim().is_empty() => {
                return wrong("the pattern of topics is empty".into());
            }
            Self::Pattern(pattern) => return whole(pattern).map(drop),
            Self::Named(wanted) => wanted,
        };
        if wanted.is_empty() {
            return wrong("no topic is named".into());
        }
        let mut known = BTreeSet::new();
        for Wanted { topic, partitions } in wanted {
            if topic.trim().is_empty() {
                return wrong("the topic is empty".into());
            }
            if !known.insert(topic) {
                return wrong(format!("the topic `{topic}` is named twice"));
            }
            if partitions.as_ref().is_some_and(BTreeSet::is_empty) {
                return wrong(format!("no partition of topic `{topic}` is wanted"));
            }
        }
        Ok(())
    }

    /// The partitions that a read would cover now, rising, by topic.
    ///
    /// Fails with [`Error::UnknownTopic`], [`Error::NoTopicMatches`], [`Error::TopicForbidden`],
    /// [`Error::NoLeader`], and with [`Error::InvalidRequest`] for a partition that is not there.
    pub fn partitions(&self, cluster: &Cluster, cancel: &Cancel) -> Result<BTreeMap<String, Vec<i32>>> {
        self.check()?;
        self.find(&Connection::open(cluster, &[])?, cancel)
    }

    /// As [`partitions`](Self::partitions), of a live client.
    pub(crate) fn find(&self, connection: &Connection, cancel: &Cancel) -> Result<Places> {
        match self {
            Self::Pattern(pattern) => {
                let regex = whole(pattern)?;
                let found = partitions_that(connection, cancel, move |name| {
                    !crate::topic::is_internal(name) && regex.is_match(name)
                })?;
                if found.is_empty() {
                    let (pattern, servers) = (pattern.clone(), connection.servers().to_owned());
                    return Err(Error::NoTopicMatches { pattern, servers });
                }
                Ok(found)
            }
            Self::Named(wanted) => wanted
                .iter()
                .map(|wanted| Ok((wanted.topic.clone(), wanted.find(connection, cancel)?)))
                .collect(),
        }
    }

    /// Whether only some partitions of `topic` were asked for.
    pub(crate) fn is_selection(&self, topic: &str) -> bool {
        let Self::Named(wanted) = self else { return false };
        wanted.iter().any(|wanted| wanted.topic == topic && wanted.partitions.is_some())
    }
}

impl Wanted {
    fn find(&self, connection: &Connection, cancel: &Cancel) -> Result<Vec<i32>> {
        let Self { topic, partitions } = self;
        let all = partitions_of(connection, topic, cancel)?;
        let Some(wanted) = partitions else { return Ok(all) };
        let missing: Vec<_> =
            wanted.iter().filter(|wanted| all.binary_search(wanted).is_err()).map(i32::to_string).collect();
        if missing.is_empty() {
            return Ok(wanted.iter().copied().collect());
        }
        let (what, count) = (if missing.len() == 1 { "partition" } else { "partitions" }, all.len());
        let missing = missing.join(", ");
        let reason = format!("topic `{topic}` has no {what} {missing}: it has {count}, counted from 0");
        Err(Error::InvalidRequest { reason })
    }
}

/// A pattern that matches whole names only.
fn whole(pattern: &str) -> Result<Regex> {
    // Alone first: `a)|(b` becomes a pattern only by what we put around it.
    Regex::new(pattern).and_then(|_| Regex::new(&format!(r"\A(?:{pattern})\z"))).map_err(|error| {
        let text = error.to_string();
        let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
        Error::InvalidRequest { reason: format!("the pattern `{pattern}` cannot be read: {reason}") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_names() {
        let matches = |pattern: &str, name: &str| whole(pattern).unwrap().is_match(name);
        assert!(matches("orders-.*", "orders-eu") && !matches("orders", "orders-eu"));
        assert!(matches("a|ab", "ab") && !matches("a|b", "xb") && matches("(?i)ORDERS", "orders"));
        assert!(!matches("orders", "orders\n") && !matches("a.b", "a\nb"));
    }

    #[test]
    fn what_cannot_be_asked_for_says_why() {
        let wanted = |topic: &str, partitions: Option<&[i32]>| Wanted {
            topic: topic.into(),
            partitions: partitions.map(|some| some.iter().copied().collect()),
        };
        for (topics, words) in [
            (Topics::Named(vec![]), "no topic is named"),
            (Topics::from(" "), "the topic is empty"),
            (Topics::Named(vec![wanted("a", None), wanted("a", Some(&[1]))]), "`a` is named twice"),
            (Topics::Named(vec![wanted("a", Some(&[]))]), "no partition of topic `a`"),
            (Topics::Pattern(String::new()), "pattern of topics is empty"),
            (Topics::Pattern("orders-(".into()), "`orders-(` cannot be read: unclosed group"),
            (Topics::Pattern("a)|(b".into()), "`a)|(b` cannot be read"),
        ] {
            let error = topics.check().unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        assert!(Topics::from("orders").check().is_ok());
        assert_eq!(Topics::Named(vec![wanted("a", None), wanted("b", None)]).to_string(), "a, b");
    }
}
