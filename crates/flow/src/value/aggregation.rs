//! Aggregates of groups.

use std::collections::BTreeMap;

use polars::prelude::{DataType, Expr, QuantileMethod, Schema, len, lit};
use serde::{Deserialize, Serialize};

use super::code::{Code, python_string, rust_string};
use super::column::{column_code, column_expr, column_type};
use super::dtype::show_dtype;
use crate::form::{Choice, Choices, Value};
use crate::{Problem, Target};

/// What is computed over a group. Nulls are left out except by `count_rows`, `first`, `last` and `list`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    #[default]
    Sum,
    Mean,
    Min,
    Max,
    /// Values that are not null.
    Count,
    /// Rows; takes no column.
    CountRows,
    NUnique,
    First,
    Last,
    Median,
    /// Sample standard deviation.
    Std,
    /// Sample variance.
    Var,
    /// Linear interpolation at `quantile`.
    Quantile,
    List,
    /// Values as text, joined by `separator`.
    Join,
}

impl Choices for Aggregate {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Sum, Choice { key: "sum", label: "Sum" }),
        (Self::Mean, Choice { key: "mean", label: "Mean" }),
        (Self::Min, Choice { key: "min", label: "Smallest" }),
        (Self::Max, Choice { key: "max", label: "Largest" }),
        (Self::Count, Choice { key: "count", label: "Count of values" }),
        (Self::CountRows, Choice { key: "count_rows", label: "Count of rows" }),
        (Self::NUnique, Choice { key: "n_unique", label: "Distinct values" }),
        (Self::First, Choice { key: "first", label: "First" }),
        (Self::Last, Choice { key: "last", label: "Last" }),
        (Self::Median, Choice { key: "median", label: "Median" }),
        (Self::Std, Choice { key: "std", label: "Standard deviation" }),
        (Self::Var, Choice { key: "var", label: "Variance" }),
        (Self::Quantile, Choice { key: "quantile", label: "Quantile" }),
        (Self::List, Choice { key: "list", label: "List of values" }),
        (Self::Join, Choice { key: "join", label: "Joined text" }),
    ];
}

impl Aggregate {
    /// Name in the flow file.
    pub fn name(self) -> &'static str {
        self.choice().key
    }

    /// What the column must be; `None`: `dtype` will do.
    fn lacks(self, dtype: &DataType) -> Option<&'static str> {
        let is_number = dtype.is_primitive_numeric() || dtype.is_decimal();
        let is_time = dtype.is_temporal();
        let is_plain = !dtype.is_nested() && *dtype != DataType::Null;
        match self {
            Self::Sum if is_number || matches!(dtype, DataType::Boolean | DataType::Duration(_)) => None,
            Self::Mean | Self::Median if is_number || is_time || *dtype == DataType::Boolean => None,
            Self::Std | Self::Var | Self::Quantile if is_number => None,
            Self::Sum | Self::Mean | Self::Median | Self::Std | Self::Var | Self::Quantile => Some("numbers"),
            Self::Min | Self::Max | Self::NUnique if is_plain => None,
            Self::Min | Self::Max | Self::NUnique => Some("plain values"),
            Self::Join if is_plain && !matches!(dtype, DataType::Binary | DataType::Duration(_)) => None,
            Self::Join => Some("values with a text"),
            Self::Count | Self::CountRows | Self::First | Self::Last | Self::List => None,
        }
    }
}

/// One aggregate of one column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Aggregation {
    pub aggregate: Aggregate,
    /// Empty for `count_rows`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub column: String,
    /// Name of the result; empty: `amount_sum`, `rows`.
    #[serde(rename = "as", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// 0 to 1, for `quantile`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantile: Option<f64>,
    /// For `join`; `None`: `,`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
}

/// The aggregates of a group-by, in output order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Aggregations(pub Vec<Aggregation>);

impl Value for Aggregations {
    const NAME: &'static str = "Aggregations";
    const SHAPE: &'static str = "[{aggregate: sum, column: amount, as: total}, {aggregate: count_rows}]";
}

impl Aggregation {
    /// Name of the result column.
    pub fn result(&self) -> String {
        match (self.name.as_str(), self.aggregate) {
            ("", Aggregate::CountRows) => "rows".to_owned(),
            ("", aggregate) => format!("{}_{}", self.column, aggregate.name()),
            (name, _) => name.to_owned(),
        }
    }

    /// An error is at the part that is wrong: `column`, `quantile`.
    fn check(&self, schema: &Schema) -> Result<(), Problem> {
        if self.aggregate == Aggregate::CountRows {
            return Ok(());
        }
        let dtype = column_type(schema, &self.column).map_err(|problem| problem.at_field("column"))?;
        if let Some(wanted) = self.aggregate.lacks(dtype) {
            let (name, column, dtype) = (self.aggregate.name(), &self.column, show_dtype(dtype));
            let message = format!("`{name}` needs {wanted}; column `{column}` is {dtype}");
            return Err(Problem::user(message).at_field("column"));
        }
        match self.quantile {
            _ if self.aggregate != Aggregate::Quantile => Ok(()),
            Some(share) if (0.0..=1.0).contains(&share) => Ok(()),
            Some(share) => {
                Err(Problem::user(format!("`{share}` is not between 0 and 1")).at_field("quantile"))
            }
            None => {
                let problem = Problem::user("the quantile is missing").at_field("quantile");
                Err(problem.hint("give one from 0 to 1, 0.95 for instance"))
            }
        }
    }

    fn separator(&self) -> &str {
        self.separator.as_deref().unwrap_or(",")
    }

    fn expr(&self, schema: &Schema) -> Expr {
        let column = column_expr(&self.column);
        let value = match self.aggregate {
            Aggregate::Sum => column.sum(),
            Aggregate::Mean => column.mean(),
            Aggregate::Min => column.min(),
            Aggregate::Max => column.max(),
            Aggregate::Count => column.count(),
            Aggregate::CountRows => len(),
            Aggregate::NUnique => column.drop_nulls().n_unique(),
            Aggregate::First => column.first(),
            Aggregate::Last => column.last(),
            Aggregate::Median => column.median(),
            Aggregate::Std => column.std(1),
            Aggregate::Var => column.var(1),
            Aggregate::Quantile => {
                column.quantile(lit(self.quantile.unwrap_or_default()), QuantileMethod::Linear)
            }
            Aggregate::List => column.implode(true),
            Aggregate::Join if self.is_text(schema) => column.str().join(self.separator(), true),
            Aggregate::Join => column.cast(DataType::String).str().join(self.separator(), true),
        };
        value.alias(self.result())
    }

    fn is_text(&self, schema: &Schema) -> bool {
        schema.get(&self.column) == Some(&DataType::String)
    }

    fn code(&self, target: Target, schema: &Schema) -> Code {
        let column = column_code(&self.column, target).text;
        let share = self.quantile.unwrap_or_default();
        let code = match (self.aggregate, target) {
            (Aggregate::CountRows, Target::Python) => Code::new("pl.len()"),
            (Aggregate::CountRows, Target::Rust) => Code::new("len()"),
            (Aggregate::NUnique, _) => Code::new(format!("{column}.drop_nulls().n_unique()")),
            (Aggregate::Std | Aggregate::Var, Target::Rust) => {
                Code::new(format!("{column}.{}(1)", self.aggregate.name()))
            }
            (Aggregate::Quantile, Target::Python) => {
                Code::new(format!("{column}.quantile({share:?}, \"linear\")"))
            }
            (Aggregate::Quantile, Target::Rust) => {
                Code::new(format!("{column}.quantile(lit({share:?}), QuantileMethod::Linear)"))
            }
            (Aggregate::List, Target::Python) => Code::new(format!("{column}.implode()")),
            (Aggregate::List, Target::Rust) => Code::new(format!("{column}.implode(true)")),
            (Aggregate::Join, Target::Python) => {
                let cast = if self.is_text(schema) { "" } else { ".cast(pl.String)" };
                Code::new(format!("{column}{cast}.str.join({})", python_string(self.separator())))
            }
            (Aggregate::Join, Target::Rust) => {
                let cast = if self.is_text(schema) { "" } else { ".cast(DataType::String)" };
                let join = format!("{column}{cast}.str().join({}, true)", rust_string(self.separator()));
                Code::new(join).feature("concat_str").feature("strings")
            }
            (aggregate, _) => Code::new(format!("{column}.{}()", aggregate.name())),
        };
        let name = match target {
            Target::Python => python_string(&self.result()),
            Target::Rust => rust_string(&self.result()),
        };
        let named = format!("{}.alias({name})", code.text);
        code.text(named)
    }

    /// `sum(amount)`, `rows`, `sum(amount) as total`.
    fn caption(&self) -> String {
        let what = match self.aggregate {
            Aggregate::CountRows if self.name.is_empty() => return self.result(),
            Aggregate::CountRows => "rows".to_owned(),
            Aggregate::Quantile => {
                format!("quantile({}, {})", self.column, self.quantile.unwrap_or_default())
            }
            aggregate => format!("{}({})", aggregate.name(), self.column),
        };
        if self.name.is_empty() { what } else { format!("{what} as {}", self.name) }
    }
}

/// Name of the setting in paths of problems.
const FIELD: &str = "aggregations";

impl Aggregations {
    /// Everything that is wrong, each at its path; `keys` are names that results must not take.
    pub fn problems(&self, schema: &Schema, keys: &[String]) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut taken: BTreeMap<String, String> =
            keys.iter().map(|key| (key.clone(), format!("key `{key}`"))).collect();
        for (i, aggregation) in self.0.iter().enumerate() {
            if let Err(problem) = aggregation.check(schema) {
                let part = problem.at.field.clone().unwrap_or_default();
                problems.push(problem.at_field(format!("{FIELD}[{i}].{part}")));
                continue;
            }
            let name = aggregation.result();
            let what = format!("`{}`", aggregation.caption());
            if let Some(first) = taken.get(&name) {
                let message = format!("{first} and {what} are both named `{name}`");
                let problem = Problem::user(message).hint("give one of them another name");
                problems.push(problem.at_field(format!("{FIELD}[{i}].as")));
            }
            taken.entry(name).or_insert(what);
        }
        problems
    }

    /// One expression for each result, for [`Aggregations::problems`] without any; in a group as over all rows.
    pub fn exprs(&self, schema: &Schema) -> Vec<Expr> {
        self.0.iter().map(|aggregation| aggregation.expr(schema)).collect()
    }

    /// [`Aggregations::exprs`] in the target's language.
    pub fn codes(&self, target: Target, schema: &Schema) -> Vec<Code> {
        self.0.iter().map(|aggregation| aggregation.code(target, schema)).collect()
    }

    /// `sum(amount) as total, rows`
    pub fn caption(&self) -> String {
        let captions: Vec<String> = self.0.iter().map(Aggregation::caption).collect();
        captions.join(", ")
    }
}
