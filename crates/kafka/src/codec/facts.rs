//! What a sample says of each field: how often it occurs, how often it is null, what its values are like.
//!
//! Formats that bring their schema tell it from the sample's rows ([`facts`]); formats without one count it while they
//! infer, where a null can be told from a field that is not there.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, RecordBatch};
use arrow::compute::{cast, filter, is_not_null};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::{Codec, Fault, Inference, Shape};
use crate::cancel::Cancel;
use crate::error::Result;

/// Examples that are kept of one field.
pub(super) const EXAMPLES: usize = 3;

/// Characters of an example.
pub(super) const LONGEST: usize = 60;

/// Values that are looked at for examples.
const LOOKED_AT: usize = 200;

/// What a sample says of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Its key; its path is made of those of the fields around it too.
    pub key: String,
    /// The type that takes every value of the sample.
    pub data_type: DataType,
    /// Times that it was there, null or not; where a format cannot tell null from missing, with a value.
    pub seen: u64,
    /// Times that it could have been there: messages, or objects around it.
    pub of: u64,
    /// Times that it was there and null.
    pub nulls: u64,
    /// Up to three different values, each of at most 60 characters.
    pub examples: Vec<String>,
    /// What its values look like, where the type does not say it: `epoch milliseconds`, `RFC 3339`.
    pub note: String,
    /// The fields inside: of a struct, or of the structs in a list, which no path leads to.
    pub children: Vec<Self>,
}

impl Facts {
    /// Whether it was missing or null somewhere.
    pub fn is_nullable(&self) -> bool {
        self.nulls > 0 || self.seen < self.of
    }
}

/// `text` of at most [`LONGEST`] characters, cut with `…`.
pub(super) fn shortened(text: &str) -> String {
    if text.len() <= LONGEST || text.chars().nth(LONGEST).is_none() {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(LONGEST - 1).collect();
    short.push('…');
    short
}

/// What `batches`, rows of a sample with `schema`, say of each column. Missing and null are one here: not seen.
pub fn facts(schema: &Schema, batches: &[RecordBatch]) -> Vec<Facts> {
    let columns = schema.fields().iter().enumerate();
    columns
        .map(|(index, field)| {
            let arrays: Vec<_> = batches.iter().map(|batch| Arc::clone(batch.column(index))).collect();
            column(field, &arrays)
        })
        .collect()
}

fn column(field: &Field, arrays: &[ArrayRef]) -> Facts {
    let of: usize = arrays.iter().map(Array::len).sum();
    let nulls: usize = arrays.iter().map(Array::logical_null_count).sum();
    let children = children(field.data_type(), arrays);
    let mut examples = Vec::new();
    if children.is_empty() {
        for array in arrays {
            take_examples(array, &mut examples);
        }
    }
    Facts {
        key: field.name().clone(),
        data_type: field.data_type().clone(),
        seen: (of - nulls) as u64,
        of: of as u64,
        nulls: 0,
        examples,
        note: String::new(),
        children,
    }
}

fn children(data_type: &DataType, arrays: &[ArrayRef]) -> Vec<Facts> {
    match data_type {
        DataType::Struct(fields) => {
            // Where there is no object there is no member either.
            let there: Vec<_> = arrays.iter().filter_map(only_objects).collect();
            let member = |(index, field): (usize, &FieldRef)| {
                let members: Vec<_> =
                    there.iter().map(|object| Arc::clone(object.as_struct().column(index))).collect();
                column(field, &members)
            };
            fields.iter().enumerate().map(member).collect()
        }
        DataType::List(item) | DataType::LargeList(item) => {
            let items: Vec<_> = arrays.iter().filter_map(items).collect();
            children(item.data_type(), &items)
        }
        _ => Vec::new(),
    }
}

fn only_objects(array: &ArrayRef) -> Option<ArrayRef> {
    if array.null_count() == 0 {
        Some(Arc::clone(array))
    } else {
        filter(array, &is_not_null(array).ok()?).ok()
    }
}

/// The items of all lists of `array`.
fn items(array: &ArrayRef) -> Option<ArrayRef> {
    let (from, to, values) = if let Some(lists) = array.as_list_opt::<i32>() {
        let ends = lists.value_offsets();
        (*ends.first()? as usize, *ends.last()? as usize, lists.values())
    } else {
        let lists = array.as_list_opt::<i64>()?;
        let ends = lists.value_offsets();
        (*ends.first()? as usize, *ends.last()? as usize, lists.values())
    };
    Some(values.slice(from, to - from))
}

fn take_examples(array: &ArrayRef, examples: &mut Vec<String>) {
    let options = FormatOptions::default();
    let array = &by_offset(array);
    let Ok(formatter) = ArrayFormatter::try_new(array, &options) else { return };
    for row in (0..array.len().min(LOOKED_AT)).filter(|row| array.is_valid(*row)) {
        if examples.len() == EXAMPLES {
            return;
        }
        let text = match bytes(array, row) {
            Some(bytes) => hex(bytes),
            None => formatter.value(row).to_string(),
        };
        let text = shortened(&text);
        if !examples.contains(&text) {
            examples.push(text);
        }
    }
}

/// Times of UTC by their offset: Arrow's formatter knows no names of zones.
fn by_offset(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Timestamp(unit, Some(zone)) if zone.as_ref() == "UTC" => {
            let to = DataType::Timestamp(*unit, Some("+00:00".into()));
            cast(array, &to).unwrap_or_else(|_| Arc::clone(array))
        }
        _ => Arc::clone(array),
    }
}

fn bytes(array: &ArrayRef, row: usize) -> Option<&[u8]> {
    match array.data_type() {
        DataType::Binary => Some(array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => Some(array.as_binary::<i64>().value(row)),
        DataType::BinaryView => Some(array.as_binary_view().value(row)),
        _ => None,
    }
}

/// `0x` and two digits for each byte, as far as an example goes.
pub(super) fn hex(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return String::new();
    }
    let mut text = String::from("0x");
    for byte in bytes.iter().take(LONGEST) {
        let written = write!(text, "{byte:02x}");
        debug_assert!(written.is_ok(), "writing to a string does not fail");
    }
    text
}

/// What a sample says when its schema is known: all of `payloads` are read by `codec` into the columns of `schema`.
pub(super) fn of_schema(
    codec: &dyn Codec,
    schema: Schema,
    payloads: &[&[u8]],
    cancel: &Cancel,
) -> Result<Inference> {
    let mut decoder = codec.decoder(&Shape::new(Arc::new(schema.clone())), cancel)?;
    let mut found = Inference::default();
    for payload in payloads {
        match decoder.decode(payload) {
            Ok(()) => found.messages += 1,
            Err(Fault::Bad(reason)) => {
                found.bad += 1;
                found.first_bad.get_or_insert(reason);
            }
            Err(Fault::Failed(error)) => return Err(*error),
        }
    }
    found.facts = facts(&schema, &[decoder.finish()?]);
    found.schema = schema;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::Decoder;
    use super::*;

    #[test]
    fn rows_tell_how_often_a_field_has_a_value() {
        let inner = DataType::Struct(vec![Field::new("n", DataType::Int64, true)].into());
        let fields = vec![
            Field::new("a", DataType::Utf8View, true),
            Field::new("s", inner.clone(), true),
            Field::new("l", DataType::new_list(inner, true), true),
            Field::new("t", DataType::new_list(DataType::Int64, true), true),
        ];
        let schema = Schema::new(fields);
        let mut decoder = Decoder::new(Arc::new(schema.clone())).unwrap();
        let long = format!(r#"{{"a":"{}"}}"#, "ä".repeat(70));
        for message in [
            r#"{"a":"x","s":{"n":1},"l":[{"n":1},{"n":null}],"t":[1,2]}"#,
            r#"{"a":"x","s":{},"l":[]}"#,
            r#"{"a":null,"s":null}"#,
            &long,
        ] {
            decoder.decode(message.as_bytes()).unwrap();
        }
        let batch = decoder.finish().unwrap();
        let [a, s, l, t] = &facts(&schema, &[batch.clone(), batch.slice(1, 2)])[..] else { panic!("four") };
        assert_eq!((a.seen, a.of, a.is_nullable()), (4, 6, true));
        assert_eq!(a.examples, ["x".to_owned(), format!("{}…", "ä".repeat(59))]);
        assert_eq!((s.seen, s.children[0].seen, s.children[0].of), (3, 1, 3));
        assert!(s.examples.is_empty());
        assert_eq!((l.seen, l.children[0].seen, l.children[0].of), (3, 1, 2));
        assert_eq!(t.examples, ["[1, 2]"]);
    }
}
