//! Where an exported script starts and ends in each partition.

use flowloom_flow::CodeWriter;
use flowloom_flow::value::code::python_string as quoted;
use flowloom_kafka::offsets::Offsets;

use super::choices::{Fallback, Lost};
use super::export_place::{Begin, Finish, Place};
use super::python::assigned;
use super::python_lines::{
    CHOSEN, COMMITTED, FIRST_MESSAGES, REFUSE_UNWRITTEN, RESUME_AT_END, RESUME_AT_FIRST, RESUME_OR_FAIL,
    WATERMARKS,
};
use crate::kafka_source::KafkaSource;

/// The lines that find `starts` and `ends`, and the helpers that they need.
pub(super) fn lines(settings: &KafkaSource, out: &mut CodeWriter<'_>, place: &Place) -> Vec<String> {
    let topic = quoted(&place.topic);
    out.function("watermarks", WATERMARKS);
    let mut lines = vec![format!("    marks = watermarks(consumer, {topic})")];
    lines.extend(chosen(out, place, &topic));
    lines.extend(ends(out, place, &topic));
    lines.extend(starts(settings, out, place, &topic));
    if place.may_end_early() {
        lines.push(over("ends", "ends.items()", "partition, end", "max(end, starts[partition])"));
    }
    lines
}

/// The partitions that are read.
fn chosen(out: &mut CodeWriter<'_>, place: &Place, topic: &str) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(partitions) = &place.partitions {
        lines.push(assigned("partitions", '{', partitions.iter().map(ToString::to_string), '}'));
        lines.push(format!("    marks = chosen({topic}, marks, partitions)"));
    }
    let given = place.given();
    for (name, offsets) in &given {
        lines.push(offsets_line(name, offsets));
    }
    if !given.is_empty() {
        let names: Vec<&str> = given.iter().map(|(name, _)| *name).collect();
        lines.push(format!("    marks = chosen({topic}, marks, {})", names.join(", ")));
    }
    if !lines.is_empty() {
        out.import("from collections.abc import Collection");
        out.function("chosen", CHOSEN);
    }
    lines
}

fn offsets_line(name: &str, offsets: &Offsets) -> String {
    assigned(name, '{', offsets.iter().map(|(partition, offset)| format!("{partition}: {offset}")), '}')
}

fn ends(out: &mut CodeWriter<'_>, place: &Place, topic: &str) -> Vec<String> {
    let of_marks = |value: &str, mark: &str| over("ends", "marks.items()", mark, value);
    match &place.end {
        Finish::Latest => vec![of_marks("high", "partition, (_, high)")],
        Finish::Committed(group) => {
            committed(out);
            vec![
                format!("    other = {}_consumer({})", out.node(), quoted(group)),
                format!("    reached = committed(other, {topic}, marks)"),
                "    other.close()".to_owned(),
                of_marks("min(reached.get(partition, low), high)", "partition, (low, high)"),
            ]
        }
        Finish::Time(time_ms) => {
            first_messages(out);
            vec![
                format!("    end_times = first_messages(consumer, {topic}, marks, {time_ms})"),
                of_marks("end_times.get(partition, high)", "partition, (_, high)"),
            ]
        }
        Finish::Offsets(_) => {
            out.function("refuse_unwritten", REFUSE_UNWRITTEN);
            vec![
                over("ends", "marks", "partition", "end_offsets[partition]"),
                format!("    refuse_unwritten({topic}, marks, ends)"),
            ]
        }
    }
}

fn starts(settings: &KafkaSource, out: &mut CodeWriter<'_>, place: &Place, topic: &str) -> Vec<String> {
    let at_first = || over("starts", "marks.items()", "partition, (low, _)", "low");
    let at_end = || {
        if place.may_end_early() {
            over("starts", "marks.items()", "partition, (low, _)", "max(low, ends[partition])")
        } else {
            "    starts = dict(ends)".to_owned()
        }
    };
    match &place.start {
        Begin::Earliest => vec![at_first()],
        Begin::Latest => vec![at_end()],
        Begin::Time(time_ms) => {
            first_messages(out);
            vec![
                format!("    start_times = first_messages(consumer, {topic}, marks, {time_ms})"),
                over(
                    "starts",
                    "marks.items()",
                    "partition, (low, _)",
                    "max(low, start_times.get(partition, ends[partition]))",
                ),
            ]
        }
        Begin::Offsets(_) => {
            let resume = resume(settings, out);
            vec![
                over("kept", "marks", "partition", "start_offsets[partition]"),
                format!("    starts = {resume}({topic}, kept, marks, ends)"),
            ]
        }
        Begin::Committed => {
            committed(out);
            let resume = resume(settings, out);
            vec![
                format!("    kept = committed(consumer, {topic}, marks)"),
                match settings.fallback {
                    Fallback::Earliest => at_first(),
                    Fallback::Latest => at_end(),
                },
                format!("    starts.update({resume}({topic}, kept, marks, ends))"),
            ]
        }
    }
}

fn committed(out: &mut CodeWriter<'_>) {
    out.import("from collections.abc import Iterable");
    out.function("committed", COMMITTED);
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

/// `name = {partition: value for each in from}`, on one line where it fits.
fn over(name: &str, from: &str, each: &str, value: &str) -> String {
    let line = format!("    {name} = {{partition: {value} for {each} in {from}}}");
    if line.len() <= 88 {
        return line;
    }
    format!("    {name} = {{\n        partition: {value}\n        for {each} in {from}\n    }}")
}
