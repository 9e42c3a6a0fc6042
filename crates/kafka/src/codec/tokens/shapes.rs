//! Tokens as the shapes that a schema is inferred from.

use arrow::datatypes::TimeUnit;

use super::json::{key_text, single, text};
use super::{Source, Token, too_deep};
use crate::codec::MAX_DEPTH;
use crate::codec::infer::{FieldShapes, MAX_NESTING, Shape, add_field};
use crate::codec::reason::{Parsed, Reason};
use crate::codec::slot::moment_text;
use crate::show::out::Out;

/// The shape of a whole message.
pub(super) fn message<S: Source>(source: &mut S) -> Parsed<Shape> {
    if source.left() == 0 {
        return Err(Reason::new("empty payload"));
    }
    let shape = if let Token::Map(length) = source.next()? {
        // The fields of a message are its columns, however many they are.
        Shape::message(object(source, length, 0)?)
    } else {
        source.seek(0);
        value(source, 0)?
    };
    match source.left() {
        0 => Ok(shape),
        left => Err(Reason::new(format!("{left} bytes follow the end of the message"))),
    }
}

fn value<S: Source>(source: &mut S, nesting: usize) -> Parsed<Shape> {
    let start = source.at();
    Ok(match source.next()? {
        Token::List(_) | Token::Map(_) if nesting == MAX_NESTING => {
            source.seek(start);
            Shape::other(&text(source, MAX_DEPTH - MAX_NESTING)?)
        }
        Token::Map(length) => Shape::object(object(source, length, nesting + 1)?),
        Token::List(length) => {
            let (mut items, mut read) = (Vec::new(), 0);
            while source.more(length, read)? {
                read += 1;
                items.push(value(source, nesting + 1)?);
            }
            Shape::list(items, None)
        }
        Token::Null => Shape::null(),
        Token::Bool(value) => Shape::boolean(value),
        Token::Int(value) => Shape::integer(i128::from(value)),
        Token::Wide(value) => Shape::integer(value),
        token @ (Token::Single(_) | Token::Double(_)) => Shape::float(&told(&token)),
        Token::Text(value) => Shape::text(&String::from_utf8_lossy(value)),
        Token::Bytes(value) => Shape::bytes(value),
        Token::Instant(seconds, nanos) => {
            // As many years as a column of nanoseconds has hold the others too.
            let fits = seconds.unsigned_abs() < i64::MAX.unsigned_abs() / 1_000_000_000;
            let unit = if nanos % 1000 != 0 && fits { TimeUnit::Nanosecond } else { TimeUnit::Microsecond };
            match moment_text(seconds, nanos) {
                Some(text) => Shape::instant(unit, &text),
                None => Shape::other(&seconds.to_string()),
            }
        }
        // Text that looks like a date is one.
        token @ Token::Days(_) => Shape::text(told(&token).trim_matches('"')),
        token @ (Token::Digits(_) | Token::Decimal(..)) => Shape::other(&told(&token)),
    })
}

fn object<S: Source>(source: &mut S, length: Option<u64>, nesting: usize) -> Parsed<FieldShapes> {
    if nesting > MAX_DEPTH {
        return Err(too_deep());
    }
    let mut fields = FieldShapes::new();
    let mut read = 0;
    while source.more(length, read)? {
        read += 1;
        let key = key_text(source, MAX_DEPTH - nesting)?;
        let shape = value(source, nesting)?;
        add_field(&mut fields, key, shape);
    }
    Ok(fields)
}

fn told(token: &Token<'_>) -> String {
    let mut out = Out::new(usize::MAX);
    // Text that has no limit takes every number.
    if single(token, &mut out).is_err() {
        return String::new();
    }
    out.finish()
}
