//! `select`: chooses, renames, casts and reorders columns.

use flowloom_flow::value::code::{python_string, rust_string};
use flowloom_flow::value::lists::listed;
use flowloom_flow::value::{BadCast, Kept, Selected, Selection};
use flowloom_flow::{Card, CodeWriter, Form, Group, Kind, Port, Problem, Setting, Site, Step, Target};
use polars::prelude::{Expr, LazyFrame, Schema, col};
use serde::{Deserialize, Serialize};

/// Chooses, renames, casts and reorders columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Select {
    columns: Selection,
    keep_rest: bool,
    on_bad_cast: BadCast,
}

impl Kind for Select {
    const CARD: &'static Card = &Card {
        id: "select",
        name: "Select",
        group: Group::Transform,
        blurb: "Chooses, renames, casts and reorders columns",
        tags: &["rename", "cast", "drop", "reorder"],
        inputs: &[Port::IN],
        outputs: &[Port::OUT],
        version: 1,
    };

    fn form(&mut self, form: &mut dyn Form, inputs: &[Schema]) {
        form.value(
            Setting::new("columns", "Columns").help(
                "The columns of the output in their order, each with a new name or type where wanted. \
                 Text becomes a date or time from ISO 8601 only: `2026-01-31`, `2026-01-31T10:30:00`, \
                 with an offset such as `Z` for types with a time zone.",
            ),
            &mut self.columns,
            inputs,
        );
        form.switch(
            Setting::new("keep_rest", "Keep other columns")
                .help("Columns that are not named above follow in the order they had"),
            &mut self.keep_rest,
        );
        form.pick(
            Setting::new("on_bad_cast", "If a value does not fit its new type").help(
                "Fail ends the run and names the values. Fractions are cut off when a number becomes whole.",
            ),
            &mut self.on_bad_cast,
        );
    }

    fn plan(&self, inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        let frames = inputs.into_iter().map(|mut frame| {
            let schema = frame.collect_schema()?;
            let kept = self.resolve(&schema)?;
            let mut columns: Vec<Expr> = kept.iter().map(Kept::expr).collect();
            columns.extend(self.rest(&schema).into_iter().map(col));
            Ok(frame.select(columns))
        });
        Ok(Step::Frames(frames.collect::<Result<_, Problem>>()?))
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        let target = out.target();
        out.polars(&[]);
        let schema = &out.input_schemas()[0];
        let kept = self.resolve(schema)?;
        let mut columns: Vec<String> = kept.iter().map(|kept| kept.code(target).write(out)).collect();
        if !self.rest(schema).is_empty() {
            columns.push(rest_code(&self.columns, target));
        }
        let (open, close) = match target {
            Target::Python => ("select(", ")"),
            Target::Rust => ("select([", "])"),
        };
        let expression = listed(target, &format!("{}.{open}", out.input(0)), &columns, close);
        out.assign(0, &expression);
        Ok(())
    }

    fn caption(&self) -> String {
        let shown = self.columns.0.iter().map(|selected| {
            let mut text = selected.column.clone();
            if selected.output() != selected.column {
                text = format!("{text} as {}", selected.output());
            }
            if !selected.dtype.is_empty() {
                text = format!("{text}: {}", selected.dtype);
            }
            text
        });
        let mut shown: Vec<String> = shown.collect();
        if self.keep_rest {
            shown.push("all others".to_owned());
        }
        shown.join(", ")
    }
}

impl Select {
    fn resolve(&self, schema: &Schema) -> Result<Vec<Kept<'_>>, Problem> {
        if self.columns.0.is_empty() && !self.keep_rest {
            return Err(Problem::user("no column is chosen")
                .hint("choose columns, or keep all others")
                .at_field("columns"));
        }
        let in_columns = |mut problem: Problem| {
            let field = problem.at.field.take().unwrap_or_default();
            problem.at_field(format!("columns{field}"))
        };
        let kept = self.columns.resolve(schema, self.on_bad_cast).map_err(in_columns)?;
        let rest = self.rest(schema);
        let clash = |(_, name): &(usize, &str)| rest.iter().any(|rest| rest == name);
        match self.columns.0.iter().map(Selected::output).enumerate().find(clash) {
            Some((i, name)) => Err(Problem::user(format!(
                "`{}` is renamed to `{name}`, but the column `{name}` is kept as well",
                self.columns.0[i].column
            ))
            .hint("choose another name, or do not keep other columns")
            .at_field(format!("columns[{i}].as"))),
            None => Ok(kept),
        }
    }

    /// Columns that follow the named ones.
    fn rest(&self, schema: &Schema) -> Vec<String> {
        if !self.keep_rest {
            return Vec::new();
        }
        let named = self.columns.columns();
        schema.iter_names().filter(|name| !named.contains(name.as_str())).map(ToString::to_string).collect()
    }
}

fn rest_code(columns: &Selection, target: Target) -> String {
    let named = columns.columns();
    match target {
        Target::Python if named.is_empty() => "pl.all()".to_owned(),
        Target::Rust if named.is_empty() => "all().as_expr()".to_owned(),
        Target::Python => {
            let named: Vec<_> = named.into_iter().map(python_string).collect();
            format!("pl.exclude({})", named.join(", "))
        }
        Target::Rust => {
            let named: Vec<_> = named.into_iter().map(rust_string).collect();
            format!("all().exclude_cols([{}]).as_expr()", named.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use flowloom_flow::testing::{code, run};
    use polars::prelude::{DataFrame, DataType, df};

    use super::*;

    fn orders() -> DataFrame {
        df!(
            "order_id" => [1i64, 2],
            "größe \"m\"" => [Some("12"), None],
            "day" => [Some("2026-01-31"), None],
        )
        .unwrap()
    }

    /// `column`, `column as name`, `column: type`.
    fn select(columns: &[&str], keep_rest: bool) -> Select {
        let selected = columns.iter().map(|text| {
            let (text, dtype) = text.split_once(": ").unwrap_or((text, ""));
            let (column, name) = text.split_once(" as ").unwrap_or((text, ""));
            Selected { column: column.to_owned(), name: name.to_owned(), dtype: dtype.to_owned() }
        });
        Select { columns: Selection(selected.collect()), keep_rest, ..Select::default() }
    }

    fn told(select: &Select) -> String {
        run(select, &[orders()]).unwrap_err().to_string()
    }

    #[test]
    fn columns_are_chosen_renamed_cast_and_reordered() {
        let kind = select(&["größe \"m\" as size: Int64", "day: Date", "order_id"], false);
        let rows = run(&kind, &[orders()]).unwrap();
        let [size, dates, ids] = rows[0].columns() else { panic!("{:?}", rows[0]) };
        assert_eq!(size.name().as_str(), "size");
        assert_eq!(size.i64().unwrap().iter().collect::<Vec<_>>(), [Some(12), None]);
        assert_eq!(dates.dtype(), &DataType::Date);
        assert_eq!(dates.get(0).unwrap().to_string(), "2026-01-31");
        assert_eq!(dates.null_count(), 1);
        assert_eq!(ids.len(), 2);
        assert_eq!(kind.caption(), "größe \"m\" as size: Int64, day: Date, order_id");
    }

    #[test]
    fn other_columns_follow_in_their_order() {
        let rows = run(&select(&["day as date"], true), &[orders()]).unwrap();
        assert_eq!(rows[0].get_column_names(), ["date", "order_id", "größe \"m\""]);
        let rows = run(&select(&[], true), &[orders()]).unwrap();
        assert!(rows[0].equals_missing(&orders()));
    }

    #[test]
    fn a_column_may_be_taken_twice() {
        let rows = run(&select(&["order_id", "order_id as text: String"], false), &[orders()]).unwrap();
        assert_eq!(rows[0].get_column_names(), ["order_id", "text"]);
    }

    #[test]
    fn empty_input_gives_empty_output() {
        let empty = orders().clear();
        assert_eq!(run(&select(&["day: Date"], true), &[empty]).unwrap()[0].shape(), (0, 3));
    }

    #[test]
    fn a_value_that_does_not_fit_fails_or_becomes_null() {
        let rows = df!("order_id" => [1i64], "größe \"m\"" => ["large"], "day" => ["01/02/2026"]).unwrap();
        let strict = select(&["größe \"m\": Int64"], false);
        assert!(run(&strict, std::slice::from_ref(&rows)).unwrap_err().to_string().contains("large"));
        let lenient =
            Select { on_bad_cast: BadCast::Null, ..select(&["größe \"m\": Int64", "day: Date"], false) };
        let nulls = run(&lenient, &[rows]).unwrap();
        assert!(nulls[0].columns().iter().all(|column| column.null_count() == 1));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(
            told(&select(&[], false)),
            "columns: no column is chosen; choose columns, or keep all others"
        );
        assert_eq!(
            told(&select(&["order_id", "dayy"], false)),
            "columns[1].column: there is no column `dayy`; did you mean `day`?"
        );
        assert_eq!(
            told(&select(&["order_id as day", "day"], false)),
            "columns[1].as: two columns are named `day`; give one of them another name"
        );
        assert_eq!(
            told(&select(&["order_id as day"], true)),
            "columns[0].as: `order_id` is renamed to `day`, but the column `day` is kept as well; \
             choose another name, or do not keep other columns"
        );
        assert_eq!(
            told(&select(&["order_id: Strng"], false)),
            "columns[0].type: `Strng` is not a type; did you mean `String`?"
        );
        assert_eq!(
            told(&select(&["day: Boolean"], false)),
            "columns[0].type: column `day` is String and cannot become Boolean; \
             use a formula, like `day = 'true'`"
        );
    }

    #[test]
    fn code_is_written() {
        let kind = select(&["größe \"m\" as size: Int64", "day: Date"], true);
        let schema = [(**orders().schema()).clone()];
        insta::assert_snapshot!(code(&kind, Target::Python, &schema).unwrap(), @r#"
        package polars >=2.1 
        import polars as pl
        out = left.select(
            pl.col('größe "m"').cast(pl.Int64).alias("size"),
            pl.col("day").str.to_date("%Y-%m-%d"),
            pl.exclude("day", 'größe "m"'),
        )
        "#);
        insta::assert_snapshot!(code(&kind, Target::Rust, &schema).unwrap(), @r#"
        package polars 0.55 dtype-date lazy strings temporal
        use polars::prelude::*;
        let out = left.select([
            col("größe \"m\"").strict_cast(DataType::Int64).alias("size"),
            col("day").str().to_date(StrptimeOptions { format: Some("%Y-%m-%d".into()), ..Default::default() }),
            all().exclude_cols(["day", "größe \"m\""]).as_expr(),
        ]);
        "#);
    }
}
