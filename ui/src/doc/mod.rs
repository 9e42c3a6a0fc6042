//! An open flow as its window sees it: the flow, what is known of it, and what its jobs said.
//!
//! A document never changes the flow itself; it follows the session after each command.

mod job;
mod live;
mod log;
mod outside;
mod view;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use flowloom_flow::{Compiled, Flow, NodeId, Problem};
use flowloom_studio::{Command, FlowKey, Job, NodePreview, Outcome, Reply, Session, Values};

use crate::canvas::CanvasState;
use crate::signature::signatures;

pub use job::{Ended, Goal, NodeRun, Running};
pub use live::LiveRun;
pub use log::{Level, Line, Log};
pub use outside::{Facts, Located, Sample, Suggested};
pub use view::{NodeView, title_of};

/// An open flow.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says another thing that the session knows of the flow"
)]
pub struct Doc {
    pub key: FlowKey,
    pub path: Option<PathBuf>,
    pub flow: Arc<Flow>,
    pub is_saved: bool,
    pub can_undo: bool,
    pub can_redo: bool,
    /// Values of parameters for this session, such as the embedded broker's address.
    pub values: Values,
    /// Schemas and problems; those of the flow before, while newer ones are being worked out.
    pub compiled: Option<Arc<Compiled>>,
    /// Where a node stands in `compiled`.
    index: HashMap<NodeId, usize>,
    compiling: Option<Job>,
    signatures: HashMap<NodeId, u64>,
    /// The newest preview of each node, with the signature that it was made under.
    looks: HashMap<NodeId, (u64, NodePreview)>,
    /// What the last run said of each node, with the signature that it ran under.
    runs: HashMap<NodeId, (u64, NodeRun)>,
    pub job: Option<Running>,
    pub selection: BTreeSet<NodeId>,
    /// The port whose rows the data panel shows.
    pub shown: Option<(NodeId, usize)>,
    /// A setting that the settings panel scrolls to next.
    pub field: Option<(NodeId, String)>,
    pub log: Log,
    pub canvas: CanvasState,
    outside: outside::Outside,
    /// Paths that were picked in a dialog of the system, until the panel takes them.
    pub picked: BTreeMap<(NodeId, String), PathBuf>,
    /// What a preview or run has to wait for, in words.
    pub waits_for: Option<&'static str>,
    pub saved_at: Option<SystemTime>,
    /// Its file is being written.
    pub is_saving: bool,
    /// Its tab's place among the others.
    pub place: u64,
    /// A run has ended since somebody last looked.
    pub has_run: bool,
    /// How the last run ended, in words, until it has been told.
    pub ended: Option<Ended>,
    /// Number of the last change of the flow; drafts and canvas caches go by it.
    pub revision: u64,
}

impl Doc {
    /// The flow `key` of `session`.
    pub fn new(session: &mut Session, key: FlowKey) -> Result<Self, Problem> {
        let mut doc = Self {
            key,
            path: None,
            flow: session.flow(key)?,
            is_saved: true,
            can_undo: false,
            can_redo: false,
            values: Values::new(),
            compiled: None,
            index: HashMap::new(),
            compiling: None,
            signatures: HashMap::new(),
            looks: HashMap::new(),
            runs: HashMap::new(),
            job: None,
            selection: BTreeSet::new(),
            shown: None,
            field: None,
            log: Log::default(),
            canvas: CanvasState::default(),
            outside: outside::Outside::default(),
            picked: BTreeMap::new(),
            waits_for: None,
            saved_at: None,
            is_saving: false,
            place: 0,
            has_run: false,
            ended: None,
            revision: 0,
        };
        doc.follow(session)?;
        Ok(doc)
    }

    /// Takes over what the session has now. Call it after every command.
    pub fn follow(&mut self, session: &mut Session) -> Result<(), Problem> {
        let flow = session.flow(self.key)?;
        self.is_saved = session.is_saved(self.key)?;
        self.can_undo = session.can_undo(self.key)?;
        self.can_redo = session.can_redo(self.key)?;
        self.path = session.path(self.key);
        if Arc::ptr_eq(&flow, &self.flow) && !self.signatures.is_empty() {
            return Ok(());
        }
        self.flow = flow;
        self.revision += 1;
        self.selection.retain(|id| self.flow.nodes.contains_key(id));
        if self.shown.as_ref().is_some_and(|(id, _)| !self.flow.nodes.contains_key(id)) {
            self.shown = None;
        }
        self.signatures = signatures(&self.flow, &self.values);
        self.recompile(session)
    }

    /// Sets values of parameters and works everything out again.
    pub fn set_values(&mut self, values: Values, session: &mut Session) -> Result<(), Problem> {
        self.values = values;
        self.signatures = signatures(&self.flow, &self.values);
        self.recompile(session)
    }

    fn recompile(&mut self, session: &mut Session) -> Result<(), Problem> {
        if let Some(older) = self.compiling.take() {
            older.cancel().cancel();
        }
        let ask = Command::Compile { flow: self.key, values: self.values.clone() };
        self.compiling = job_of(session.send(ask))?;
        Ok(())
    }

    /// Takes in what jobs have said since the last frame; whether something is still under way.
    pub fn poll(&mut self, session: &mut Session) -> bool {
        if let Some(Outcome::Compiled(compiled)) = self.compiling.as_ref().and_then(Job::outcome) {
            self.compiling = None;
            self.index = compiled.nodes.iter().enumerate().map(|(at, node)| (node.id.clone(), at)).collect();
            self.compiled = Some(compiled);
        }
        self.poll_job(session);
        self.poll_outside(session);
        self.is_busy()
    }

    /// Whether an answer is under way.
    pub fn is_busy(&self) -> bool {
        self.compiling.is_some() || self.job.is_some() || self.outside.is_busy()
    }

    /// Whether schemas and problems are of the flow as it is now.
    pub fn is_compiled(&self) -> bool {
        self.compiled.is_some() && self.compiling.is_none()
    }

    /// The node with its schemas and problems, as far as they are worked out.
    pub fn made(&self, id: &NodeId) -> Option<&flowloom_flow::CompiledNode> {
        self.compiled.as_ref()?.nodes.get(*self.index.get(id)?)
    }

    /// The first thing that keeps the flow from running.
    pub fn first_error(&self) -> Option<&Problem> {
        self.compiled.as_ref()?.problems().find(|problem| problem.is_error())
    }

    /// The newest preview of a node, stale or not.
    pub fn look(&self, id: &NodeId) -> Option<&NodePreview> {
        self.looks.get(id).map(|(_, look)| look)
    }

    /// What the last run said of a node.
    pub fn run_of(&self, id: &NodeId) -> Option<&NodeRun> {
        self.runs.get(id).map(|(_, run)| run)
    }

    fn is_current(&self, id: &NodeId, signature: u64) -> bool {
        self.signatures.get(id) == Some(&signature)
    }

    /// What the title bar and the tab say.
    pub fn title(&self) -> String {
        match &self.path {
            Some(path) => {
                let name =
                    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                name.trim_end_matches(".yaml").trim_end_matches(".flow").to_owned()
            }
            None if self.flow.name.is_empty() => "Untitled".to_owned(),
            None => self.flow.name.clone(),
        }
    }
}

/// The job in a reply; the first problem where there is none.
fn job_of(reply: Result<Reply, Vec<Problem>>) -> Result<Option<Job>, Problem> {
    match reply {
        Ok(Reply::Job(job)) => Ok(Some(job)),
        Ok(_) => Ok(None),
        Err(problems) => {
            Err(problems.into_iter().next().unwrap_or_else(|| Problem::internal("refused without a reason")))
        }
    }
}
