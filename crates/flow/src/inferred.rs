//! What a look at a sample found: settings that need not be typed in, and what the sample says of each field.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::value::Encoding;

/// What [`crate::Kind::infer`] found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inferred {
    /// They replace the settings of the same name.
    pub settings: Map<String, Value>,
    /// What the sample says of each field; empty where the kind only knows names and types.
    pub facts: Vec<FieldFacts>,
    /// Settings that the look went by: what was found is stale once one of them differs.
    pub went_by: Vec<&'static str>,
}

/// What a sample says of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FieldFacts {
    /// Its key; its path is made of those of the fields around it too.
    pub key: String,
    /// The type that takes every value of the sample, as [`crate::value::parse_dtype`] reads it.
    #[serde(rename = "type")]
    pub dtype: String,
    /// How its times are written, where the type does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// Times that it was there, null or not; where a format cannot tell null from missing, with a value.
    pub seen: u64,
    /// Times that it could have been there: messages, or objects around it.
    pub of: u64,
    /// Times that it was there and null.
    pub nulls: u64,
    /// Some of its values, different ones, each at most [`FieldFacts::LONGEST`] characters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
    /// What its values look like, where the type does not say it: `epoch milliseconds`, `RFC 3339`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The fields inside: of a struct, or of the structs in a list, which no path leads to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Self>,
}

impl FieldFacts {
    /// Examples that are kept.
    pub const EXAMPLES: usize = 3;
    /// Characters of an example.
    pub const LONGEST: usize = 60;

    /// Keeps `example`, shortened, unless there are enough or one is the same.
    pub fn example(&mut self, example: &str) {
        if self.examples.len() >= Self::EXAMPLES {
            return;
        }
        let mut short: String = example.chars().take(Self::LONGEST).collect();
        if short.len() < example.len() {
            short.pop();
            short.push('…');
        }
        if !self.examples.contains(&short) {
            self.examples.push(short);
        }
    }

    /// Whether every message, or every object around it, had it with a value.
    pub fn is_always_there(&self) -> bool {
        self.nulls == 0 && self.seen == self.of
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_few_short_and_different() {
        let mut facts = FieldFacts::default();
        let long = "ä".repeat(61);
        for example in ["a", "a", &long, &long, "b", "c"] {
            facts.example(example);
        }
        assert_eq!(facts.examples, ["a".to_owned(), format!("{}…", "ä".repeat(59)), "b".to_owned()]);
    }
}
