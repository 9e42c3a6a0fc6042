//! What exported programs cannot do yet: refused by name, before anything is written.

use flowloom_flow::form::Choices as _;
use flowloom_flow::{CodeWriter, Problem};

use super::choices::{BadMessages, Drift, End, Envelope, Format, KeyColumn, Lost, Start, Tombstones};
use crate::kafka_source::KafkaSource;

/// Fails for the first setting that an export would not follow.
pub(crate) fn check(settings: &KafkaSource, out: &CodeWriter<'_>) -> Result<(), Problem> {
    for (key, limit) in [
        ("max_bytes", settings.max_bytes),
        ("max_seconds", settings.max_seconds),
        ("messages_per_second", settings.messages_per_second),
        ("bytes_per_second", settings.bytes_per_second),
    ] {
        if limit > 0 {
            let refused = out.refuse(&format!("the limit `{key}`"));
            return Err(refused.hint("set it to 0; `max_messages` can be exported").at_field(key));
        }
    }
    if settings.topic.single().is_none() {
        let what = match settings.topic.pattern() {
            Some(_) => "a pattern of topics",
            None => "a list of topics",
        };
        return Err(out.refuse(what).hint("choose one topic with all its partitions").at_field("topic"));
    }
    settings.fields.refuse_paths("an exported program").map_err(|problem| {
        let part = problem.at.field.clone().unwrap_or_default();
        problem.at_field(format!("fields{part}"))
    })?;
    if let Some(elsewhere) = settings.offsets.elsewhere().filter(|_| settings.start.keeps_offsets()) {
        return Err(out.refuse(elsewhere).hint("keep them in Kafka").at_field("offsets"));
    }
    let key_is_plain = matches!(settings.key_column, KeyColumn::Text | KeyColumn::Bytes | KeyColumn::None);
    let refused = [
        (settings.format != Format::Json, "format", format!("the format {}", settings.format.choice().label)),
        (!key_is_plain, "key_column", format!("keys in {}", settings.key_column.choice().label)),
        (settings.envelope != Envelope::None, "envelope", "an envelope".to_owned()),
        (settings.drift != Drift::Ignore, "drift", "unknown fields that are kept or refused".to_owned()),
        (
            settings.tombstones != Tombstones::Bad,
            "tombstones",
            "tombstones that are no bad messages".to_owned(),
        ),
        (
            matches!(settings.bad_messages, BadMessages::DeadLetterTopic | BadMessages::DeadLetterFolder),
            "bad_messages",
            "dead letters".to_owned(),
        ),
        (!settings.column_names.0.is_empty(), "column_names", "other names of metadata columns".to_owned()),
        (
            settings.lost == Lost::Latest,
            "lost",
            "to skip to the end where retention removed messages".to_owned(),
        ),
        (settings.lost == Lost::Fail, "lost", "to fail where retention removed messages".to_owned()),
        (
            matches!(settings.start, Start::Timestamp | Start::Offsets | Start::Last),
            "start",
            format!("the start `{}`", settings.start.choice().label),
        ),
        (settings.end != End::Latest, "end", "an end other than that of the topic".to_owned()),
        (!settings.rack.trim().is_empty(), "rack", "a rack".to_owned()),
    ];
    match refused.into_iter().find(|(is_set, ..)| *is_set) {
        Some((_, key, what)) => Err(out.refuse(&what).at_field(key)),
        None => Ok(()),
    }
}
