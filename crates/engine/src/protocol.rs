//! Where a batch starts: fresh, or the very batch that an earlier run left half committed.

use std::collections::BTreeSet;

use flowloom_flow::{Batch, Problem, Sink, Source};

/// What the next batch reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// From where the sources stand, but not before `after`, which every sink has.
    Fresh { after: Batch },
    /// `batch` again: the sinks in `done` have it, some source has not acknowledged it.
    Repeat { batch: Batch, done: BTreeSet<usize> },
}

/// Asks the sinks first and the sources second.
///
/// Node indices are those of the compiled flow. A batch of other sync names, left by another flow in the
/// same place, says nothing about this one.
pub(crate) fn start(
    sources: &[(usize, Box<dyn Source>)],
    sinks: &[(usize, Box<dyn Sink>)],
) -> Result<Start, Problem> {
    let names: BTreeSet<&str> = sources.iter().filter_map(|(_, source)| source.sync()).collect();
    let mut held = Vec::new();
    for (i, sink) in sinks {
        let mut batch = sink.last_committed()?.unwrap_or_default();
        batch.0.retain(|sync, _| names.contains(sync.as_str()));
        held.push((*i, batch));
    }
    let Some((_, newest)) = held.iter().max_by_key(|(_, batch)| progress(batch)) else {
        return Ok(Start::Fresh { after: Batch::default() });
    };
    for (_, source) in sources {
        let position = source.sync().and_then(|sync| newest.0.get(sync));
        if let Some(position) = position
            && !source.is_acknowledged(position)?
        {
            let done = held.iter().filter(|(_, batch)| batch == newest).map(|(i, _)| *i).collect();
            return Ok(Start::Repeat { batch: newest.clone(), done });
        }
    }
    Ok(Start::Fresh { after: newest.clone() })
}

/// Grows with every batch of the same sources.
fn progress(batch: &Batch) -> i64 {
    let topics = batch.0.values().flat_map(|position| position.topics.values());
    topics.flat_map(|partitions| partitions.values()).map(|range| range.to).sum()
}
