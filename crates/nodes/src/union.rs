//! `union`: stacks the rows of all inputs.

use flowloom_flow::value::code::{python_string, rust_string};
use flowloom_flow::value::lists::listed;
use flowloom_flow::value::show_dtype;
use flowloom_flow::{
    Card, Choice, Choices, CodeWriter, Form, Group, Kind, Port, Problem, Setting, Site, Step, Target,
};
use polars::prelude::{DataType, LazyFrame, PlSmallStr, Schema, UnionArgs, col, concat, concat_lf_diagonal};
use serde::{Deserialize, Serialize};

/// Stacks the rows of all inputs. Columns are matched by name, and numbers widen to a common type.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Union {
    columns: Columns,
}

/// Which columns the result has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Columns {
    #[default]
    All,
    Common,
    Same,
}

impl Choices for Columns {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::All, Choice { key: "all", label: "All" }),
        (Self::Common, Choice { key: "common", label: "Common" }),
        (Self::Same, Choice { key: "same", label: "Must be the same" }),
    ];
}

impl Kind for Union {
    const CARD: &'static Card = &Card {
        id: "union",
        name: "Union",
        group: Group::Combine,
        blurb: "Stacks the rows of all inputs",
        tags: &["concat", "append", "stack"],
        inputs: &[Port::many("in", "Rows")],
        outputs: &[Port::OUT],
        version: 1,
    };

    fn form(&mut self, form: &mut dyn Form, _inputs: &[Schema]) {
        form.pick(
            Setting::new("columns", "Columns").help(
                "All: a column that an input lacks is null there. Common: only those that every input has. \
                 Must be the same: an input with other columns is an error. The order is that of the first input.",
            ),
            &mut self.columns,
        );
    }

    fn plan(&self, mut inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        let schemas = inputs.iter_mut().map(|frame| Ok((*frame.collect_schema()?).clone()));
        let schemas = schemas.collect::<Result<Vec<Schema>, Problem>>()?;
        let stack = self.stack(&schemas)?;
        let frames = inputs.into_iter().zip(&schemas).map(|(frame, schema)| {
            if stack.selects(schema) {
                frame.select(stack.names.iter().cloned().map(col).collect::<Vec<_>>())
            } else {
                frame
            }
        });
        let frames: Vec<LazyFrame> = frames.collect();
        let args = UnionArgs { to_supertypes: stack.widens, ..UnionArgs::default() };
        let rows = if stack.fills { concat_lf_diagonal(frames, args)? } else { concat(frames, args)? };
        Ok(Step::Frames(vec![rows]))
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        let target = out.target();
        let stack = self.stack(out.input_schemas())?;
        let frames = out.inputs().iter().zip(out.input_schemas()).map(|(input, schema)| {
            if stack.selects(schema) { select_code(input, &stack.names, target) } else { input.clone() }
        });
        let frames: Vec<String> = frames.collect();
        let expression = match (frames.as_slice(), target) {
            ([only], _) => only.clone(),
            (frames, Target::Python) => {
                let how = match (stack.fills, stack.widens) {
                    (true, true) => Some("how=\"diagonal_relaxed\""),
                    (true, false) => Some("how=\"diagonal\""),
                    (false, true) => Some("how=\"vertical_relaxed\""),
                    (false, false) => None,
                };
                let list = listed(target, "[", frames, "]");
                let arguments: Vec<String> = [list].into_iter().chain(how.map(str::to_owned)).collect();
                listed(target, "pl.concat(", &arguments, ")")
            }
            (frames, Target::Rust) => {
                let function = if stack.fills { "concat_lf_diagonal" } else { "concat" };
                let args = if stack.widens {
                    "UnionArgs { to_supertypes: true, ..Default::default() }"
                } else {
                    "UnionArgs::default()"
                };
                let list = listed(target, "[", frames, "]");
                listed(target, &format!("{function}("), &[list, args.to_owned()], ")?")
            }
        };
        out.polars(if stack.fills { &["diagonal_concat"] } else { &[] });
        out.assign(0, &expression);
        Ok(())
    }

    fn caption(&self) -> String {
        match self.columns {
            Columns::All => "all columns",
            Columns::Common => "common columns",
            Columns::Same => "same columns",
        }
        .to_owned()
    }
}

/// How the inputs come together.
struct Stack {
    /// Columns of the result, in order.
    names: Vec<PlSmallStr>,
    /// Some input lacks a column, which is null there.
    fills: bool,
    /// Types differ, and become a common one.
    widens: bool,
}

impl Stack {
    /// Whether an input must be brought into the order of the result, or loses columns.
    fn selects(&self, schema: &Schema) -> bool {
        !self.fills && !schema.iter_names().eq(&self.names)
    }
}

impl Union {
    fn stack(&self, schemas: &[Schema]) -> Result<Stack, Problem> {
        let Some((first, others)) = schemas.split_first() else {
            return Err(Problem::user("there is no input to stack").at_field("inputs"));
        };
        let mut result = first.clone();
        let mut widens = false;
        for (i, schema) in others.iter().enumerate() {
            if self.columns == Columns::Same {
                check_same(first, schema, i + 2)?;
            }
            for (name, dtype) in schema.iter() {
                let Some(known) = result.get(name) else {
                    result.insert(name.clone(), dtype.clone());
                    continue;
                };
                if known != dtype {
                    let common =
                        common_type(known, dtype).ok_or_else(|| differs(name, known, dtype, i + 2))?;
                    widens = true;
                    result.insert(name.clone(), common);
                }
            }
        }
        let is_common = |name: &PlSmallStr| schemas.iter().all(|schema| schema.contains(name));
        let (names, fills) = match self.columns {
            Columns::Common => (result.iter_names().filter(|name| is_common(name)).cloned().collect(), false),
            _ => (result.iter_names().cloned().collect(), !result.iter_names().all(is_common)),
        };
        if Vec::is_empty(&names) && !first.is_empty() {
            return Err(Problem::user("the inputs have no column in common").at_field("columns"));
        }
        Ok(Stack { names, fills, widens })
    }
}

fn check_same(first: &Schema, schema: &Schema, number: usize) -> Result<(), Problem> {
    let lacks = |from: &Schema, other: &Schema| {
        from.iter_names().find(|name| !other.contains(name)).map(ToString::to_string)
    };
    let message = match (lacks(first, schema), lacks(schema, first)) {
        (Some(name), _) => format!("input {number} has no column `{name}`, which input 1 has"),
        (None, Some(name)) => format!("input {number} has a column `{name}`, which input 1 has not"),
        (None, None) => return Ok(()),
    };
    Err(Problem::user(message).hint("choose all or common columns, or a Select before").at_field("columns"))
}

fn differs(name: &str, first: &DataType, other: &DataType, number: usize) -> Problem {
    Problem::user(format!(
        "column `{name}` is {} in the first input that has it and {} in input {number}",
        show_dtype(first),
        show_dtype(other)
    ))
    .hint("cast one of them in a Select before")
    .at_field("columns")
}

/// The type to which Polars widens both, where that is no surprise: text and numbers never mix.
fn common_type(a: &DataType, b: &DataType) -> Option<DataType> {
    let is_plain = |dtype: &DataType| dtype.is_primitive_numeric() || dtype.is_decimal();
    let may_mix = match (a, b) {
        (DataType::List(a), DataType::List(b)) => a == b || common_type(a, b).is_some(),
        (DataType::Datetime(_, a), DataType::Datetime(_, b)) => a == b,
        (DataType::Null, _)
        | (_, DataType::Null)
        | (DataType::Duration(_), DataType::Duration(_))
        | (DataType::Date, DataType::Datetime(_, None))
        | (DataType::Datetime(_, None), DataType::Date) => true,
        _ => is_plain(a) && is_plain(b),
    };
    if !may_mix {
        return None;
    }
    let empty = |dtype: &DataType| {
        let schema = Schema::from_iter([(PlSmallStr::from_static("x"), dtype.clone())]);
        polars::prelude::IntoLazy::lazy(polars::prelude::DataFrame::empty_with_schema(&schema))
    };
    let args = UnionArgs { to_supertypes: true, ..UnionArgs::default() };
    concat([empty(a), empty(b)], args).ok()?.collect_schema().ok()?.get("x").cloned()
}

fn select_code(input: &str, names: &[PlSmallStr], target: Target) -> String {
    match target {
        Target::Python => {
            let names: Vec<String> = names.iter().map(|name| python_string(name)).collect();
            listed(target, &format!("{input}.select("), &names, ")")
        }
        Target::Rust => {
            let names: Vec<String> = names.iter().map(|name| format!("col({})", rust_string(name))).collect();
            listed(target, &format!("{input}.select(["), &names, "])")
        }
    }
}

#[cfg(test)]
mod tests {
    use flowloom_flow::testing::{code, run};
    use polars::prelude::{DataFrame, Engine, IntoLazy as _, df};

    use super::*;

    fn union(columns: Columns) -> Union {
        Union { columns }
    }

    fn inputs() -> [DataFrame; 2] {
        [
            df!("id" => [1i64, 2], "größe" => [Some("a"), None]).unwrap(),
            df!("amount" => [0.5], "id" => [3.5]).unwrap(),
        ]
    }

    fn told(columns: Columns, inputs: &[DataFrame]) -> String {
        run(&union(columns), inputs).unwrap_err().to_string()
    }

    #[test]
    fn a_missing_column_is_null() {
        let rows = run(&union(Columns::All), &inputs()).unwrap().remove(0);
        let expected = df!(
            "id" => [1.0, 2.0, 3.5],
            "größe" => [Some("a"), None, None],
            "amount" => [None, None, Some(0.5)],
        );
        assert!(rows.equals_missing(&expected.unwrap()), "{rows}");
    }

    #[test]
    fn only_common_columns_stay() {
        let rows = run(&union(Columns::Common), &inputs()).unwrap().remove(0);
        assert!(rows.equals_missing(&df!("id" => [1.0, 2.0, 3.5]).unwrap()), "{rows}");
    }

    #[test]
    fn the_same_columns_may_stand_in_another_order() {
        let [first, _] = inputs();
        let second = df!("größe" => ["b"], "id" => [9i64]).unwrap();
        for columns in [Columns::Same, Columns::All, Columns::Common] {
            let rows = run(&union(columns), &[first.clone(), second.clone()]).unwrap().remove(0);
            let expected = df!("id" => [1i64, 2, 9], "größe" => [Some("a"), None, Some("b")]).unwrap();
            assert!(rows.equals_missing(&expected), "{rows}");
        }
    }

    #[test]
    fn empty_and_single_inputs_work() {
        let [first, second] = inputs();
        let rows = run(&union(Columns::All), &[first.clear(), second.clear()]).unwrap().remove(0);
        assert_eq!(rows.shape(), (0, 3));
        let rows = run(&union(Columns::Same), std::slice::from_ref(&first)).unwrap().remove(0);
        assert!(rows.equals_missing(&first));
    }

    #[test]
    fn rows_keep_their_order_in_both_engines() {
        let part = |start: i64| df!("n" => (start..start + 10_000).collect::<Vec<_>>()).unwrap();
        let inputs = [part(0), part(10_000), part(20_000)];
        let rows = concat(inputs.clone().map(DataFrame::lazy), UnionArgs::default()).unwrap();
        let streamed = rows.collect_with_engine(Engine::Streaming).unwrap().unwrap_single();
        assert!(streamed.equals(&run(&union(Columns::Same), &inputs).unwrap()[0]));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let [first, second] = inputs();
        assert_eq!(
            told(Columns::Same, &[first.clone(), second.clone()]),
            "columns: input 2 has no column `größe`, which input 1 has; \
             choose all or common columns, or a Select before"
        );
        let text = df!("id" => ["x"]).unwrap();
        assert_eq!(
            told(Columns::All, &[first, second.clone(), text]),
            "columns: column `id` is Float64 in the first input that has it and String in input 3; \
             cast one of them in a Select before"
        );
        let other = df!("x" => [1]).unwrap();
        assert_eq!(told(Columns::Common, &[second, other]), "columns: the inputs have no column in common");
    }

    #[test]
    fn types_widen_without_surprise() {
        use DataType::{Boolean, Date, Float64, Int8, Int32, Int64, String};
        assert_eq!(common_type(&Int64, &Float64), Some(Float64));
        assert_eq!(common_type(&Int8, &Int32), Some(Int32));
        assert_eq!(common_type(&DataType::Null, &String), Some(String));
        assert_eq!(
            common_type(&DataType::List(Box::new(Int8)), &DataType::List(Box::new(Int64))),
            Some(DataType::List(Box::new(Int64)))
        );
        assert_eq!(common_type(&String, &Int64), None);
        assert_eq!(common_type(&Boolean, &Int64), None);
        assert_eq!(common_type(&Date, &Int64), None);
    }

    #[test]
    fn code_is_written() {
        let schemas = inputs().map(|frame| (**frame.schema()).clone());
        insta::assert_snapshot!(code(&union(Columns::All), Target::Python, &schemas).unwrap(), @r#"
        package polars >=2.1 
        import polars as pl
        out = pl.concat([left, right], how="diagonal_relaxed")
        "#);
        insta::assert_snapshot!(code(&union(Columns::All), Target::Rust, &schemas).unwrap(), @r#"
        package polars 0.55 diagonal_concat lazy
        use polars::prelude::*;
        let out = concat_lf_diagonal(
            [left, right],
            UnionArgs { to_supertypes: true, ..Default::default() },
        )?;
        "#);
        insta::assert_snapshot!(code(&union(Columns::Common), Target::Python, &schemas).unwrap(), @r#"
        package polars >=2.1 
        import polars as pl
        out = pl.concat(
            [left.select("id"), right.select("id")],
            how="vertical_relaxed",
        )
        "#);
        insta::assert_snapshot!(code(&union(Columns::Common), Target::Rust, &schemas).unwrap(), @r#"
        package polars 0.55 lazy
        use polars::prelude::*;
        let out = concat(
            [left.select([col("id")]), right.select([col("id")])],
            UnionArgs { to_supertypes: true, ..Default::default() },
        )?;
        "#);
    }
}
