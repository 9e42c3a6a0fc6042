//! A small table that the user types in.

use std::collections::BTreeSet;

use polars::prelude::{AnyValue, Column, DataFrame, DataType, Series};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Literal, parse_dtype, show_dtype};
use crate::Problem;
use crate::form::Value;

/// A column of a [`Grid`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GridColumn {
    pub name: String,
    /// A type as [`crate::value::parse_dtype`] reads it.
    #[serde(rename = "type")]
    pub dtype: String,
}

/// Typed columns and rows of cells; an empty cell is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Grid {
    pub columns: Vec<GridColumn>,
    /// One list for each row, in column order.
    pub rows: Vec<Vec<Json>>,
}

impl Value for Grid {
    const NAME: &'static str = "Grid";
    const SHAPE: &'static str = "{columns: [{name: country, type: String}], rows: [[DE], [FR]]}";
}

/// A column whose cells are all of its type.
#[derive(Clone, Debug)]
pub struct TypedColumn<'a> {
    pub name: &'a str,
    pub dtype: DataType,
    pub cells: Vec<Literal>,
}

impl Grid {
    /// Columns with typed cells. A problem names its place: `rows[2][1]`.
    pub fn typed(&self) -> Result<Vec<TypedColumn<'_>>, Problem> {
        let mut columns = self.empty_columns()?;
        for (i, row) in self.rows.iter().enumerate() {
            if row.len() != columns.len() {
                let cells = if row.len() == 1 { "cell" } else { "cells" };
                let message =
                    format!("row {} has {} {cells} for {} columns", i + 1, row.len(), columns.len());
                return Err(Problem::user(message).at_field(format!("rows[{i}]")));
            }
            for (j, (column, cell)) in columns.iter_mut().zip(row).enumerate() {
                let is_empty = cell.as_str().is_some_and(str::is_empty) && column.dtype != DataType::String;
                let cell = if is_empty { &Json::Null } else { cell };
                let literal = Literal::parse(cell, &column.dtype, column.name).map_err(|mut problem| {
                    problem.message = format!("row {}: {}", i + 1, problem.message);
                    problem.at_field(format!("rows[{i}][{j}]"))
                })?;
                column.cells.push(literal);
            }
        }
        Ok(columns)
    }

    pub fn frame(&self) -> Result<DataFrame, Problem> {
        let columns = self.typed()?.into_iter().map(|column| {
            let cells: Vec<AnyValue<'static>> = column.cells.iter().map(Literal::any_value).collect();
            let series = Series::from_any_values_and_dtype(column.name.into(), &cells, &column.dtype, true);
            Ok(Column::from(series?))
        });
        let columns = columns.collect::<Result<Vec<_>, Problem>>()?;
        Ok(DataFrame::new(self.rows.len(), columns)?)
    }

    fn empty_columns(&self) -> Result<Vec<TypedColumn<'_>>, Problem> {
        let mut names = BTreeSet::new();
        let columns = self.columns.iter().enumerate().map(|(i, column)| {
            let wrong = |message: String, field: &str| {
                Problem::user(message).at_field(format!("columns[{i}].{field}"))
            };
            if column.name.is_empty() {
                return Err(wrong(format!("column {} has no name", i + 1), "name"));
            }
            if !names.insert(&column.name) {
                return Err(wrong(format!("two columns are named `{}`", column.name), "name"));
            }
            let dtype = parse_dtype(&column.dtype)
                .map_err(|problem| problem.at_field(format!("columns[{i}].type")))?;
            if dtype.is_nested() || matches!(dtype, DataType::Binary | DataType::Null) {
                return Err(wrong(format!("{} cannot be typed in", show_dtype(&dtype)), "type"));
            }
            Ok(TypedColumn { name: &column.name, dtype, cells: Vec::new() })
        });
        columns.collect()
    }
}
