//! Which columns of each source the plan uses, so that a source decodes nothing else.
//!
//! The whole plan is optimised, not run, over frames of the sources' schemas; what the optimiser leaves of
//! each frame's columns is what is used. It makes new frames as it goes, but keeps their height: each
//! source's frame has a height of its own, by which it is known again.

use std::collections::{BTreeMap, BTreeSet};

use flowloom_flow::{Compiled, Host, Problem, Site, Step};
use polars::prelude::{DataFrame, IntoLazy as _, LazyFrame, NULL, Schema, col, lit};
use polars_plan::plans::{ArenaLpIter as _, IR};

use crate::known;
use crate::readers::Readers;

/// For each source node: for each of its ports the columns that are used, in schema order.
pub(crate) type Needs = BTreeMap<usize, Vec<Vec<String>>>;

/// The needs of the nodes in `wanted`, whose leaves use all that they take.
pub(crate) fn needs(
    compiled: &Compiled,
    wanted: &BTreeSet<usize>,
    host: &dyn Host,
) -> Result<Needs, Problem> {
    let readers = Readers::of(compiled, wanted);
    let mut frames: Vec<Vec<LazyFrame>> = vec![Vec::new(); compiled.nodes.len()];
    // A source's frame has the height of its place here, from 1.
    let mut sources: Vec<(usize, usize, &Schema)> = Vec::new();
    let mut leaves = Vec::new();
    for &i in wanted {
        let made = &compiled.nodes[i];
        let (Some(node), Some(schemas)) = (&made.node, &made.schemas) else { continue };
        let inputs = known::inputs(compiled, &made.inputs, &frames)?;
        if made.inputs.is_empty() {
            for (port, schema) in schemas.iter().enumerate() {
                sources.push((i, port, schema));
                frames[i].push(DataFrame::full_null(schema, sources.len()).lazy());
            }
        } else if node.card().outputs.is_empty() {
            leaves.extend(inputs);
            continue;
        } else if let Step::Frames(planned) =
            node.plan(inputs, &Site { node: &made.id, flow: &compiled.flow, host })?
        {
            frames[i] = planned;
        }
        if readers.is_leaf(i) {
            leaves.extend(frames[i].iter().cloned());
        }
    }

    let mut used: BTreeMap<(usize, usize), BTreeSet<String>> = BTreeMap::new();
    for leaf in leaves {
        // A slice in a frame would change its height.
        let plan = leaf.with_slice_pushdown(false).to_alp_optimized()?;
        for (_, ir) in plan.lp_arena.iter(plan.lp_top) {
            let IR::DataFrameScan { df, schema, output_schema } = ir else { continue };
            let Some((i, port, _)) = df.height().checked_sub(1).and_then(|place| sources.get(place)) else {
                continue;
            };
            let columns = output_schema.as_ref().unwrap_or(schema);
            used.entry((*i, *port)).or_default().extend(columns.iter_names().map(ToString::to_string));
        }
    }
    let mut needs = Needs::new();
    for (i, port, schema) in &sources {
        let used = used.remove(&(*i, *port)).unwrap_or_default();
        let columns =
            schema.iter_names().map(ToString::to_string).filter(|name| used.contains(name)).collect();
        needs.entry(*i).or_default().push(columns);
    }
    Ok(needs)
}

/// `frame` with the columns of `schema` that it lacks as nulls: nobody reads them, but a plan names them.
pub(crate) fn complete(mut frame: LazyFrame, schema: &Schema) -> Result<LazyFrame, Problem> {
    let given = frame.collect_schema()?;
    if given.len() == schema.len() {
        return Ok(frame);
    }
    let columns: Vec<_> = schema
        .iter()
        .map(|(name, dtype)| match given.get(name) {
            Some(_) => col(name.clone()),
            None => lit(NULL).cast(dtype.clone()).alias(name.clone()),
        })
        .collect();
    Ok(frame.select(columns))
}
