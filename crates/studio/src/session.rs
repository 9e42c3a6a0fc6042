//! The application without a face: open flows and what is done with them.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowloom_engine::{Cache, Events, JobHost, Limits, PreviewAsk, guarded};
use flowloom_flow::file::{self, Lines};
use flowloom_flow::{Cancel, Compiled, Flow, History, OffsetTable, Problem, Registry};
use flowloom_net::Step;
use flowloom_nodes::REGISTRY;

use crate::command::{Command, FlowKey, Values};
use crate::connections::{self, Book, Live, Seen};
use crate::demo;
use crate::flow_file::{FlowFile, folder_of};
use crate::job::{Job, Outcome};
use crate::snapshot::Snapshot;
use crate::sync::{Kept, Syncs};

/// What a command gave.
pub enum Reply {
    Done,
    /// The flow that was opened, with what its file should be told.
    Opened {
        flow: FlowKey,
        warnings: Vec<Problem>,
    },
    Job(Job),
    /// A connection that is tried, and its steps as they come.
    Test {
        job: Job,
        steps: Live<Vec<Step>>,
    },
    /// Messages as they come, the oldest first; the longest there go first.
    Tail {
        job: Job,
        messages: Live<VecDeque<Seen>>,
    },
    /// Files that were written.
    Exported(Vec<PathBuf>),
}

/// The table of kinds.
pub fn registry() -> Registry {
    REGISTRY
}

/// Open flows, and the results that they share. [`Session::send`] is the only way to change anything.
pub struct Session {
    flows: BTreeMap<FlowKey, Open>,
    next: u64,
    cache: Arc<Cache>,
    limits: Limits,
    home: Option<PathBuf>,
    has_keyring: bool,
    /// What was sent so far, where somebody wants to know.
    journal: Option<Vec<Command>>,
}

struct Open {
    path: Option<PathBuf>,
    folder: PathBuf,
    history: History,
    lines: Arc<Lines>,
}

impl Session {
    pub fn new(limits: Limits) -> Self {
        Self {
            flows: BTreeMap::new(),
            next: 0,
            cache: Arc::default(),
            limits,
            home: None,
            has_keyring: true,
            journal: None,
        }
    }

    /// Keeps the run history in the store of `folder` instead of the user's.
    #[must_use]
    pub fn with_home(mut self, folder: impl Into<PathBuf>) -> Self {
        self.home = Some(folder.into());
        self
    }

    /// The master key of connections stays with the data, see [`Book::without_keyring`].
    #[must_use]
    pub fn without_keyring(mut self) -> Self {
        self.has_keyring = false;
        self
    }

    /// Keeps every command from now on for [`Session::journal`]: sent to another session in the same order, they
    /// give the same flows. It grows without end: for tests, and for reports of what went wrong.
    pub fn record(&mut self) {
        self.journal.get_or_insert_default();
    }

    /// Every command since [`Session::record`], those that were refused as well.
    pub fn journal(&self) -> &[Command] {
        self.journal.as_deref().unwrap_or_default()
    }

    /// The flow as it is now.
    pub fn flow(&self, key: FlowKey) -> Result<Arc<Flow>, Problem> {
        Ok(Arc::clone(self.open(key)?.history.flow()))
    }

    /// Whether the flow is as its file has it.
    pub fn is_saved(&self, key: FlowKey) -> Result<bool, Problem> {
        Ok(self.open(key)?.history.is_saved())
    }

    /// Whether there is a step to undo.
    pub fn can_undo(&self, key: FlowKey) -> Result<bool, Problem> {
        Ok(self.open(key)?.history.can_undo())
    }

    /// Whether there is an undone step to take again.
    pub fn can_redo(&self, key: FlowKey) -> Result<bool, Problem> {
        Ok(self.open(key)?.history.can_redo())
    }

    /// The flow's file; `None` for a flow that was never saved, and for one that is not open.
    pub fn path(&self, key: FlowKey) -> Option<PathBuf> {
        self.flows.get(&key)?.path.clone()
    }

    /// Where relative paths of the flow start.
    pub fn folder(&self, key: FlowKey) -> Result<&Path, Problem> {
        Ok(&self.open(key)?.folder)
    }

    /// Open flows in the order of their opening.
    pub fn flows(&self) -> Vec<FlowKey> {
        self.flows.keys().copied().collect()
    }

    /// Nodes, schemas and problems of a flow; problems name their line of the file while it is unchanged.
    ///
    /// May read files that the flow reads: a window sends [`Command::Compile`] instead.
    pub fn compile(&self, key: FlowKey, values: &Values) -> Result<Compiled, Problem> {
        self.snapshot(key)?.compiled(values)
    }

    /// Carries out `command`. Work that takes time comes back as a [`Job`].
    pub fn send(&mut self, command: Command) -> Result<Reply, Vec<Problem>> {
        tracing::debug!(?command, "command");
        if let Some(journal) = &mut self.journal {
            journal.push(command.clone());
        }
        match command {
            Command::New { flow, folder } => {
                let flow = self.insert(flow, folder, None, Arc::default());
                Ok(Reply::Opened { flow, warnings: Vec::new() })
            }
            Command::Open { path } => {
                let (file, warnings) = FlowFile::read(path)?;
                Ok(Reply::Opened { flow: self.adopt(file), warnings })
            }
            Command::Load { path } => load(move || FlowFile::read(path)),
            Command::LoadSample { folder } => {
                load(move || FlowFile::read(demo::put_flow(&folder).map_err(one)?))
            }
            Command::Adopt { file } => Ok(Reply::Opened { flow: self.adopt(file), warnings: Vec::new() }),
            Command::Recover { text, path, folder } => self.recover(&text, path, folder),
            Command::Save { flow, path } => {
                let (written, path) = self.about_to_write(flow, path).map_err(one)?;
                let file = FlowFile::write(written, path).map_err(one)?;
                self.mark_saved(flow, file).map_err(one)
            }
            Command::Store { flow, path } => self.store(flow, path).map_err(one),
            Command::MarkSaved { flow, file } => self.mark_saved(flow, file).map_err(one),
            Command::Close { flow } => {
                self.flows.remove(&flow);
                Ok(Reply::Done)
            }
            Command::Edit { flow, edit, gesture } => {
                let open = self.open_mut(flow).map_err(one)?;
                open.history.edit_during(&edit, REGISTRY, gesture.as_deref()).map_err(one)?;
                Ok(Reply::Done)
            }
            Command::Replace { flow, with } => {
                self.open_mut(flow).map_err(one)?.history.push(with, None);
                Ok(Reply::Done)
            }
            Command::Undo { flow } => {
                self.open_mut(flow).map_err(one)?.history.undo();
                Ok(Reply::Done)
            }
            Command::Redo { flow } => {
                self.open_mut(flow).map_err(one)?.history.redo();
                Ok(Reply::Done)
            }
            Command::EndGesture { flow } => {
                self.open_mut(flow).map_err(one)?.history.end_gesture();
                Ok(Reply::Done)
            }
            Command::Compile { flow, values } => {
                self.job("compile", flow, move |flow, _, _| flow.compile(&values))
            }
            Command::Infer { flow, node, values } => {
                self.job("infer", flow, move |flow, cancel, _| flow.infer(&node, &values, cancel))
            }
            Command::Suggest { flow, node, key, values } => {
                self.job("suggest", flow, move |flow, cancel, _| flow.suggest(&node, &key, &values, cancel))
            }
            Command::Standing { flow, node, values } => {
                self.job("offsets", flow, move |flow, cancel, _| flow.standing(&node, &values, cancel))
            }
            Command::Reset { flow, node, ask, apply, values } => {
                self.job("reset", flow, move |flow, cancel, _| {
                    flow.reset(&node, &ask, apply, &values, cancel)
                })
            }
            Command::Facts { flow, node, key, of, values } => {
                self.job("facts", flow, move |flow, cancel, _| flow.facts(&node, &key, &of, &values, cancel))
            }
            Command::Preview { flow, ask, values } => self.preview(flow, ask, values),
            Command::Run { flow, values } => {
                self.job("run", flow, move |flow, cancel, events| flow.run(&values, cancel, events))
            }
            Command::RunLive { flow, values, live } => {
                let mut snapshot = self.snapshot(flow).map_err(one)?;
                let kept = Kept::new(Syncs { home: self.home.clone() });
                snapshot.host = snapshot.host.with_locks(Arc::new(kept));
                let job = Job::start_live("live", move |cancel, events| {
                    snapshot.run_live(&values, &live, cancel, events)
                });
                job.map(Reply::Job).map_err(one)
            }
            Command::ShowExport { flow, target, values } => {
                self.job("export", flow, move |flow, _, _| flow.show_export(target, &values))
            }
            Command::Export { flow, target, folder, values } => {
                let snapshot = self.snapshot(flow).map_err(one)?;
                snapshot.export(target, &values, &folder).map(Reply::Exported)
            }
            Command::WriteExport { flow, target, folder, values } => {
                self.job("export", flow, move |flow, _, _| flow.write_export(target, &values, &folder))
            }
            Command::Connections(ask) => {
                let open =
                    self.flows.values().map(|open| (Arc::clone(open.history.flow()), open.path.clone()));
                connections::start(self.book(), ask, open.collect()).map_err(one)
            }
        }
    }

    fn open(&self, key: FlowKey) -> Result<&Open, Problem> {
        self.flows.get(&key).ok_or_else(|| Problem::internal("this flow is closed"))
    }

    fn open_mut(&mut self, key: FlowKey) -> Result<&mut Open, Problem> {
        self.flows.get_mut(&key).ok_or_else(|| Problem::internal("this flow is closed"))
    }

    fn insert(&mut self, flow: Flow, folder: PathBuf, path: Option<PathBuf>, lines: Arc<Lines>) -> FlowKey {
        self.next += 1;
        let key = FlowKey(self.next);
        self.flows.insert(key, Open { path, folder, history: History::new(flow), lines });
        key
    }

    fn adopt(&mut self, file: FlowFile) -> FlowKey {
        let folder = file.folder();
        self.insert(Arc::unwrap_or_clone(file.flow), folder, Some(file.path), file.lines)
    }

    fn recover(&mut self, text: &str, path: Option<PathBuf>, folder: PathBuf) -> Result<Reply, Vec<Problem>> {
        let loaded = file::parse(text)?;
        let folder = path.as_deref().map_or(folder, folder_of);
        let flow = self.insert(loaded.flow, folder, path, Arc::default());
        self.open_mut(flow).map_err(one)?.history.mark_unsaved();
        Ok(Reply::Opened { flow, warnings: loaded.warnings })
    }

    /// The flow as it is now, and the file that it goes to.
    fn about_to_write(
        &mut self,
        key: FlowKey,
        path: Option<PathBuf>,
    ) -> Result<(Arc<Flow>, PathBuf), Problem> {
        let open = self.open_mut(key)?;
        let path = path.or_else(|| open.path.clone()).ok_or_else(|| {
            Problem::user("this flow has no file yet")
                .hint("say where to save it, such as `orders.flow.yaml`")
        })?;
        // What is saved stays a step of its own, so that undo finds it again.
        open.history.end_gesture();
        Ok((Arc::clone(open.history.flow()), path))
    }

    fn store(&mut self, key: FlowKey, path: Option<PathBuf>) -> Result<Reply, Problem> {
        let (flow, path) = self.about_to_write(key, path)?;
        let write = move || match guarded(|| FlowFile::write(flow, path)) {
            Ok(file) => Outcome::Stored(file),
            Err(problem) => Outcome::Failed(one(problem)),
        };
        Job::start("save", move |_, _| write()).map(Reply::Job)
    }

    fn mark_saved(&mut self, key: FlowKey, file: FlowFile) -> Result<Reply, Problem> {
        let open = self.open_mut(key)?;
        open.folder = file.folder();
        open.path = Some(file.path);
        open.lines = file.lines;
        open.history.mark_saved(&file.flow);
        Ok(Reply::Done)
    }

    /// Starts `work` on the flow as it is now.
    fn job(
        &self,
        name: &str,
        key: FlowKey,
        work: impl FnOnce(&Snapshot, &Cancel, &Events) -> Outcome + Send + 'static,
    ) -> Result<Reply, Vec<Problem>> {
        let snapshot = self.snapshot(key).map_err(one)?;
        let job = Job::start(name, move |cancel, events| work(&snapshot, cancel, events));
        job.map(Reply::Job).map_err(one)
    }

    fn preview(&self, key: FlowKey, ask: PreviewAsk, values: Values) -> Result<Reply, Vec<Problem>> {
        if let Some(node) = &ask.node
            && !self.open(key).map_err(one)?.history.flow().nodes.contains_key(node)
        {
            return Err(vec![Problem::user(format!("there is no node `{node}`"))]);
        }
        let cache = Arc::clone(&self.cache);
        self.job("preview", key, move |flow, cancel, events| {
            flow.preview(&ask, &values, &cache, cancel, events)
        })
    }

    /// Connections of this session's store and of the environment.
    pub fn book(&self) -> Book {
        let book = Book::new(self.home.clone());
        if self.has_keyring { book } else { book.without_keyring() }
    }

    /// What the nodes of a flow in `folder` see of this program.
    fn host(&self, folder: &Path) -> JobHost {
        let syncs = Arc::new(Syncs { home: self.home.clone() });
        JobHost::new(folder, self.limits)
            .with_connections(Arc::new(self.book()))
            .with_offsets(Arc::clone(&syncs) as Arc<dyn OffsetTable>)
            .with_locks(syncs)
    }

    fn snapshot(&self, key: FlowKey) -> Result<Snapshot, Problem> {
        let open = self.open(key)?;
        Ok(Snapshot {
            flow: Arc::clone(open.history.flow()),
            path: open.path.clone(),
            lines: open.history.is_saved().then(|| Arc::clone(&open.lines)),
            host: self.host(&open.folder),
            home: self.home.clone(),
        })
    }
}

/// Reads a flow in a job.
fn load(
    read: impl FnOnce() -> Result<(FlowFile, Vec<Problem>), Vec<Problem>> + Send + 'static,
) -> Result<Reply, Vec<Problem>> {
    let read = move || match guarded(|| Ok(read())) {
        Ok(Ok((file, warnings))) => Outcome::Loaded { file, warnings },
        Ok(Err(problems)) => Outcome::Failed(problems),
        Err(problem) => Outcome::Failed(one(problem)),
    };
    Job::start("open", move |_, _| read()).map(Reply::Job).map_err(one)
}

fn one(problem: Problem) -> Vec<Problem> {
    vec![problem]
}
