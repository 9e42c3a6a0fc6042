//! SQL expressions, as Polars reads them.
//!
//! An aggregate stands for its value in every row (`amount / SUM(amount)`), a window function for its value
//! in each. Rust's feature `sql` brings all that the functions need; only types must be asked for.

use std::ops::Range;

use polars::prelude::{DataType, Expr, LiteralValue, PolarsError, Schema};
use polars::sql::sql_expr;
use serde::{Deserialize, Serialize};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError, ParserOptions};
use sqlparser::tokenizer::{Token, Tokenizer};

use super::code::{Code, python_string, rust_string};
use super::{column_type, dtype_features};
use crate::form::Value;
use crate::{Problem, Target};

/// A Polars SQL expression: `amount * 1.2`, `status = 'paid' AND amount > 100`. It may have several lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expression(pub String);

impl Value for Expression {
    const NAME: &'static str = "Expression";
    const SHAPE: &'static str = "amount * 1.2";
}

impl Expression {
    /// The Polars expression; [`Expression::over`] looks its columns up as well.
    pub fn expr(&self) -> Result<Expr, Problem> {
        if self.0.trim().is_empty() {
            return Err(Problem::user("the expression is empty")
                .hint("write one like `amount * 1.2` or `status = 'paid'`"));
        }
        parse(&self.0).map_err(|error| {
            let why = match &error {
                ParserError::TokenizerError(why) | ParserError::ParserError(why) => readable(why),
                ParserError::RecursionLimitExceeded => "it is nested too deeply".to_owned(),
            };
            self.wrong(&why).source(error)
        })?;
        let expr = sql_expr(&self.0).map_err(|error| {
            let why = match &error {
                PolarsError::SQLInterface(why) | PolarsError::SQLSyntax(why) => why.to_string(),
                other => Problem::from(other.clone()).message,
            };
            self.wrong(&why).source(error)
        })?;
        let refused = expr.into_iter().find_map(refused);
        match refused {
            Some(why) => Err(self.wrong(why)),
            None => Ok(expr),
        }
    }

    /// The Polars expression, all of whose columns are in `schema`.
    pub fn over(&self, schema: &Schema) -> Result<Expr, Problem> {
        let expr = self.expr()?;
        for name in expr.clone().meta().root_names() {
            column_type(schema, &name).map_err(|problem| {
                if problem.hint.is_none() && self.0.contains(&format!("\"{name}\"")) {
                    problem.hint(format!("text stands in single quotes: `'{name}'`"))
                } else {
                    problem
                }
            })?;
        }
        Ok(expr)
    }

    /// What is wrong, and the bytes of the text that it is about, for an editor to underline. `schema`: `None`
    /// where the columns are not known. An empty expression is not wrong here: it is not written yet.
    pub fn fault(&self, schema: Option<&Schema>) -> Option<(Problem, Range<usize>)> {
        if self.0.trim().is_empty() {
            return None;
        }
        if let Err(error) = parse(&self.0) {
            let range = self.place(&error.to_string());
            return self.expr().err().map(|problem| (problem, range));
        }
        let checked = match schema {
            Some(schema) => self.over(schema),
            None => self.expr(),
        };
        let problem = checked.err()?;
        let quoted = problem.message.split('`').nth(1).unwrap_or_default();
        let range = self.word(quoted).unwrap_or(0..self.0.len());
        Some((problem, range))
    }

    /// The word at the parser's `at Line: 1, Column: 7`; without one it is the end that is wrong.
    fn place(&self, why: &str) -> Range<usize> {
        let number = |name: &str| -> Option<usize> {
            let (_, rest) = why.rsplit_once(name)?;
            rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
        };
        let start =
            number("Line: ").zip(number("Column: ")).and_then(|(line, column)| self.byte(line, column));
        let Some(start) = start.filter(|start| *start < self.0.len()) else {
            let text = self.0.trim_end();
            return text.char_indices().last().map_or(0, |(at, _)| at)..text.len();
        };
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let rest = &self.0[start..];
        let first = rest.chars().next().map_or(1, char::len_utf8);
        start..start + rest.find(|c| !is_word(c)).unwrap_or(rest.len()).max(first)
    }

    /// Where the column `name` stands.
    fn word(&self, name: &str) -> Option<Range<usize>> {
        let tokens = Tokenizer::new(&GenericDialect {}, &self.0).tokenize_with_location().ok()?;
        let found =
            tokens.iter().find(|each| matches!(&each.token, Token::Word(word) if word.value == name))?;
        let (start, end) = (found.span.start, found.span.end);
        let byte = |line, column| self.byte(usize::try_from(line).ok()?, usize::try_from(column).ok()?);
        Some(byte(start.line, start.column)?..byte(end.line, end.column)?)
    }

    /// The byte at a line and a column, both from 1.
    fn byte(&self, line: usize, column: usize) -> Option<usize> {
        let start: usize = self.0.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
        let rest = self.0.get(start..)?;
        let at = rest.char_indices().nth(column.checked_sub(1)?).map_or(rest.len(), |(at, _)| at);
        Some(start + at)
    }

    /// `pl.sql_expr("amount * 1.2")`, `polars::sql::sql_expr("amount * 1.2")?`; several lines stay several lines.
    pub fn code(&self, target: Target) -> Code {
        let (call, string): (_, fn(&str) -> String) = match target {
            Target::Python => ("pl.sql_expr", python_string),
            Target::Rust => ("polars::sql::sql_expr", rust_string),
        };
        let lines: Vec<String> = self.0.trim().split_inclusive('\n').map(string).collect();
        let text = match (lines.as_slice(), target) {
            ([line], _) => line.clone(),
            (lines, Target::Python) => format!("\n    {}\n", lines.join("\n    ")),
            (lines, Target::Rust) => format!("concat!(\n    {},\n)", lines.join(",\n    ")),
        };
        let question = if target == Target::Rust { "?" } else { "" };
        let code = Code::new(format!("{call}({text}){question}")).feature("sql");
        let types = self.expr().map(|expr| types(&expr)).unwrap_or_default();
        types.iter().flat_map(dtype_features).fold(code, Code::feature)
    }

    fn wrong(&self, why: &str) -> Problem {
        Problem::user(format!("`{}` is not an expression: {why}", one_line(&self.0)))
    }
}

/// What keeps an expression from giving one value for each row.
fn refused(part: &Expr) -> Option<&'static str> {
    match part {
        Expr::Explode { .. } => Some("UNNEST would change the number of rows"),
        Expr::Selector(_) => Some("it stands for several columns"),
        Expr::SubPlan(..) => Some("it contains a query"),
        _ => None,
    }
}

/// Types that `expr` names itself, in casts and literals.
fn types(expr: &Expr) -> Vec<DataType> {
    let named = expr.into_iter().filter_map(|part| match part {
        Expr::Cast { dtype, .. } => dtype.as_literal().cloned(),
        Expr::Literal(LiteralValue::Scalar(scalar)) => Some(scalar.dtype().clone()),
        _ => None,
    });
    named.collect()
}

/// As Polars parses it, for the position of what is wrong.
fn parse(text: &str) -> Result<(), ParserError> {
    let options = ParserOptions { trailing_commas: true, ..ParserOptions::default() };
    let mut parser = Parser::new(&GenericDialect {}).with_options(options).try_with_sql(text)?;
    parser.parse_select_item()?;
    match parser.peek_token() {
        end if end.token == Token::EOF => Ok(()),
        rest => parser.expected("the end of the expression", rest),
    }
}

/// The parser's words in a sentence.
fn readable(why: &str) -> String {
    why.replacen("Expected: ", "", 1)
        .replacen(", found: EOF", " is expected at the end", 1)
        .replacen(", found: ", " is expected, found `", 1)
        .replacen(" at Line: ", "` at line ", 1)
        .replacen(", Column: ", ", column ", 1)
}

/// At most 60 characters of `text`, in one line.
fn one_line(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use polars::prelude::{Engine, Field, IntoLazy as _, df};

    use super::*;

    fn sql(text: &str) -> Expression {
        Expression(text.to_owned())
    }

    fn schema() -> Schema {
        let fields =
            [("amount", DataType::Float64), ("unit price", DataType::Int64), ("status", DataType::String)];
        fields.into_iter().map(|(name, dtype)| Field::new(name.into(), dtype)).collect()
    }

    #[test]
    fn columns_are_looked_up() {
        assert!(sql("\"unit price\" * amount").over(&schema()).is_ok());
        assert!(sql("CASE\n  WHEN amount > 1 THEN 'a' -- big\n  ELSE status\nEND").over(&schema()).is_ok());
        let told = |text: &str| sql(text).over(&schema()).unwrap_err().to_string();
        assert_eq!(told("amuont + 1"), "there is no column `amuont`; did you mean `amount`?");
        assert_eq!(
            told("status = \"paid\""),
            "there is no column `paid`; text stands in single quotes: `'paid'`"
        );
    }

    #[test]
    fn a_wrong_expression_says_where() {
        let told = |text: &str| sql(text).expr().unwrap_err().to_string();
        assert_eq!(
            told("  \n"),
            "the expression is empty; write one like `amount * 1.2` or `status = 'paid'`"
        );
        assert_eq!(told("amount +"), "`amount +` is not an expression: an expression is expected at the end");
        assert_eq!(
            told("amount\n  + ) 1"),
            "`amount + ) 1` is not an expression: an expression is expected, found `)` at line 2, column 5"
        );
        assert_eq!(
            told("amount 1"),
            "`amount 1` is not an expression: the end of the expression is expected, found `1` at line 1, column 8"
        );
        assert_eq!(told("nope(amount)"), "`nope(amount)` is not an expression: unsupported function 'nope'");
        assert!(told("'open").contains("line 1, column 1"), "{}", told("'open"));
        assert!(told("UNNEST(tags)").contains("number of rows"));
        assert!(told("COLUMNS('^a.*$')").contains("several columns"), "{}", told("COLUMNS('^a.*$')"));
        assert!(told("(SELECT 1)").contains("query"), "{}", told("(SELECT 1)"));
        assert!(told("*").contains("is not an expression"));
    }

    #[test]
    fn aggregates_and_windows_keep_every_row() {
        let frame = df!("x" => [1, 2, 4], "g" => ["a", "b", "a"]).unwrap();
        for engine in [Engine::InMemory, Engine::Streaming] {
            let value = |text: &str| {
                let rows = frame.clone().lazy().with_columns([sql(text).expr().unwrap().alias("y")]);
                let rows = rows.collect_with_engine(engine).unwrap().unwrap_single();
                rows.column("y")
                    .unwrap()
                    .as_materialized_series()
                    .iter()
                    .map(|v| v.to_string())
                    .collect::<Vec<_>>()
            };
            assert_eq!(value("SUM(x)"), ["7", "7", "7"]);
            assert_eq!(value("MAX(x) - x"), ["3", "2", "0"]);
            assert_eq!(value("SUM(x) OVER (PARTITION BY g)"), ["5", "2", "5"]);
            assert_eq!(value("ROW_NUMBER() OVER (ORDER BY x DESC)"), ["3", "2", "1"]);
            assert_eq!(value("1"), ["1", "1", "1"]);
        }
    }

    #[test]
    fn code_keeps_quotes_and_lines() {
        let code = |text: &str, target| sql(text).code(target).text;
        assert_eq!(code("status = 'paid'", Target::Python), "pl.sql_expr(\"status = 'paid'\")");
        assert_eq!(code("\"ä\" || '\\'", Target::Rust), "polars::sql::sql_expr(\"\\\"ä\\\" || '\\\\'\")?");
        let lines = "CASE\n  WHEN x > 1 THEN 2\nEND";
        assert_eq!(
            code(lines, Target::Python),
            "pl.sql_expr(\n    \"CASE\\n\"\n    \"  WHEN x > 1 THEN 2\\n\"\n    \"END\"\n)"
        );
        assert_eq!(
            code(lines, Target::Rust),
            "polars::sql::sql_expr(concat!(\n    \"CASE\\n\",\n    \"  WHEN x > 1 THEN 2\\n\",\n    \"END\",\n))?"
        );
        let features = sql("CAST(x AS TINYINT) + DATE '2026-01-31'").code(Target::Rust).features;
        assert!(features.contains("sql") && features.contains("dtype-i8"), "{features:?}");
    }

    #[test]
    fn what_is_wrong_is_found_in_the_text() {
        let schema = schema();
        let wrong = |text: &str| sql(text).fault(Some(&schema)).map(|(_, range)| text[range].to_owned());
        assert_eq!(wrong("amount * 2"), None);
        assert_eq!(wrong(""), None, "not written yet");
        assert_eq!(wrong("amount *\n  amuont"), Some("amuont".to_owned()));
        assert_eq!(wrong("amount > 1 22"), Some("22".to_owned()));
        assert_eq!(wrong("amount * "), Some("*".to_owned()), "it ends too early");
        assert_eq!(wrong("\"größe\" + 1"), Some("\"größe\"".to_owned()));
        assert!(sql("amuont").fault(None).is_none(), "columns are not known");
    }
}
