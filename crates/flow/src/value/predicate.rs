//! Typed conditions: one tree from which Polars' expression and the exported code are made.

use polars::prelude::{
    ClosedInterval, DataType, Expr, NamedFrom as _, Series, StringNameSpaceImpl as _, lit,
};

use super::Operator;
use super::code::{Code, python_string, rust_string};
use super::column::{column_code, column_expr};
use super::literal::Literal;
use crate::{Problem, Target};

#[derive(Debug)]
pub(super) enum Predicate {
    All(Vec<Self>),
    Any(Vec<Self>),
    /// Null on every row: nothing is comparable with a column that has only nulls.
    Unknown,
    Truth {
        operand: Operand,
        wanted: bool,
    },
    Compare {
        operand: Operand,
        op: Operator,
        value: Literal,
    },
    Between {
        operand: Operand,
        low: Literal,
        high: Literal,
    },
    In {
        operand: Operand,
        values: Vec<Literal>,
        wanted: bool,
    },
    Text {
        operand: Operand,
        test: TextTest,
        pattern: String,
        wanted: bool,
    },
    Null {
        operand: Operand,
        wanted: bool,
    },
}

/// The column of a comparison. Categories are compared as text.
#[derive(Debug)]
pub(super) struct Operand {
    pub(super) column: String,
    pub(super) cast_to_text: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextTest {
    Contains,
    StartsWith,
    EndsWith,
    /// A regular expression.
    Matches,
}

impl TextTest {
    /// Whether `pattern` can be looked for: a regular expression may be wrong.
    pub(super) fn check(self, pattern: &str) -> Result<(), Problem> {
        if self != Self::Matches {
            return Ok(());
        }
        let text = Series::new("text".into(), [""]);
        let tried = text.str().and_then(|text| text.contains(pattern, true));
        tried.map(drop).map_err(|error| {
            let text = error.to_string();
            let why = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            Problem::user(format!("`{pattern}` is not a regular expression: {why}")).source(error)
        })
    }
}

impl Operand {
    fn expr(&self) -> Expr {
        let column = column_expr(&self.column);
        if self.cast_to_text { column.cast(DataType::String) } else { column }
    }

    fn code(&self, target: Target) -> Code {
        let column = column_code(&self.column, target);
        match (self.cast_to_text, target) {
            (false, _) => column,
            (true, Target::Python) => Code::new(format!("{}.cast(pl.String)", column.text)),
            (true, Target::Rust) => {
                Code::new(format!("{}.cast(DataType::String)", column.text)).feature("dtype-categorical")
            }
        }
    }
}

impl Predicate {
    pub(super) fn all(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 { parts.remove(0) } else { Self::All(parts) }
    }

    pub(super) fn any(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 { parts.remove(0) } else { Self::Any(parts) }
    }

    /// A comparison by `=`, `>` and their like; a boolean is its own test.
    pub(super) fn compare(operand: Operand, op: Operator, value: Literal) -> Self {
        match (op, value.as_bool()) {
            (Operator::Equal, Some(wanted)) => Self::Truth { operand, wanted },
            (Operator::NotEqual, Some(unwanted)) => Self::Truth { operand, wanted: !unwanted },
            _ => Self::Compare { operand, op, value },
        }
    }

    pub(super) fn expr(&self) -> Expr {
        match self {
            Self::All(parts) => parts.iter().map(Self::expr).reduce(Expr::and).unwrap_or_else(|| lit(true)),
            Self::Any(parts) => parts.iter().map(Self::expr).reduce(Expr::or).unwrap_or_else(|| lit(false)),
            Self::Unknown => lit(polars::prelude::NULL).cast(DataType::Boolean),
            Self::Truth { operand, wanted } => when(operand.expr(), *wanted),
            Self::Compare { operand, op, value } => {
                let (left, right) = (operand.expr(), value.expr());
                match op {
                    Operator::NotEqual => left.neq(right),
                    Operator::Greater => left.gt(right),
                    Operator::GreaterOrEqual => left.gt_eq(right),
                    Operator::Less => left.lt(right),
                    Operator::LessOrEqual => left.lt_eq(right),
                    _ => left.eq(right),
                }
            }
            Self::Between { operand, low, high } => {
                operand.expr().is_between(low.expr(), high.expr(), ClosedInterval::Both)
            }
            Self::In { operand, values, wanted } => {
                when(operand.expr().is_in(Literal::list_expr(values), false), *wanted)
            }
            Self::Text { operand, test, pattern, wanted } => {
                let (text, pattern) = (operand.expr().str(), lit(pattern.as_str()));
                let found = match test {
                    TextTest::Contains => text.contains_literal(pattern),
                    TextTest::StartsWith => text.starts_with(pattern),
                    TextTest::EndsWith => text.ends_with(pattern),
                    TextTest::Matches => text.contains(pattern, true),
                };
                when(found, *wanted)
            }
            Self::Null { operand, wanted: true } => operand.expr().is_null(),
            Self::Null { operand, wanted: false } => operand.expr().is_not_null(),
        }
    }

    pub(super) fn code(&self, target: Target) -> Code {
        match target {
            Target::Python => self.python(),
            Target::Rust => self.rust(),
        }
    }

    fn python(&self) -> Code {
        let joined = |parts: &[Self], operator: &str, empty: &str| {
            let parts: Vec<Code> = parts.iter().map(Self::python).collect();
            match parts.as_slice() {
                [] => Code::new(empty),
                [one] => one.clone(),
                many => {
                    let texts: Vec<String> = many.iter().map(Code::operand).collect();
                    many.iter().fold(Code::operation(texts.join(operator)), Code::with)
                }
            }
        };
        match self {
            Self::All(parts) => joined(parts, " & ", "pl.lit(True)"),
            Self::Any(parts) => joined(parts, " | ", "pl.lit(False)"),
            Self::Unknown => Code::new("pl.lit(None, pl.Boolean)"),
            Self::Truth { operand, wanted } => python_when(operand.code(Target::Python), *wanted),
            Self::Compare { operand, op, value } => {
                let operator = if *op == Operator::Equal { "==" } else { op.name() };
                let (column, value) = (operand.code(Target::Python), value.code(Target::Python));
                Code::operation(format!("{} {operator} {}", column.text, value.text)).with(&value)
            }
            Self::Between { operand, low, high } => {
                let (low, high) = (low.code(Target::Python), high.code(Target::Python));
                let column = operand.code(Target::Python).text;
                Code::new(format!("{column}.is_between({}, {})", low.text, high.text)).with(&low).with(&high)
            }
            Self::In { operand, values, wanted } => {
                let list = Literal::list(values, Target::Python);
                let column = operand.code(Target::Python).text;
                python_when(Code::new(format!("{column}.is_in({})", list.text)).with(&list), *wanted)
            }
            Self::Text { operand, test, pattern, wanted } => {
                let (column, pattern) = (operand.code(Target::Python).text, python_string(pattern));
                let found = match test {
                    TextTest::Contains => format!("{column}.str.contains({pattern}, literal=True)"),
                    TextTest::StartsWith => format!("{column}.str.starts_with({pattern})"),
                    TextTest::EndsWith => format!("{column}.str.ends_with({pattern})"),
                    TextTest::Matches => format!("{column}.str.contains({pattern})"),
                };
                python_when(Code::new(found), *wanted)
            }
            Self::Null { operand, wanted } => {
                let test = if *wanted { "is_null" } else { "is_not_null" };
                Code::new(format!("{}.{test}()", operand.code(Target::Python).text))
            }
        }
    }

    fn rust(&self) -> Code {
        let joined = |parts: &[Self], method: &str, empty: &str| {
            let mut parts = parts.iter().map(Self::rust);
            let first = parts.next().unwrap_or_else(|| Code::new(empty));
            parts.fold(first, |all, part| {
                let text = format!("{}.{method}({})", all.text, part.text);
                all.text(text).with(&part)
            })
        };
        let column = |operand: &Operand| operand.code(Target::Rust);
        match self {
            Self::All(parts) => joined(parts, "and", "lit(true)"),
            Self::Any(parts) => joined(parts, "or", "lit(false)"),
            Self::Unknown => Code::new("lit(NULL).cast(DataType::Boolean)"),
            Self::Truth { operand, wanted } => rust_when(column(operand), *wanted),
            Self::Compare { operand, op, value } => {
                let method = match op {
                    Operator::NotEqual => "neq",
                    Operator::Greater => "gt",
                    Operator::GreaterOrEqual => "gt_eq",
                    Operator::Less => "lt",
                    Operator::LessOrEqual => "lt_eq",
                    _ => "eq",
                };
                call(column(operand), method, &[value.code(Target::Rust)])
            }
            Self::Between { operand, low, high } => {
                let ends =
                    [low.code(Target::Rust), high.code(Target::Rust), Code::new("ClosedInterval::Both")];
                call(column(operand), "is_between", &ends).feature("is_between")
            }
            Self::In { operand, values, wanted } => {
                let arguments = [Literal::list(values, Target::Rust), Code::new("false")];
                rust_when(call(column(operand), "is_in", &arguments).feature("is_in"), *wanted)
            }
            Self::Text { operand, test, pattern, wanted } => {
                let pattern = format!("lit({})", rust_string(pattern));
                let text = column(operand).feature("strings");
                let found = match test {
                    TextTest::Contains => {
                        call(text, "str().contains_literal", &[Code::new(pattern)]).feature("regex")
                    }
                    TextTest::StartsWith => call(text, "str().starts_with", &[Code::new(pattern)]),
                    TextTest::EndsWith => call(text, "str().ends_with", &[Code::new(pattern)]),
                    TextTest::Matches => {
                        call(text, "str().contains", &[Code::new(pattern), Code::new("true")])
                            .feature("regex")
                    }
                };
                rust_when(found, *wanted)
            }
            Self::Null { operand, wanted } => {
                call(column(operand), if *wanted { "is_null" } else { "is_not_null" }, &[])
            }
        }
    }
}

fn when(test: Expr, wanted: bool) -> Expr {
    if wanted { test } else { test.not() }
}

fn python_when(found: Code, wanted: bool) -> Code {
    if wanted {
        return found;
    }
    let negated = format!("~{}", found.operand());
    found.text(negated)
}

fn rust_when(test: Code, wanted: bool) -> Code {
    if wanted { test } else { call(test, "not", &[]) }
}

fn call(receiver: Code, method: &str, arguments: &[Code]) -> Code {
    let texts: Vec<&str> = arguments.iter().map(|argument| argument.text.as_str()).collect();
    let text = format!("{}.{method}({})", receiver.text, texts.join(", "));
    arguments.iter().fold(receiver.text(text), Code::with)
}
