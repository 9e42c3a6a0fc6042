//! Tokens as JSON text: numbers as they are, bytes as `0x…`, times as RFC 3339.

use chrono::NaiveDate;

use super::{Source, Token, too_deep};
use crate::codec::MOST_TEXT;
use crate::codec::reason::{Parsed, Reason};
use crate::codec::slot::{decimal_text, moment_text};
use crate::show::out::{Out, Stop, Written};

/// The longest text of a key that is a list or an object: it stands in a string, whose quotes are escaped, so the text
/// of keys within keys doubles with each of them.
const MOST_KEY: usize = 4096;

/// The next value as JSON text.
pub(super) fn text<S: Source>(source: &mut S, depth: usize) -> Parsed<String> {
    limited(source, depth, MOST_TEXT)
}

/// A key as text: what it says, or the JSON text of one that is no text.
pub(super) fn key_text<S: Source>(source: &mut S, depth: usize) -> Parsed<String> {
    let start = source.at();
    let most = match source.next()? {
        Token::Text(name) => return Ok(String::from_utf8_lossy(name).into_owned()),
        Token::List(_) | Token::Map(_) => MOST_KEY,
        _ => MOST_TEXT,
    };
    source.seek(start);
    limited(source, depth, most)
}

fn limited<S: Source>(source: &mut S, depth: usize, most: usize) -> Parsed<String> {
    let mut out = Out::new(most);
    value(source, &mut out, depth)?;
    Ok(out.finish())
}

/// Appends what `call` writes.
pub(super) fn write(text: &mut String, call: impl FnOnce(&mut Out) -> Written) {
    let mut out = Out::new(usize::MAX);
    // Text that has no limit takes every string.
    if call(&mut out).is_ok() {
        text.push_str(&out.finish());
    }
}

fn value<S: Source>(source: &mut S, out: &mut Out, depth: usize) -> Parsed<()> {
    match source.next()? {
        Token::List(length) => {
            let Some(depth) = depth.checked_sub(1) else { return Err(too_deep()) };
            let (mut first, mut read) = (true, 0);
            told(out.raw("["))?;
            while source.more(length, read)? {
                read += 1;
                told(out.comma(&mut first))?;
                value(source, out, depth)?;
            }
            told(out.raw("]"))
        }
        Token::Map(length) => {
            let Some(depth) = depth.checked_sub(1) else { return Err(too_deep()) };
            let (mut first, mut read) = (true, 0);
            told(out.raw("{"))?;
            while source.more(length, read)? {
                read += 1;
                let key = key_text(source, depth)?;
                told(out.key(&mut first, &key))?;
                value(source, out, depth)?;
            }
            told(out.raw("}"))
        }
        token => told(single(&token, out)),
    }
}

/// A token that is one value.
pub(super) fn single(token: &Token<'_>, out: &mut Out) -> Written {
    match token {
        Token::Null => out.raw("null"),
        Token::Bool(value) => out.plain(value),
        Token::Int(value) => out.plain(value),
        Token::Wide(value) => out.plain(value),
        Token::Digits(digits) => out.raw(digits),
        Token::Single(value) => out.single(*value),
        Token::Double(value) => out.float(*value),
        Token::Decimal(unscaled, scale) => out.raw(&decimal_text(*unscaled, *scale)),
        Token::Text(value) => out.string(&String::from_utf8_lossy(value)),
        Token::Bytes(value) => out.hex(value),
        Token::Instant(seconds, nanos) => match moment_text(*seconds, *nanos) {
            Some(text) => out.string(&text),
            None => out.plain(seconds),
        },
        Token::Days(days) => match NaiveDate::from_epoch_days(*days) {
            Some(date) => out.string(&date.to_string()),
            None => out.plain(days),
        },
        // Whoever has one of these reads what is in it.
        Token::List(_) => out.raw("[]"),
        Token::Map(_) => out.raw("{}"),
    }
}

/// That the text of a value has more bytes than are made of one message.
#[cold]
pub(super) fn too_long() -> Reason {
    Reason::new("its text is too long")
}

fn told(written: Written) -> Parsed<()> {
    written.map_err(|stop| match stop {
        Stop::Full => too_long(),
        Stop::Wrong(reason) => Reason::new(reason),
    })
}
