//! Flow files and programs on their way from and to the disk, while frames go on.
//!
//! Jobs read and write; what they give is taken in here, once for each frame.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use flowloom_flow::{Flow, Problem};
use flowloom_studio::{Command, Draft, FlowFile, FlowKey, Job, Outcome, Reply};

use super::App;
use crate::dialog::{Close, Dialog};
use crate::doc::Doc;

/// What is under way.
#[derive(Default)]
pub(super) struct Disk {
    loading: Vec<Loading>,
    storing: Vec<Storing>,
    exporting: Vec<(FlowKey, Job)>,
    /// Only flows of the last session are on their way: the sample opens where none of them does.
    pub(super) is_first: bool,
}

/// What becomes of a flow once it is open.
pub(super) enum Then {
    Show,
    /// It was open when the last window closed: nobody misses it where its file is gone.
    Restore,
    /// The sample: its broker is started.
    Sample,
    /// This unsaved work comes over it; where the file does not open, it stands alone.
    Recover(Draft, Box<Flow>),
}

struct Loading {
    job: Job,
    /// `None`: the job knows.
    path: Option<PathBuf>,
    /// Its tab's place among those that are asked for before and after it.
    place: u64,
    then: Then,
}

struct Storing {
    flow: FlowKey,
    job: Job,
    /// What is written.
    what: Arc<Flow>,
    then: Option<Close>,
    /// Saved again afterwards: two jobs never write one flow.
    next: Option<(Option<PathBuf>, Option<Close>)>,
}

impl Disk {
    pub(super) fn is_idle(&self) -> bool {
        self.loading.is_empty() && self.storing.is_empty() && self.exporting.is_empty()
    }

    /// Jobs that write a user's files.
    pub(super) fn writers(&self) -> impl Iterator<Item = &Job> {
        self.storing.iter().map(|storing| &storing.job).chain(self.exporting.iter().map(|(_, job)| job))
    }
}

impl App {
    /// Takes in what jobs have read and written; whether some still go on.
    pub(super) fn poll_disk(&mut self) -> bool {
        while let Some((at, outcome)) = ready(&self.disk.loading, |loading| &loading.job) {
            let loading = self.disk.loading.remove(at);
            self.loaded(loading, outcome);
        }
        while let Some((at, outcome)) = ready(&self.disk.storing, |storing| &storing.job) {
            let storing = self.disk.storing.remove(at);
            self.stored(storing, outcome);
        }
        while let Some((at, outcome)) = ready(&self.disk.exporting, |(_, job)| job) {
            let (flow, _) = self.disk.exporting.remove(at);
            self.exported(flow, outcome);
        }
        !self.disk.is_idle()
    }

    /// Opens the flow file at `path` in a tab, or goes on with the tab that has it.
    pub(super) fn load_file(&mut self, path: PathBuf, then: Then) {
        let path = std::path::absolute(&path).unwrap_or(path);
        if let Some(key) = self.key_at(&path) {
            return self.opened(key, then);
        }
        let mut loading = self.disk.loading.iter_mut();
        if let Some(loading) = loading.find(|loading| loading.path.as_ref() == Some(&path)) {
            if matches!(loading.then, Then::Show | Then::Restore) {
                loading.then = then;
            }
            return;
        }
        self.start_loading(Command::Load { path: path.clone() }, Some(path), then);
    }

    pub(super) fn start_loading(&mut self, load: Command, path: Option<PathBuf>, then: Then) {
        let place = self.next_place();
        match self.session.send(load) {
            Ok(Reply::Job(job)) => self.disk.loading.push(Loading { job, path, place, then }),
            Ok(_) => {}
            Err(problems) => self.tell_all(problems),
        }
    }

    fn loaded(&mut self, loading: Loading, outcome: Outcome) {
        match outcome {
            Outcome::Loaded { file, warnings } => self.adopt(file, warnings, loading.place, loading.then),
            Outcome::Failed(problems) => self.not_loaded(loading, problems),
            _ => {}
        }
    }

    fn adopt(&mut self, file: FlowFile, warnings: Vec<Problem>, place: u64, then: Then) {
        let path = file.path().to_owned();
        if let Some(key) = self.key_at(&path) {
            return self.opened(key, then);
        }
        match self.session.send(Command::Adopt { file }) {
            Ok(Reply::Opened { flow, .. }) => {
                self.remember(&path);
                if self.show_at(flow, place).is_some() {
                    self.tell_all_of(flow, warnings);
                    self.opened(flow, then);
                }
            }
            Ok(_) => {}
            Err(problems) => self.tell_all(problems),
        }
    }

    /// A flow has its tab now, or had it already.
    fn opened(&mut self, key: FlowKey, then: Then) {
        match then {
            Then::Restore => {}
            Then::Show => self.show_tab(key),
            Then::Sample => {
                self.show_tab(key);
                self.use_sample(key);
            }
            Then::Recover(draft, flow) => self.recover_over(key, &draft, *flow),
        }
    }

    fn not_loaded(&mut self, loading: Loading, problems: Vec<Problem>) {
        let is_gone = problems.iter().any(is_not_found);
        if let (true, Some(path)) = (is_gone, &loading.path) {
            self.recent.retain(|each| each != path);
        }
        match (loading.then, loading.path) {
            (Then::Recover(draft, flow), _) => self.recover_alone(&draft, *flow),
            (Then::Restore, _) if is_gone => {}
            (Then::Show, Some(path)) if is_gone => self.tell(super::files::gone(&path)),
            _ => self.tell_all(problems),
        }
        // A window is never empty at its start.
        if self.docs.is_empty() && self.disk.loading.is_empty() && self.disk.is_first {
            self.disk.is_first = false;
            self.open_sample();
        }
    }

    /// Saves a flow, then closes what `then` says.
    pub(super) fn save_to(&mut self, flow: FlowKey, path: Option<PathBuf>, then: Option<Close>) {
        if let Some(storing) = self.disk.storing.iter_mut().find(|storing| storing.flow == flow) {
            storing.next = Some((path, then));
            return;
        }
        let Some(doc) = self.docs.iter_mut().find(|doc| doc.key == flow) else { return };
        match self.session.send(Command::Store { flow, path }) {
            Ok(Reply::Job(job)) => {
                doc.is_saving = true;
                let what = Arc::clone(&doc.flow);
                self.disk.storing.push(Storing { flow, job, what, then, next: None });
            }
            Ok(_) => {}
            Err(problems) => self.tell_all_of(flow, problems),
        }
    }

    /// Closes `what` once its flows are saved, where a save of all that they hold goes on; whether one does.
    pub(super) fn waits_to_close(&mut self, what: Close) -> bool {
        let is_meant = |doc: &&Doc| !doc.is_saved && (what == Close::Window || what == Close::Tab(doc.key));
        let storing = &mut self.disk.storing;
        let place = |doc: &Doc| {
            storing.iter().position(|each| each.flow == doc.key && Arc::ptr_eq(&each.what, &doc.flow))
        };
        let places: Option<Vec<usize>> = self.docs.iter().filter(is_meant).map(place).collect();
        for at in places.iter().flatten() {
            storing[*at].then = Some(what);
        }
        places.is_some()
    }

    fn stored(&mut self, storing: Storing, outcome: Outcome) {
        let flow = storing.flow;
        // The tab may have been closed without waiting.
        let Some(doc) = self.docs.iter_mut().find(|doc| doc.key == flow) else { return };
        doc.is_saving = false;
        let problems = match outcome {
            Outcome::Stored(file) => {
                let path = file.path().to_owned();
                match self.session.send(Command::MarkSaved { flow, file }) {
                    Ok(_) => {
                        self.with_doc(flow, Doc::follow);
                        self.remember(&path);
                        self.saved(flow);
                        Vec::new()
                    }
                    Err(problems) => problems,
                }
            }
            Outcome::Failed(problems) => problems,
            _ => Vec::new(),
        };
        if !problems.is_empty() {
            // What was to come afterwards is off: the user sees why, and decides.
            return self.tell_all_of(flow, problems);
        }
        let is_saved = self.docs.iter().any(|doc| doc.key == flow && doc.is_saved);
        match storing.next {
            Some((path, then)) if path.is_some() || !is_saved => {
                self.save_to(flow, path, then.or(storing.then));
            }
            next => {
                if let Some(then) = next.and_then(|(_, then)| then).or(storing.then) {
                    self.close_on(then);
                }
            }
        }
    }

    /// Writes a program into `folder`; the dialog hears what became of it.
    pub(super) fn export(&mut self, flow: FlowKey, target: flowloom_flow::Target, folder: PathBuf) {
        let Some(doc) = self.docs.iter().find(|doc| doc.key == flow) else { return };
        let values = doc.values.clone();
        let sent = self.session.send(Command::WriteExport { flow, target, folder, values });
        match (sent, &mut self.dialog) {
            (Ok(Reply::Job(job)), dialog) => {
                self.disk.exporting.push((flow, job));
                if let Some(Dialog::Export(export)) = dialog {
                    export.wait();
                }
            }
            (Err(problems), Some(Dialog::Export(export))) => export.done(Err(problems)),
            _ => {}
        }
    }

    fn exported(&mut self, flow: FlowKey, outcome: Outcome) {
        let result = match outcome {
            Outcome::Exported(files) => Ok(files),
            Outcome::Failed(problems) => Err(problems),
            _ => return,
        };
        if let (Ok(files), Some(doc)) = (&result, self.docs.iter_mut().find(|doc| doc.key == flow)) {
            doc.log.info(format!("Exported {} files", files.len()));
        }
        match (&mut self.dialog, result) {
            (Some(Dialog::Export(export)), result) if export.is_waiting(flow) => export.done(result),
            (_, Err(problems)) => self.tell_all_of(flow, problems),
            (_, Ok(_)) => self.toasts.info("The program is written"),
        }
    }
}

/// The first job that has come to something.
fn ready<T>(all: &[T], job: impl Fn(&T) -> &Job) -> Option<(usize, Outcome)> {
    all.iter().enumerate().find_map(|(at, each)| Some((at, job(each).outcome()?)))
}

fn is_not_found(problem: &Problem) -> bool {
    let cause = problem.source.as_ref().and_then(|source| source.downcast_ref::<io::Error>());
    cause.is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
}
