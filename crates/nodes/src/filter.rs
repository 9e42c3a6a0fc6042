//! `filter`: splits rows into those that pass and those that do not.

use flowloom_flow::value::{Conditions, Expression, show_dtype};
use flowloom_flow::{
    Card, Choice, Choices, CodeWriter, Form, Group, Kind, Port, Problem, Problems, Setting, Site, Step,
    Target,
};
use polars::prelude::{DataFrame, DataType, Expr, IntoLazy as _, LazyFrame, Schema, lit};
use serde::{Deserialize, Serialize};

/// How the rows that pass are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    #[default]
    Conditions,
    Sql,
}

impl Choices for Mode {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Conditions, Choice { key: "conditions", label: "Conditions" }),
        (Self::Sql, Choice { key: "sql", label: "SQL" }),
    ];
}

/// Splits rows into those that pass and those that do not; a null test does not pass, and no row is lost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Filter {
    pub mode: Mode,
    /// All must hold, for [`Mode::Conditions`].
    pub conditions: Conditions,
    /// Must be true, for [`Mode::Sql`].
    pub expression: Expression,
}

impl Kind for Filter {
    const CARD: &'static Card = &Card {
        id: "filter",
        name: "Filter",
        group: Group::Transform,
        blurb: "Splits rows into those that pass and those that do not",
        tags: &["where", "condition", "split"],
        inputs: &[Port::IN],
        outputs: &[Port::one("pass", "Rows that match"), Port::one("reject", "Rows that do not match")],
        version: 1,
    };

    fn form(&mut self, form: &mut dyn Form, inputs: &[Schema]) {
        const MODE: Setting<'_> = Setting::new("mode", "Rows that pass");
        const CONDITIONS: Setting<'_> = Setting::new("conditions", "Conditions").help(
            "Every condition must hold; a group may ask for any of its own. A null holds only for `is null`.",
        );
        const EXPRESSION: Setting<'_> = Setting::new("expression", "SQL expression")
            .help("True for the rows that pass. Text stands in single quotes, a column with blanks in double quotes.");
        form.pick(MODE, &mut self.mode);
        match self.mode {
            Mode::Conditions => form.value(CONDITIONS, &mut self.conditions, inputs),
            Mode::Sql => form.value(EXPRESSION, &mut self.expression, inputs),
        }
        form.note("Rows that do not pass, also where the test is null, leave by the output `reject`.");
    }

    fn plan(&self, mut inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        let mut rows = inputs.remove(0);
        let schema = rows.collect_schema()?;
        let passes = self.predicate(&schema)?;
        let reject = rows.clone().filter(passes.clone().neq_missing(lit(true)));
        Ok(Step::Frames(vec![rows.filter(passes), reject]))
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        let target = out.target();
        let passes = match self.mode {
            Mode::Conditions => self.conditions.code(target, &out.input_schemas()[0])?,
            Mode::Sql => self.expression.code(target),
        };
        let rejects = match target {
            Target::Python => format!("{}.ne_missing(True)", passes.operand()),
            Target::Rust => format!("{}.neq_missing(lit(true))", passes.operand()),
        };
        let rows = out.input(0).to_owned();
        let is_needed_twice = out.output(0).is_some() && out.output(1).is_some();
        let first = if target == Target::Rust && is_needed_twice && !rows.ends_with(".clone()") {
            format!("{rows}.clone()")
        } else {
            rows.clone()
        };
        let text = passes.write(out);
        out.assign(0, &format!("{first}.filter({text})"));
        out.assign(1, &format!("{rows}.filter({rejects})"));
        Ok(())
    }

    fn check(&self, inputs: &[Schema], problems: &mut Problems) {
        match self.mode {
            Mode::Conditions => self.conditions.check(&inputs[0], problems),
            Mode::Sql => {
                if let Err(problem) = self.predicate(&inputs[0]) {
                    problems.push(problem);
                }
            }
        }
    }

    fn caption(&self) -> String {
        match self.mode {
            Mode::Conditions => self.conditions.caption(),
            Mode::Sql => self.expression.0.split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}

impl Filter {
    fn predicate(&self, schema: &Schema) -> Result<Expr, Problem> {
        match self.mode {
            Mode::Conditions => self.conditions.expr(schema),
            Mode::Sql => self.boolean(schema).map_err(|problem| problem.at_field("expression")),
        }
    }

    fn boolean(&self, schema: &Schema) -> Result<Expr, Problem> {
        let expr = self.expression.over(schema)?;
        let mut rows = DataFrame::empty_with_schema(schema).lazy().select([expr.clone().alias("passes")]);
        match rows.collect_schema()?.get("passes") {
            Some(DataType::Boolean) => Ok(expr),
            Some(dtype) => {
                let message = format!("the expression gives {}, not Boolean", show_dtype(dtype));
                Err(Problem::user(message).hint("compare it: `amount > 100`"))
            }
            None => Err(Problem::internal("the expression gives no column")),
        }
    }
}

#[cfg(test)]
mod tests {
    use flowloom_flow::testing::{both_engines, code, run};
    use polars::prelude::df;
    use serde_json::{Value as Json, json};

    use super::*;

    fn filter(settings: Json) -> Filter {
        serde_json::from_value(settings).unwrap()
    }

    fn orders() -> DataFrame {
        df![
            "id" => [0_i64, 1, 2, 3],
            "amount" => [Some(150.0), Some(50.0), None, Some(100.0)],
            "status" => [Some("paid"), Some("open"), Some("paid"), None],
            "stück" => [Some(1_i64), None, Some(3), Some(4)],
        ]
        .unwrap()
    }

    /// Ids of both outputs.
    fn split(settings: Json) -> [Vec<i64>; 2] {
        let outputs = run(&filter(settings), &[orders()]).unwrap();
        let ids = |frame: &DataFrame| -> Vec<i64> {
            frame.column("id").unwrap().i64().unwrap().into_no_null_iter().collect()
        };
        [ids(&outputs[0]), ids(&outputs[1])]
    }

    #[test]
    fn given_nulls_when_filtered_then_every_row_is_in_one_output() {
        let large = json!({"conditions": [{"column": "amount", "op": ">", "value": 60}]});
        assert_eq!(split(large), [vec![0, 3], vec![1, 2]]);
        let paid = json!({"conditions": [{"column": "status", "op": "!=", "value": "paid"}]});
        assert_eq!(split(paid), [vec![1], vec![0, 2, 3]]);
        assert_eq!(split(json!({"mode": "sql", "expression": "\"stück\" > 2"})), [vec![2, 3], vec![0, 1]]);
        assert_eq!(split(json!({"mode": "sql", "expression": "NULL > 1"})), [vec![], vec![0, 1, 2, 3]]);
        assert_eq!(split(json!({})), [vec![0, 1, 2, 3], vec![]]);
    }

    #[test]
    fn both_engines_split_alike_and_empty_input_stays_empty() {
        let settings = json!({"mode": "sql", "expression": "amount > 60 AND status = 'paid'"});
        both_engines(&filter(settings.clone()), &[orders()]);
        let outputs = both_engines(&filter(settings), &[orders().clear()]);
        assert!(outputs.iter().all(|frame| frame.height() == 0));
        let nothing = df!["a" => [1, 2]].unwrap();
        assert_eq!(both_engines(&filter(json!({})), &[nothing])[1].height(), 0);
    }

    #[test]
    fn an_expression_that_is_not_boolean_is_refused() {
        let told = |text: &str| {
            let mut problems = Problems::default();
            let settings = json!({"mode": "sql", "expression": text});
            filter(settings).check(&[(**orders().schema()).clone()], &mut problems);
            problems.into_vec()[0].to_string()
        };
        assert_eq!(
            told("amount + 1"),
            "expression: the expression gives Float64, not Boolean; compare it: `amount > 100`"
        );
        assert!(told("amount >").starts_with("expression: `amount >` is not an expression: "));
        assert!(told("").starts_with("expression: the expression is empty"));
        assert!(told("status > 1 + amuont").starts_with("expression: there is no column `amuont`"));
    }

    #[test]
    fn the_caption_says_what_passes() {
        assert_eq!(filter(json!({"mode": "sql", "expression": "a > 1\n  AND b"})).caption(), "a > 1 AND b");
        let paid = json!({"conditions": [{"column": "status", "op": "=", "value": "paid"}]});
        assert_eq!(filter(paid).caption(), "status = paid");
    }

    #[test]
    fn code_writes_both_outputs() {
        let schema = [(**orders().schema()).clone()];
        let paid = filter(json!({"conditions": [{"column": "status", "op": "=", "value": "paid"}]}));
        insta::assert_snapshot!(code(&paid, Target::Python, &schema).unwrap(), @r#"
        package polars >=2.1 
        import polars as pl
        pass = left.filter(pl.col("status") == "paid")
        reject = left.filter((pl.col("status") == "paid").ne_missing(True))
        "#);
        insta::assert_snapshot!(code(&paid, Target::Rust, &schema).unwrap(), @r#"
        package polars 0.55 lazy
        use polars::prelude::*;
        let pass = left.clone().filter(col("status").eq(lit("paid")));
        let reject = left.filter(col("status").eq(lit("paid")).neq_missing(lit(true)));
        "#);
        let large = filter(json!({"mode": "sql", "expression": "amount > 60 AND status = 'paid'"}));
        insta::assert_snapshot!(code(&large, Target::Python, &schema).unwrap(), @r#"
        package polars >=2.1 
        import polars as pl
        pass = left.filter(pl.sql_expr("amount > 60 AND status = 'paid'"))
        reject = left.filter(
            pl.sql_expr("amount > 60 AND status = 'paid'").ne_missing(True)
        )
        "#);
        insta::assert_snapshot!(code(&large, Target::Rust, &schema).unwrap(), @r#"
        package polars 0.55 lazy sql
        use polars::prelude::*;
        let pass = left
            .clone()
            .filter(polars::sql::sql_expr("amount > 60 AND status = 'paid'")?);
        let reject = left
            .filter(polars::sql::sql_expr("amount > 60 AND status = 'paid'")?.neq_missing(lit(true)));
        "#);
    }
}
