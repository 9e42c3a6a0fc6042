//! A flow as a job sees it, and what jobs do with it. Nothing here waits for the session, and no job
//! sees an edit that came after it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowloom_codegen::{Project, export};
use flowloom_engine::{Cache, Events, JobHost, LiveAsk, PreviewAsk, guarded, held, live, preview, run};
use flowloom_flow::file::Lines;
use flowloom_flow::{
    Cancel, Compiled, CompiledNode, Flow, Node, NodeId, Problem, ResetAsk, Site, Target, ValueFacts,
};
use flowloom_nodes::REGISTRY;

use crate::command::Values;
use crate::infer::infer_missing;
use crate::job::Outcome;
use crate::remember::{Record, remember};

/// A flow as it was when its job was asked for.
pub(crate) struct Snapshot {
    pub(crate) flow: Arc<Flow>,
    pub(crate) path: Option<PathBuf>,
    /// Where everything stands in the flow's file; `None` once the flow is not what the file holds.
    pub(crate) lines: Option<Arc<Lines>>,
    pub(crate) host: JobHost,
    /// Folder of the store that keeps the history; `None`: the user's.
    pub(crate) home: Option<PathBuf>,
}

impl Snapshot {
    /// Nodes, schemas and problems; problems name their line of the file.
    pub(crate) fn compiled(&self, values: &Values) -> Result<Compiled, Problem> {
        let mut compiled = guarded(|| Ok(Compiled::new(&self.flow, values, REGISTRY, &self.host)))?;
        if let Some(lines) = &self.lines {
            let of_nodes = compiled.nodes.iter_mut().flat_map(|node| &mut node.problems);
            for problem in compiled.problems.iter_mut().chain(of_nodes) {
                lines.place(problem);
            }
        }
        Ok(compiled)
    }

    pub(crate) fn compile(&self, values: &Values) -> Outcome {
        match self.compiled(values) {
            Ok(compiled) => Outcome::Compiled(Arc::new(compiled)),
            Err(problem) => Outcome::Failed(vec![problem]),
        }
    }

    /// The settings that a look outside gives `node`.
    pub(crate) fn infer(&self, node: &NodeId, values: &Values, cancel: &Cancel) -> Outcome {
        self.with_node(node, values, cancel, |made, site| {
            let Some(found) = made.node.as_ref().and_then(|node| node.infer(site, cancel)) else {
                return Err(Problem::user(format!("`{}` has nothing to infer", made.kind)));
            };
            found.map(Outcome::Inferred)
        })
    }

    /// Values for the setting `key` of `node`; none where its kind knows none.
    pub(crate) fn suggest(&self, node: &NodeId, key: &str, values: &Values, cancel: &Cancel) -> Outcome {
        self.with_node(node, values, cancel, |made, site| {
            let Some(node) = &made.node else {
                let unreadable = made.problems.iter().find(|problem| problem.is_error()).cloned();
                return Err(unreadable.unwrap_or_else(|| Problem::internal("this node could not be read")));
            };
            node.suggest(key, site, cancel).unwrap_or_else(|| Ok(Vec::new())).map(Outcome::Suggested)
        })
    }

    /// How far the source `node` is.
    pub(crate) fn standing(&self, node: &NodeId, values: &Values, cancel: &Cancel) -> Outcome {
        self.with_source(node, values, cancel, |compiled, i, made, site| {
            let held = if made.needs_batches() { held(compiled, i, &self.host)? } else { None };
            made.standing(site, held.as_ref(), cancel).transpose().map(|found| found.map(Outcome::Standing))
        })
    }

    /// Moves the offsets of the source `node`, or says what that would do.
    pub(crate) fn reset(
        &self,
        node: &NodeId,
        ask: &ResetAsk,
        apply: bool,
        values: &Values,
        cancel: &Cancel,
    ) -> Outcome {
        self.with_source(node, values, cancel, |_, _, made, site| {
            made.reset(site, ask, apply, cancel).transpose().map(|found| found.map(Outcome::Reset))
        })
    }

    /// As [`Snapshot::with_node`] for what only a source with offsets can tell.
    fn with_source(
        &self,
        node: &NodeId,
        values: &Values,
        cancel: &Cancel,
        look: impl FnOnce(&Compiled, usize, &dyn Node, &Site<'_>) -> Result<Option<Outcome>, Problem>,
    ) -> Outcome {
        self.with_compiled(node, values, cancel, |compiled, i, site| {
            let made = &compiled.nodes[i];
            let Some(source) = &made.node else {
                let unreadable = made.problems.iter().find(|problem| problem.is_error()).cloned();
                return Err(unreadable.unwrap_or_else(|| Problem::internal("this node could not be read")));
            };
            let found = look(compiled, i, source.as_ref(), site)?;
            found.ok_or_else(|| Problem::user(format!("`{}` keeps no offsets", made.kind)))
        })
    }

    /// What is known of `of`, values that the setting `key` of `node` may take.
    pub(crate) fn facts(
        &self,
        node: &NodeId,
        key: &str,
        of: &[String],
        values: &Values,
        cancel: &Cancel,
    ) -> Outcome {
        self.with_node(node, values, cancel, |made, site| {
            let found = made.node.as_ref().and_then(|node| node.facts(key, of, site, cancel));
            found.unwrap_or_else(|| Ok(ValueFacts::default())).map(Outcome::Facts)
        })
    }

    fn with_node(
        &self,
        node: &NodeId,
        values: &Values,
        cancel: &Cancel,
        look: impl FnOnce(&CompiledNode, &Site<'_>) -> Result<Outcome, Problem>,
    ) -> Outcome {
        self.with_compiled(node, values, cancel, |compiled, i, site| look(&compiled.nodes[i], site))
    }

    fn with_compiled(
        &self,
        node: &NodeId,
        values: &Values,
        cancel: &Cancel,
        look: impl FnOnce(&Compiled, usize, &Site<'_>) -> Result<Outcome, Problem>,
    ) -> Outcome {
        let found = self.compiled(values).and_then(|compiled| {
            let i = compiled.find(node.as_str());
            let i = i.ok_or_else(|| Problem::user(format!("there is no node `{node}`")))?;
            let site = Site { node, flow: &compiled.flow, host: &self.host };
            guarded(|| look(&compiled, i, &site))
        });
        match found {
            Ok(outcome) => outcome,
            Err(_) if cancel.is_cancelled() => Outcome::Cancelled,
            Err(problem) => Outcome::Failed(vec![problem.at_node(node)]),
        }
    }

    pub(crate) fn preview(
        &self,
        ask: &PreviewAsk,
        values: &Values,
        cache: &Cache,
        cancel: &Cancel,
        events: &Events,
    ) -> Outcome {
        match self.ready(values, cancel, events) {
            Ok(compiled) => Outcome::Preview(preview(&compiled, ask, &self.host, cache, cancel, events)),
            Err(_) if cancel.is_cancelled() => Outcome::Cancelled,
            Err(problems) => Outcome::Failed(problems),
        }
    }

    /// Compiled for preview and run: nodes that miss fields have them from a sample.
    fn ready(&self, values: &Values, cancel: &Cancel, events: &Events) -> Result<Compiled, Vec<Problem>> {
        guarded(|| Ok(infer_missing(&self.flow, values, &self.host, cancel, events)))
            .unwrap_or_else(|problem| Err(vec![problem]))
    }

    /// Runs one batch, and remembers it.
    pub(crate) fn run(&self, values: &Values, cancel: &Cancel, events: &Events) -> Outcome {
        let compiled = match self.ready(values, cancel, events) {
            Ok(compiled) => compiled,
            Err(_) if cancel.is_cancelled() => return Outcome::Cancelled,
            Err(problems) => return Outcome::Failed(problems),
        };
        let report = run(&compiled, &self.host, cancel, events);
        remember(self.home.as_deref(), &self.flow.name, self.path.as_deref(), &report);
        Outcome::Run(report)
    }

    /// Runs batches until it is stopped, and remembers them as one run.
    pub(crate) fn run_live(
        &self,
        values: &Values,
        ask: &LiveAsk,
        cancel: &Cancel,
        events: &Events,
    ) -> Outcome {
        let compiled = match self.ready(values, cancel, events) {
            Ok(compiled) => compiled,
            Err(_) if cancel.is_cancelled() => return Outcome::Cancelled,
            Err(problems) => return Outcome::Failed(problems),
        };
        let mut record = Record::new(self.home.as_deref(), &self.flow.name, self.path.as_deref());
        let report = live(&compiled, &self.host, ask, cancel, events, &mut |report| record.follow(report));
        record.end(&report);
        Outcome::Run(report)
    }

    /// The program for `target`, in memory.
    pub(crate) fn show_export(&self, target: Target, values: &Values) -> Outcome {
        self.project(target, values).map_or_else(Outcome::Failed, Outcome::Project)
    }

    pub(crate) fn write_export(&self, target: Target, values: &Values, folder: &Path) -> Outcome {
        self.export(target, values, folder).map_or_else(Outcome::Failed, Outcome::Exported)
    }

    /// Writes the program for `target` into `folder`; the files.
    pub(crate) fn export(
        &self,
        target: Target,
        values: &Values,
        folder: &Path,
    ) -> Result<Vec<PathBuf>, Vec<Problem>> {
        let project = self.project(target, values)?;
        guarded(|| project.write_to(folder)).map_err(|problem| vec![problem])?;
        Ok(project.files.keys().map(|name| folder.join(name)).collect())
    }

    fn project(&self, target: Target, values: &Values) -> Result<Project, Vec<Problem>> {
        let compiled = self.compiled(values).map_err(|problem| vec![problem])?;
        guarded(|| Ok(export(&compiled, target, self.host.connections())))
            .unwrap_or_else(|problem| Err(vec![problem]))
    }
}
