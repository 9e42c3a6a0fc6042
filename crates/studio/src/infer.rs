//! Settings that a flow leaves to be found: the fields of a topic that nobody has typed in yet.

use flowloom_engine::{Events, RunEvent};
use flowloom_flow::{Cancel, Compiled, Flow, Host, Problem, Site};
use flowloom_nodes::REGISTRY;

use crate::command::Values;

/// Compiles `flow`; nodes that need it are inferred for this job only, and the user is told.
///
/// Fails where a node's outside cannot be looked at: its broker is down, its topic is not there.
pub(crate) fn infer_missing(
    flow: &Flow,
    values: &Values,
    host: &dyn Host,
    cancel: &Cancel,
    events: &Events,
) -> Result<Compiled, Vec<Problem>> {
    let compiled = Compiled::new(flow, values, REGISTRY, host);
    let mut inferred = flow.clone();
    let (mut notes, mut failed) = (Vec::new(), Vec::new());
    for made in &compiled.nodes {
        let Some(node) = made.node.as_ref().filter(|node| node.needs_inference()) else { continue };
        let site = Site { node: &made.id, flow: &compiled.flow, host };
        match node.infer(&site, cancel) {
            Some(Ok(found)) => {
                if let Some(written) = inferred.nodes.get_mut(&made.id) {
                    written.settings.extend(found.settings);
                }
                notes.push(
                    Problem::user("the fields are not stored in the flow; they were inferred from a sample")
                        .hint("store them with `flowloom infer FLOW`, so that every run reads the same types")
                        .warning()
                        .at_node(&made.id),
                );
            }
            Some(Err(problem)) => failed.push(problem.at_node(&made.id)),
            None => {}
        }
    }
    if !failed.is_empty() {
        return Err(failed);
    }
    if notes.is_empty() {
        return Ok(compiled);
    }
    let mut compiled = Compiled::new(&inferred, values, REGISTRY, host);
    for problem in notes {
        events.send(RunEvent::Note { problem: problem.clone() });
        if let Some(made) = compiled.nodes.iter_mut().find(|made| Some(&made.id) == problem.at.node.as_ref())
        {
            made.problems.push(problem);
        }
    }
    Ok(compiled)
}
