//! `flowloom demo`: the first minute.

use std::env;
use std::process::ExitCode;

use flowloom_engine::{Limits, Outcome as How, PreviewAsk};
use flowloom_flow::{Flow, FlowNode, NodeId, Problem};
use flowloom_studio::demo::Demo as Started;
use flowloom_studio::{Command, Reply, Session};
use polars::prelude::DataFrame;
use serde_json::{Map, Value};

use super::{preview, run, unexpected};
use crate::args::Demo;
use crate::output::{Call, Ended, line, thousands};

pub(crate) fn run(args: &Demo) -> Call {
    let demo = Started::start(&args.dir).map_err(|problem| Ended::Failed(vec![problem]))?;
    let orders = demo.orders().map_or_else(String::new, |orders| format!("{} ", thousands(orders as u64)));
    line(&format!("An embedded broker at {} holds {orders}orders", demo.bootstrap_servers()))?;
    line(&format!("Running {}\n", demo.flow.display()))?;

    let mut session = Session::new(Limits::default());
    let opened = session.send(Command::Open { path: demo.flow.clone() }).map_err(Ended::Wrong)?;
    let Reply::Opened { flow, .. } = opened else { return Err(unexpected()) };
    let report = run::report(&mut session, flow, demo.values(), false)?;
    run::show(&report)?;
    if report.outcome != How::Done {
        return Err(Ended::Failed(report.problems));
    }
    let path = run::written(&report)?;
    let rows = read(&mut session, path)?;
    line(&format!("\n{}", preview::table(&rows)))?;
    line(&format!("The result is in {path}\n"))?;
    let (file, flowloom) = (demo.flow.display(), program());
    line("Try next:")?;
    line(&format!("  {flowloom} check {file}"))?;
    line(&format!("  {flowloom} export {file} --to python --out orders-python"))?;
    line(&format!("  {flowloom} run {file} --set bootstrap=YOUR_BROKER:9092"))?;
    line(&format!("  {flowloom} describe filter"))?;
    Ok(ExitCode::SUCCESS)
}

/// How to call this program again: by its name where the shell finds it, else by its path.
fn program() -> String {
    const NAME: &str = "flowloom";
    let Ok(path) = env::current_exe() else { return NAME.to_owned() };
    let folders = env::var_os("PATH").unwrap_or_default();
    let is_found = env::split_paths(&folders).any(|folder| path.parent() == Some(&folder));
    if is_found { NAME.to_owned() } else { path.display().to_string() }
}

/// The rows of a written file, by a flow of one node.
fn read(session: &mut Session, path: &str) -> Result<DataFrame, Ended> {
    let settings = Map::from_iter([("path".to_owned(), Value::from(path))]);
    let node = FlowNode { kind: "read_file".to_owned(), version: 1, settings, ..FlowNode::default() };
    let mut flow = Flow { name: "Result".to_owned(), ..Flow::default() };
    flow.nodes.insert(NodeId::nearest("result"), node);
    let opened = session.send(Command::New { flow, folder: ".".into() }).map_err(Ended::Failed)?;
    let Reply::Opened { flow, .. } = opened else { return Err(unexpected()) };
    let mut shown = preview::preview(session, flow, PreviewAsk::default(), run::no_values(), true)?;
    let mut node = shown.nodes.pop().ok_or_else(unexpected)?;
    let port = node.ports.pop();
    let problems = std::mem::take(&mut node.problems);
    port.map(|port| port.rows).ok_or_else(|| {
        Ended::Failed(if problems.is_empty() {
            vec![Problem::internal("the result has no rows")]
        } else {
            problems
        })
    })
}
