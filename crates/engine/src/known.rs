//! Frames whose schema needs no plan to be resolved.
//!
//! A kind asks its inputs for their schemas while it plans. Polars answers by resolving all that is above,
//! so that planning a chain of nodes one after the other would grow with the square of its length.

use std::sync::Arc;

use flowloom_flow::{Compiled, Link, Problem};
use polars::prelude::{DataFrame, DslPlan, IntoLazy as _, LazyFrame, Schema};

/// What `links` bring to a node, for the node to plan on. `frames`: by node and output port.
pub(crate) fn inputs(
    compiled: &Compiled,
    links: &[Link],
    frames: &[Vec<LazyFrame>],
) -> Result<Vec<LazyFrame>, Problem> {
    let input = |link: &Link| {
        let frame = frames[link.from][link.from_port].clone();
        match &compiled.nodes[link.from].schemas {
            Some(schemas) => known(frame, &schemas[link.from_port]),
            None => Ok(frame),
        }
    };
    links.iter().map(input).collect()
}

/// `frame`, which has `schema`, for a node to plan on: asking it for its schema costs the same however much
/// is above.
fn known(frame: LazyFrame, schema: &Schema) -> Result<LazyFrame, Problem> {
    // Polars keeps the answer to `collect_schema` with the frame: that of an empty frame stays, the plan
    // below it becomes this one. Without flags, what was kept serves for the schema and nothing else.
    let mut stand_in = DataFrame::empty_with_schema(schema).lazy();
    stand_in.collect_schema()?;
    let optimizations = frame.get_current_optimizations();
    let DslPlan::IR { dsl, opt_flags, .. } = &mut stand_in.logical_plan else { return Ok(frame) };
    *dsl = Arc::new(frame.logical_plan);
    *opt_flags = None;
    Ok(stand_in.with_optimizations(optimizations))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use polars::prelude::{PlanCallback, col, df};

    use super::*;

    /// `1..=length` steps on a frame, each of which asks for its input's schema; how often the frame at the
    /// top was resolved for it.
    fn resolved(length: usize, is_known: bool) -> usize {
        let resolved = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&resolved);
        let rows = df!["n" => [1_i64, 2]].expect("rows");
        let schema = Arc::clone(rows.schema());
        let mut frame =
            rows.lazy().pipe_with_schema(PlanCallback::new(move |(mut frames, _): (Vec<DslPlan>, _)| {
                count.fetch_add(1, Ordering::Relaxed);
                Ok(frames.remove(0))
            }));
        for _ in 0..length {
            let mut input = if is_known { known(frame, &schema).expect("known") } else { frame };
            assert_eq!(input.collect_schema().expect("a schema"), schema);
            frame = input.with_column(col("n") + col("n"));
        }
        let rows = frame.collect().expect("it runs");
        let n = rows.column("n").expect("n").i64().expect("numbers");
        assert_eq!(n.get(1), Some(2 << length));
        resolved.load(Ordering::Relaxed)
    }

    #[test]
    fn a_chain_is_resolved_once_however_long() {
        crate::stack::deepen();
        assert_eq!([resolved(3, true), resolved(30, true)], [1, 1]);
        assert_eq!(resolved(30, false), 31, "what this is for");
    }
}
