//! Names of nodes and ports.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Problem;

/// In bytes.
const LONGEST: usize = 60;

/// A node's stable name within its flow: `[a-z][a-z0-9_]*`, at most 60 characters.
///
/// It is the key in the flow file and the variable in exported code, so it never changes by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeId(String);

impl NodeId {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest valid name to `text`: `Paid orders!` becomes `paid_orders`.
    pub fn nearest(text: &str) -> Self {
        let mut id = String::new();
        for c in text.chars().flat_map(char::to_lowercase) {
            match c {
                'a'..='z' => id.push(c),
                '0'..='9' if !id.is_empty() => id.push(c),
                _ if !id.is_empty() && !id.ends_with('_') => id.push('_'),
                _ => {}
            }
        }
        id.truncate(LONGEST);
        let id = id.trim_end_matches('_');
        Self(if id.is_empty() { "node".to_owned() } else { id.to_owned() })
    }

    /// This name with a number after it, shortened where both do not fit: `paid_2`.
    pub(crate) fn numbered(&self, number: u64) -> Self {
        let number = format!("_{number}");
        let stem: String = self.0.chars().take(LONGEST - number.len()).collect();
        Self(format!("{}{number}", stem.trim_end_matches('_')))
    }
}

impl FromStr for NodeId {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let is_valid = text.len() <= LONGEST
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if is_valid {
            return Ok(Self(text.to_owned()));
        }
        let at_most =
            if text.len() > LONGEST { format!(", {LONGEST} of them at most") } else { String::new() };
        let example = Self::nearest(text);
        Err(Problem::user(format!("`{text}` cannot name a node"))
            .hint(format!("use lower-case letters, digits and `_`{at_most}, such as `{example}`")))
    }
}

impl TryFrom<String> for NodeId {
    type Error = Problem;

    fn try_from(text: String) -> Result<Self, Problem> {
        text.parse()
    }
}

impl From<NodeId> for String {
    fn from(id: NodeId) -> Self {
        id.0
    }
}

impl Borrow<str> for NodeId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_is_always_valid() {
        for text in ["Paid orders!", "9 lives", "", "ÄÖ", "a__b", &"x".repeat(200)] {
            let id = NodeId::nearest(text);
            assert_eq!(id.as_str().parse::<NodeId>().expect("valid"), id, "{text}");
        }
    }

    #[test]
    fn a_wrong_name_is_answered_with_a_right_one() {
        let long = "x".repeat(61).parse::<NodeId>().expect_err("is too long");
        assert!(long.hint.expect("a hint").contains("`_`, 60 of them at most, such as"));
        let problem = "Paid orders".parse::<NodeId>().expect_err("has a space");
        assert_eq!(
            problem.hint.as_deref(),
            Some("use lower-case letters, digits and `_`, such as `paid_orders`")
        );
    }
}
