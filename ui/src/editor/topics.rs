//! Topics: one, a list with partitions, or a pattern; each with what the cluster says of it now.

mod list;
mod one;
mod pattern;

use std::time::{Duration, UNIX_EPOCH};

use egui::{Response, Spinner, Ui, Vec2};
use flowloom_flow::value::{TopicPart, Topics};
use flowloom_flow::{Fact, Suggestion};

use super::Edit;
use crate::doc::Facts;
use crate::form::{At, chrome};
use crate::format;
use crate::widget::choice::choice;
use crate::widget::finder::Finder;
use crate::widget::{button, text};

const SHAPES: [&str; 3] = ["One topic", "A list", "A pattern"];

impl Edit for Topics {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        let before = match self {
            Self::One(_) => 0,
            Self::List(_) => 1,
            Self::Pattern { .. } => 2,
        };
        let mut shape = before;
        if choice(ui, at.id.with("shape"), "How topics are chosen", &SHAPES, &mut shape) && shape != before {
            *self = reshaped(self, shape);
        }
        ui.add_space(2.0);
        match self {
            Self::One(topic) => one::edit(topic, ui, at),
            Self::List(parts) => list::edit(parts, ui, at),
            Self::Pattern { pattern } => pattern::edit(pattern, ui, at),
        }
    }
}

/// The same choice in another shape, so far as that shape can say it.
fn reshaped(topics: &Topics, shape: usize) -> Topics {
    let names: Vec<String> = topics.names().into_iter().map(str::to_owned).collect();
    match shape {
        0 => Topics::One(names.into_iter().next().unwrap_or_default()),
        1 => Topics::List(names.into_iter().map(TopicPart::new).collect()),
        _ => {
            let quote = |name: &String| name.replace('.', "\\.");
            Topics::Pattern { pattern: names.iter().map(quote).collect::<Vec<_>>().join("|") }
        }
    }
}

/// The topics of the cluster under `anchor`; the one that was picked.
fn find(
    ui: &mut Ui,
    at: &mut At<'_>,
    anchor: &Response,
    is_picked: &dyn Fn(&str) -> bool,
    takes_many: bool,
) -> Option<String> {
    if anchor.clicked() && !crate::widget::pick::is_open(ui, anchor) {
        at.suggest();
    }
    let (found, is_coming) = at.suggestions();
    let note = match (found, is_coming) {
        (Some(Ok([])), false) => "The cluster has no topics, or this login may see none of them",
        (Some(Ok([_, ..])), _) => "",
        (_, true) | (None, false) => "Asking the cluster…",
        (Some(Err(_)), false) => "The cluster could not be asked",
    };
    let options = found.and_then(Result::ok).unwrap_or_default();
    let names: Vec<&str> = options.iter().map(|option| option.value.as_str()).collect();
    let facts = at.facts();
    let columns = facts.map(|facts| facts.columns.as_slice()).filter(|columns| !columns.is_empty());
    let trouble = facts.and_then(|facts| facts.problems.first());
    let trouble = trouble.map(|problem| format::sentence(&problem.message)).unwrap_or_default();
    let finder = Finder {
        label: "Find a topic",
        names: &names,
        columns: columns.unwrap_or(&[""]),
        is_picked,
        takes_many,
        note,
        trouble: &trouble,
    };
    let seen = finder.show(ui, anchor, |name| told(name, columns.is_some(), facts, options));
    let in_sight: Vec<String> = seen.rows.iter().map(|row| names[*row].to_owned()).collect();
    if seen.is_again {
        at.suggest();
    } else if !in_sight.is_empty() {
        at.look_up(in_sight.into_iter());
    }
    seen.picked
}

/// What is known of a topic; before the first answer what came with its name.
fn told(name: &str, is_known: bool, facts: Option<&Facts>, options: &[Suggestion]) -> Vec<String> {
    if let Some(found) = facts.and_then(|facts| facts.of(name)) {
        return found.iter().map(show).collect();
    }
    if is_known {
        return Vec::new();
    }
    let option = options.iter().find(|option| option.value == name);
    option.map(|option| option.detail.clone()).into_iter().collect()
}

fn show(fact: &Fact) -> String {
    match fact {
        Fact::Unknown => "–".to_owned(),
        Fact::Count(count) => format::count(*count),
        Fact::Time(ms) => {
            let since = Duration::from_millis(ms.unsigned_abs());
            format::day_and_minute(UNIX_EPOCH.checked_add(since).unwrap_or(UNIX_EPOCH))
        }
        Fact::Text(text) => text.clone(),
    }
}

/// What is known of one topic, in a line: `3 partitions · 1,842 messages`.
fn summary(at: &At<'_>, topic: &str) -> Option<String> {
    let facts = at.facts()?;
    let found = facts.of(topic)?;
    let said = facts.columns.iter().zip(found).filter(|(_, fact)| **fact != Fact::Unknown);
    let said: Vec<String> = said
        .map(|(column, fact)| match fact {
            Fact::Count(1) => format!("1 {}", column.to_lowercase().trim_end_matches('s')),
            Fact::Count(_) => format!("{} {}", show(fact), column.to_lowercase()),
            _ => format!("{} {}", column.to_lowercase(), show(fact)),
        })
        .collect();
    Some(said.join(" · "))
}

/// That the cluster is asked, or why it could not be.
fn waiting(ui: &mut Ui, at: &mut At<'_>) {
    let (found, is_coming) = at.suggestions();
    if is_coming {
        ui.horizontal(|ui| {
            ui.add(Spinner::new().size(12.0));
            ui.allocate_space(Vec2::new(2.0, 0.0));
            text::paragraph(ui, "Asking the cluster…");
        });
        return;
    }
    let Some(Err(problems)) = found else { return };
    for problem in problems {
        chrome::problem(ui, problem);
    }
    if button::quiet(ui, "ui/refresh", "Ask again").clicked() {
        at.suggest();
    }
}
