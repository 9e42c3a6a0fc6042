//! `table`: a small table, typed in.

use flowloom_flow::value::code::{python_string, rust_string};
use flowloom_flow::value::lists::{chained, listed};
use flowloom_flow::value::{BadCast, Cast, Code, Grid, Literal, TypedColumn, dtype_code, dtype_features};
use flowloom_flow::{Card, CodeWriter, Form, Group, Kind, Port, Problem, Setting, Site, Step, Target};
use polars::prelude::{DataType, IntoLazy as _, LazyFrame, Schema};
use serde::{Deserialize, Serialize};

/// A small table, typed in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Table {
    data: Grid,
}

impl Kind for Table {
    const CARD: &'static Card = &Card {
        id: "table",
        name: "Table",
        group: Group::Source,
        blurb: "A small table, typed in",
        tags: &["manual", "input", "lookup"],
        inputs: &[],
        outputs: &[Port::OUT],
        version: 1,
    };

    fn form(&mut self, form: &mut dyn Form, inputs: &[Schema]) {
        form.value(
            Setting::new("data", "Rows").help(
                "Columns with a name and a type, and the cells of each row. An empty cell is null. \
                 Dates and times are written as `2026-01-31`, `2026-01-31T10:30:00`, `10:30:00`.",
            ),
            &mut self.data,
            inputs,
        );
    }

    fn plan(&self, _inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        self.columns()?;
        Ok(Step::Frames(vec![self.data.frame().map_err(in_data)?.lazy()]))
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        let columns = self.columns()?;
        out.polars(&[]);
        let expression = match out.target() {
            Target::Python => python(&columns, out),
            Target::Rust => rust(&columns, out)?,
        };
        out.assign(0, &expression);
        Ok(())
    }

    fn caption(&self) -> String {
        let names: Vec<&str> = self.data.columns.iter().map(|column| column.name.as_str()).collect();
        let rows = if self.data.rows.len() == 1 { "row" } else { "rows" };
        format!("{} {rows} of {}", self.data.rows.len(), names.join(", "))
    }
}

impl Table {
    fn columns(&self) -> Result<Vec<TypedColumn<'_>>, Problem> {
        if self.data.columns.is_empty() {
            return Err(Problem::user("the table has no column").hint("add one").at_field("data.columns"));
        }
        self.data.typed().map_err(in_data)
    }
}

fn in_data(mut problem: Problem) -> Problem {
    let field = problem.at.field.take().unwrap_or_default();
    problem.at_field(format!("data.{field}"))
}

fn python(columns: &[TypedColumn<'_>], out: &mut CodeWriter<'_>) -> String {
    let target = Target::Python;
    let data = columns.iter().map(|column| {
        let cells: Vec<String> = column.cells.iter().map(|cell| cell.element(target).write(out)).collect();
        listed(target, &format!("{}: [", python_string(column.name)), &cells, "]")
    });
    let data: Vec<String> = data.collect();
    let types = columns
        .iter()
        .map(|column| format!("{}: {}", python_string(column.name), dtype_code(&column.dtype, target)));
    let types: Vec<String> = types.collect();
    let data = listed(target, "{", &data, "}");
    let schema = listed(target, "schema={", &types, "}");
    listed(target, "pl.LazyFrame(", &[data, schema], ")")
}

fn rust(columns: &[TypedColumn<'_>], out: &mut CodeWriter<'_>) -> Result<String, Problem> {
    let target = Target::Rust;
    let mut casts = Vec::new();
    let mut data = Vec::with_capacity(columns.len());
    for column in columns {
        let name = rust_string(column.name);
        let plain = Plain::of(&column.dtype);
        data.push(format!("{name} => {}", plain.array(column)));
        let stored = plain.dtype(&column.dtype);
        let cast = Cast::new(column.name, &stored, &column.dtype, BadCast::Fail)?;
        if cast.is_needed() {
            casts.push(cast.code(&Code::new(format!("col({name})")), target).write(out));
        } else {
            out.polars(&dtype_features(&column.dtype).into_iter().collect::<Vec<_>>());
        }
    }
    let frame = listed(target, "df!(", &data, ")?");
    let mut calls = vec![".lazy()".to_owned()];
    if !casts.is_empty() {
        calls.push(listed(target, ".with_columns([", &casts, "])"));
    }
    Ok(chained(target, &frame, &calls))
}

/// How cells stand in a Rust array: as the type itself, or as text or a number that is cast.
enum Plain {
    Same(&'static str),
    Text,
    Number,
}

impl Plain {
    fn of(dtype: &DataType) -> Self {
        Self::Same(match dtype {
            DataType::Boolean => "bool",
            DataType::Int8 => "i8",
            DataType::Int16 => "i16",
            DataType::Int32 => "i32",
            DataType::Int64 => "i64",
            DataType::UInt8 => "u8",
            DataType::UInt16 => "u16",
            DataType::UInt32 => "u32",
            DataType::UInt64 => "u64",
            DataType::Float32 => "f32",
            DataType::Float64 => "f64",
            DataType::String => "&str",
            DataType::Duration(_) => return Self::Number,
            _ => return Self::Text,
        })
    }

    /// The column's type before the cast.
    fn dtype(&self, dtype: &DataType) -> DataType {
        match self {
            Self::Same(_) => dtype.clone(),
            Self::Text => DataType::String,
            Self::Number => DataType::Int64,
        }
    }

    fn type_name(&self) -> &'static str {
        match self {
            Self::Same(name) => name,
            Self::Text => "&str",
            Self::Number => "i64",
        }
    }

    /// `["DE", "FR"]`, `[Some(1i64), None]`: the first value says the type.
    fn array(&self, column: &TypedColumn<'_>) -> String {
        let type_name = self.type_name();
        if column.cells.is_empty() {
            return format!("Vec::<{type_name}>::new()");
        }
        let has_null = column.cells.iter().any(Literal::is_null);
        let mut is_typed = matches!(type_name, "bool" | "&str" | "i32" | "f64");
        let cells = column.cells.iter().enumerate().map(|(i, cell)| {
            if cell.is_null() {
                let all_null = i == 0 && column.cells.iter().all(Literal::is_null);
                return if all_null { format!("None::<{type_name}>") } else { "None".to_owned() };
            }
            let mut text = match cell.utc_text() {
                Some(instant) => rust_string(&instant),
                None => cell.element(Target::Rust).text,
            };
            if !is_typed {
                text = format!("{}{type_name}", text.trim_end_matches(type_name));
                is_typed = true;
            } else if !matches!(self, Self::Text) && type_name != "&str" {
                text.truncate(text.trim_end_matches(type_name).len());
            }
            if has_null { format!("Some({text})") } else { text }
        });
        listed(Target::Rust, "[", &cells.collect::<Vec<_>>(), "]")
    }
}

#[cfg(test)]
mod tests {
    use flowloom_flow::testing::{code, run};
    use polars::prelude::Column;
    use serde_json::{Value as Json, json};

    use super::*;

    fn table(columns: &[(&str, &str)], rows: &Json) -> Table {
        let columns: Vec<Json> =
            columns.iter().map(|(name, dtype)| json!({"name": name, "type": dtype})).collect();
        serde_json::from_value(json!({"data": {"columns": columns, "rows": rows}})).unwrap()
    }

    fn rates() -> Table {
        table(
            &[("land \"é\"", "String"), ("rate", "Float64"), ("since", "Date"), ("n", "Int64")],
            &json!([
                ["DE", 0.19, "2026-01-31", 3_000_000_000i64],
                ["FR", null, "", 1],
                [null, 1, null, null]
            ]),
        )
    }

    #[test]
    fn cells_become_typed_rows() {
        let rows = run(&rates(), &[]).unwrap().remove(0);
        assert_eq!(rows.shape(), (3, 4));
        let types: Vec<DataType> = rows.dtypes();
        assert_eq!(types, [DataType::String, DataType::Float64, DataType::Date, DataType::Int64]);
        assert_eq!(rows.column("since").unwrap().get(0).unwrap().to_string(), "2026-01-31");
        let nulls: Vec<usize> = rows.columns().iter().map(Column::null_count).collect();
        assert_eq!(nulls, [1, 1, 2, 1]);
        assert_eq!(rates().caption(), "3 rows of land \"é\", rate, since, n");
    }

    #[test]
    fn a_table_may_have_no_rows() {
        let rows = run(&table(&[("a", "Int8"), ("b", "Datetime(us, UTC)")], &json!([])), &[]).unwrap();
        assert_eq!(rows[0].shape(), (0, 2));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let told =
            |columns: &[(&str, &str)], rows: &Json| run(&table(columns, rows), &[]).unwrap_err().to_string();
        assert_eq!(told(&[], &json!([])), "data.columns: the table has no column; add one");
        assert_eq!(
            told(&[("a", "Int64"), ("amount", "Float64")], &json!([[1, 2], [1, "abc"]])),
            "data.rows[1][1]: row 2: `abc` is not a number; column `amount` is Float64"
        );
        assert_eq!(
            told(&[("a", "Int64")], &json!([[1], [1, 2]])),
            "data.rows[1]: row 2 has 2 cells for 1 columns"
        );
        assert_eq!(
            told(&[("a", "Int64"), ("a", "Int64")], &json!([])),
            "data.columns[1].name: two columns are named `a`"
        );
        assert_eq!(
            told(&[("a", "List(Int64)")], &json!([])),
            "data.columns[0].type: List(Int64) cannot be typed in"
        );
    }

    #[test]
    fn code_is_written() {
        insta::assert_snapshot!(code(&rates(), Target::Python, &[]).unwrap(), @r#"
        package polars >=2.1 
        from datetime import date
        import polars as pl
        out = pl.LazyFrame(
            {
                'land "é"': ["DE", "FR", None],
                "rate": [0.19, None, 1.0],
                "since": [date(2026, 1, 31), None, None],
                "n": [3000000000, 1, None],
            },
            schema={
                'land "é"': pl.String,
                "rate": pl.Float64,
                "since": pl.Date,
                "n": pl.Int64,
            },
        )
        "#);
        insta::assert_snapshot!(code(&rates(), Target::Rust, &[]).unwrap(), @r#"
        package polars 0.55 dtype-date lazy strings temporal
        use polars::prelude::*;
        let out = df!(
            "land \"é\"" => [Some("DE"), Some("FR"), None],
            "rate" => [Some(0.19), None, Some(1.0)],
            "since" => [Some("2026-01-31"), None, None],
            "n" => [Some(3000000000i64), Some(1), None],
        )?
        .lazy()
        .with_columns([
            col("since").str().to_date(StrptimeOptions { format: Some("%Y-%m-%d".into()), ..Default::default() }),
        ]);
        "#);
    }

    #[test]
    fn code_of_every_type_is_written() {
        let kind = table(
            &[
                ("i", "Int8"),
                ("u", "UInt64"),
                ("f", "Float32"),
                ("at", "Datetime(ms, Europe/Berlin)"),
                ("local", "Datetime(us)"),
                ("time", "Time"),
                ("wait", "Duration(us)"),
                ("price", "Decimal(10, 2)"),
                ("none", "Boolean"),
            ],
            &json!([[
                1,
                2,
                1.5,
                "2026-01-31T10:30:00",
                "2026-01-31T10:30:00",
                "10:30:00",
                "1h30m",
                "1.50",
                null
            ]]),
        );
        assert_eq!(run(&kind, &[]).unwrap()[0].shape(), (1, 9));
        insta::assert_snapshot!(code(&kind, Target::Python, &[]).unwrap(), @r#"
        package polars >=2.1 
        from datetime import datetime
        from datetime import time
        from datetime import timedelta
        from decimal import Decimal
        from zoneinfo import ZoneInfo
        import polars as pl
        out = pl.LazyFrame(
            {
                "i": [1],
                "u": [2],
                "f": [1.5],
                "at": [datetime(2026, 1, 31, 10, 30, tzinfo=ZoneInfo("Europe/Berlin"))],
                "local": [datetime(2026, 1, 31, 10, 30)],
                "time": [time(10, 30)],
                "wait": [timedelta(hours=1, minutes=30)],
                "price": [Decimal("1.50")],
                "none": [None],
            },
            schema={
                "i": pl.Int8,
                "u": pl.UInt64,
                "f": pl.Float32,
                "at": pl.Datetime("ms", "Europe/Berlin"),
                "local": pl.Datetime("us"),
                "time": pl.Time,
                "wait": pl.Duration("us"),
                "price": pl.Decimal(10, 2),
                "none": pl.Boolean,
            },
        )
        "#);
        insta::assert_snapshot!(code(&kind, Target::Rust, &[]).unwrap(), @r#"
        package polars 0.55 dtype-datetime dtype-decimal dtype-duration dtype-i8 dtype-time dtype-u128 lazy strings temporal timezones
        use polars::prelude::*;
        let out = df!(
            "i" => [1i8],
            "u" => [2u64],
            "f" => [1.5f32],
            "at" => ["2026-01-31T09:30:00Z"],
            "local" => ["2026-01-31 10:30:00"],
            "time" => ["10:30:00"],
            "wait" => [5400000000i64],
            "price" => ["1.50"],
            "none" => [None::<bool>],
        )?
        .lazy()
        .with_columns([
            col("at").str().replace(lit(" "), lit("T"), true).str().to_datetime(Some(TimeUnit::Milliseconds), TimeZone::opt_try_new(Some("Europe/Berlin"))?, StrptimeOptions { format: Some("%Y-%m-%dT%H:%M:%S%.f%#z".into()), ..Default::default() }, lit("raise")),
            col("local").str().replace(lit(" "), lit("T"), true).str().to_datetime(Some(TimeUnit::Microseconds), None, StrptimeOptions { format: Some("%Y-%m-%dT%H:%M:%S%.f".into()), ..Default::default() }, lit("raise")),
            col("time").str().to_time(StrptimeOptions { format: Some("%H:%M:%S%.f".into()), ..Default::default() }),
            col("wait").strict_cast(DataType::Duration(TimeUnit::Microseconds)),
            col("price").strict_cast(DataType::Decimal(10, 2)),
        ]);
        "#);
    }
}
