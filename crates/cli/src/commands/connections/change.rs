//! `flowloom connections add`, `edit` and `remove`.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::process::ExitCode;

use flowloom_flow::value::is_reference;
use flowloom_flow::{Problem, Secret, nearest};
use flowloom_studio::connections::{Answer, Ask, Draft, Use};
use serde_json::Value;

use super::{one, test};
use crate::args::connections::{Add, Edit, Remove, Settings};
use crate::commands::{ask, unexpected};
use crate::output::{Call, Ended, line};

pub(super) fn add(args: &Add) -> Call {
    let mut draft = Draft::new(&args.name, &args.kind, args.preset.as_deref()).map_err(one)?;
    change(&mut draft, &args.settings)?;
    keep(draft, args.settings.test)
}

pub(super) fn edit(args: &Edit) -> Call {
    let Answer::Draft(mut draft) = ask(Ask::Draft { name: args.name.clone() })? else {
        return Err(unexpected());
    };
    change(&mut draft, &args.settings)?;
    if let Some(name) = &args.rename {
        draft.name.clone_from(name);
        for used in uses(&args.name)? {
            line(&format!("change `{}` to `{name}` in {}", args.name, described(&used)))?;
        }
    }
    keep(draft, args.settings.test)
}

pub(super) fn remove(args: &Remove) -> Call {
    let uses = uses(&args.name)?;
    if !uses.is_empty() && !args.force {
        let flows: Vec<_> = uses.iter().map(described).collect();
        return Err(Ended::Wrong(vec![
            Problem::user(format!("`{}` is used by {}", args.name, flows.join(", ")))
                .hint("change these flows, or remove it all the same with `--force`"),
        ]));
    }
    let Answer::Removed { name } = ask(Ask::Remove { name: args.name.clone() })? else {
        return Err(unexpected());
    };
    line(&format!("removed `{name}`"))?;
    Ok(ExitCode::SUCCESS)
}

fn uses(name: &str) -> Result<Vec<Use>, Ended> {
    match ask(Ask::Uses { name: name.to_owned() })? {
        Answer::Uses(uses) => Ok(uses),
        _ => Err(unexpected()),
    }
}

fn described(used: &Use) -> String {
    let nodes = used.nodes.join(", ");
    match &used.file {
        _ if used.is_connection => format!("the connection `{}` ({nodes})", used.flow),
        Some(file) => format!("`{}` ({nodes})", file.display()),
        None => format!("the flow `{}` ({nodes})", used.flow),
    }
}

/// Plain settings first: which secrets there are depends on them.
fn change(draft: &mut Draft, args: &Settings) -> Result<(), Ended> {
    let mut pairs = Vec::new();
    for text in &args.set {
        let (key, value) = text.split_once('=').ok_or_else(|| {
            // What has no `=` may be anything, a password too: it is not repeated.
            one(Problem::user("`--set` takes a setting and its value").hint("write `--set setting=value`"))
        })?;
        pairs.push((key.trim(), value));
    }
    for (key, value) in &pairs {
        draft.set(key, scalar(value)).map_err(one)?;
    }
    // Only now it is known which of them are secrets.
    for (key, value) in &pairs {
        if draft.secrets().iter().any(|secret| secret == key) && !value.is_empty() && !is_reference(value) {
            return Err(one(Problem::user(format!(
                "the secret `{key}` would be seen in the shell's history"
            ))
            .hint(format!("use `--secret {key}`, or write a reference: `--set {key}='${{env:NAME}}'`"))
            .at_field(*key)));
        }
    }
    let mut lines = io::stdin().lock().lines();
    for key in &args.secret {
        let known = draft.secrets();
        if !known.contains(key) {
            let problem = Problem::user(format!("there is no secret `{key}` with these settings"));
            let hint = match nearest(key, known.iter().map(String::as_str)) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None if known.is_empty() => "these settings have none".to_owned(),
                None => format!("there is {}", known.join(", ")),
            };
            return Err(one(problem.hint(hint)));
        }
        let secret = if io::stdin().is_terminal() {
            let typed = rpassword::prompt_password(format!("{key}: "));
            Secret::new(typed.map_err(|error| unread(key, error))?)
        } else {
            let read = lines.next().transpose().map_err(|error| unread(key, error))?;
            Secret::new(read.ok_or_else(|| {
                one(Problem::user(format!("there is no line for the secret `{key}` on standard input")))
            })?)
        };
        draft.set(key, Value::from(secret.reveal())).map_err(one)?;
    }
    Ok(())
}

fn unread(key: &str, error: io::Error) -> Ended {
    Ended::Failed(vec![
        Problem::external(format!("the secret `{key}` cannot be read: {error}")).source(error),
    ])
}

/// Switches, numbers and JSON are what they look like; a text with these looks keeps it by quotes.
fn scalar(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Bool(_) | Value::Number(_) | Value::Object(_) | Value::String(_))) => value,
        _ => Value::from(text),
    }
}

fn keep(draft: Draft, is_tested: bool) -> Call {
    if is_tested && !test::passes(draft.clone())? {
        return Err(Ended::Failed(vec![
            Problem::external("the connection was not kept: its test failed")
                .hint("mend what the step says, or leave `--test` away"),
        ]));
    }
    match ask(Ask::Keep { draft })? {
        Answer::Kept { name, notice } => {
            line(&format!("kept `{name}`"))?;
            if let Some(notice) = notice {
                line(&notice)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        _ => Err(unexpected()),
    }
}
