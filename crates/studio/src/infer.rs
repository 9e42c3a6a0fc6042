//! Settings that a flow leaves to be found: the fields of a topic that nobody has typed in yet.

use flowloom_engine::{Events, RunEvent};
use flowloom_flow::{Cancel, Compiled, Flow, Host, Problem, Site};
use flowloom_nodes::REGISTRY;

use crate::command::Values;

/// Compiles `flow`; nodes that need it are inferred for this job only, and the user is told.
///
/// A node that cannot be inferred keeps its problem, with the reason that was found.
pub(crate) fn infer_missing(
    flow: &Flow,
    values: &Values,
    host: &dyn Host,
    cancel: &Cancel,
    events: &Events,
) -> Compiled {
    let mut flow = flow.clone();
    let mut failed = Vec::new();
    let compiled = Compiled::new(&flow, values, REGISTRY, host);
    for made in &compiled.nodes {
        let Some(node) = made.node.as_ref().filter(|node| node.needs_inference()) else { continue };
        let site = Site { node: &made.id, flow: &compiled.flow, host };
        match node.infer(&site, cancel) {
            Some(Ok(found)) => {
                if let Some(written) = flow.nodes.get_mut(&made.id) {
                    written.settings.extend(found);
                }
                let problem =
                    Problem::user("The fields are not stored in the flow; they were inferred from a sample")
                        .hint("store them with `flowloom infer FLOW`, so that every run reads the same types")
                        .warning()
                        .at_node(&made.id);
                events.send(RunEvent::Note { problem });
            }
            Some(Err(problem)) => failed.push(problem.at_node(&made.id)),
            None => {}
        }
    }
    let mut compiled = Compiled::new(&flow, values, REGISTRY, host);
    for problem in failed {
        if let Some(made) = compiled.nodes.iter_mut().find(|made| Some(&made.id) == problem.at.node.as_ref())
        {
            made.problems = vec![problem];
        }
    }
    compiled
}
