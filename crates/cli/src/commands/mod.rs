//! One file for each verb.

pub(crate) mod check;
pub(crate) mod connections;
pub(crate) mod demo;
pub(crate) mod describe;
pub(crate) mod export;
pub(crate) mod infer;
mod live;
pub(crate) mod offsets;
pub(crate) mod open;
pub(crate) mod peek;
pub(crate) mod preview;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod secrets;
pub(crate) mod topics;

use std::time::Duration;

use flowloom_engine::{Limits, RunEvent};
use flowloom_flow::Problem;
use flowloom_flow::parameters::parse_set;
use flowloom_studio::connections::{Answer, Ask};
use flowloom_studio::{Command, FlowKey, Job, Outcome, Reply, Session, Stopper, Values};

use crate::args::FlowArgs;
use crate::output::{Ended, aside, show_problem};
use crate::progress::Progress;

/// How long a job that was cancelled may clean up before the program leaves.
const CLEAN_UP: Duration = Duration::from_secs(5);

/// A session with the flow of `args` open in it.
pub(crate) fn open(args: &FlowArgs) -> Result<(Session, FlowKey, Values), Ended> {
    let values = values(&args.set)?;
    let mut session = Session::new(Limits::default());
    match session.send(Command::Open { path: args.flow.clone() }) {
        Ok(Reply::Opened { flow, warnings }) => {
            warnings.iter().for_each(show_problem);
            Ok((session, flow, values))
        }
        Ok(_) => Err(unexpected()),
        Err(problems) => Err(Ended::Wrong(problems)),
    }
}

fn values(set: &[String]) -> Result<Values, Ended> {
    set.iter()
        .map(|text| parse_set(text))
        .collect::<Result<_, _>>()
        .map_err(|problem| Ended::Wrong(vec![problem]))
}

/// Sends `command` and waits for its job, with bars and Ctrl-C.
pub(crate) fn finish(session: &mut Session, command: Command, is_quiet: bool) -> Result<Outcome, Ended> {
    let mut progress = Progress::new(is_quiet);
    watch(session, command, |event| progress.show(event))
}

/// Sends `command` and waits for its job, with Ctrl-C; `each` sees what it says on the way.
pub(crate) fn watch(
    session: &mut Session,
    command: Command,
    mut each: impl FnMut(&RunEvent),
) -> Result<Outcome, Ended> {
    let Reply::Job(job) = session.send(command).map_err(Ended::by_domain)? else { return Err(unexpected()) };
    on_interrupt(job.stopper());
    let outcome = job.wait(|event| each(&event));
    if matches!(outcome, Outcome::Cancelled) {
        leave(&job);
    }
    Ok(outcome)
}

/// Asks about connections and waits for the answer, with Ctrl-C.
pub(crate) fn ask(ask: Ask) -> Result<Answer, Ended> {
    let mut session = Session::new(Limits::default());
    answer(finish(&mut session, Command::Connections(ask), true)?)
}

/// What came of a job about connections.
pub(crate) fn answer(outcome: Outcome) -> Result<Answer, Ended> {
    match outcome {
        Outcome::Connections(answer) => Ok(answer),
        Outcome::Failed(problems) => Err(Ended::by_domain(problems)),
        Outcome::Cancelled => Err(Ended::Failed(vec![Problem::cancelled()])),
        _ => Err(unexpected()),
    }
}

/// Ctrl-C, and what schedulers send, cancel the job: of a live run the first stops it between two batches and the
/// second cancels. The next one ends the program at once.
pub(crate) fn on_interrupt(stopper: Stopper) {
    let handler = move || {
        if stopper.is_cancelled() {
            std::process::exit(1);
        }
        if stopper.stop() {
            aside("it ends after this batch; once more cancels the batch");
        }
    };
    if let Err(error) = listen(handler) {
        tracing::debug!("Ctrl-C ends the program without cleaning up: {error}");
    }
}

/// Calls `handler` for each Ctrl-C, and for each signal that asks to end: also for SIGINT in the background of a script,
/// which a shell has it ignore, but not for SIGHUP under `nohup`.
#[cfg(unix)]
fn listen(handler: impl Fn() + Send + 'static) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let hangup = (!ignores_hangup()).then_some(SIGHUP);
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM].into_iter().chain(hangup))?;
    let listening = std::thread::Builder::new().name("flowloom-signals".to_owned());
    listening.spawn(move || signals.forever().for_each(|_| handler())).map(drop)
}

#[cfg(not(unix))]
fn listen(handler: impl Fn() + Send + 'static) -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(handler)
}

/// Whether this program was started by `nohup` and the like, where the system tells.
#[cfg(unix)]
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 != 0)
}

fn leave(job: &Job) {
    if !job.settle(CLEAN_UP) {
        tracing::warn!("the job did not clean up in time; the next run will");
    }
}

pub(crate) fn cancelled() -> Ended {
    Ended::Failed(vec![Problem::cancelled().hint("nothing was written and no offset was committed")])
}

pub(crate) fn unexpected() -> Ended {
    Ended::Failed(vec![Problem::internal("the session gave another answer than was asked for")])
}
