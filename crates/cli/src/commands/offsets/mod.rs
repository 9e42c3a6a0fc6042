//! `flowloom offsets`.

mod change;
mod exported;
mod table;

use std::process::ExitCode;

use flowloom_flow::{NodeId, Problem, ResetAsk, ResetTo, Standing};
use flowloom_studio::{Command, FlowKey, Outcome, Session, Values};

use self::exported::Exported;
use super::{cancelled, finish, open, unexpected};
use crate::args::FlowArgs;
use crate::args::offsets::{Offsets, Reset, Show};
use crate::output::{Call, Ended, json_line, line};

pub(crate) fn run(args: &Offsets) -> Call {
    match args {
        Offsets::Show(args) => show(args),
        Offsets::Reset(args) => {
            let ask = ResetAsk { to: to(args), only: args.partition.iter().cloned().collect() };
            change::run(&args.flow, &args.node, &args.sure, |_| Ok(ask))
        }
        Offsets::Set(args) => change::run(&args.flow, &args.node, &args.sure, |node| {
            Ok(ResetAsk::all(ResetTo::Each(exported::read(&args.file, node)?)))
        }),
    }
}

fn to(args: &Reset) -> ResetTo {
    let to = &args.to;
    match (to.at, to.offset, to.shift) {
        (Some(ms), ..) => ResetTo::Timestamp(ms),
        (_, Some(offset), _) => ResetTo::Offset(offset),
        (.., Some(by)) => ResetTo::Shift(by),
        _ if to.latest => ResetTo::Latest,
        _ => ResetTo::Earliest,
    }
}

fn show(args: &Show) -> Call {
    let flow_args = FlowArgs { flow: args.flow.clone(), set: args.set.clone() };
    let (mut session, flow, values) = open(&flow_args)?;
    let nodes = match &args.node {
        Some(node) => vec![node.parse().map_err(one)?],
        None => sources(&session, flow, &values)?,
    };
    let mut shown = Vec::new();
    for node in nodes {
        let standing = standing(&mut session, flow, &node, &values)?;
        shown.push((node, standing));
    }
    if args.json {
        let name = session.flow(flow).map_err(one)?.name.clone();
        json_line(&Exported::of(name, shown))?;
        return Ok(ExitCode::SUCCESS);
    }
    if shown.is_empty() {
        line("no source of this flow keeps offsets")?;
    }
    for (i, (node, standing)) in shown.iter().enumerate() {
        if i > 0 {
            line("")?;
        }
        line(&format!("{node}: `{}`, kept in {}", standing.sync, standing.kept))?;
        table::standing(standing)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The nodes that keep offsets.
fn sources(session: &Session, flow: FlowKey, values: &Values) -> Result<Vec<NodeId>, Ended> {
    let compiled = session.compile(flow, values).map_err(one)?;
    let keeps =
        compiled.nodes.into_iter().filter(|made| made.node.as_ref().is_some_and(|node| node.keeps_offsets()));
    Ok(keeps.map(|made| made.id).collect())
}

fn standing(session: &mut Session, flow: FlowKey, node: &NodeId, values: &Values) -> Result<Standing, Ended> {
    let command = Command::Standing { flow, node: node.clone(), values: values.clone() };
    match finish(session, command, true)? {
        Outcome::Standing(standing) => Ok(standing),
        Outcome::Failed(problems) => Err(Ended::by_domain(problems)),
        Outcome::Cancelled => Err(cancelled()),
        _ => Err(unexpected()),
    }
}

fn one(problem: Problem) -> Ended {
    Ended::Wrong(vec![problem])
}
