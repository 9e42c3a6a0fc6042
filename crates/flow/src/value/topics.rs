//! Which topics a source reads: one, some, or all whose names fit a pattern.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use regex::Regex;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::Partitions;
use crate::Problem;
use crate::form::Value;

/// Topics as the flow file has them: `orders`, `[orders, {topic: payments, partitions: "0,2-5"}]` or
/// `{pattern: "orders-.*"}`.
///
/// The shape is kept: a list of one stays a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Topics {
    /// All partitions of one topic.
    One(String),
    /// These, each with all or some of its partitions.
    List(Vec<TopicPart>),
    /// Every topic whose whole name fits a regular expression, those that are made later too.
    Pattern { pattern: String },
}

/// A topic of a list. A name alone is all of its partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicPart {
    pub topic: String,
    /// As [`Partitions`] are written; empty: all.
    pub partitions: String,
}

/// Topics and the partitions of each; `None`: all.
pub type Wanted<'a> = BTreeMap<&'a str, Option<BTreeSet<i32>>>;

impl Default for Topics {
    fn default() -> Self {
        Self::One(String::new())
    }
}

impl Value for Topics {
    const NAME: &'static str = "Topics";
    const SHAPE: &'static str =
        "orders, [orders, {topic: payments, partitions: \"0,2-5\"}] or {pattern: \"orders-.*\"}";
}

impl From<&str> for Topics {
    fn from(topic: &str) -> Self {
        Self::One(topic.to_owned())
    }
}

/// What names fit a pattern; the whole name has to.
#[derive(Clone, Debug)]
pub struct TopicPattern(Regex);

impl TopicPattern {
    /// Fails where `pattern` is no regular expression, and says where.
    pub fn new(pattern: &str) -> Result<Self, Problem> {
        let regex = Regex::new(&format!("^(?:{pattern})$"));
        regex.map(Self).map_err(|error| {
            let why = match &error {
                regex::Error::CompiledTooBig(_) => "it is too large".to_owned(),
                // The last line says what is wrong, those before it point at the place.
                error => error
                    .to_string()
                    .lines()
                    .last()
                    .map_or_else(String::new, |last| last.trim_start_matches("error: ").to_owned()),
            };
            Problem::user(format!("`{pattern}` is no regular expression: {why}"))
                .hint("write one such as `orders-.*`; it must fit a topic's whole name")
                .source(error)
        })
    }

    pub fn fits(&self, topic: &str) -> bool {
        self.0.is_match(topic)
    }
}

/// What Kafka takes as a name.
fn check_name(topic: &str) -> Result<(), Problem> {
    const LONGEST: usize = 249;
    if topic.trim().is_empty() {
        return Err(Problem::user("no topic is chosen"));
    }
    let wrong = topic.chars().find(|c| !(c.is_ascii_alphanumeric() || "._-".contains(*c)));
    let why = match wrong {
        Some(c) if c == ' ' || c == ',' => "write several topics as a list".to_owned(),
        Some(c) if "*?+|()[]^$\\".contains(c) => {
            format!("a name has no `{c}`; to read all topics that fit a pattern, choose a pattern")
        }
        Some(_) => "a name has letters from a to z, digits, `.`, `_` and `-`".to_owned(),
        None if topic.len() > LONGEST => format!("a name has at most {LONGEST} letters"),
        None if topic == "." || topic == ".." => "Kafka does not take it".to_owned(),
        None => return Ok(()),
    };
    Err(Problem::user(format!("`{topic}` is not the name of a topic")).hint(why))
}

impl TopicPart {
    pub fn new(topic: impl Into<String>) -> Self {
        Self { topic: topic.into(), partitions: String::new() }
    }

    /// Its partitions; `None`: all.
    pub fn partitions(&self) -> Result<Option<BTreeSet<i32>>, Problem> {
        match self.partitions.trim() {
            "" => Ok(None),
            text => Ok(Some(Partitions::parse(text)?.0)),
        }
    }
}

impl Topics {
    /// The topic, where it is one that is read whole.
    pub fn single(&self) -> Option<&str> {
        match self {
            Self::One(topic) => Some(topic),
            Self::List(parts) => match parts.as_slice() {
                [part] if part.partitions.trim().is_empty() => Some(&part.topic),
                _ => None,
            },
            Self::Pattern { .. } => None,
        }
    }

    /// The names that are written here; none for a pattern.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::One(topic) if topic.trim().is_empty() => Vec::new(),
            Self::One(topic) => vec![topic],
            Self::List(parts) => {
                let named = parts.iter().filter(|part| !part.topic.trim().is_empty());
                named.map(|part| part.topic.as_str()).collect()
            }
            Self::Pattern { .. } => Vec::new(),
        }
    }

    /// The topics and their partitions; `None`: a pattern, which [`Topics::pattern`] has.
    pub fn parts(&self) -> Option<Result<Wanted<'_>, Problem>> {
        let read = |(i, part): (usize, &'_ TopicPart)| {
            part.partitions().map_err(|problem| problem.at_field(format!("[{i}].partitions")))
        };
        match self {
            Self::One(topic) => Some(Ok(BTreeMap::from([(topic.as_str(), None)]))),
            Self::List(parts) => {
                let parts = parts.iter().enumerate();
                Some(parts.map(|(i, part)| Ok((part.topic.as_str(), read((i, part))?))).collect())
            }
            Self::Pattern { .. } => None,
        }
    }

    /// The regular expression, where there is one.
    pub fn pattern(&self) -> Option<&str> {
        match self {
            Self::Pattern { pattern } => Some(pattern),
            _ => None,
        }
    }

    /// Whether nothing is chosen yet.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Pattern { pattern } => pattern.trim().is_empty(),
            _ => self.names().is_empty(),
        }
    }

    /// Everything that is wrong, each at its place within the setting: `[1].partitions`, `.pattern`, or none.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        match self {
            Self::One(topic) => problems.extend(check_name(topic).err()),
            Self::Pattern { pattern } if pattern.trim().is_empty() => {
                problems.push(Problem::user("no pattern is written").at_field(".pattern"));
            }
            Self::Pattern { pattern } => {
                let wrong = TopicPattern::new(pattern).err();
                problems.extend(wrong.map(|problem| problem.at_field(".pattern")));
            }
            Self::List(parts) if parts.is_empty() => problems.push(Problem::user("no topic is chosen")),
            Self::List(parts) => {
                let mut names = BTreeSet::new();
                for (i, part) in parts.iter().enumerate() {
                    let at = |place: &str| format!("[{i}].{place}");
                    if let Err(problem) = check_name(&part.topic) {
                        problems.push(problem.at_field(at("topic")));
                    } else if !names.insert(part.topic.as_str()) {
                        let problem = Problem::user(format!("topic `{}` stands twice", part.topic));
                        problems.push(problem.hint("write its partitions in one row").at_field(at("topic")));
                    }
                    if let Err(problem) = part.partitions() {
                        problems.push(problem.at_field(at("partitions")));
                    }
                }
            }
        }
        problems
    }

    /// `orders`, `orders and 2 more`, `topics like orders-.*`
    pub fn caption(&self) -> String {
        if let Self::Pattern { pattern } = self {
            return if pattern.is_empty() { String::new() } else { format!("topics like {pattern}") };
        }
        let partitions = match self {
            Self::List(parts) if parts.len() == 1 => parts[0].partitions.trim(),
            _ => "",
        };
        match self.names().as_slice() {
            [] => String::new(),
            [one] if !partitions.is_empty() => format!("{one}, partitions {partitions}"),
            [one] => (*one).to_owned(),
            [one, other] => format!("{one} and {other}"),
            [one, more @ ..] => format!("{one} and {} more", more.len()),
        }
    }
}

impl<'de> Deserialize<'de> for Topics {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Topics;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a topic, a list of topics, or `{pattern: …}`")
            }

            fn visit_str<E: Error>(self, topic: &str) -> Result<Topics, E> {
                Ok(Topics::from(topic))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, parts: A) -> Result<Topics, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(parts)).map(Topics::List)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Topics, A::Error> {
                #[derive(Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Written {
                    pattern: String,
                }
                let written = Written::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Topics::Pattern { pattern: written.pattern })
            }
        }
        from.deserialize_any(Read)
    }
}

/// A topic of a list with some of its partitions.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPart<'a> {
    topic: std::borrow::Cow<'a, str>,
    #[serde(default, deserialize_with = "partitions")]
    partitions: std::borrow::Cow<'a, str>,
}

/// `"0,2-5"`, `0` or `[0, 2]`.
fn partitions<'de, 'a, D: Deserializer<'de>>(from: D) -> Result<std::borrow::Cow<'a, str>, D::Error> {
    use serde_json::Value as Json;
    let wrong = || D::Error::custom("partitions are written as `\"0,2-5\"`");
    let numbers = |items: Vec<Json>| {
        let texts = items.into_iter().map(|item| item.as_i64().map(|n| n.to_string()));
        texts.collect::<Option<Vec<_>>>().map(|texts| texts.join(","))
    };
    match Json::deserialize(from)? {
        Json::String(text) => Ok(text.into()),
        Json::Number(number) => Ok(number.to_string().into()),
        Json::Array(items) => numbers(items).map(Into::into).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

impl Serialize for TopicPart {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.partitions.trim().is_empty() {
            return to.serialize_str(&self.topic);
        }
        let written =
            WrittenPart { topic: self.topic.as_str().into(), partitions: self.partitions.as_str().into() };
        written.serialize(to)
    }
}

impl<'de> Deserialize<'de> for TopicPart {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = TopicPart;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a topic or `{topic: …, partitions: \"0,2-5\"}`")
            }

            fn visit_str<E: Error>(self, topic: &str) -> Result<TopicPart, E> {
                Ok(TopicPart::new(topic))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<TopicPart, A::Error> {
                let written = WrittenPart::deserialize(MapAccessDeserializer::new(map))?;
                Ok(TopicPart {
                    topic: written.topic.into_owned(),
                    partitions: written.partitions.into_owned(),
                })
            }
        }
        from.deserialize_any(Read)
    }
}

#[cfg(test)]
#[path = "topics_tests.rs"]
mod tests;
