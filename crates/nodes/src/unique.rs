//! `unique`: keeps one row of those that are alike.

use flowloom_flow::value::{Columns, column_argument, column_expr, column_list, column_type};
use flowloom_flow::{
    Card, Choice, Choices, CodeWriter, Form, Group, Kind, Port, Problem, Problems, Setting, Site, Step,
    Target,
};
use polars::prelude::{LazyFrame, Schema, UniqueKeepStrategy};
use serde::{Deserialize, Serialize};

/// Keeps one row of those that are alike, in the order of the input; null is like null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Unique {
    /// Rows are alike when these are equal; none: when all columns are.
    pub columns: Columns,
    pub keep: Keep,
}

/// Which row of those that are alike goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Keep {
    #[default]
    First,
    Last,
    /// Only rows that are like no other.
    None,
}

impl Choices for Keep {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::First, Choice { key: "first", label: "First" }),
        (Self::Last, Choice { key: "last", label: "Last" }),
        (Self::None, Choice { key: "none", label: "None" }),
    ];
}

impl Kind for Unique {
    const CARD: &'static Card = &Card {
        id: "unique",
        name: "Unique",
        group: Group::Transform,
        blurb: "Keeps one row of those that are alike",
        tags: &["distinct", "deduplicate", "duplicates"],
        inputs: &[Port::IN],
        outputs: &[Port::OUT],
        version: 1,
    };

    fn form(&mut self, form: &mut dyn Form, inputs: &[Schema]) {
        const COLUMNS: Setting<'_> = Setting::new("columns", "Columns")
            .hint("all when empty")
            .help("Rows are alike when these columns are equal");
        const KEEP: Setting<'_> = Setting::new("keep", "Keep")
            .help("Which of the rows that are alike goes on; none keeps only rows that are like no other");
        form.value(COLUMNS, &mut self.columns, inputs);
        form.pick(KEEP, &mut self.keep);
    }

    fn plan(&self, mut inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        let mut rows = inputs.remove(0);
        let schema = rows.collect_schema()?;
        if let Some(problem) = self.problems(&schema).into_iter().next() {
            return Err(problem);
        }
        let columns: Vec<_> = self.columns.0.iter().map(|column| column_expr(column)).collect();
        let subset = (!columns.is_empty()).then_some(columns);
        Ok(Step::Frames(vec![rows.unique_stable_generic(subset, self.keep.strategy())]))
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        out.polars(&[]);
        let columns: Vec<&str> = self.columns.0.iter().map(String::as_str).collect();
        let (rows, keep) = (out.input(0), self.keep);
        let unique = match out.target() {
            Target::Python => {
                let names: Vec<String> = columns.iter().map(|column| column_argument(column)).collect();
                let subset =
                    if names.is_empty() { String::new() } else { format!("[{}], ", names.join(", ")) };
                format!("{rows}.unique({subset}keep=\"{}\", maintain_order=True)", keep.choice().key)
            }
            Target::Rust => {
                let subset = match columns.as_slice() {
                    [] => "None".to_owned(),
                    columns => format!("Some(vec!{})", column_list(columns)),
                };
                format!("{rows}.unique_stable_generic({subset}, UniqueKeepStrategy::{keep:?})")
            }
        };
        out.assign(0, &unique);
        Ok(())
    }

    fn check(&self, inputs: &[Schema], problems: &mut Problems) {
        for problem in self.problems(&inputs[0]) {
            problems.push(problem);
        }
    }

    fn caption(&self) -> String {
        let columns =
            if self.columns.0.is_empty() { "all columns".to_owned() } else { self.columns.0.join(", ") };
        match self.keep {
            Keep::First => columns,
            Keep::Last => format!("{columns}, the last"),
            Keep::None => format!("{columns}, without duplicates"),
        }
    }
}

impl Keep {
    fn strategy(self) -> UniqueKeepStrategy {
        match self {
            Self::First => UniqueKeepStrategy::First,
            Self::Last => UniqueKeepStrategy::Last,
            Self::None => UniqueKeepStrategy::None,
        }
    }
}

impl Unique {
    fn problems(&self, schema: &Schema) -> Vec<Problem> {
        let columns = self.columns.0.iter().enumerate();
        columns
            .filter_map(|(i, column)| {
                column_type(schema, column).err().map(|problem| problem.at_field(format!("columns[{i}]")))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use flowloom_flow::testing::{both_engines, code, every_type, run};
    use polars::prelude::{DataFrame, df};
    use serde_json::{Value as Json, json};

    use super::*;

    fn unique(settings: Json) -> Unique {
        serde_json::from_value(settings).unwrap()
    }

    fn orders() -> DataFrame {
        df![
            "id" => [0_i64, 1, 2, 3, 4, 1],
            "größe" => [Some("b"), Some("a"), None, Some("b"), None, Some("a")],
        ]
        .unwrap()
    }

    fn ids(settings: Json) -> Vec<i64> {
        let kept = both_engines(&unique(settings), &[orders()]).remove(0);
        kept.column("id").unwrap().i64().unwrap().into_no_null_iter().collect()
    }

    #[test]
    fn one_of_each_is_kept_in_the_order_of_the_input() {
        assert_eq!(ids(json!({})), [0, 1, 2, 3, 4]);
        assert_eq!(ids(json!({"columns": ["größe"]})), [0, 1, 2], "null is like null");
        assert_eq!(ids(json!({"columns": ["größe"], "keep": "last"})), [3, 4, 1]);
        assert_eq!(ids(json!({"keep": "none"})), [0, 2, 3, 4]);
    }

    #[test]
    fn every_type_can_be_compared_and_no_rows_too() {
        let frame = every_type();
        for column in frame.get_column_names_owned() {
            let by = unique(json!({"columns": [column.as_str()]}));
            both_engines(&by, std::slice::from_ref(&frame));
            assert_eq!(both_engines(&by, &[frame.clear()])[0].height(), 0, "{column}");
        }
    }

    #[test]
    fn a_missing_column_is_named_with_the_one_that_was_meant() {
        let problem = run(&unique(json!({"columns": ["id", "grösse"]})), &[orders()]).unwrap_err();
        assert_eq!(problem.to_string(), "columns[1]: there is no column `grösse`; did you mean `größe`?");
    }

    #[test]
    fn code_keeps_the_order() {
        let schema = [(**orders().schema()).clone()];
        let last = unique(json!({"columns": ["größe"], "keep": "last"}));
        insta::assert_snapshot!(code(&last, Target::Python, &schema).unwrap(), @r#"
        package polars >=2.1 
        import polars as pl
        out = left.unique(["größe"], keep="last", maintain_order=True)
        "#);
        insta::assert_snapshot!(code(&last, Target::Rust, &schema).unwrap(), @r#"
        package polars 0.55 lazy
        use polars::prelude::*;
        let out = left.unique_stable_generic(Some(vec![col("größe")]), UniqueKeepStrategy::Last);
        "#);
        insta::assert_snapshot!(code(&unique(json!({})), Target::Python, &schema).unwrap(), @r#"
        package polars >=2.1 
        import polars as pl
        out = left.unique(keep="first", maintain_order=True)
        "#);
        insta::assert_snapshot!(code(&unique(json!({})), Target::Rust, &schema).unwrap(), @r#"
        package polars 0.55 lazy
        use polars::prelude::*;
        let out = left.unique_stable_generic(None, UniqueKeepStrategy::First);
        "#);
    }
}
