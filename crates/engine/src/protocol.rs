//! Where a batch starts: fresh, or the very batch that an earlier run left half committed.

use std::collections::{BTreeMap, BTreeSet};

use flowloom_flow::{Batch, Cancel, Compiled, Host, Position, Problem, Sink, Site, Source, Step};
use polars::prelude::LazyFrame;

use crate::wanted;

/// What the next batch reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// From where the sources stand, but not before `after`, which every sink has.
    Fresh { after: Batch },
    /// `batch` again: the sinks in `done` have it, some source has not acknowledged it.
    Repeat { batch: Batch, done: BTreeSet<usize> },
}

/// The sources and sinks of a run; node indices are those of the compiled flow.
pub(crate) type Sources = Vec<(usize, Box<dyn Source>)>;
pub(crate) type Sinks = Vec<(usize, Box<dyn Sink>)>;

/// Every source takes what it must have for itself; two of one sync name would take each other's batches for theirs.
pub(crate) fn begin(
    compiled: &Compiled,
    sources: &mut Sources,
    sinks: &mut Sinks,
    cancel: &Cancel,
) -> Result<(), Problem> {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for (i, source) in sources.iter_mut() {
        let id = &compiled.nodes[*i].id;
        if let Some(sync) = source.sync()
            && let Some(other) = names.insert(sync.to_owned(), *i)
        {
            let other = &compiled.nodes[other].id;
            return Err(Problem::user(format!(
                "`{other}` and `{id}` keep their offsets under one sync name, `{sync}`"
            ))
            .hint("give each of them a sync name of its own")
            .at_node(id));
        }
        source.begin(cancel).map_err(|problem| problem.at_node(id))?;
    }
    for (i, sink) in sinks {
        sink.begin().map_err(|problem| problem.at_node(&compiled.nodes[*i].id))?;
    }
    Ok(())
}

/// Asks the sinks first and the sources second.
///
/// A batch of other sync names, left by another flow in the same place, says nothing about this one.
pub(crate) fn start(compiled: &Compiled, sources: &Sources, sinks: &Sinks) -> Result<Start, Problem> {
    let names: BTreeSet<&str> = sources.iter().filter_map(|(_, source)| source.sync()).collect();
    let mut held = Vec::new();
    for (i, sink) in sinks {
        let mut batch = sink.last_committed().map_err(|problem| problem.at_node(&compiled.nodes[*i].id))?;
        let batch = batch.get_or_insert_default();
        batch.0.retain(|sync, _| names.contains(sync.as_str()));
        held.push((*i, std::mem::take(batch)));
    }
    let Some((_, newest)) = held.iter().max_by_key(|(_, batch)| progress(batch)) else {
        return Ok(Start::Fresh { after: Batch::default() });
    };
    let above = |sink: usize| wanted::above(compiled, Some(&compiled.nodes[sink].id));
    for (i, source) in sources {
        let Some(position) = source.sync().and_then(|sync| newest.0.get(sync)) else { continue };
        let is_acknowledged = if compiled.nodes[*i].node.as_ref().is_some_and(|node| node.needs_batches()) {
            held.iter().filter(|(sink, _)| above(*sink).contains(i)).all(|(_, batch)| has(batch, position))
        } else {
            source.is_acknowledged(position).map_err(|problem| problem.at_node(&compiled.nodes[*i].id))?
        };
        if !is_acknowledged {
            // A sink that had nothing to write has the batch as well.
            let has_all = |sink: usize, batch: &Batch| {
                let above = above(sink);
                let mut logs =
                    sources.iter().filter(|(i, _)| above.contains(i)).filter_map(|(_, source)| source.sync());
                logs.all(|sync| newest.0.get(sync).is_none_or(|position| has(batch, position)))
            };
            let done = held.iter().filter(|(i, batch)| batch == newest || has_all(*i, batch));
            return Ok(Start::Repeat { batch: newest.clone(), done: done.map(|(i, _)| *i).collect() });
        }
    }
    Ok(Start::Fresh { after: newest.clone() })
}

/// Whether who committed `batch` has what `newest` read.
fn has(batch: &Batch, newest: &Position) -> bool {
    newest.is_empty() || batch.0.get(&newest.sync).is_some_and(|own| own.covers(newest))
}

/// Grows with every batch of the same sources: a reset goes back, but it is counted.
fn progress(batch: &Batch) -> (u64, i64) {
    let resets = batch.0.values().map(|position| position.resets).sum();
    let topics = batch.0.values().flat_map(|position| position.topics.values());
    (resets, topics.flat_map(|partitions| partitions.values()).map(|range| range.to).sum())
}

/// What every writer below the source `i` has of it, where the writers keep its offsets; writers that differ were
/// interrupted, and the next run brings them to the newest.
pub fn held(compiled: &Compiled, i: usize, host: &dyn Host) -> Result<Option<Position>, Problem> {
    let made = |i: usize| &compiled.nodes[i];
    let plan = |i: usize| {
        let Some(node) = &made(i).node else { return Ok(None) };
        let inputs = made(i).inputs.iter().map(|_| LazyFrame::default()).collect();
        let site = Site { node: &made(i).id, flow: &compiled.flow, host };
        node.plan(inputs, &site).map(Some).map_err(|problem| problem.at_node(&made(i).id))
    };
    let Some(Step::Source(source)) = plan(i)? else { return Ok(None) };
    let Some(sync) = source.sync() else { return Ok(None) };
    let mut newest: Option<Position> = None;
    for below in compiled.below(i).into_iter().filter(|&below| wanted::is_writer(compiled, below)) {
        let Some(Step::Sink(sink)) = plan(below)? else { continue };
        let batch = sink.last_committed().map_err(|problem| problem.at_node(&made(below).id))?;
        let position = batch.and_then(|mut batch| batch.0.remove(sync));
        if let Some(position) = position
            && newest.as_ref().is_none_or(|newest| !newest.covers(&position))
        {
            newest = Some(position);
        }
    }
    Ok(newest)
}
