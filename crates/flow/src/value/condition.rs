//! Conditions with AND and OR groups.

use polars::prelude::{DataType, Expr, Schema};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::code::Code;
use super::column::column_type;
use super::dtype::show_dtype;
use super::literal::{Literal, plain};
use super::predicate::{Operand, Predicate, TextTest};
use crate::form::Value;
use crate::{Problem, Problems, Target};

/// How a column is compared. All but the null tests are null, hence no match, on a null column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operator {
    #[default]
    #[serde(rename = "=")]
    Equal,
    #[serde(rename = "!=")]
    NotEqual,
    #[serde(rename = ">")]
    Greater,
    #[serde(rename = ">=")]
    GreaterOrEqual,
    #[serde(rename = "<")]
    Less,
    #[serde(rename = "<=")]
    LessOrEqual,
    /// `value` is `[low, high]`, both included.
    #[serde(rename = "between")]
    Between,
    /// `value` is a list.
    #[serde(rename = "in")]
    In,
    #[serde(rename = "not in")]
    NotIn,
    /// Literal text, not a pattern.
    #[serde(rename = "contains")]
    Contains,
    #[serde(rename = "not contains")]
    NotContains,
    #[serde(rename = "starts with")]
    StartsWith,
    #[serde(rename = "ends with")]
    EndsWith,
    /// A regular expression, found anywhere in the text.
    #[serde(rename = "matches")]
    Matches,
    #[serde(rename = "is null")]
    IsNull,
    #[serde(rename = "is not null")]
    IsNotNull,
}

impl Operator {
    /// As in the flow file, and as people say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Between => "between",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Contains => "contains",
            Self::NotContains => "not contains",
            Self::StartsWith => "starts with",
            Self::EndsWith => "ends with",
            Self::Matches => "matches",
            Self::IsNull => "is null",
            Self::IsNotNull => "is not null",
        }
    }

    /// What a text operator looks for, and whether finding it is a match.
    fn text_test(self) -> Option<(TextTest, bool)> {
        Some(match self {
            Self::Contains => (TextTest::Contains, true),
            Self::NotContains => (TextTest::Contains, false),
            Self::StartsWith => (TextTest::StartsWith, true),
            Self::EndsWith => (TextTest::EndsWith, true),
            Self::Matches => (TextTest::Matches, true),
            _ => return None,
        })
    }
}

/// One comparison, or a group of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Condition {
    /// Every part holds.
    All { all: Vec<Self> },
    /// Some part holds.
    Any { any: Vec<Self> },
    Compare {
        column: String,
        op: Operator,
        /// Typed as the column is: a number, text, `true`, a date as `2026-01-31`.
        #[serde(default, skip_serializing_if = "Json::is_null")]
        value: Json,
    },
}

/// Conditions that must all hold; groups inside may say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Conditions(pub Vec<Condition>);

impl Value for Conditions {
    const NAME: &'static str = "Conditions";
    const SHAPE: &'static str = "[{column: amount, op: \">\", value: 100}, {any: [{column: status, op: \"=\", value: paid}, {column: vip, op: \"=\", value: true}]}]";
}

/// Name of the setting in paths of problems.
const FIELD: &str = "conditions";

impl Conditions {
    /// True where every condition holds, null where a null leaves it open. No condition at all holds.
    pub fn expr(&self, schema: &Schema) -> Result<Expr, Problem> {
        Ok(self.predicate(schema)?.expr())
    }

    /// [`Conditions::expr`] in the target's language.
    pub fn code(&self, target: Target, schema: &Schema) -> Result<Code, Problem> {
        Ok(self.predicate(schema)?.code(target))
    }

    fn predicate(&self, schema: &Schema) -> Result<Predicate, Problem> {
        Ok(Predicate::all(parts(&self.0, FIELD, schema)?))
    }

    /// Everything that is wrong, each at its path: `conditions[0].value`.
    pub fn check(&self, schema: &Schema, problems: &mut Problems) {
        check(&self.0, FIELD, schema, problems);
    }

    /// `amount > 100 and (status = paid or vip = true)`
    pub fn caption(&self) -> String {
        caption(&self.0, " and ")
    }
}

fn parts(conditions: &[Condition], path: &str, schema: &Schema) -> Result<Vec<Predicate>, Problem> {
    let each = conditions.iter().enumerate();
    each.map(|(i, condition)| condition.predicate(&format!("{path}[{i}]"), schema)).collect()
}

fn check(conditions: &[Condition], path: &str, schema: &Schema, problems: &mut Problems) {
    for (i, condition) in conditions.iter().enumerate() {
        let path = format!("{path}[{i}]");
        match condition {
            Condition::All { all } => check(all, &format!("{path}.all"), schema, problems),
            Condition::Any { any } if !any.is_empty() => {
                check(any, &format!("{path}.any"), schema, problems);
            }
            _ => {
                if let Err(problem) = condition.predicate(&path, schema) {
                    problems.push(problem);
                }
            }
        }
    }
}

fn caption(conditions: &[Condition], word: &str) -> String {
    let parts: Vec<String> = conditions.iter().map(Condition::caption).collect();
    parts.join(word)
}

impl Condition {
    fn predicate(&self, path: &str, schema: &Schema) -> Result<Predicate, Problem> {
        match self {
            Self::All { all } => Ok(Predicate::all(parts(all, &format!("{path}.all"), schema)?)),
            Self::Any { any } if any.is_empty() => {
                let problem = Problem::user("none of no conditions can hold: the group is empty");
                Err(problem.hint("add a condition, or remove the group").at_field(format!("{path}.any")))
            }
            Self::Any { any } => Ok(Predicate::any(parts(any, &format!("{path}.any"), schema)?)),
            Self::Compare { column, op, value } => {
                let dtype = column_type(schema, column)
                    .map_err(|problem| problem.at_field(format!("{path}.column")))?;
                compare(column, *op, value, dtype)
                    .map_err(|(part, problem)| problem.at_field(format!("{path}.{part}")))
            }
        }
    }

    fn caption(&self) -> String {
        let group = |conditions: &[Self], word| match conditions {
            [one] => one.caption(),
            many => format!("({})", caption(many, word)),
        };
        match self {
            Self::All { all } => group(all, " and "),
            Self::Any { any } => group(any, " or "),
            Self::Compare { column, op, value } => {
                let name = op.name();
                match (op, value) {
                    (Operator::IsNull | Operator::IsNotNull, _) => format!("{column} {name}"),
                    (Operator::Between, Json::Array(ends)) => {
                        let ends: Vec<String> = ends.iter().map(plain).collect();
                        format!("{column} {name} {}", ends.join(" and "))
                    }
                    (_, Json::Array(values)) => {
                        let values: Vec<String> = values.iter().map(plain).collect();
                        format!("{column} {name} ({})", values.join(", "))
                    }
                    _ => format!("{column} {name} {}", plain(value)),
                }
            }
        }
    }
}

/// One comparison; an error names the part that is wrong: `op` or `value`.
fn compare(
    column: &str,
    op: Operator,
    value: &Json,
    dtype: &DataType,
) -> Result<Predicate, (&'static str, Problem)> {
    let is_category = matches!(dtype, DataType::Categorical(..) | DataType::Enum(..));
    let operand = Operand { column: column.to_owned(), cast_to_text: is_category };
    match op {
        Operator::IsNull => return Ok(Predicate::Null { operand, wanted: true }),
        Operator::IsNotNull => return Ok(Predicate::Null { operand, wanted: false }),
        _ => {}
    }
    let wrong_value = |message: String| ("value", Problem::user(message));
    if *dtype == DataType::Null {
        return Ok(Predicate::Unknown);
    }
    if dtype.is_nested() || matches!(dtype, DataType::Binary) {
        let dtype = show_dtype(dtype);
        let message = format!("`{}` does not apply to column `{column}`, which is {dtype}", op.name());
        return Err(("op", Problem::user(message).hint("test `is null`, or write an SQL expression")));
    }
    if let Some((test, wanted)) = op.text_test() {
        if !(is_category || *dtype == DataType::String) {
            let dtype = show_dtype(dtype);
            let message = format!("`{}` needs text; column `{column}` is {dtype}", op.name());
            return Err(("op", Problem::user(message).hint("compare with `=`, or cast the column first")));
        }
        let Json::String(pattern) = value else {
            return Err(wrong_value(format!("`{}` needs text, not `{}`", op.name(), plain(value))));
        };
        test.check(pattern).map_err(|problem| ("value", problem))?;
        return Ok(Predicate::Text { operand, test, pattern: pattern.clone(), wanted });
    }
    let literal = |json: &Json| {
        if json.is_null() {
            return Err(("value", Problem::user("a value is missing").hint("nulls are found by `is null`")));
        }
        Literal::parse(json, dtype, column).map_err(|problem| ("value", problem))
    };
    match op {
        Operator::Between => match value.as_array().map(Vec::as_slice) {
            Some([low, high]) => Ok(Predicate::Between { operand, low: literal(low)?, high: literal(high)? }),
            _ => Err(wrong_value(format!("`between` needs `[low, high]`, not `{}`", plain(value)))),
        },
        Operator::In | Operator::NotIn => match value.as_array().map(Vec::as_slice) {
            Some([]) => Err(wrong_value(format!("the list of `{}` is empty", op.name()))),
            Some(values) => {
                let values = values.iter().map(literal).collect::<Result<_, _>>()?;
                Ok(Predicate::In { operand, values, wanted: op == Operator::In })
            }
            None => Err(wrong_value(format!(
                "`{}` needs a list like `[a, b]`, not `{}`",
                op.name(),
                plain(value)
            ))),
        },
        _ => Ok(Predicate::compare(operand, op, literal(value)?)),
    }
}

#[cfg(test)]
mod tests;
