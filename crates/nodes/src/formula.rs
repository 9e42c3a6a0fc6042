//! `formula`: computes columns from others.

use flowloom_flow::value::lists::{chained, listed};
use flowloom_flow::value::{Computed, Formulas, dtype_features};
use flowloom_flow::{Card, CodeWriter, Form, Group, Kind, Port, Problem, Setting, Site, Step, Target};
use polars::prelude::{Expr, LazyFrame, Schema};
use serde::{Deserialize, Serialize};

/// Computes columns from others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct FormulaNode {
    formulas: Formulas,
}

impl Kind for FormulaNode {
    const CARD: &'static Card = &Card {
        id: "formula",
        name: "Formula",
        group: Group::Transform,
        blurb: "Computes columns from others",
        tags: &["calculate", "expression", "sql"],
        inputs: &[Port::IN],
        outputs: &[Port::OUT],
        version: 1,
    };

    fn form(&mut self, form: &mut dyn Form, inputs: &[Schema]) {
        form.value(
            Setting::new("formulas", "Formulas").help(
                "SQL expressions, computed in order: each sees the columns above it. An aggregate like \
                 `SUM(amount)` stands for its value over all rows, in every row.",
            ),
            &mut self.formulas,
            inputs,
        );
    }

    fn plan(&self, inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        let frames = inputs.into_iter().map(|mut frame| {
            let stages = self.stages(&*frame.collect_schema()?)?;
            Ok(stages.iter().fold(frame, |frame, stage| {
                let columns: Vec<Expr> = stage.iter().map(Computed::expr).collect();
                frame.with_columns(columns)
            }))
        });
        Ok(Step::Frames(frames.collect::<Result<_, Problem>>()?))
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        let target = out.target();
        let types: Vec<_> = out.output_schemas()[0].iter_values().flat_map(dtype_features).collect();
        out.polars(&types);
        let (open, close) = match target {
            Target::Python => (".with_columns(", ")"),
            Target::Rust => (".with_columns([", "])"),
        };
        let stages = self.stages(&out.input_schemas()[0])?;
        let calls = stages.iter().map(|stage| {
            let columns: Vec<String> =
                stage.iter().map(|computed| computed.code(target).write(out)).collect();
            listed(target, open, &columns, close)
        });
        let calls: Vec<String> = calls.collect();
        let expression = chained(target, out.input(0), &calls);
        out.assign(0, &expression);
        Ok(())
    }

    fn caption(&self) -> String {
        let shown = self.formulas.0.iter().map(|formula| {
            let expression: Vec<_> = formula.expression.0.split_whitespace().collect();
            format!("{} = {}", formula.column, expression.join(" "))
        });
        shown.collect::<Vec<_>>().join(", ")
    }
}

impl FormulaNode {
    fn stages(&self, schema: &Schema) -> Result<Vec<Vec<Computed<'_>>>, Problem> {
        if self.formulas.0.is_empty() {
            return Err(Problem::user("there is no formula").hint("add one").at_field("formulas"));
        }
        self.formulas.stages(schema).map_err(|mut problem| {
            let field = problem.at.field.take().unwrap_or_default();
            problem.at_field(format!("formulas{field}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use flowloom_flow::testing::{code, run};
    use flowloom_flow::value::{Expression, Formula};
    use polars::prelude::{DataFrame, DataType, df};

    use super::*;

    fn orders() -> DataFrame {
        df!("amount" => [Some(1.5), None, Some(4.0)], "unit \"é\"" => ["a", "b", "a"]).unwrap()
    }

    /// `column = expression` or `column: type = expression`.
    fn formula(lines: &[&str]) -> FormulaNode {
        let formulas = lines.iter().map(|line| {
            let (column, expression) = line.split_once(" = ").unwrap();
            let (column, dtype) = column.split_once(": ").unwrap_or((column, ""));
            Formula {
                column: column.to_owned(),
                expression: Expression(expression.to_owned()),
                dtype: dtype.to_owned(),
            }
        });
        FormulaNode { formulas: Formulas(formulas.collect()) }
    }

    fn floats(frame: &DataFrame, column: &str) -> Vec<Option<f64>> {
        frame.column(column).unwrap().cast(&DataType::Float64).unwrap().f64().unwrap().iter().collect()
    }

    #[test]
    fn each_formula_sees_those_before_it() {
        let kind = formula(&["double = amount * 2", "amount = double + 1", "amount = amount * 10"]);
        let rows = run(&kind, &[orders()]).unwrap();
        assert_eq!(rows[0].get_column_names(), ["amount", "unit \"é\"", "double"]);
        assert_eq!(floats(&rows[0], "double"), [Some(3.0), None, Some(8.0)]);
        assert_eq!(floats(&rows[0], "amount"), [Some(40.0), None, Some(90.0)]);
        assert_eq!(kind.caption(), "double = amount * 2, amount = double + 1, amount = amount * 10");
    }

    #[test]
    fn an_aggregate_stands_in_every_row() {
        let kind = formula(&[
            "share = amount / SUM(amount)",
            "rows = COUNT(*)",
            "of_unit = COUNT(*) OVER (PARTITION BY \"unit \"\"é\"\"\")",
        ]);
        let rows = run(&kind, &[orders()]).unwrap();
        assert_eq!(rows[0].height(), 3);
        assert_eq!(floats(&rows[0], "rows"), [Some(3.0); 3]);
        assert_eq!(floats(&rows[0], "of_unit"), [Some(2.0), Some(1.0), Some(2.0)]);
    }

    #[test]
    fn rows_stay_as_many_as_they_were() {
        for rows in [orders(), orders().clear(), orders().head(Some(1))] {
            for expression in
                ["1", "SUM(amount)", "NULL", "CASE WHEN amount > 2 THEN 'big'\n ELSE 'small' END"]
            {
                let out =
                    run(&formula(&[&format!("x = {expression}")]), std::slice::from_ref(&rows)).unwrap();
                assert_eq!(out[0].height(), rows.height(), "{expression}");
            }
        }
    }

    #[test]
    fn the_result_is_cast() {
        let kind = formula(&["day: Date = '2026-01-31'", "whole: Int8 = amount"]);
        let rows = run(&kind, &[orders()]).unwrap();
        assert_eq!(rows[0].column("day").unwrap().dtype(), &DataType::Date);
        assert_eq!(rows[0].column("whole").unwrap().dtype(), &DataType::Int8);
        let told = run(&formula(&["n: Int64 = \"unit \"\"é\"\"\""]), &[orders()]).unwrap_err();
        assert!(told.to_string().contains("conversion from `str` to `i64` failed"), "{told}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let told = |lines: &[&str]| run(&formula(lines), &[orders()]).unwrap_err().to_string();
        assert_eq!(told(&[]), "formulas: there is no formula; add one");
        assert_eq!(told(&[" = 1"]), "formulas[0].column: the computed column has no name");
        assert_eq!(
            told(&["x = "]),
            "formulas[0].expression: the expression is empty; write one like `amount * 1.2` or `status = 'paid'`"
        );
        assert_eq!(
            told(&["x = 1", "y = amout + x"]),
            "formulas[1].expression: there is no column `amout`; did you mean `amount`?"
        );
        assert_eq!(
            told(&["x: Int = 1", "y: Intt = x"]),
            "formulas[1].type: `Intt` is not a type; did you mean `Int8`?"
        );
    }

    #[test]
    fn code_is_written() {
        let kind = formula(&[
            "gross = amount * 1.2",
            "unit = UPPER(\"unit \"\"é\"\"\")",
            "tax: Int64 = gross - amount",
            "size = CASE WHEN tax > 100 THEN 'big'\n  ELSE 'small'\nEND",
        ]);
        let schema = [(**orders().schema()).clone()];
        insta::assert_snapshot!(code(&kind, Target::Python, &schema).unwrap(), @r#"
        package polars >=2.1 
        import polars as pl
        out = (
            left.with_columns(
                pl.sql_expr("amount * 1.2").alias("gross"),
                pl.sql_expr('UPPER("unit ""é""")').alias("unit"),
            )
            .with_columns(pl.sql_expr("gross - amount").cast(pl.Int64).alias("tax"))
            .with_columns(
                pl.sql_expr(
                    "CASE WHEN tax > 100 THEN 'big'\n"
                    "  ELSE 'small'\n"
                    "END"
                ).alias("size"),
            )
        )
        "#);
        insta::assert_snapshot!(code(&kind, Target::Rust, &schema).unwrap(), @r#"
        package polars 0.55 lazy sql
        use polars::prelude::*;
        let out = left
            .with_columns([
                polars::sql::sql_expr("amount * 1.2")?.alias("gross"),
                polars::sql::sql_expr("UPPER(\"unit \"\"é\"\"\")")?.alias("unit"),
            ])
            .with_columns([
                polars::sql::sql_expr("gross - amount")?.strict_cast(DataType::Int64).alias("tax"),
            ])
            .with_columns([
                polars::sql::sql_expr(concat!(
                    "CASE WHEN tax > 100 THEN 'big'\n",
                    "  ELSE 'small'\n",
                    "END",
                ))?.alias("size"),
            ]);
        "#);
    }
}
