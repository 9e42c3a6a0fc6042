//! When a live run reads its next batch: the block `live` of a flow file, and what a run may say instead.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Problem;

/// The next batch begins when any of these is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct Live {
    /// Time since the last batch began.
    pub every: Option<Duration>,
    /// Messages that wait in all sources together.
    pub messages: Option<u64>,
    /// Bytes of the messages that wait, as far as they are known: see [`crate::Pending`].
    pub bytes: Option<u64>,
}

impl Default for Live {
    /// Every ten seconds.
    fn default() -> Self {
        Self { every: Some(Duration::from_secs(10)), ..Self::NEVER }
    }
}

impl Live {
    /// Nothing is said: complete it before use.
    pub const NEVER: Self = Self { every: None, messages: None, bytes: None };

    /// Whether somebody has to ask what waits.
    pub fn looks(&self) -> bool {
        self.messages.is_some() || self.bytes.is_some()
    }

    /// `every 10 s or 1,000 messages` in short: for captions and logs.
    pub fn caption(&self) -> String {
        let every = self.every.map(|every| format!("every {}", show_duration(every)));
        let messages = self.messages.map(|messages| format!("{messages} messages"));
        let bytes = self.bytes.map(show_bytes);
        every.into_iter().chain(messages).chain(bytes).collect::<Vec<_>>().join(" or ")
    }
}

impl From<Live> for Map<String, Value> {
    fn from(live: Live) -> Self {
        let every = live.every.map(|every| ("every".to_owned(), Value::from(show_duration(every))));
        let messages = live.messages.map(|messages| ("messages".to_owned(), Value::from(messages)));
        let bytes = live.bytes.map(|bytes| ("bytes".to_owned(), Value::from(show_bytes(bytes))));
        every.into_iter().chain(messages).chain(bytes).collect()
    }
}

impl TryFrom<Map<String, Value>> for Live {
    type Error = Problem;

    fn try_from(map: Map<String, Value>) -> Result<Self, Problem> {
        let mut live = Self::NEVER;
        for (key, value) in map {
            let text = match &value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return Err(expected(&key).at_field(format!("live.{key}"))),
            };
            let read = match key.as_str() {
                "every" => parse_duration(&text).map(|every| live.every = Some(every)),
                "messages" => parse_count(&text).map(|messages| live.messages = Some(messages)),
                "bytes" => parse_bytes(&text).map(|bytes| live.bytes = Some(bytes)),
                _ => Err(Problem::user(format!("unknown field `{key}`"))
                    .hint("use `every`, `messages` and `bytes`, such as `{every: 10s, messages: 1000}`")),
            };
            read.map_err(|problem| problem.at_field(format!("live.{key}")))?;
        }
        if live == Self::NEVER {
            let problem = Problem::user("nothing says when the next batch begins");
            return Err(problem.hint("write `live: {every: 10s}`").at_field("live"));
        }
        Ok(live)
    }
}

fn expected(key: &str) -> Problem {
    Problem::user(format!("`{key}` is neither text nor a number"))
        .hint("write `live: {every: 10s, messages: 1000, bytes: 1MB}`, or some of it")
}

const TIMES: [(&str, u64); 6] =
    [("ms", 1), ("s", 1_000), ("min", 60_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const SIZES: [(&str, u64); 8] = [
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KB", 1_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// `500ms`, `10s`, `5min`, `1h`; a number alone is seconds.
pub fn parse_duration(text: &str) -> Result<Duration, Problem> {
    let hint = "write it with its unit, such as `500ms`, `10s`, `5min` or `1h`";
    let ms = amount(text, &TIMES, 1_000)
        .ok_or_else(|| Problem::user(format!("`{text}` is no time")).hint(hint))?;
    if ms < 100 {
        return Err(Problem::user(format!("`{text}` is shorter than 100 ms")).hint("choose a longer time"));
    }
    Ok(Duration::from_millis(ms))
}

/// What [`parse_duration`] reads back.
pub fn show_duration(duration: Duration) -> String {
    let ms = duration.as_millis() as u64;
    shown(ms, &[("h", 3_600_000), ("min", 60_000), ("s", 1_000), ("ms", 1)])
}

/// `1MB`, `512KiB`; a number alone is bytes.
pub fn parse_bytes(text: &str) -> Result<u64, Problem> {
    let hint = "write it with its unit, such as `500kB`, `1MB` or `1GiB`";
    let bytes =
        amount(text, &SIZES, 1).ok_or_else(|| Problem::user(format!("`{text}` is no size")).hint(hint))?;
    if bytes == 0 {
        return Err(Problem::user("no bytes at all always wait").hint("choose a size from 1 byte on"));
    }
    Ok(bytes)
}

/// What [`parse_bytes`] reads back.
pub fn show_bytes(bytes: u64) -> String {
    shown(bytes, &[("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("B", 1)])
}

/// A number of messages, from 1.
pub fn parse_count(text: &str) -> Result<u64, Problem> {
    let count = text.trim().replace(['_', ','], "").parse();
    count.ok().filter(|count| *count > 0).ok_or_else(|| {
        Problem::user(format!("`{text}` is no number of messages")).hint("write a number from 1")
    })
}

fn amount(text: &str, units: &[(&str, u64)], plain: u64) -> Option<u64> {
    let text = text.trim();
    let at = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = (&text[..at], text[at..].trim());
    let size = match unit {
        "" => plain,
        _ => units.iter().find(|(name, _)| *name == unit)?.1,
    };
    if let Ok(number) = number.parse::<u64>() {
        return number.checked_mul(size);
    }
    let amount = number.parse::<f64>().ok()? * size as f64;
    (amount.is_finite() && amount < 1e18).then_some(amount.round() as u64)
}

fn shown(amount: u64, units: &[(&str, u64)]) -> String {
    let fits = units.iter().find(|(_, size)| amount >= *size && amount.is_multiple_of(*size));
    match fits {
        Some((unit, size)) => format!("{}{unit}", amount / size),
        None => amount.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<Live, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let all = json!({"every": "10s", "messages": 1000, "bytes": "1MB"});
        let live = read(all.clone()).expect("it is right");
        assert_eq!(live.every, Some(Duration::from_secs(10)));
        assert_eq!((live.messages, live.bytes), (Some(1_000), Some(1_000_000)));
        assert_eq!(serde_json::to_value(live).expect("JSON"), all);
        assert_eq!(live.caption(), "every 10s or 1000 messages or 1MB");
    }

    #[test]
    fn times_and_sizes_have_units() {
        let ms = |text| parse_duration(text).map(|time| time.as_millis()).ok();
        assert_eq!(
            ["500ms", "10s", "10", "1.5 s", "5min", "2m", "1h"].map(ms),
            [500, 10_000, 10_000, 1_500, 300_000, 120_000, 3_600_000].map(Some)
        );
        assert_eq!(["", "s", "-1s", "soon", "0s", "1e3s", "99999999999999999999d"].map(ms), [None; 7]);
        let bytes = |text| parse_bytes(text).ok();
        assert_eq!(["1", "2kB", "1MiB", "1.5 GB"].map(bytes), [1, 2_000, 1 << 20, 1_500_000_000].map(Some));
        assert_eq!(["0", "1 XB", "99999999999999GB"].map(bytes), [None; 3]);
        for ms in [100, 1_500, 60_000, 90_000, 7_200_000] {
            let time = Duration::from_millis(ms);
            assert_eq!(parse_duration(&show_duration(time)).ok(), Some(time));
        }
    }

    #[test]
    fn slips_are_refused() {
        assert!(read(json!({"evry": "10s"})).is_err_and(|error| error.contains("unknown field `evry`")));
        assert!(read(json!({})).is_err_and(|error| error.contains("nothing says when")));
        assert!(read(json!({"every": []})).is_err());
        assert!(read(json!({"messages": 0})).is_err_and(|error| error.contains("no number of messages")));
    }
}
