//! `flowloom preview`.

use std::process::ExitCode;

use flowloom_engine::{NodePreview, PortPreview, Preview as Shown, PreviewAsk, State};
use flowloom_flow::{NodeId, Problem, Severity};
use flowloom_studio::{Command, FlowKey, Outcome, Session, Values};
use polars::prelude::DataFrame;
use serde_json::{Value, json};

use super::{cancelled, finish, open, unexpected};
use crate::args::Preview;
use crate::json::rows;
use crate::output::{Call, Ended, duration, json_line, line, show_problem, thousands};

/// Rows that are printed for each port; the counts speak of all.
const PAGE: usize = 10;

pub(crate) fn run(args: &Preview) -> Call {
    let result = open(&args.flow).and_then(|(mut session, flow, values)| {
        let node = args.node.as_deref().map(str::parse::<NodeId>).transpose();
        let node = node.map_err(|problem| Ended::Wrong(vec![problem]))?;
        let ask = PreviewAsk { node: node.clone(), rows: args.rows, from: args.from.sample() };
        let shown = preview(&mut session, flow, ask, values, args.json)?;
        let nodes: Vec<&NodePreview> =
            shown.nodes.iter().filter(|each| node.as_ref().is_none_or(|id| *id == each.node)).collect();
        if args.json {
            json_line(&json!({
                "nodes": nodes.iter().map(|node| as_json(node)).collect::<Vec<_>>(),
                "elapsed_ms": shown.elapsed_ms,
            }))?;
        } else {
            nodes.iter().try_for_each(|node| show(node))?;
        }
        let failed = shown.nodes.iter().flat_map(|node| &node.problems).filter(|problem| problem.is_error());
        let failed: Vec<Problem> = failed.cloned().collect();
        if failed.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        let ended = if shown.is_valid { Ended::Failed(failed) } else { Ended::Wrong(failed) };
        if args.json { Ok(ended.code()) } else { Err(ended) }
    });
    match result {
        Err(ended) if args.json => ended.show_json(),
        result => result,
    }
}

/// Computes a preview to its end.
pub(crate) fn preview(
    session: &mut Session,
    flow: FlowKey,
    ask: PreviewAsk,
    values: Values,
    is_quiet: bool,
) -> Result<Shown, Ended> {
    match finish(session, Command::Preview { flow, ask, values }, is_quiet)? {
        Outcome::Preview(shown) if shown.is_cancelled => Err(cancelled()),
        Outcome::Preview(shown) => Ok(shown),
        Outcome::Failed(problems) => Err(Ended::Failed(problems)),
        Outcome::Cancelled => Err(cancelled()),
        _ => Err(unexpected()),
    }
}

fn show(node: &NodePreview) -> Result<(), Ended> {
    let state = match node.state {
        State::Done => duration(node.elapsed_ms),
        State::Blocked => "waits for a node above".to_owned(),
        _ => "failed".to_owned(),
    };
    line(&format!("{} ({}) · {state}", node.node, node.kind))?;
    let warnings = node.problems.iter().filter(|problem| problem.severity == Severity::Warning);
    warnings.for_each(show_problem);
    for port in &node.ports {
        let name = if node.ports.len() > 1 { format!("{}: ", port.port) } else { String::new() };
        line(&format!("  {name}{} rows", thousands(port.rows.height() as u64)))?;
        if port.rows.width() > 0 {
            line(&table(&port.rows.head(Some(PAGE))))?;
        }
    }
    line("")
}

/// The rows as a table.
pub(crate) fn table(rows: &DataFrame) -> String {
    let text = rows.to_string();
    // Polars puts the shape of the page before its table; the full count stands above it.
    text.split_once('\n').map_or(text.clone(), |(_, table)| table.to_owned())
}

fn as_json(node: &NodePreview) -> Value {
    json!({
        "node": node.node,
        "kind": node.kind,
        "state": node.state,
        "ports": node.ports.iter().map(port_json).collect::<Vec<_>>(),
        "counts": node.counts,
        "problems": node.problems,
        "cached": node.is_cached,
        "elapsed_ms": node.elapsed_ms,
    })
}

fn port_json(port: &PortPreview) -> Value {
    let page = rows(&port.rows.head(Some(PAGE)));
    json!({"port": port.port, "rows": port.rows.height(), "page": page, "profile": port.profile})
}
