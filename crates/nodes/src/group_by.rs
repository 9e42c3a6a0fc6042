//! `group_by`: one row for each group, with aggregates.

use flowloom_flow::value::{
    Aggregations, Columns, column_argument, column_expr, column_list, column_type, rust_sort,
};
use flowloom_flow::{
    Card, CodeWriter, Form, Group, Kind, Port, Problem, Problems, Setting, Site, Step, Target,
};
use polars::prelude::{LazyFrame, Schema, SortMultipleOptions, UniqueKeepStrategy};
use serde::{Deserialize, Serialize};

/// One row for each group of rows with equal keys, sorted by the keys with nulls first.
///
/// Nulls are a group of their own. Without keys all rows are one group; without aggregates the distinct
/// keys remain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GroupBy {
    /// Columns whose values make a group.
    pub keys: Columns,
    pub aggregations: Aggregations,
}

impl Kind for GroupBy {
    const CARD: &'static Card = &Card {
        id: "group_by",
        name: "Group by",
        group: Group::Aggregate,
        blurb: "Makes one row of each group, with sums, counts and other aggregates",
        tags: &["aggregate", "sum", "count", "summarize", "distinct"],
        inputs: &[Port::IN],
        outputs: &[Port::OUT],
        version: 1,
    };

    fn form(&mut self, form: &mut dyn Form, inputs: &[Schema]) {
        const KEYS: Setting<'_> = Setting::new("keys", "Group by")
            .help("One row is made for each combination of values, sorted with nulls first. Without columns all rows are one group.");
        const AGGREGATIONS: Setting<'_> = Setting::new("aggregations", "Aggregates")
            .help("What is computed for each group. Nulls are left out, except by count of rows, first, last and list. Without any, the distinct keys remain.");
        form.value(KEYS, &mut self.keys, inputs);
        form.value(AGGREGATIONS, &mut self.aggregations, inputs);
    }

    fn plan(&self, mut inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        let mut rows = inputs.remove(0);
        let schema = rows.collect_schema()?;
        if let Some(problem) = self.problems(&schema).into_iter().next() {
            return Err(problem);
        }
        let keys: Vec<_> = self.keys.0.iter().map(|key| column_expr(key)).collect();
        let results = self.aggregations.exprs(&schema);
        let groups = match (keys.is_empty(), results.is_empty()) {
            (true, _) => return Ok(Step::Frames(vec![rows.select(results)])),
            (false, true) => rows.select(keys.clone()).unique(None, UniqueKeepStrategy::Any),
            (false, false) => rows.group_by(keys.clone()).agg(results),
        };
        Ok(Step::Frames(vec![groups.sort_by_exprs(keys, SortMultipleOptions::default())]))
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        let target = out.target();
        let results = self.aggregations.codes(target, &out.input_schemas()[0]);
        out.polars(&[]);
        let results: Vec<String> = results.iter().map(|result| result.write(out)).collect();
        let results = results.join(", ");
        let keys: Vec<&str> = self.keys.0.iter().map(String::as_str).collect();
        let rows = out.input(0);
        let groups = match target {
            Target::Python => {
                let keys: Vec<String> = keys.iter().map(|key| column_argument(key)).collect();
                let keys = keys.join(", ");
                match (keys.is_empty(), results.is_empty()) {
                    (true, _) => format!("{rows}.select({results})"),
                    (false, true) => format!("{rows}.select({keys}).unique().sort({keys})"),
                    (false, false) => format!("{rows}.group_by({keys}).agg({results}).sort({keys})"),
                }
            }
            Target::Rust => {
                let sort = rust_sort(&keys, "SortMultipleOptions::default()");
                match (keys.is_empty(), results.is_empty()) {
                    (true, _) => format!("{rows}.select([{results}])"),
                    (false, true) => {
                        let distinct = "unique(None, UniqueKeepStrategy::Any)";
                        format!("{rows}.select({}).{distinct}.{sort}", column_list(&keys))
                    }
                    (false, false) => {
                        format!("{rows}.group_by({}).agg([{results}]).{sort}", column_list(&keys))
                    }
                }
            }
        };
        out.assign(0, &groups);
        Ok(())
    }

    fn check(&self, inputs: &[Schema], problems: &mut Problems) {
        for problem in self.problems(&inputs[0]) {
            problems.push(problem);
        }
    }

    fn caption(&self) -> String {
        let results = self.aggregations.caption();
        let keys = self.keys.0.join(", ");
        match (keys.is_empty(), results.is_empty()) {
            (true, _) => results,
            (false, true) => format!("distinct {keys}"),
            (false, false) => format!("{results} by {keys}"),
        }
    }
}

impl GroupBy {
    fn problems(&self, schema: &Schema) -> Vec<Problem> {
        let keys = &self.keys.0;
        if keys.is_empty() && self.aggregations.0.is_empty() {
            return vec![Problem::user("there is nothing to compute").hint("choose a key or an aggregate")];
        }
        let mut problems = Vec::new();
        for (i, key) in keys.iter().enumerate() {
            let at = format!("keys[{i}]");
            match column_type(schema, key) {
                Err(problem) => problems.push(problem.at_field(at)),
                Ok(_) if keys[..i].contains(key) => {
                    problems.push(Problem::user(format!("column `{key}` is a key already")).at_field(at));
                }
                Ok(_) => {}
            }
        }
        problems.extend(self.aggregations.problems(schema, keys));
        problems
    }
}

#[cfg(test)]
mod tests;
