//! A bounded look at every node: sources read a sample, nothing is written, nothing is committed.

use std::sync::Arc;
use std::time::Instant;

use flowloom_flow::{
    Ask, Cancel, Compiled, CompiledNode, Counts, Host, Link, Node, NodeId, Problem, Read, Sample, Scope,
    Site, Source, Step,
};
use polars::prelude::{DataFrame, IntoLazy as _, LazyFrame};
use serde::Serialize;

use crate::cache::{Cache, Cached};
use crate::event::{Events, RunEvent, State};
use crate::guard::guarded;
use crate::profile::{ColumnProfile, profile};

/// What to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewAsk {
    /// This node and all above it; `None`: every node.
    pub node: Option<NodeId>,
    /// Rows that each source reads at most.
    pub rows: usize,
    /// Which end of a topic the sample comes from.
    pub from: Sample,
}

impl Default for PreviewAsk {
    fn default() -> Self {
        Self { node: None, rows: 1_000, from: Sample::Newest }
    }
}

/// What a preview shows.
#[derive(Clone, Debug)]
pub struct Preview {
    /// In topological order, the asked nodes only.
    pub nodes: Vec<NodePreview>,
    /// The flow was right: what failed, failed on its way.
    pub is_valid: bool,
    pub is_cancelled: bool,
    pub elapsed_ms: f64,
}

/// One node's part of a [`Preview`].
#[derive(Clone, Debug)]
pub struct NodePreview {
    pub node: NodeId,
    pub kind: String,
    pub state: State,
    /// One for each output port; of a writer: the rows that it would take.
    pub ports: Vec<PortPreview>,
    pub counts: Option<Counts>,
    /// Why there is nothing, and warnings.
    pub problems: Vec<Problem>,
    /// Nothing had to be computed.
    pub is_cached: bool,
    pub elapsed_ms: f64,
}

/// The rows at a port.
#[derive(Clone, Debug, Serialize)]
pub struct PortPreview {
    pub port: &'static str,
    /// All rows that the sample led to; frames share their memory with the cache.
    #[serde(skip)]
    pub rows: DataFrame,
    pub profile: Vec<ColumnProfile>,
}

/// A node's result with the key under which it is cached; no key: a source that cannot tell whether it changed.
type Held = Option<(Option<String>, Arc<Cached>)>;

/// Computes the preview; what earlier previews with this `cache` computed is reused.
pub fn preview(
    compiled: &Compiled,
    ask: &PreviewAsk,
    host: &dyn Host,
    cache: &Cache,
    cancel: &Cancel,
    events: &Events,
) -> Preview {
    let start = Instant::now();
    let wanted = crate::wanted::above(compiled, ask.node.as_ref());
    let look = Look { compiled, ask, host, cache, cancel, events };
    let mut held: Vec<Held> = compiled.nodes.iter().map(|_| None).collect();
    let mut nodes = Vec::with_capacity(wanted.len());
    for &i in &wanted {
        events.state(&compiled.nodes[i].id, State::Queued);
    }
    for &i in &wanted {
        if cancel.is_cancelled() {
            break;
        }
        let (shown, result) = look.node(&compiled.nodes[i], &held);
        events.state(&shown.node, shown.state);
        held[i] = result;
        nodes.push(shown);
    }
    let is_valid = !compiled.has_errors();
    Preview {
        nodes,
        is_valid,
        is_cancelled: cancel.is_cancelled(),
        elapsed_ms: start.elapsed().as_secs_f64() * 1e3,
    }
}

struct Look<'a> {
    compiled: &'a Compiled,
    ask: &'a PreviewAsk,
    host: &'a dyn Host,
    cache: &'a Cache,
    cancel: &'a Cancel,
    events: &'a Events,
}

impl Look<'_> {
    fn node(&self, made: &CompiledNode, held: &[Held]) -> (NodePreview, Held) {
        let start = Instant::now();
        let mut shown = NodePreview {
            node: made.id.clone(),
            kind: made.kind.clone(),
            state: State::Failed,
            ports: Vec::new(),
            counts: None,
            problems: made.problems.clone(),
            is_cached: false,
            elapsed_ms: 0.0,
        };
        let Some(node) = made.node.as_ref().filter(|_| !made.problems.iter().any(Problem::is_error)) else {
            return (shown, None);
        };
        let Some(inputs) =
            made.inputs.iter().map(|link| held[link.from].as_ref()).collect::<Option<Vec<_>>>()
        else {
            shown.state = State::Blocked;
            return (shown, None);
        };
        self.events.state(&made.id, State::Running);
        let given: Vec<DataFrame> = inputs
            .iter()
            .zip(&made.inputs)
            .filter_map(|((_, cached), link)| cached.frames.get(link.from_port).cloned())
            .collect();
        let keys: Vec<_> = inputs.iter().map(|(key, _)| key.as_deref()).zip(&made.inputs).collect();
        match guarded(|| self.result(made, node.as_ref(), given, &keys, &mut shown.is_cached)) {
            Ok((key, cached)) => {
                shown.state = State::Done;
                shown.counts = cached.counts;
                shown.problems.extend(cached.notes.iter().cloned());
                shown.ports = ports(node.as_ref(), &cached.frames);
                shown.elapsed_ms = start.elapsed().as_secs_f64() * 1e3;
                (shown, Some((key, cached)))
            }
            Err(problem) => {
                shown.problems.push(problem.at_node(&made.id));
                shown.elapsed_ms = start.elapsed().as_secs_f64() * 1e3;
                (shown, None)
            }
        }
    }

    fn result(
        &self,
        made: &CompiledNode,
        node: &dyn Node,
        given: Vec<DataFrame>,
        keys: &[(Option<&str>, &Link)],
        is_cached: &mut bool,
    ) -> Result<(Option<String>, Arc<Cached>), Problem> {
        let site = Site { node: &made.id, flow: &self.compiled.flow, host: self.host };
        let scope = Scope::Preview { rows: self.ask.rows, from: self.ask.from };
        let step = node.plan(given.iter().map(|rows| rows.clone().lazy()).collect(), &site)?;
        let fingerprint = match &step {
            Step::Source(source) => {
                source.fingerprint(scope, self.cancel)?.map(|print| format!("{scope:?} {print}"))
            }
            Step::Frames(_) | Step::Sink(_) => Some(String::new()),
        };
        let key = key(made, node, keys, fingerprint.as_deref());
        if let Some(cached) = key.as_ref().and_then(|key| self.cache.get(key)) {
            *is_cached = true;
            return Ok((key, cached));
        }
        let cached = Arc::new(match step {
            Step::Frames(frames) => Cached { frames: collect(frames)?, counts: None, notes: Vec::new() },
            Step::Sink(_) => Cached { frames: given, counts: None, notes: Vec::new() },
            Step::Source(source) => self.sample(made, source, scope)?,
        });
        if let Some(key) = &key {
            self.cache.put(key.clone(), Arc::clone(&cached));
        }
        Ok((key, cached))
    }

    fn sample(
        &self,
        made: &CompiledNode,
        mut source: Box<dyn Source>,
        scope: Scope,
    ) -> Result<Cached, Problem> {
        let progress = |progress| self.events.offer(RunEvent::Progress { node: made.id.clone(), progress });
        let Read { frames, counts, notes, keep, .. } = source.read(&Ask {
            scope,
            columns: Vec::new(),
            range: None,
            after: None,
            go_on: None,
            progress: &progress,
            cancel: self.cancel,
        })?;
        if let Some(progress) = counts.progress() {
            self.events.send(RunEvent::Progress { node: made.id.clone(), progress });
        }
        let frames = collect(frames)?;
        drop(keep);
        let notes = notes.into_iter().map(|note| note.at_node(&made.id)).collect();
        Ok(Cached { frames, counts: Some(counts), notes })
    }
}

fn collect(frames: Vec<LazyFrame>) -> Result<Vec<DataFrame>, Problem> {
    frames.into_iter().map(|frame| Ok(frame.collect()?)).collect()
}

/// A key of everything that decides a node's result; `None` where something above has none.
fn key(
    made: &CompiledNode,
    node: &dyn Node,
    inputs: &[(Option<&str>, &Link)],
    fingerprint: Option<&str>,
) -> Option<String> {
    let mut hasher = blake3::Hasher::new();
    let mut add = |part: &str| {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    };
    add(&made.kind);
    add(&node.card().version.to_string());
    add(&serde_json::to_string(&node.all_settings()).ok()?);
    add(fingerprint?);
    for (key, link) in inputs {
        add(&format!("{} {} {}", link.port, link.from_port, (*key)?));
    }
    Some(hasher.finalize().to_hex().to_string())
}

fn ports(node: &dyn Node, frames: &[DataFrame]) -> Vec<PortPreview> {
    let card = node.card();
    let names = if card.outputs.is_empty() { card.inputs } else { card.outputs };
    names
        .iter()
        .zip(frames)
        .map(|(port, rows)| PortPreview { port: port.name, rows: rows.clone(), profile: profile(rows) })
        .collect()
}
