//! Which columns go on, under which name and type, in which order.

use std::collections::BTreeSet;

use polars::prelude::{Expr, Schema, col};
use serde::{Deserialize, Serialize};

use super::code::{Code, python_string, rust_string};
use super::{BadCast, Cast, column_type, parse_dtype};
use crate::form::Value;
use crate::{Problem, Target};

/// One column that is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Selected {
    pub column: String,
    /// New name; empty: as it was.
    #[serde(rename = "as", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// New type; empty: as it was.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub dtype: String,
}

/// Kept columns in output order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Selection(pub Vec<Selected>);

impl Value for Selection {
    const NAME: &'static str = "Selection";
    const SHAPE: &'static str = "[{column: order_id, as: id}, {column: amount, type: Int64}]";
}

/// A [`Selected`] that fits its input.
#[derive(Clone, Debug)]
pub struct Kept<'a> {
    selected: &'a Selected,
    cast: Option<Cast>,
}

impl Selected {
    /// Name in the output.
    pub fn output(&self) -> &str {
        if self.name.is_empty() { &self.column } else { &self.name }
    }

    /// The column in `schema`, its new type and the way there.
    pub fn resolve(&self, schema: &Schema, bad_cast: BadCast) -> Result<Kept<'_>, Problem> {
        let from = column_type(schema, &self.column).map_err(|problem| problem.at_field("column"))?;
        let cast = match self.dtype.trim() {
            "" => None,
            text => {
                let cast = parse_dtype(text).and_then(|to| Cast::new(&self.column, from, &to, bad_cast));
                Some(cast.map_err(|problem| problem.at_field("type"))?)
            }
        };
        Ok(Kept { selected: self, cast: cast.filter(Cast::is_needed) })
    }
}

impl Selection {
    /// Every column resolved; output names must differ. A problem names its row: `[2].type`.
    pub fn resolve(&self, schema: &Schema, bad_cast: BadCast) -> Result<Vec<Kept<'_>>, Problem> {
        let mut names = BTreeSet::new();
        let mut kept = Vec::with_capacity(self.0.len());
        for (i, selected) in self.0.iter().enumerate() {
            let in_row = |mut problem: Problem| {
                let field = problem.at.field.take().unwrap_or_default();
                problem.at_field(format!("[{i}].{field}"))
            };
            kept.push(selected.resolve(schema, bad_cast).map_err(in_row)?);
            if !names.insert(selected.output()) {
                return Err(in_row(
                    Problem::user(format!("two columns are named `{}`", selected.output()))
                        .hint("give one of them another name")
                        .at_field("as"),
                ));
            }
        }
        Ok(kept)
    }

    /// Columns of the input that are named here.
    pub fn columns(&self) -> BTreeSet<&str> {
        self.0.iter().map(|selected| selected.column.as_str()).collect()
    }
}

impl Kept<'_> {
    pub fn expr(&self) -> Expr {
        let column = col(self.selected.column.as_str());
        let column = match &self.cast {
            Some(cast) => cast.expr(column),
            None => column,
        };
        if self.is_renamed() { column.alias(self.selected.output()) } else { column }
    }

    /// As an argument of `select`; a column that stays as it is needs no more than its name in Python.
    pub fn code(&self, target: Target) -> Code {
        let name = &self.selected.column;
        let column = match target {
            Target::Python if self.cast.is_none() && !self.is_renamed() => {
                return Code::new(python_string(name));
            }
            Target::Python => Code::new(format!("pl.col({})", python_string(name))),
            Target::Rust => Code::new(format!("col({})", rust_string(name))),
        };
        let column = match &self.cast {
            Some(cast) => cast.code(&column, target),
            None => column,
        };
        if !self.is_renamed() {
            return column;
        }
        let quote = if target == Target::Python { python_string } else { rust_string };
        let text = format!("{}.alias({})", column.text, quote(self.selected.output()));
        column.text(text)
    }

    fn is_renamed(&self) -> bool {
        self.selected.output() != self.selected.column
    }
}
