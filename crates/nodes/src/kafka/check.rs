//! What is wrong with the settings of a Kafka source, without asking anybody.

use flowloom_flow::{Problem, Problems};

use super::choices::{BadMessages, Fallback, Format, OffsetsKept, SchemaFrom, Start};
use super::{columns, reach, request, topics};
use crate::kafka_source::KafkaSource;

/// Tells everything that keeps this node from reading.
pub(crate) fn check(settings: &KafkaSource, problems: &mut Problems) {
    if settings.topic.is_empty() {
        return problems.error("topic", "no topic is chosen");
    }
    for problem in settings.topic.problems() {
        let part = problem.at.field.clone().unwrap_or_default();
        problems.push(problem.at_field(format!("topic{part}")));
    }
    let checks = [
        reach::check(settings),
        request::start(settings).map(drop),
        request::end(settings).map(drop),
        columns::check_names(settings),
        schema(settings),
        fallback(settings),
        dead_letters(settings),
    ];
    for problem in checks.into_iter().filter_map(Result::err) {
        problems.push(problem);
    }
    if settings.fields.0.is_empty() {
        problems.push(
            Problem::user(format!("the fields of {} are not known yet", topics::called(&settings.topic)))
                .hint("infer them from the topic: `flowloom infer FLOW`, or the button `Infer` in the panel")
                .at_field("fields"),
        );
    }
}

/// Writers keep the offsets of rows that they have: where a run begins at the end, there are none.
fn fallback(settings: &KafkaSource) -> Result<(), Problem> {
    let begins_at_end = settings.start == Start::Latest
        || (settings.start == Start::Committed && settings.fallback == Fallback::Latest);
    if settings.offsets == OffsetsKept::Sink && begins_at_end {
        return Err(Problem::user(
            "writers cannot keep that what waits was skipped: each run would skip it again",
        )
        .hint("start at the first message, or keep the offsets in Kafka or in the table")
        .at_field(if settings.start == Start::Latest { "start" } else { "fallback" }));
    }
    Ok(())
}

/// A format with schemas says where they are.
fn schema(settings: &KafkaSource) -> Result<(), Problem> {
    let key = settings.key_column.format().is_some_and(Format::has_schema);
    let missing = |what: &str, key: &str| {
        Err(Problem::user(format!("no {what} is chosen"))
            .hint("messages of this format cannot be read without their schema")
            .at_field(key))
    };
    match settings.schema_from {
        SchemaFrom::Registry if (settings.format.has_schema() || key) && settings.registry.0.is_empty() => {
            missing("schema registry", "registry")
        }
        SchemaFrom::File if settings.format.has_schema() && settings.schema_file.0.trim().is_empty() => {
            missing("schema file", "schema_file")
        }
        SchemaFrom::File if key && settings.key_schema_file.0.trim().is_empty() => {
            missing("schema file of the key", "key_schema_file")
        }
        SchemaFrom::Registry | SchemaFrom::File => Ok(()),
    }
}

/// Bad messages have a place to go to, and it is not where they come from.
fn dead_letters(settings: &KafkaSource) -> Result<(), Problem> {
    match settings.bad_messages {
        BadMessages::DeadLetterTopic => {
            let topic = settings.dead_letter_topic.trim();
            if topic.is_empty() {
                return Err(Problem::user("no topic is given that bad messages go to")
                    .hint("name one that exists, or choose what else becomes of them")
                    .at_field("dead_letter_topic"));
            }
            if topics::covers(&settings.topic, topic) {
                return Err(Problem::user(format!(
                    "bad messages would go to `{topic}`, which is read itself"
                ))
                .hint("name another topic: they would be read, and be bad, again and again")
                .at_field("dead_letter_topic"));
            }
            Ok(())
        }
        BadMessages::DeadLetterFolder if settings.dead_letter_folder.0.trim().is_empty() => {
            Err(Problem::user("no folder is given that bad messages go to")
                .hint("name one, or choose what else becomes of them")
                .at_field("dead_letter_folder"))
        }
        _ => Ok(()),
    }
}
