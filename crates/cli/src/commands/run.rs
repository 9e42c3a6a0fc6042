//! `flowloom run`.

use std::process::ExitCode;

use flowloom_engine::{NodeReport, Outcome as How, Report, State};
use flowloom_flow::Problem;
use flowloom_studio::{Command, FlowKey, Outcome, Session, Values};

use super::{cancelled, finish, live, open, unexpected, watch};
use crate::args::Run;
use crate::metrics::Metrics;
use crate::output::{Call, Ended, aside, duration, json_line, line, show_problem, thousands};
use crate::progress::Progress;

pub(crate) fn run(args: &Run) -> Call {
    let result = open(&args.flow).and_then(|(mut session, flow, values)| {
        let report = watched(args, &mut session, flow, values)?;
        if args.json {
            json_line(&report)?;
            return Ok(if report.outcome == How::Done { ExitCode::SUCCESS } else { ended(&report).code() });
        }
        show(&report)?;
        if report.outcome == How::Done { Ok(ExitCode::SUCCESS) } else { Err(ended(&report)) }
    });
    match result {
        Err(ended) if args.json => ended.show_json(),
        result => result,
    }
}

/// Runs the flow, once or live, and tells who listens.
fn watched(args: &Run, session: &mut Session, flow: FlowKey, values: Values) -> Result<Report, Ended> {
    let wrong = |problem| Ended::Wrong(vec![problem]);
    let of = session.flow(flow).map_err(wrong)?;
    let metrics = Metrics::start(args.metrics_address.as_deref(), &of.name).map_err(wrong)?;
    if let Some(url) = metrics.url() {
        aside(&format!("metrics: {url}"));
    }
    if args.live.live {
        let ask = live::ask(&args.live, of.live);
        let mut told = live::Told::new(&ask, args.json);
        return record(watch(session, Command::RunLive { flow, values, live: ask }, |event| {
            metrics.take(event);
            told.tell(event);
        })?);
    }
    let mut progress = Progress::new(args.json);
    record(watch(session, Command::Run { flow, values }, |event| {
        metrics.take(event);
        progress.show(event);
    })?)
}

/// Runs the flow to its end.
pub(crate) fn report(
    session: &mut Session,
    flow: FlowKey,
    values: Values,
    is_quiet: bool,
) -> Result<Report, Ended> {
    record(finish(session, Command::Run { flow, values }, is_quiet)?)
}

fn record(outcome: Outcome) -> Result<Report, Ended> {
    match outcome {
        Outcome::Run(report) => Ok(report),
        Outcome::Failed(problems) => Err(Ended::Failed(problems)),
        Outcome::Cancelled => Err(cancelled()),
        _ => Err(unexpected()),
    }
}

/// A run that never began because the flow is wrong is the caller's mistake; all else is a failed run.
fn ended(report: &Report) -> Ended {
    match (report.outcome, &report.live) {
        (How::Cancelled, Some(_)) => return live::cancelled(),
        (How::Cancelled, None) => return cancelled(),
        _ => {}
    }
    if report.began { Ended::Failed(report.problems.clone()) } else { Ended::Wrong(report.problems.clone()) }
}

/// A line for each node, and the warnings.
pub(crate) fn show(report: &Report) -> Result<(), Ended> {
    let width = report.nodes.iter().map(|node| node.node.as_str().len()).max().unwrap_or(0);
    for node in &report.nodes {
        line(&format!("{} {:width$}  {}", mark(node.state), node.node.as_str(), facts(node)))?;
        node.notes.iter().for_each(show_problem);
    }
    let of_nodes = report.problems.iter().filter(|problem| !problem.is_error());
    of_nodes.for_each(show_problem);
    if let Some(live) = &report.live {
        let batches = if live.batches == 1 { "batch" } else { "batches" };
        let failures = match live.failures {
            0 => String::new(),
            failures => format!(", {} that failed and were tried again", thousands(failures)),
        };
        line(&format!("{} {batches}{failures}", thousands(live.batches)))?;
    }
    if report.outcome == How::Done {
        line(&format!("done in {}", duration(report.elapsed_ms)))?;
    }
    Ok(())
}

fn mark(state: State) -> char {
    match state {
        State::Done => '●',
        State::Running => '◐',
        State::Queued | State::Skipped => '○',
        State::Failed => '✕',
        State::Blocked => '◌',
    }
}

fn facts(node: &NodeReport) -> String {
    let mut facts = Vec::new();
    if let Some(counts) = &node.counts {
        facts.push(format!("{} read", thousands(counts.read)));
        facts.extend((counts.skipped > 0).then(|| format!("{} skipped", thousands(counts.skipped))));
        facts.extend((counts.rejected > 0).then(|| format!("{} rejected", thousands(counts.rejected))));
    }
    let is_one = node.rows.len() == 1;
    for (port, rows) in &node.rows {
        facts.push(if is_one {
            format!("{} rows", thousands(*rows))
        } else {
            format!("{port} {}", thousands(*rows))
        });
    }
    match node.state {
        State::Skipped if node.rows.is_empty() => facts.push("nothing new".to_owned()),
        State::Blocked => facts.push("not run".to_owned()),
        State::Failed => facts.push("failed".to_owned()),
        _ => facts.push(duration(node.elapsed_ms)),
    }
    facts.extend(node.written.as_ref().map(|written| format!("→ {}", written.to)));
    facts.join(" · ")
}

/// The place of the first file that the run wrote.
pub(crate) fn written(report: &Report) -> Result<&str, Ended> {
    let mut written = report.nodes.iter().filter_map(|node| node.written.as_ref());
    written
        .next()
        .map(|written| written.to.as_str())
        .ok_or_else(|| Ended::Failed(vec![Problem::internal("the run wrote nothing")]))
}

/// No parameter is set.
pub(crate) fn no_values() -> Values {
    Values::new()
}
