//! `flowloom connections kinds`.

use std::process::ExitCode;

use flowloom_studio::connections::{Description, KINDS, describe, kind};

use super::one;
use crate::args::connections::Kinds;
use crate::output::{Call, json_line, line};

pub(super) fn run(args: &Kinds) -> Call {
    let Some(id) = &args.kind else { return all(args.json) };
    let description = describe(kind(id).map_err(one)?);
    if args.json {
        json_line(&description)?;
    } else {
        line(description.markdown().trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn all(is_json: bool) -> Call {
    if is_json {
        json_line(&KINDS.iter().map(describe).collect::<Vec<Description>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    let width = KINDS.iter().map(|entry| entry.card.id.len()).max().unwrap_or(0);
    let mut group = None;
    for entry in KINDS {
        if group.replace(entry.card.group) != Some(entry.card.group) {
            line(entry.card.group.label())?;
        }
        line(&format!("  {:width$}  {}", entry.card.id, entry.card.blurb))?;
    }
    Ok(ExitCode::SUCCESS)
}
