//! `flowloom offsets reset` and `set`: what would happen, the question, and then the change.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use flowloom_flow::{NodeId, Problem, Reset, ResetAsk};
use flowloom_studio::{Command, FlowKey, Outcome, Session, Values};

use super::{one, table};
use crate::args::FlowArgs;
use crate::args::offsets::Sure;
use crate::commands::{cancelled, finish, open, unexpected};
use crate::output::{Call, Ended, json_line, line};

pub(super) fn run(
    flow_args: &FlowArgs,
    node: &str,
    sure: &Sure,
    ask: impl FnOnce(&NodeId) -> Result<ResetAsk, Ended>,
) -> Call {
    let node: NodeId = node.parse().map_err(one)?;
    let ask = ask(&node)?;
    let is_asked = !sure.dry_run && !sure.yes;
    if is_asked && (sure.json || !io::stdin().is_terminal()) {
        return Err(one(Problem::user("a reset asks before it moves offsets, and nobody is here to answer")
            .hint("look with `--dry-run`, then say `--yes`")));
    }
    let (mut session, flow, values) = open(flow_args)?;
    let planned = reset(&mut session, flow, &node, &ask, false, &values)?;
    if sure.dry_run && sure.json {
        json_line(&planned)?;
        return Ok(ExitCode::SUCCESS);
    }
    if !sure.json {
        line(&format!("{node}: `{}`, kept in {}", planned.sync, planned.kept))?;
        table::reset(&planned)?;
    }
    if sure.dry_run || planned.partitions.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    if is_asked && !is_yes()? {
        line("nothing was changed")?;
        return Ok(ExitCode::SUCCESS);
    }
    let done = reset(&mut session, flow, &node, &ask, true, &values)?;
    if sure.json {
        json_line(&done)?;
    } else {
        line("done: the next run goes on from there")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn reset(
    session: &mut Session,
    flow: FlowKey,
    node: &NodeId,
    ask: &ResetAsk,
    apply: bool,
    values: &Values,
) -> Result<Reset, Ended> {
    let command =
        Command::Reset { flow, node: node.clone(), ask: ask.clone(), apply, values: values.clone() };
    match finish(session, command, true)? {
        Outcome::Reset(reset) => Ok(reset),
        Outcome::Failed(problems) => Err(Ended::by_domain(problems)),
        Outcome::Cancelled => Err(cancelled()),
        _ => Err(unexpected()),
    }
}

fn is_yes() -> Result<bool, Ended> {
    let unread = |error: io::Error| {
        Ended::Failed(vec![Problem::external(format!("the answer cannot be read: {error}")).source(error)])
    };
    let mut out = io::stdout().lock();
    write!(out, "move the offsets? y/N ").and_then(|()| out.flush()).map_err(unread)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(unread)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
