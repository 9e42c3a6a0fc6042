//! Times and offsets as people write them.

use flowloom_flow::Problem;
use flowloom_flow::value::Topics;
use flowloom_kafka::codec::parse_instant;
use flowloom_kafka::offsets::TopicOffsets;

/// Milliseconds since 1970 of `2026-11-21T20:00:00Z`, or of a day's beginning. `key` is the setting.
pub(crate) fn time_ms(text: &str, key: &str) -> Result<i64, Problem> {
    let text = text.trim();
    let day = format!("{text}T00:00:00Z");
    let found = parse_instant(text.as_bytes()).or_else(|| parse_instant(day.as_bytes()));
    // A fraction of a millisecond is rounded up: no message before that time is meant.
    if let Some((seconds, nanos)) = found {
        return Ok(seconds * 1000 + i64::from(nanos.div_ceil(1_000_000)));
    }
    let what = if text.is_empty() { "no time is given".to_owned() } else { format!("`{text}` is no time") };
    Err(Problem::user(what)
        .hint("write it as RFC 3339: `2026-11-21T20:00:00Z` or `2026-11-21`")
        .at_field(key))
}

/// The offsets in `0=100, 1=250`, of the one topic that is read, or in `orders:0=100, payments:0=7`.
pub(crate) fn offsets(text: &str, topics: &Topics, key: &str) -> Result<TopicOffsets, Problem> {
    let wrong = |what: String| {
        Problem::user(what)
            .hint("write `PARTITION=OFFSET` or `TOPIC:PARTITION=OFFSET`, several with commas between them")
            .at_field(key)
    };
    let mut found = TopicOffsets::new();
    for part in text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
        let not_one = || wrong(format!("`{part}` is no partition with its offset"));
        let (place, offset) = part.split_once('=').ok_or_else(not_one)?;
        let (topic, partition) = match place.rsplit_once(':') {
            Some((topic, partition)) => (topic.trim().to_owned(), partition),
            None => match topics.names().as_slice() {
                [topic] => ((*topic).to_owned(), place),
                _ => return Err(wrong(format!("`{part}` names no topic, and more than one is read"))),
            },
        };
        let partition: i32 = partition.trim().parse().map_err(|_text| not_one())?;
        let offset: i64 = offset.trim().parse().map_err(|_text| not_one())?;
        if partition < 0 || offset < 0 {
            return Err(wrong(format!("`{part}`: neither a partition nor an offset is negative")));
        }
        if found.entry(topic.clone()).or_default().insert(partition, offset).is_some() {
            return Err(wrong(format!("partition {partition} of topic `{topic}` has two offsets")));
        }
    }
    if found.is_empty() {
        return Err(wrong("no offsets are given".to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_unless_they_say_otherwise() {
        let told = |text| time_ms(text, "start_at");
        assert_eq!(told("1970-01-02").ok(), Some(86_400_000));
        assert_eq!(told(" 1970-01-01T01:00:00.0015+01:00 ").ok(), Some(2));
        assert!(told("").unwrap_err().to_string().starts_with("start_at: no time is given; write it"));
        assert!(told("noon").unwrap_err().to_string().starts_with("start_at: `noon` is no time; write it"));
    }

    #[test]
    fn offsets_name_their_partition_and_where_needed_their_topic() {
        let one = Topics::from("orders");
        let told = |text: &str| offsets(text, &one, "start_offsets");
        let expected = TopicOffsets::from([("orders".to_owned(), [(0, 100), (1, 250)].into())]);
        assert_eq!(told("0=100, 1 = 250").ok(), Some(expected.clone()));
        assert_eq!(told("orders:0=100\norders:1=250").ok(), Some(expected));
        for (text, why) in [
            ("", "no offsets are given"),
            ("0", "`0` is no partition with its offset"),
            ("0=x", "`0=x` is no partition with its offset"),
            ("0=-1", "`0=-1`: neither a partition nor an offset is negative"),
            ("0=1,0=2", "partition 0 of topic `orders` has two offsets"),
        ] {
            let error = told(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("start_offsets: {why}; write `PARTITION=")), "{error}");
        }
        let many = Topics::Pattern { pattern: "o.*".to_owned() };
        let error = offsets("0=1", &many, "end_offsets").unwrap_err().to_string();
        assert!(error.starts_with("end_offsets: `0=1` names no topic, and more than one is read"), "{error}");
    }
}
