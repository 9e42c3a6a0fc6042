//! `flowloom infer`.

use std::process::ExitCode;

use flowloom_flow::Edit;
use flowloom_flow::{NodeId, Problem};
use flowloom_studio::{Command, FlowKey, Outcome, Session, Values};

use super::{cancelled, finish, open, unexpected};
use crate::args::Infer;
use crate::output::{Call, Ended, line};

pub(crate) fn run(args: &Infer) -> Call {
    let (mut session, flow, values) = open(&args.flow)?;
    let nodes = nodes(&session, flow, &values, args.node.as_deref())?;
    if nodes.is_empty() {
        line("every node has its fields; name one with --node to infer it again")?;
        return Ok(ExitCode::SUCCESS);
    }
    for node in nodes {
        let command = Command::Infer { flow, node: node.clone(), values: values.clone() };
        let found = match finish(&mut session, command, false)? {
            Outcome::Inferred(found) => found,
            Outcome::Failed(problems) => return Err(Ended::Failed(problems)),
            Outcome::Cancelled => return Err(cancelled()),
            _ => return Err(unexpected()),
        };
        let current = session.flow(flow).map_err(one)?;
        let mut settings =
            current.nodes.get(&node).map(|written| written.settings.clone()).unwrap_or_default();
        let names: Vec<String> = found.keys().map(|key| format!("`{key}`")).collect();
        settings.extend(found);
        let edit = Edit::SetSettings { id: node.clone(), settings };
        session.send(Command::Edit { flow, edit, gesture: None }).map_err(Ended::Wrong)?;
        line(&format!("{node}: {} inferred", names.join(", ")))?;
    }
    session.send(Command::Save { flow, path: None }).map_err(Ended::by_domain)?;
    line(&format!("saved {}", args.flow.flow.display()))?;
    Ok(ExitCode::SUCCESS)
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
