//! Where an exported Rust program starts and ends in each partition.

use flowloom_flow::value::code::rust_string as quoted;
use flowloom_flow::value::lists::listed;
use flowloom_flow::{CodeWriter, Target};

use super::choices::{Fallback, Lost};
use super::export_place::{Begin, Finish, Place};
use super::rust_place_lines::{
    CHOSEN, COMMITTED, FIRST_MESSAGES, REFUSE_UNWRITTEN, RESUME_AT_END, RESUME_AT_FIRST, RESUME_OR_FAIL,
};
use crate::kafka_source::KafkaSource;

/// The lines that find `starts` and `ends`, and the helpers that they need.
pub(super) fn lines(settings: &KafkaSource, out: &mut CodeWriter<'_>, place: &Place) -> Vec<String> {
    let mut lines = vec!["    let marks = watermarks(&consumer, topic)?;".to_owned()];
    lines.extend(chosen(out, place));
    lines.extend(ends(out, place));
    lines.extend(starts(settings, out, place));
    if place.may_end_early() {
        lines.push(EARLY.to_owned());
    }
    lines
}

const EARLY: &str = r"    for (partition, end) in &mut ends {
        *end = starts[partition].max(*end);
    }";

/// The partitions that are read.
fn chosen(out: &mut CodeWriter<'_>, place: &Place) -> Vec<String> {
    let mut lines = Vec::new();
    let choose = |sets: &[String]| {
        let call = listed(Target::Rust, "let marks = chosen(topic, &marks, &[", sets, "])?;");
        format!("    {}", call.replace('\n', "\n    "))
    };
    let map = |start: String, items: &[String]| {
        let text = listed(Target::Rust, &start, items, "]);");
        format!("    {}", text.replace('\n', "\n    "))
    };
    if let Some(partitions) = &place.partitions {
        let partitions: Vec<String> = partitions.iter().map(ToString::to_string).collect();
        lines.push(map("let partitions = BTreeSet::from([".to_owned(), &partitions));
        lines.push(choose(&["partitions".to_owned()]));
    }
    let given = place.given();
    for (name, offsets) in &given {
        let pairs: Vec<String> =
            offsets.iter().map(|(partition, offset)| format!("({partition}, {offset})")).collect();
        lines.push(map(format!("let {name} = BTreeMap::from(["), &pairs));
    }
    if !given.is_empty() {
        let sets: Vec<String> =
            given.iter().map(|(name, _)| format!("{name}.keys().copied().collect()")).collect();
        lines.push(choose(&sets));
    }
    if !lines.is_empty() {
        out.import("use std::collections::BTreeSet;");
        out.function("chosen", CHOSEN);
    }
    lines
}

fn ends(out: &mut CodeWriter<'_>, place: &Place) -> Vec<String> {
    match &place.end {
        Finish::Latest => vec![over("let mut ends", "&(_, high)", "high")],
        Finish::Committed(group) => {
            out.function("committed", COMMITTED);
            vec![
                format!("    let other = {}_consumer({})?;", out.node(), quoted(group)),
                "    let reached = committed(&other, topic, &marks)?;".to_owned(),
                over(
                    "let mut ends",
                    "&(low, high)",
                    "reached.get(&partition).map_or(low, |end| high.min(*end))",
                ),
            ]
        }
        Finish::Time(time_ms) => {
            first_messages(out);
            vec![
                format!("    let end_times = first_messages(&consumer, topic, &marks, {time_ms})?;"),
                over("let mut ends", "&(_, high)", "end_times.get(&partition).copied().unwrap_or(high)"),
            ]
        }
        Finish::Offsets(_) => {
            out.function("refuse_unwritten", REFUSE_UNWRITTEN);
            vec![
                over("let mut ends", "_", "end_offsets[&partition]"),
                "    refuse_unwritten(topic, &marks, &ends)?;".to_owned(),
            ]
        }
    }
}

fn starts(settings: &KafkaSource, out: &mut CodeWriter<'_>, place: &Place) -> Vec<String> {
    let is_early = place.may_end_early();
    let at_first = |name: &str| over(name, "&(low, _)", "low");
    let at_end = |name: &str| {
        if is_early {
            over(name, "&(low, _)", "low.max(ends[&partition])")
        } else {
            format!("    {name} = ends.clone();")
        }
    };
    match &place.start {
        Begin::Earliest => vec![at_first("let starts")],
        Begin::Latest => vec![at_end("let starts")],
        Begin::Time(time_ms) => {
            first_messages(out);
            vec![
                format!("    let start_times = first_messages(&consumer, topic, &marks, {time_ms})?;"),
                over(
                    "let starts",
                    "&(low, _)",
                    "low.max(*start_times.get(&partition).unwrap_or(&ends[&partition]))",
                ),
            ]
        }
        Begin::Offsets(_) => {
            let resume = resume(settings, out);
            vec![
                over("let kept", "_", "start_offsets[&partition]"),
                format!("    let starts = {resume}(topic, &kept, &marks, &ends)?;"),
            ]
        }
        Begin::Committed => {
            out.function("committed", COMMITTED);
            let resume = resume(settings, out);
            vec![
                "    let kept = committed(&consumer, topic, &marks)?;".to_owned(),
                match settings.fallback {
                    Fallback::Earliest => at_first("let mut starts"),
                    Fallback::Latest => at_end("let mut starts"),
                },
                format!("    starts.extend({resume}(topic, &kept, &marks, &ends)?);"),
            ]
        }
    }
}

/// The function that goes on at kept offsets, or where retention has left something.
pub(super) fn resume(settings: &KafkaSource, out: &mut CodeWriter<'_>) -> &'static str {
    resume_by(settings.lost, out)
}

fn resume_by(lost: Lost, out: &mut CodeWriter<'_>) -> &'static str {
    let (name, text) = match lost {
        Lost::Fail => ("resume_or_fail", RESUME_OR_FAIL),
        Lost::Earliest => ("resume_at_first", RESUME_AT_FIRST),
        Lost::Latest => ("resume_at_end", RESUME_AT_END),
    };
    out.function(name, text);
    out.function("refuse_unwritten", REFUSE_UNWRITTEN);
    name
}

/// The messages at a time are looked up among those that are left.
fn first_messages(out: &mut CodeWriter<'_>) {
    out.function("first_messages", FIRST_MESSAGES);
    resume_by(Lost::Earliest, out);
}

/// Offsets made of the watermarks.
fn over(variable: &str, mark: &str, value: &str) -> String {
    format!(
        "    {variable}: BTreeMap<i32, i64> = marks\n        .iter()\n        \
         .map(|(&partition, {mark})| (partition, {value}))\n        .collect();"
    )
}
