//! Columns computed from others.

use polars::prelude::{DataFrame, Expr, IntoLazy as _, Schema};
use serde::{Deserialize, Serialize};

use super::code::{Code, python_string, rust_string};
use super::{BadCast, Cast, parse_dtype};
use crate::form::Value;
use crate::value::Expression;
use crate::{Problem, Target};

/// One computed column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Formula {
    /// The column to make, or to replace.
    pub column: String,
    pub expression: Expression,
    /// Cast the result; empty: as the expression gives it.
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub dtype: String,
}

/// Computed columns, each seeing those before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Formulas(pub Vec<Formula>);

impl Value for Formulas {
    const NAME: &'static str = "Formulas";
    const SHAPE: &'static str = "[{column: gross, expression: amount * 1.2}]";
}

/// A [`Formula`] that fits its input.
#[derive(Clone, Debug)]
pub struct Computed<'a> {
    formula: &'a Formula,
    expr: Expr,
    cast: Option<Cast>,
}

impl Formulas {
    /// Formulas in stages: those of one stage see the columns of earlier stages only, and need no more.
    ///
    /// A problem names its row: `[1].expression`.
    pub fn stages(&self, schema: &Schema) -> Result<Vec<Vec<Computed<'_>>>, Problem> {
        let mut schema = schema.clone();
        let mut stages: Vec<Vec<Computed<'_>>> = Vec::new();
        for (i, formula) in self.0.iter().enumerate() {
            let computed = formula.resolve(&mut schema).map_err(|mut problem| {
                let field = problem.at.field.take().unwrap_or_default();
                problem.at_field(format!("[{i}].{field}"))
            })?;
            match stages.last_mut() {
                Some(stage) if !computed.needs_any_of(stage) => stage.push(computed),
                _ => stages.push(vec![computed]),
            }
        }
        Ok(stages)
    }
}

impl Formula {
    /// The expression over `schema`, to which its column is added.
    fn resolve(&self, schema: &mut Schema) -> Result<Computed<'_>, Problem> {
        if self.column.is_empty() {
            return Err(Problem::user("the computed column has no name").at_field("column"));
        }
        let in_expression = |problem: Problem| problem.at_field("expression");
        let expr = self.expression.over(schema).map_err(in_expression)?.alias(self.column.as_str());
        let mut result = DataFrame::empty_with_schema(schema).lazy().select([expr.clone()]);
        let result = result.collect_schema().map_err(|error| in_expression(error.into()))?;
        let computed = result.get(&self.column).ok_or_else(|| {
            Problem::internal(format!("`{}` gives no column", self.expression.0)).at_field("expression")
        })?;
        let (cast, dtype) = match self.dtype.trim() {
            "" => (None, computed.clone()),
            text => {
                let in_type = |problem: Problem| problem.at_field("type");
                let to = parse_dtype(text).map_err(in_type)?;
                (Some(Cast::new(&self.column, computed, &to, BadCast::Fail).map_err(in_type)?), to)
            }
        };
        schema.with_column(self.column.as_str().into(), dtype);
        Ok(Computed { formula: self, expr, cast: cast.filter(Cast::is_needed) })
    }
}

impl Computed<'_> {
    pub fn expr(&self) -> Expr {
        match &self.cast {
            Some(cast) => cast.expr(self.expr.clone()),
            None => self.expr.clone(),
        }
    }

    /// As an argument of `with_columns`.
    pub fn code(&self, target: Target) -> Code {
        let value = self.formula.expression.code(target);
        let value = match &self.cast {
            Some(cast) => cast.code(&value, target),
            None => value,
        };
        let quote = if target == Target::Python { python_string } else { rust_string };
        let text = format!("{}.alias({})", value.text, quote(&self.formula.column));
        value.text(text)
    }

    /// Whether this must come after `stage`: it reads or replaces a column that is made there.
    fn needs_any_of(&self, stage: &[Self]) -> bool {
        let read = self.expr.clone().meta().root_names();
        stage.iter().any(|made| {
            let name = &made.formula.column;
            *name == self.formula.column || read.iter().any(|read| read.as_str() == name)
        })
    }
}
