//! The application without a face: open flows and what is done with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowloom_codegen::export;
use flowloom_engine::{Cache, Events, JobHost, Limits, PreviewAsk};
use flowloom_flow::file::{self, Lines};
use flowloom_flow::{Cancel, Compiled, Flow, History, Problem, Registry, Target};
use flowloom_nodes::REGISTRY;

use crate::command::{Command, FlowKey, Values};
use crate::job::{Job, Outcome};
use crate::snapshot::Snapshot;

/// What a command gave.
pub enum Reply {
    Done,
    /// The flow that was opened, with what its file should be told.
    Opened {
        flow: FlowKey,
        warnings: Vec<Problem>,
    },
    Job(Job),
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
}

struct Open {
    path: Option<PathBuf>,
    folder: PathBuf,
    history: History,
    lines: Arc<Lines>,
}

impl Session {
    pub fn new(limits: Limits) -> Self {
        Self { flows: BTreeMap::new(), next: 0, cache: Arc::default(), limits, home: None }
    }

    /// Keeps the run history in the store of `folder` instead of the user's.
    #[must_use]
    pub fn with_home(mut self, folder: impl Into<PathBuf>) -> Self {
        self.home = Some(folder.into());
        self
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
        match command {
            Command::New { flow, folder } => {
                let flow = self.insert(flow, folder, None, Lines::default());
                Ok(Reply::Opened { flow, warnings: Vec::new() })
            }
            Command::Open { path } => self.read(path),
            Command::Recover { text, path, folder } => self.recover(&text, path, folder),
            Command::Save { flow, path } => self.save(flow, path).map_err(one),
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
            Command::Preview { flow, ask, values } => self.preview(flow, ask, values),
            Command::Run { flow, values } => {
                self.job("run", flow, move |flow, cancel, events| flow.run(&values, cancel, events))
            }
            Command::ShowExport { flow, target, values } => {
                self.job("export", flow, move |flow, _, _| flow.show_export(target, &values))
            }
            Command::Export { flow, target, folder, values } => self.export(flow, target, &folder, &values),
        }
    }

    fn open(&self, key: FlowKey) -> Result<&Open, Problem> {
        self.flows.get(&key).ok_or_else(|| Problem::internal("this flow is closed"))
    }

    fn open_mut(&mut self, key: FlowKey) -> Result<&mut Open, Problem> {
        self.flows.get_mut(&key).ok_or_else(|| Problem::internal("this flow is closed"))
    }

    fn insert(&mut self, flow: Flow, folder: PathBuf, path: Option<PathBuf>, lines: Lines) -> FlowKey {
        self.next += 1;
        let key = FlowKey(self.next);
        self.flows.insert(key, Open { path, folder, history: History::new(flow), lines: Arc::new(lines) });
        key
    }

    fn read(&mut self, path: PathBuf) -> Result<Reply, Vec<Problem>> {
        let loaded = file::read(&path)?;
        let folder = folder_of(&path);
        let flow = self.insert(loaded.flow, folder, Some(path), loaded.lines);
        Ok(Reply::Opened { flow, warnings: loaded.warnings })
    }

    fn recover(&mut self, text: &str, path: Option<PathBuf>, folder: PathBuf) -> Result<Reply, Vec<Problem>> {
        let loaded = file::parse(text)?;
        let folder = path.as_deref().map_or(folder, folder_of);
        let flow = self.insert(loaded.flow, folder, path, Lines::default());
        self.open_mut(flow).map_err(one)?.history.mark_unsaved();
        Ok(Reply::Opened { flow, warnings: loaded.warnings })
    }

    fn save(&mut self, key: FlowKey, path: Option<PathBuf>) -> Result<Reply, Problem> {
        let open = self.open_mut(key)?;
        let path = path.or_else(|| open.path.clone()).ok_or_else(|| {
            Problem::user("this flow has no file yet")
                .hint("say where to save it, such as `orders.flow.yaml`")
        })?;
        file::write(&path, open.history.flow())?;
        open.lines = Arc::new(file::read(&path).map(|loaded| loaded.lines).unwrap_or_default());
        open.folder = folder_of(&path);
        open.path = Some(path);
        open.history.mark_saved();
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

    fn export(
        &self,
        key: FlowKey,
        target: Target,
        folder: &Path,
        values: &Values,
    ) -> Result<Reply, Vec<Problem>> {
        let compiled = self.compile(key, values).map_err(one)?;
        let project = export(&compiled, target)?;
        project.write_to(folder).map_err(one)?;
        Ok(Reply::Exported(project.files.keys().map(|name| folder.join(name)).collect()))
    }

    fn snapshot(&self, key: FlowKey) -> Result<Snapshot, Problem> {
        let open = self.open(key)?;
        Ok(Snapshot {
            flow: Arc::clone(open.history.flow()),
            path: open.path.clone(),
            lines: open.history.is_saved().then(|| Arc::clone(&open.lines)),
            host: JobHost::new(&open.folder, self.limits),
            home: self.home.clone(),
        })
    }
}

/// The folder that a flow file stands in.
fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn one(problem: Problem) -> Vec<Problem> {
    vec![problem]
}
