//! `flowloom connections test`.

use std::process::ExitCode;
use std::time::Duration;

use flowloom_studio::connections::{Answer, Ask, Draft, State, Step};
use flowloom_studio::{Command, Limits, Reply, Session};
use serde_json::json;

use crate::args::connections::Show;
use crate::commands::{answer, on_interrupt, unexpected};
use crate::output::{Call, Ended, duration, json_line, line};

/// How often a test is looked at.
const TICK: Duration = Duration::from_millis(20);

pub(super) fn run(args: &Show) -> Call {
    let steps = tested(Ask::TestNamed { name: args.name.clone() }, !args.json)?;
    let is_well = is_well(&steps);
    if args.json {
        json_line(&json!({"connection": args.name, "passed": is_well, "steps": steps}))?;
    }
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Tries a draft and shows its steps; whether every one is well.
pub(super) fn passes(draft: Draft) -> Result<bool, Ended> {
    tested(Ask::Test { draft }, true).map(|steps| is_well(&steps))
}

fn is_well(steps: &[Step]) -> bool {
    steps.iter().all(|step| step.state != State::Failed)
}

/// Waits for the test; each step is shown as it ends.
fn tested(ask: Ask, is_shown: bool) -> Result<Vec<Step>, Ended> {
    let mut session = Session::new(Limits::default());
    let reply = session.send(Command::Connections(ask)).map_err(Ended::by_domain)?;
    let Reply::Test { job, steps } = reply else { return Err(unexpected()) };
    on_interrupt(job.stopper());
    let mut count = 0;
    loop {
        let outcome = job.outcome();
        if is_shown {
            let ended = |step: &&Step| step.state != State::Running;
            let new: Vec<Step> = steps.lock().iter().skip(count).take_while(ended).cloned().collect();
            count += new.len();
            new.iter().try_for_each(show)?;
        }
        match outcome {
            None => std::thread::park_timeout(TICK),
            Some(outcome) => match answer(outcome)? {
                Answer::Tested(steps) => return Ok(steps),
                _ => return Err(unexpected()),
            },
        }
    }
}

fn show(step: &Step) -> Result<(), Ended> {
    let sign = match step.state {
        State::Passed => "ok",
        State::Warned => "warn",
        State::Failed => "FAIL",
        State::Skipped | State::Running => "-",
    };
    let took = if step.state == State::Skipped { String::new() } else { duration(step.elapsed_ms) };
    line(&format!("{sign:4}  {:10}  {took:>9}  {}", step.name, step.message))?;
    if !step.hint.is_empty() {
        line(&format!("      hint: {}", step.hint))?;
    }
    if !step.details.is_empty() && matches!(step.state, State::Failed | State::Warned) {
        line(&format!("      details: {}", step.details.replace('\n', "\n               ")))?;
    }
    Ok(())
}
