//! `sort`: brings rows into an order.

use flowloom_flow::value::{SortKeys, column_argument, rust_sort};
use flowloom_flow::{
    Card, CodeWriter, Form, Group, Kind, Port, Problem, Problems, Setting, Site, Step, Target,
};
use polars::prelude::{LazyFrame, Schema};
use serde::{Deserialize, Serialize};

/// Brings rows into an order; rows whose keys are equal keep theirs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Sort {
    /// Most significant first.
    pub keys: SortKeys,
}

impl Kind for Sort {
    const CARD: &'static Card = &Card {
        id: "sort",
        name: "Sort",
        group: Group::Transform,
        blurb: "Brings rows into an order",
        tags: &["order by", "rank", "descending"],
        inputs: &[Port::IN],
        outputs: &[Port::OUT],
        version: 1,
    };

    fn form(&mut self, form: &mut dyn Form, inputs: &[Schema]) {
        const KEYS: Setting<'_> = Setting::new("keys", "Sort by").help(
            "The first column counts most. Nulls stand last, in both directions, unless they are put first.",
        );
        form.value(KEYS, &mut self.keys, inputs);
    }

    fn plan(&self, mut inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        let mut rows = inputs.remove(0);
        let schema = rows.collect_schema()?;
        if let Some(problem) = self.problems(&schema).into_iter().next() {
            return Err(problem);
        }
        let (columns, options) = self.keys.exprs();
        Ok(Step::Frames(vec![rows.sort_by_exprs(columns, options)]))
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        out.polars(&[]);
        let keys = &self.keys.0;
        let columns: Vec<&str> = keys.iter().map(|key| key.column.as_str()).collect();
        let descending: Vec<bool> = keys.iter().map(|key| key.descending).collect();
        let nulls_last: Vec<bool> = keys.iter().map(|key| !key.nulls_first).collect();
        let rows = out.input(0);
        let sorted = match out.target() {
            Target::Python => {
                let mut arguments: Vec<String> =
                    columns.iter().map(|column| column_argument(column)).collect();
                arguments.extend(python_flags("descending", &descending));
                arguments.extend(python_flags("nulls_last", &nulls_last));
                arguments.push("maintain_order=True".to_owned());
                format!("{rows}.sort({})", arguments.join(", "))
            }
            Target::Rust => {
                let descending = rust_flags("with_order_descending", &descending);
                let nulls_last = rust_flags("with_nulls_last", &nulls_last);
                let options = format!(
                    "SortMultipleOptions::default(){descending}{nulls_last}.with_maintain_order(true)"
                );
                format!("{rows}.{}", rust_sort(&columns, &options))
            }
        };
        out.assign(0, &sorted);
        Ok(())
    }

    fn check(&self, inputs: &[Schema], problems: &mut Problems) {
        for problem in self.problems(&inputs[0]) {
            problems.push(problem);
        }
    }

    fn caption(&self) -> String {
        self.keys.caption()
    }
}

impl Sort {
    fn problems(&self, schema: &Schema) -> Vec<Problem> {
        if self.keys.0.is_empty() {
            let problem = Problem::user("there is nothing to sort by").at_field("keys");
            return vec![problem.hint("choose a column")];
        }
        self.keys.problems(schema)
    }
}

/// `descending=True`, `descending=[True, False]`, nothing where all are false.
fn python_flags(key: &str, flags: &[bool]) -> Option<String> {
    let word = |flag: bool| if flag { "True" } else { "False" };
    match flags {
        _ if flags.iter().all(|flag| !flag) => None,
        _ if flags.iter().all(|flag| *flag) => Some(format!("{key}=True")),
        _ => {
            let words: Vec<&str> = flags.iter().map(|flag| word(*flag)).collect();
            Some(format!("{key}=[{}]", words.join(", ")))
        }
    }
}

/// `.with_nulls_last(true)`, `.with_nulls_last_multi([true, false])`, nothing where all are false.
fn rust_flags(method: &str, flags: &[bool]) -> String {
    match flags {
        _ if flags.iter().all(|flag| !flag) => String::new(),
        _ if flags.iter().all(|flag| *flag) => format!(".{method}(true)"),
        _ => format!(".{method}_multi({flags:?})"),
    }
}

#[cfg(test)]
mod tests {
    use flowloom_flow::testing::{both_engines, code, every_type, run};
    use polars::prelude::{AnyValue, DataFrame, df};
    use serde_json::{Value as Json, json};

    use super::*;

    fn sort(keys: Json) -> Sort {
        Sort { keys: serde_json::from_value(keys).unwrap() }
    }

    fn orders() -> DataFrame {
        df![
            "id" => [0_i64, 1, 2, 3, 4],
            "amount" => [Some(2.0), None, Some(1.0), Some(2.0), Some(3.0)],
            "größe" => [Some("b"), Some("a"), None, Some("a"), Some("b")],
        ]
        .unwrap()
    }

    fn ids(keys: Json) -> Vec<i64> {
        let sorted = both_engines(&sort(keys), &[orders()]).remove(0);
        sorted.column("id").unwrap().i64().unwrap().into_no_null_iter().collect()
    }

    #[test]
    fn nulls_stand_last_unless_put_first() {
        assert_eq!(ids(json!([{"column": "amount"}])), [2, 0, 3, 4, 1]);
        assert_eq!(ids(json!([{"column": "amount", "descending": true}])), [4, 0, 3, 2, 1]);
        assert_eq!(ids(json!([{"column": "amount", "nulls_first": true}])), [1, 2, 0, 3, 4]);
        assert_eq!(
            ids(json!([{"column": "größe", "nulls_first": true}, {"column": "amount", "descending": true}])),
            [2, 3, 1, 4, 0]
        );
    }

    #[test]
    fn equal_keys_keep_their_order_on_both_engines() {
        let rows = 200_000;
        let keys: Vec<i64> = (0..rows).map(|row| row % 7).collect();
        let frame = df!["key" => keys, "row" => (0..rows).collect::<Vec<i64>>()].unwrap();
        let sorted = both_engines(&sort(json!([{"column": "key", "descending": true}])), &[frame]).remove(0);
        let rows: Vec<i64> = sorted.column("row").unwrap().i64().unwrap().into_no_null_iter().collect();
        let keys: Vec<i64> = sorted.column("key").unwrap().i64().unwrap().into_no_null_iter().collect();
        assert!((1..rows.len()).all(|i| keys[i - 1] > keys[i] || rows[i - 1] < rows[i]));
    }

    #[test]
    fn every_type_can_be_sorted_and_no_rows_too() {
        let frame = every_type();
        for column in frame.get_column_names_owned() {
            let by = sort(json!([{"column": column.as_str(), "nulls_first": true}]));
            let sorted = both_engines(&by, std::slice::from_ref(&frame)).remove(0);
            assert_eq!(sorted.column(&column).unwrap().get(0).unwrap(), AnyValue::Null, "{column}");
            assert_eq!(both_engines(&by, &[frame.clear()])[0].height(), 0);
        }
    }

    #[test]
    fn missing_and_repeated_columns_are_refused() {
        let told = |keys: Json| run(&sort(keys), &[orders()]).unwrap_err().to_string();
        assert_eq!(told(json!([])), "keys: there is nothing to sort by; choose a column");
        assert_eq!(
            told(json!([{"column": "amuont"}])),
            "keys[0].column: there is no column `amuont`; did you mean `amount`?"
        );
        assert_eq!(
            told(json!([{"column": "id"}, {"column": "id"}])),
            "keys[1].column: column `id` is a key already"
        );
    }

    #[test]
    fn the_caption_names_the_keys() {
        let keys = json!([{"column": "amount", "descending": true}, {"column": "id", "nulls_first": true}]);
        assert_eq!(sort(keys).caption(), "amount descending, id nulls first");
    }

    #[test]
    fn code_sorts_stably() {
        let schema = [(**orders().schema()).clone()];
        let one = sort(json!([{"column": "amount", "descending": true}]));
        insta::assert_snapshot!(code(&one, Target::Python, &schema).unwrap(), @r#"
        package polars >=2.1 
        import polars as pl
        out = left.sort("amount", descending=True, nulls_last=True, maintain_order=True)
        "#);
        insta::assert_snapshot!(code(&one, Target::Rust, &schema).unwrap(), @r#"
        package polars 0.55 lazy
        use polars::prelude::*;
        let out = left.sort(
            ["amount"],
            SortMultipleOptions::default()
                .with_order_descending(true)
                .with_nulls_last(true)
                .with_maintain_order(true),
        );
        "#);
        let two =
            sort(json!([{"column": "größe", "nulls_first": true}, {"column": "id", "descending": true}]));
        insta::assert_snapshot!(code(&two, Target::Python, &schema).unwrap(), @r#"
        package polars >=2.1 
        import polars as pl
        out = left.sort(
            "größe",
            "id",
            descending=[False, True],
            nulls_last=[False, True],
            maintain_order=True,
        )
        "#);
        insta::assert_snapshot!(code(&two, Target::Rust, &schema).unwrap(), @r#"
        package polars 0.55 lazy
        use polars::prelude::*;
        let out = left.sort(
            ["größe", "id"],
            SortMultipleOptions::default()
                .with_order_descending_multi([false, true])
                .with_nulls_last_multi([false, true])
                .with_maintain_order(true),
        );
        "#);
        let pattern = [df!["*" => [1]].unwrap().schema().as_ref().clone()];
        let star = sort(json!([{"column": "*"}]));
        insta::assert_snapshot!(code(&star, Target::Python, &pattern).unwrap(), @r#"
        package polars >=2.1 
        import polars as pl
        out = left.sort(pl.col("^\\*$"), nulls_last=True, maintain_order=True)
        "#);
        insta::assert_snapshot!(code(&star, Target::Rust, &pattern).unwrap(), @r#"
        package polars 0.55 lazy
        use polars::prelude::*;
        let out = left.sort_by_exprs(
            [Expr::Column("*".into())],
            SortMultipleOptions::default()
                .with_nulls_last(true)
                .with_maintain_order(true),
        );
        "#);
    }
}
