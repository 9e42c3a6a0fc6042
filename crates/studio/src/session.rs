//! The application without a face: open flows and what is done with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowloom_codegen::export;
use flowloom_engine::{Cache, Events, JobHost, Limits, PreviewAsk, preview, run};
use flowloom_flow::History;
use flowloom_flow::file::{self, Lines};
use flowloom_flow::{Cancel, Compiled, Flow, NodeId, Problem, Registry, Site, Target};
use flowloom_nodes::REGISTRY;

use crate::command::{Command, FlowKey, Values};
use crate::infer::infer_missing;
use crate::job::{Job, Outcome};
use crate::remember::remember;

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
}

struct Open {
    path: Option<PathBuf>,
    folder: PathBuf,
    history: History,
    lines: Lines,
}

impl Session {
    pub fn new(limits: Limits) -> Self {
        Self { flows: BTreeMap::new(), next: 0, cache: Arc::default(), limits }
    }

    /// The flow as it is now.
    pub fn flow(&self, key: FlowKey) -> Result<Arc<Flow>, Problem> {
        Ok(Arc::clone(self.open(key)?.history.flow()))
    }

    /// Whether the flow is as its file has it.
    pub fn is_saved(&self, key: FlowKey) -> Result<bool, Problem> {
        Ok(self.open(key)?.history.is_saved())
    }

    /// Nodes, schemas and problems of a flow; problems name their line of the file while it is unchanged.
    pub fn compile(&self, key: FlowKey, values: &Values) -> Result<Compiled, Problem> {
        let open = self.open(key)?;
        let host = JobHost::new(&open.folder, self.limits)?;
        let mut compiled = Compiled::new(open.history.flow(), values, REGISTRY, &host);
        if open.history.is_saved() {
            let of_nodes = compiled.nodes.iter_mut().flat_map(|node| &mut node.problems);
            for problem in compiled.problems.iter_mut().chain(of_nodes) {
                open.lines.place(problem);
            }
        }
        Ok(compiled)
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
            Command::Undo { flow } => {
                self.open_mut(flow).map_err(one)?.history.undo();
                Ok(Reply::Done)
            }
            Command::Redo { flow } => {
                self.open_mut(flow).map_err(one)?.history.redo();
                Ok(Reply::Done)
            }
            Command::Infer { flow, node, values } => self.infer(flow, node, &values).map_err(one),
            Command::Preview { flow, ask, values } => self.preview(flow, ask, values).map_err(one),
            Command::Run { flow, values } => self.run(flow, values).map_err(one),
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
        self.flows.insert(key, Open { path, folder, history: History::new(flow), lines });
        key
    }

    fn read(&mut self, path: PathBuf) -> Result<Reply, Vec<Problem>> {
        let loaded = file::read(&path)?;
        let folder = folder_of(&path);
        let flow = self.insert(loaded.flow, folder, Some(path), loaded.lines);
        Ok(Reply::Opened { flow, warnings: loaded.warnings })
    }

    fn save(&mut self, key: FlowKey, path: Option<PathBuf>) -> Result<Reply, Problem> {
        let open = self.open_mut(key)?;
        let path = path.or_else(|| open.path.clone()).ok_or_else(|| {
            Problem::user("this flow has no file yet")
                .hint("say where to save it, such as `orders.flow.yaml`")
        })?;
        file::write(&path, open.history.flow())?;
        open.lines = file::read(&path).map(|loaded| loaded.lines).unwrap_or_default();
        open.folder = folder_of(&path);
        open.path = Some(path);
        open.history.mark_saved();
        Ok(Reply::Done)
    }

    fn infer(&self, key: FlowKey, node: NodeId, values: &Values) -> Result<Reply, Problem> {
        let compiled = self.compile(key, values)?;
        let host = self.host(key)?;
        let work = move |cancel: &Cancel, _: &Events| {
            let Some(made) = compiled.nodes.iter().find(|made| made.id == node) else {
                return Outcome::Failed(vec![Problem::user(format!("there is no node `{node}`"))]);
            };
            let site = Site { node: &made.id, flow: &compiled.flow, host: &host };
            match made.node.as_ref().and_then(|node| node.infer(&site, cancel)) {
                Some(Ok(settings)) => Outcome::Inferred(settings),
                Some(Err(problem)) => Outcome::Failed(vec![problem.at_node(&made.id)]),
                None => Outcome::Failed(vec![
                    Problem::user(format!("`{}` has nothing to infer", made.kind)).at_node(&made.id),
                ]),
            }
        };
        Job::start("infer", work).map(Reply::Job)
    }

    fn preview(&self, key: FlowKey, ask: PreviewAsk, values: Values) -> Result<Reply, Problem> {
        let (flow, host, cache) = (self.flow(key)?, self.host(key)?, Arc::clone(&self.cache));
        if let Some(node) = &ask.node
            && !flow.nodes.contains_key(node)
        {
            return Err(Problem::user(format!("there is no node `{node}`")));
        }
        let work = move |cancel: &Cancel, events: &Events| match infer_missing(
            &flow, &values, &host, cancel, events,
        ) {
            Ok(compiled) => Outcome::Preview(preview(&compiled, &ask, &host, &cache, cancel, events)),
            Err(_) if cancel.is_cancelled() => Outcome::Cancelled,
            Err(problems) => Outcome::Failed(problems),
        };
        Job::start("preview", work).map(Reply::Job)
    }

    fn run(&self, key: FlowKey, values: Values) -> Result<Reply, Problem> {
        let (flow, host, path) = (self.flow(key)?, self.host(key)?, self.open(key)?.path.clone());
        let work = move |cancel: &Cancel, events: &Events| {
            let compiled = match infer_missing(&flow, &values, &host, cancel, events) {
                Ok(compiled) => compiled,
                Err(_) if cancel.is_cancelled() => return Outcome::Cancelled,
                Err(problems) => return Outcome::Failed(problems),
            };
            let report = run(&compiled, &host, cancel, events);
            remember(&flow.name, path.as_deref(), &report);
            Outcome::Run(report)
        };
        Job::start("run", work).map(Reply::Job)
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

    fn host(&self, key: FlowKey) -> Result<JobHost, Problem> {
        JobHost::new(&self.open(key)?.folder, self.limits)
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
