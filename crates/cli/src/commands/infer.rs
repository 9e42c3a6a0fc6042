//! `flowloom infer`.

use std::process::ExitCode;

use flowloom_flow::Edit;
use flowloom_flow::{Inferred, NodeId, Problem};
use flowloom_studio::{Command, FlowKey, Outcome, Session, Values};
use serde_json::{Value, json};

use super::{cancelled, finish, open, unexpected};
use crate::args::Infer;
use crate::output::{Call, Ended, json_line, line};

pub(crate) fn run(args: &Infer) -> Call {
    match infer(args) {
        Err(ended) if args.json => ended.show_json(),
        result => result,
    }
}

fn infer(args: &Infer) -> Call {
    let (mut session, flow, values) = open(&args.flow)?;
    let nodes = nodes(&session, flow, &values, args.node.as_deref())?;
    if nodes.is_empty() {
        let nothing = "every node has its fields; name one with --node to infer it again";
        show(args, &[], nothing)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut all = Vec::new();
    for node in nodes {
        let command = Command::Infer { flow, node: node.clone(), values: values.clone() };
        let Inferred { settings: found, facts, .. } = match finish(&mut session, command, args.json)? {
            Outcome::Inferred(found) => found,
            Outcome::Failed(problems) => return Err(Ended::Failed(problems)),
            Outcome::Cancelled => return Err(cancelled()),
            _ => return Err(unexpected()),
        };
        let current = session.flow(flow).map_err(one)?;
        let mut settings =
            current.nodes.get(&node).map(|written| written.settings.clone()).unwrap_or_default();
        let names: Vec<String> = found.keys().map(|key| format!("`{key}`")).collect();
        all.push(json!({"node": node, "settings": found, "facts": facts}));
        settings.extend(found);
        let edit = Edit::SetSettings { id: node.clone(), settings };
        session.send(Command::Edit { flow, edit, gesture: None }).map_err(Ended::Wrong)?;
        if !args.json {
            line(&format!("{node}: {} inferred", names.join(", ")))?;
        }
    }
    session.send(Command::Save { flow, path: None }).map_err(Ended::by_domain)?;
    show(args, &all, &format!("saved {}", args.flow.flow.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// What was found as JSON, or `words`.
fn show(args: &Infer, found: &[Value], words: &str) -> Result<(), Ended> {
    if args.json { json_line(&json!({"outcome": "done", "nodes": found})) } else { line(words) }
}

/// The node that was named, else all that need it.
fn nodes(
    session: &Session,
    flow: FlowKey,
    values: &Values,
    named: Option<&str>,
) -> Result<Vec<NodeId>, Ended> {
    if let Some(named) = named {
        return Ok(vec![named.parse().map_err(one)?]);
    }
    let compiled = session.compile(flow, values).map_err(one)?;
    let needy = compiled
        .nodes
        .into_iter()
        .filter(|made| made.node.as_ref().is_some_and(|node| node.needs_inference()));
    Ok(needy.map(|made| made.id).collect())
}

fn one(problem: Problem) -> Ended {
    Ended::Wrong(vec![problem])
}
