//! What is asked of connections, in jobs.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use flowloom_connections::{Settings, resolved};
use flowloom_engine::guarded;
use flowloom_flow::form::Described;
use flowloom_flow::{Cancel, Flow, Problem, Problems};
use flowloom_net::{Failure, Passed, Probe, Step};

use super::{Answer, Ask, Book, Draft, Live, inspect, uses};
use crate::job::{Job, Outcome};
use crate::session::Reply;

/// A test of a connection ends within this.
const TEST_LIMIT: Duration = Duration::from_secs(20);

/// Carries out `ask` in a job.
pub(crate) fn start(book: Book, ask: Ask, open: Vec<(Arc<Flow>, Option<PathBuf>)>) -> Result<Reply, Problem> {
    match ask {
        Ask::Test { draft } => test(book, move |_| Ok(draft)),
        Ask::TestNamed { name } => test(book, move |book| {
            let named = book.named(&name)?;
            let before = matches!(named.origin, flowloom_connections::Origin::Store).then(|| name.clone());
            Ok(Draft { name, before, settings: named.settings })
        }),
        Ask::Tail { connection, peek, show } => inspect::tail(book, connection, peek, show),
        ask => job("connections", move |cancel| answer(&book, ask, &open, cancel)),
    }
}

fn job(
    name: &'static str,
    work: impl FnOnce(&Cancel) -> Result<Answer, Problem> + Send + 'static,
) -> Result<Reply, Problem> {
    Job::start(name, move |cancel, _| outcome(guarded(|| work(cancel)), cancel)).map(Reply::Job)
}

pub(super) fn outcome(answer: Result<Answer, Problem>, cancel: &Cancel) -> Outcome {
    match answer {
        Ok(answer) => Outcome::Connections(answer),
        Err(_) if cancel.is_cancelled() => Outcome::Cancelled,
        Err(problem) => Outcome::Failed(vec![problem]),
    }
}

fn answer(
    book: &Book,
    ask: Ask,
    open: &[(Arc<Flow>, Option<PathBuf>)],
    cancel: &Cancel,
) -> Result<Answer, Problem> {
    Ok(match ask {
        Ask::List => Answer::List(book.list()?),
        Ask::Draft { name } => Answer::Draft(book.draft(&name)?),
        Ask::Keep { draft } => {
            let notice = book.keep(&draft)?;
            Answer::Kept { name: draft.name, notice }
        }
        Ask::Duplicate { name, to } => {
            let notice = book.duplicate(&name, &to)?;
            Answer::Kept { name: to, notice }
        }
        Ask::Remove { name } => {
            book.remove(&name)?;
            Answer::Removed { name }
        }
        Ask::Uses { name } => Answer::Uses(uses::uses(book, &name, open)?),
        Ask::Topics { connection } => Answer::Topics(inspect::topics(book, &connection, cancel)?),
        Ask::Offsets { connection, topics } => {
            Answer::Offsets(inspect::offsets(book, &connection, &topics, cancel)?)
        }
        Ask::Sizes { connection, topics } => {
            Answer::Sizes(inspect::sizes(book, &connection, &topics, cancel)?)
        }
        Ask::Topic { connection, topic } => Answer::Topic(inspect::topic(book, &connection, &topic, cancel)?),
        Ask::Peek { connection, peek, show } => {
            Answer::Peeked(inspect::peek(book, &connection, &peek, show, cancel)?)
        }
        Ask::Test { .. } | Ask::TestNamed { .. } | Ask::Tail { .. } => {
            return Err(Problem::internal("this is a job of its own"));
        }
    })
}

/// Tries a connection; its steps are seen as they come.
fn test(
    book: Book,
    draft: impl FnOnce(&Book) -> Result<Draft, Problem> + Send + 'static,
) -> Result<Reply, Problem> {
    let steps: Live<Vec<Step>> = Live::default();
    let seen = Arc::clone(&steps);
    let job = Job::start("test", move |cancel, _| {
        let tested = guarded(|| {
            let draft = draft(&book)?;
            let mut tell = |steps: &[Step]| steps.clone_into(&mut seen.lock());
            let mut probe = Probe::new(TEST_LIMIT, cancel.flag(), &mut tell);
            run(&book, draft, &mut probe);
            Ok(Answer::Tested(probe.steps().to_vec()))
        });
        outcome(tested, cancel)
    });
    Ok(Reply::Test { job: job?, steps })
}

fn run(book: &Book, draft: Draft, probe: &mut Probe<'_>) {
    let vault = book.vault(&draft);
    let settings = probe.step("Settings", move |_| {
        let settings = resolved(&*draft.settings, &*vault).map_err(failure)?;
        let mut problems = Problems::default();
        settings.check(&mut problems);
        let problems = problems.into_vec();
        if let Some(problem) = problems.iter().find(|problem| problem.is_error()) {
            return Err(failure(named(problem.clone(), &*settings)));
        }
        let passed = Passed::new(settings, "complete");
        Ok(match problems.into_iter().next() {
            Some(warning) => passed.warn(failure(warning)),
            None => passed,
        })
    });
    if let Some(settings) = settings {
        settings.test(probe);
    }
}

/// A problem without advice gets the name of its field, as the form and as files have it.
fn named(problem: Problem, settings: &dyn Settings) -> Problem {
    let (Some(key), None) = (&problem.at.field, &problem.hint) else { return problem };
    let mut described = Described::default();
    settings.clone_box().form(&mut described);
    let label = described.settings.iter().find(|setting| setting.key == *key).map(|setting| &setting.label);
    let hint = match label {
        Some(label) => format!("fill in {label} (`{key}`)"),
        None => format!("look at the setting `{key}`"),
    };
    problem.hint(hint)
}

fn failure(problem: Problem) -> Failure {
    let details = problem.source.as_ref().map(ToString::to_string).unwrap_or_default();
    Failure { message: problem.message, hint: problem.hint.unwrap_or_default(), details }
}
