//! `flowloom runs`.

use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};

use flowloom_studio::{Run, runs};
use serde_json::{Value, json};

use crate::args::Runs;
use crate::output::{Call, Ended, duration, json_line, line};

pub(crate) fn run(args: &Runs) -> Call {
    let runs = runs(args.last).map_err(|problem| Ended::Failed(vec![problem]))?;
    if args.json {
        json_line(&runs.iter().map(as_json).collect::<Vec<_>>())?;
    } else if runs.is_empty() {
        line("no runs yet; start one with `flowloom run FLOW`")?;
    } else {
        let width = runs.iter().map(|run| run.flow.chars().count()).max().unwrap_or(0);
        for run in &runs {
            let (outcome, took) = (&run.outcome, duration(run.elapsed_ms));
            line(&format!("{:>4}  {}  {:width$}  {outcome:11}  {took}", run.id, started(run), run.flow))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(run: &Run) -> Value {
    let report: Value = serde_json::from_str(&run.report).unwrap_or(Value::Null);
    json!({
        "id": run.id, "flow": run.flow, "file": run.file, "started_ms": run.started_ms, "outcome": run.outcome,
        "report": report,
    })
}

/// How long ago, in the largest unit that fits: the history is read for what happened lately.
fn started(run: &Run) -> String {
    let since = UNIX_EPOCH + Duration::from_millis(run.started_ms.max(0) as u64);
    let seconds = since.elapsed().map_or(0, |elapsed| elapsed.as_secs());
    let (count, unit) = match seconds {
        0..60 => (seconds, "s"),
        60..3_600 => (seconds / 60, "min"),
        3_600..172_800 => (seconds / 3_600, "h"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{:>10}", format!("{count} {unit} ago"))
}
