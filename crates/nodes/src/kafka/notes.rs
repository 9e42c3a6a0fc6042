//! What a person should know about a read: what was lost, bad, unknown, or left waiting.

use flowloom_flow::{Problem, Scope};
use flowloom_kafka::read::{Ended, Reading};

use super::choices::{BadMessages, Drift};
use super::topics;
use crate::kafka_source::KafkaSource;

/// Unknown fields that are named; the others are counted.
const NAMED: usize = 8;

/// The warnings of a read.
pub(super) fn of(settings: &KafkaSource, reading: &Reading, scope: Scope) -> Vec<Problem> {
    let notes = [
        lost(reading),
        bad(settings, reading, scope),
        drift(settings, reading),
        limit(settings, reading, scope),
    ];
    notes.into_iter().flatten().map(Problem::warning).collect()
}

fn lost(reading: &Reading) -> Option<Problem> {
    let lost = reading.lost();
    let partitions: Vec<_> = reading.partitions.iter().filter(|read| read.lost > 0).collect();
    let first = partitions.first()?;
    let of_one = partitions.iter().all(|read| read.topic == first.topic);
    let numbers: Vec<_> =
        partitions
            .iter()
            .map(|read| {
                if of_one { read.partition.to_string() } else { format!("{}:{}", read.topic, read.partition) }
            })
            .collect();
    let numbers = numbers.join(", ");
    let place = match (of_one, partitions.len()) {
        (true, 1) => format!("topic `{}`, in partition {}", first.topic, first.partition),
        (true, _) => format!("topic `{}`, in partitions {numbers}", first.topic),
        (false, _) => format!("several topics, in {numbers}"),
    };
    Some(
        Problem::external(format!("{lost} offsets were removed by retention before they were read: {place}"))
            .hint("run more often, or keep messages longer by the topic's retention settings")
            .at_field("lost"),
    )
}

fn bad(settings: &KafkaSource, reading: &Reading, scope: Scope) -> Option<Problem> {
    let first = reading.first_bad.as_ref()?;
    let count = match settings.bad_messages {
        // Tombstones that are left out on purpose are not bad.
        BadMessages::Fail | BadMessages::Skip => reading.counts.skipped - reading.counts.tombstones,
        _ => reading.counts.rejected,
    };
    let became = match settings.bad_messages {
        BadMessages::Reject => "rejected",
        // A preview writes nothing.
        BadMessages::DeadLetterTopic | BadMessages::DeadLetterFolder if scope != Scope::Run => "left out",
        BadMessages::DeadLetterTopic => "written to the topic of bad messages",
        BadMessages::DeadLetterFolder => "written to the folder of bad messages",
        BadMessages::Fail | BadMessages::Skip => "skipped",
    };
    let (messages, were) = if count == 1 { ("message", "was") } else { ("messages", "were") };
    let topic = match settings.topic.single() {
        Some(_) => String::new(),
        None => format!(" of topic `{}`", first.topic),
    };
    Some(
        Problem::user(format!(
            "{count} bad {messages} {were} {became}; first at offset {} of partition {}{topic}: {}",
            first.offset, first.partition, first.reason
        ))
        .at_field("bad_messages"),
    )
}

fn drift(settings: &KafkaSource, reading: &Reading) -> Option<Problem> {
    let unknown = &reading.drift.unknown;
    if unknown.is_empty() {
        return None;
    }
    let named = unknown.iter().take(NAMED).map(|(path, field)| {
        let messages = if field.messages == 1 { "message" } else { "messages" };
        format!("`{path}` in {} {messages} (such as {})", field.messages, field.example)
    });
    let named = named.collect::<Vec<_>>().join(", ");
    let more = match unknown.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let kept = match settings.drift {
        Drift::Extra | Drift::Add => "kept in `_extra`",
        Drift::Ignore | Drift::Fail => "left out",
    };
    let fields = if unknown.len() == 1 { "an unknown field was" } else { "unknown fields were" };
    Some(
        Problem::user(format!("{fields} {kept}: {named}{more}"))
            .hint(format!("infer the fields of {} again to read them", topics::called(&settings.topic)))
            .at_field("drift"),
    )
}

fn limit(settings: &KafkaSource, reading: &Reading, scope: Scope) -> Option<Problem> {
    let limit = match (scope, reading.ended) {
        (Scope::Preview { .. }, _) | (_, Ended::AtEnd) => return None,
        (_, Ended::MessageLimit) => "max_messages",
        (_, Ended::ByteLimit) => "max_bytes",
        (_, Ended::TimeLimit) => "max_seconds",
    };
    let message = format!("the read ended at its limit `{limit}`; more messages wait");
    let hint = if settings.start.keeps_offsets() {
        "the next run goes on from there"
    } else {
        "the next run starts at the same place again: raise the limit, or let it start where the last run ended"
    };
    Some(Problem::user(message).hint(hint).at_field(limit))
}
