//! Some partitions of a topic.

use std::collections::BTreeSet;
use std::fmt;

use crate::Problem;

/// More than any cluster has in a topic; a range may not name more.
const MOST: i32 = 1_000_000;

/// Partitions by number, written as `0,2-5`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partitions(pub BTreeSet<i32>);

impl Partitions {
    /// Reads `0,2-5`; spaces are allowed, and so is `2..5`.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut found = BTreeSet::new();
        for part in text.split(',') {
            let part = part.trim();
            let (first, last) =
                part.split_once('-').or_else(|| part.split_once("..")).unwrap_or((part, part));
            let (first, last) = (number(first, part)?, number(last, part)?);
            if last < first {
                return Err(wrong(part).hint(format!("write `{last}-{first}`")));
            }
            found.extend(first..=last);
        }
        Ok(Self(found))
    }
}

fn number(text: &str, part: &str) -> Result<i32, Problem> {
    match text.trim().parse::<i32>() {
        Ok(number) if (0..MOST).contains(&number) => Ok(number),
        _ => Err(wrong(part).hint("write numbers and ranges from 0, such as `0,2-5`")),
    }
}

fn wrong(part: &str) -> Problem {
    match part {
        "" => Problem::user("a number of a partition is missing between commas"),
        part => Problem::user(format!("`{part}` names no partitions")),
    }
}

impl fmt::Display for Partitions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.iter().copied().peekable();
        let mut comma = "";
        while let Some(first) = rest.next() {
            let mut last = first;
            while let Some(next) = rest.next_if(|next| *next == last + 1) {
                last = next;
            }
            match last - first {
                0 => write!(f, "{comma}{first}")?,
                1 => write!(f, "{comma}{first},{last}")?,
                _ => write!(f, "{comma}{first}-{last}")?,
            }
            comma = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges_are_written_shortly() {
        for (text, shown) in [
            ("0", "0"),
            ("0,2-5", "0,2-5"),
            (" 5 , 4,3 ,0", "0,3-5"),
            ("1,2", "1,2"),
            ("2..4,3", "2-4"),
            ("7-7", "7"),
        ] {
            let found = Partitions::parse(text).expect(text);
            assert_eq!(found.to_string(), shown, "{text}");
            assert_eq!(Partitions::parse(shown).expect(shown), found);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let told = |text: &str| Partitions::parse(text).expect_err(text).to_string();
        assert_eq!(told("5-2"), "`5-2` names no partitions; write `2-5`");
        assert_eq!(
            told("0,"),
            "a number of a partition is missing between commas; write numbers and ranges from 0, such as `0,2-5`"
        );
        for text in ["-1", "a", "1-", "0-4000000000", "0-2000000", "1.5"] {
            assert!(told(text).contains(&format!("`{text}` names no partitions")), "{text}");
        }
    }
}
