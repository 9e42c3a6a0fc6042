//! `flowloom check`.

use std::process::ExitCode;

use flowloom_flow::Problem;
use flowloom_flow::value::show_dtype;
use serde_json::{Map, Value, json};

use super::open;
use crate::args::Check;
use crate::output::{Call, Ended, json_line, line, show_problem};

pub(crate) fn run(args: &Check) -> Call {
    let result = open(&args.flow).and_then(|(session, flow, values)| {
        let compiled = session.compile(flow, &values).map_err(|problem| Ended::Failed(vec![problem]))?;
        let problems: Vec<Problem> = compiled.problems().cloned().collect();
        let is_wrong = compiled.has_errors();
        if args.json {
            let nodes: Vec<Value> = compiled
                .nodes
                .iter()
                .map(|made| {
                    let columns = |schema: &polars::prelude::Schema| -> Map<String, Value> {
                        schema
                            .iter()
                            .map(|(name, dtype)| (name.to_string(), show_dtype(dtype).into()))
                            .collect()
                    };
                    let schemas = made.schemas.as_ref();
                    let schemas = schemas.map(|each| each.iter().map(columns).collect::<Vec<_>>());
                    json!({"node": made.id, "kind": made.kind, "schemas": schemas})
                })
                .collect();
            let outcome = if is_wrong { "failed" } else { "done" };
            json_line(&json!({"outcome": outcome, "nodes": nodes, "problems": problems}))?;
        } else {
            problems.iter().for_each(show_problem);
            if !is_wrong {
                line(&format!("{}: {} nodes, ready to run", args.flow.flow.display(), compiled.nodes.len()))?;
            }
        }
        Ok(if is_wrong { ExitCode::from(2) } else { ExitCode::SUCCESS })
    });
    match result {
        Err(ended) if args.json => ended.show_json(),
        result => result,
    }
}
