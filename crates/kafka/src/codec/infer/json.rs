//! Shapes of JSON messages.

use super::super::cursor::Cursor;
use super::super::facts::LONGEST;
use super::super::reason::{Parsed, Reason};
use super::{FieldShapes, Inference, MAX_NESTING, Sample, Shape, add_field};

/// Infers a schema that takes each of `payloads` without loss, of the types that JSON itself has.
///
/// Integers and floats make a float column (text where an integer is too large for one), integers
/// beyond 64 bits, mixed kinds, and keys that are always null make a string column, late keys are
/// added, objects and lists are merged member by member. Payloads that are not objects make the
/// column `value`.
pub fn infer<'a>(payloads: impl IntoIterator<Item = &'a [u8]>) -> Inference {
    sample(payloads).plain()
}

/// As [`infer`], with timestamps and dates, and within the envelope.
pub(in crate::codec) fn infer_whole<'a>(payloads: impl IntoIterator<Item = &'a [u8]>) -> Inference {
    sample(payloads).inference()
}

fn sample<'a>(payloads: impl IntoIterator<Item = &'a [u8]>) -> Sample {
    let mut sample = Sample::default();
    let mut scratch = Vec::new();
    for payload in payloads {
        sample.push(message(payload, &mut scratch));
    }
    sample
}

fn message(payload: &[u8], scratch: &mut Vec<u8>) -> Parsed<Shape> {
    super::super::single::check_utf8(payload)?;
    let mut cursor = Cursor::new(payload, scratch);
    let shape = match cursor.peek() {
        None => return Err(Reason::new("empty payload")),
        // The fields of a message are its columns, however many they are.
        Some(b'{') => Shape::message(object(&mut cursor, 0)?),
        Some(_) => value(&mut cursor, 0)?,
    };
    cursor.end()?;
    Ok(shape)
}

fn value(cursor: &mut Cursor<'_>, nesting: usize) -> Parsed<Shape> {
    Ok(match cursor.peek() {
        Some(b'{' | b'[') if nesting == MAX_NESTING => {
            let start = cursor.at();
            cursor.skip()?;
            Shape::other(&written(cursor.since(start)))
        }
        Some(b'{') => Shape::object(object(cursor, nesting + 1)?),
        Some(b'[') => list(cursor, nesting + 1)?,
        Some(b'"') => Shape::text(&String::from_utf8_lossy(cursor.string()?)),
        Some(byte @ (b't' | b'f')) => {
            cursor.skip()?;
            Shape::boolean(byte == b't')
        }
        Some(b'n') => {
            cursor.skip()?;
            Shape::null()
        }
        _ => {
            let number = cursor.number()?;
            let text = written(number.text);
            match number.integer() {
                Ok(value) if number.is_plain_integer() => Shape::integer(value),
                _ if number.is_plain_integer() || number.double().is_none() => Shape::other(&text),
                _ => Shape::float(&text),
            }
        }
    })
}

fn object(cursor: &mut Cursor<'_>, nesting: usize) -> Parsed<FieldShapes> {
    let mut fields = FieldShapes::new();
    if cursor.open(b'}')? {
        loop {
            if cursor.peek() != Some(b'"') {
                return Err(cursor.unexpected("a key"));
            }
            let key = String::from_utf8_lossy(cursor.string()?).into_owned();
            cursor.expect(b':')?;
            let shape = value(cursor, nesting)?;
            add_field(&mut fields, key, shape);
            if !cursor.more(b'}')? {
                break;
            }
        }
        cursor.close();
    }
    Ok(fields)
}

fn list(cursor: &mut Cursor<'_>, nesting: usize) -> Parsed<Shape> {
    let start = cursor.at();
    let mut items = Vec::new();
    if cursor.open(b']')? {
        loop {
            items.push(value(cursor, nesting)?);
            if !cursor.more(b']')? {
                break;
            }
        }
        cursor.close();
    }
    Ok(Shape::list(items, Some(&written(cursor.since(start)))))
}

/// As much of `bytes` as an example needs.
fn written(bytes: &[u8]) -> String {
    const LONGEST_CHARACTER: usize = 4;
    let end = bytes.len().min((LONGEST + 1) * LONGEST_CHARACTER);
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}
