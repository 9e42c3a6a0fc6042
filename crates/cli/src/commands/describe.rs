//! `flowloom describe`.

use std::process::ExitCode;

use flowloom_flow::form::{Description, describe};
use flowloom_flow::{Problem, nearest};
use flowloom_studio::registry;

use crate::args::Describe;
use crate::output::{Call, Ended, json_line, line};

pub(crate) fn run(args: &Describe) -> Call {
    match &args.kind {
        Some(kind) => one(kind, args.json)?,
        None => all(args.json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn one(kind: &str, is_json: bool) -> Result<(), Ended> {
    let Some(entry) = registry().find(kind) else {
        let problem = Problem::user(format!("there is no kind `{kind}`"));
        let names = registry().entries().iter().map(|entry| entry.card.id);
        return Err(Ended::Wrong(vec![match nearest(kind, names) {
            Some(name) => problem.hint(format!("did you mean `{name}`?")),
            None => problem.hint("`flowloom describe` lists them"),
        }]));
    };
    let description = describe(entry).map_err(internal)?;
    if is_json { json_line(&description) } else { line(description.markdown().trim_end()) }
}

fn all(is_json: bool) -> Result<(), Ended> {
    if is_json {
        let all: Vec<Description> =
            registry().entries().iter().map(describe).collect::<Result<_, _>>().map_err(internal)?;
        return json_line(&all);
    }
    let width = registry().entries().iter().map(|entry| entry.card.id.len()).max().unwrap_or(0);
    let mut cards: Vec<_> = registry().entries().iter().map(|entry| entry.card).collect();
    cards.sort_by_key(|card| (card.group, card.id));
    let mut group = None;
    for card in cards {
        if group.replace(card.group) != Some(card.group) {
            line(&format!("{:?}", card.group))?;
        }
        line(&format!("  {:width$}  {}", card.id, card.blurb))?;
    }
    Ok(())
}

fn internal(problem: Problem) -> Ended {
    Ended::Failed(vec![problem])
}
