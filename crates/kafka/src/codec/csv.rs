//! CSV: each message is one record, its values named by their positions.
//!
//! Ours, because readers of files frame a *stream* of records: they take two records in a message, a quote in the middle
//! of a value and a quote that never ends. Strict as RFC 4180 is, one pass, no copy of a value without escapes.

mod decode;
mod record;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;

use super::infer::{FieldShapes, Sample, Shape as Found};
use super::reason::Reason;
use super::{Codec, Decode, EXTRA, Inference, Shape, Unknown};
use crate::cancel::Cancel;
use crate::error::{Error, Result};

use decode::Decoder;
use record::Record;

/// CSV: one record in a message, without a header.
///
/// The columns are [`names`](Self::names); without these the fields that are known, in their order. Text stays text, and
/// other columns read their values from it. A value that was quoted is never null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Csv {
    /// An ASCII character.
    pub delimiter: u8,
    /// None: quotes are characters like any other.
    pub quote: Option<u8>,
    pub escape: Escape,
    /// A value without quotes that is written so is null.
    pub null: String,
    /// The columns by their positions. Empty: those that are known, in their order; fields called `column_1`,
    /// `column_2` and so on, as [`infer`](Codec::infer) calls them, stand where their numbers say.
    pub names: Vec<String>,
    /// Spaces and tabs around values without quotes, and around the quotes, are no part of them.
    pub trim: bool,
    /// A record may end early: the columns that it lacks are null.
    pub fewer: bool,
    /// A record may have more values than there are columns: they are fields that are not known, `column_7`.
    pub more: bool,
}

/// How a quote, or another character with a meaning, becomes part of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Escape {
    /// A quote is written twice.
    #[default]
    Doubled,
    /// The character after a backslash is part of the value, with quotes and without.
    Backslash,
}

impl Default for Csv {
    fn default() -> Self {
        Self {
            delimiter: b',',
            quote: Some(b'"'),
            escape: Escape::Doubled,
            null: String::new(),
            names: Vec::new(),
            trim: false,
            fewer: false,
            more: false,
        }
    }
}

/// The name of the column at `position`, from 0, that nobody has named.
fn numbered(position: usize) -> String {
    format!("column_{}", position + 1)
}

fn number(name: &str) -> Option<usize> {
    let position = name.strip_prefix("column_")?.parse::<usize>().ok()?.checked_sub(1)?;
    (numbered(position) == name).then_some(position)
}

impl Csv {
    /// Fails with [`Error::InvalidRequest`] when a record could be read in two ways.
    pub fn check(&self) -> Result<()> {
        /// Positions that a number in a name may stand for.
        const MOST: usize = 10_000;
        let wrong = |reason: &str| Err(Error::InvalidRequest { reason: reason.to_owned() });
        let special = [Some(self.delimiter), self.quote];
        let backslash = (self.escape == Escape::Backslash).then_some(b'\\');
        let is_line = |byte: &u8| matches!(byte, b'\n' | b'\r') || !byte.is_ascii();
        if special.iter().flatten().any(is_line) {
            return wrong(
                "the delimiter and the quote of CSV are one ASCII character each, and no line break",
            );
        }
        if special[0] == special[1] || special.contains(&backslash) && backslash.is_some() {
            return wrong("the delimiter, the quote and the escape of CSV are different characters");
        }
        if self.trim && matches!(self.delimiter, b' ' | b'\t') {
            return wrong("values cannot be trimmed of the character that separates them");
        }
        if self.names.len() > MOST {
            return wrong("CSV has at most 10,000 columns");
        }
        for (index, name) in self.names.iter().enumerate() {
            if self.names[..index].contains(name) {
                let reason = format!("two columns of CSV are called `{name}`");
                return Err(Error::InvalidRequest { reason });
            }
        }
        Ok(())
    }

    /// The names by position; none when any record will do.
    fn columns(&self, shape: &Shape) -> Option<Vec<String>> {
        if !self.names.is_empty() {
            return Some(self.names.clone());
        }
        let is_field = |name: &&String| shape.unknown != Unknown::Keep || *name != EXTRA;
        let known: Vec<_> = shape.known.fields().iter().map(|field| field.name()).filter(is_field).collect();
        let numbers: Option<Vec<_>> = known.iter().map(|name| number(name)).collect();
        match numbers {
            _ if known.is_empty() => None,
            Some(numbers) => {
                let width = numbers.iter().max().map_or(0, |last| last + 1).min(Self::MOST_NUMBERED);
                Some((0..width).map(numbered).collect())
            }
            None => Some(known.into_iter().cloned().collect()),
        }
    }

    /// Positions that the numbers in names may reach.
    const MOST_NUMBERED: usize = 10_000;

    fn found(&self, payload: &[u8]) -> std::result::Result<Vec<Found>, Reason> {
        super::single::check_utf8(payload)?;
        let mut record = Record::new(self, payload)?;
        let mut scratch = Vec::new();
        let mut values = Vec::new();
        while let Some(value) = record.next(&mut scratch)? {
            values.push(match value.text {
                Some(text) => Found::written(&String::from_utf8_lossy(text)),
                None => Found::null(),
            });
        }
        Ok(values)
    }
}

impl Codec for Csv {
    fn name(&self) -> &'static str {
        "CSV"
    }

    fn decoder(&self, shape: &Shape, _cancel: &Cancel) -> Result<Box<dyn Decode>> {
        self.check()?;
        Ok(Box::new(Decoder::new(self, shape)?))
    }

    fn infer(&self, payloads: &[&[u8]], _cancel: &Cancel) -> Result<Inference> {
        self.check()?;
        let found: Vec<_> = payloads.iter().map(|payload| self.found(payload)).collect();
        let mut widths = BTreeMap::<usize, usize>::new();
        for values in found.iter().flatten() {
            *widths.entry(values.len()).or_default() += 1;
        }
        let most_common = widths.iter().max_by_key(|(_, records)| **records).map_or(0, |(width, _)| *width);
        let width = if self.names.is_empty() { most_common } else { self.names.len() };
        let mut sample = Sample::default();
        for values in found {
            sample.push(values.and_then(|mut values| {
                self.check_width(values.len(), width)?;
                values.truncate(width);
                let named = values.into_iter().enumerate().map(|(position, value)| {
                    (self.names.get(position).cloned().unwrap_or_else(|| numbered(position)), value)
                });
                Ok(Found::message(named.collect::<FieldShapes>()))
            }));
        }
        Ok(sample.inference())
    }
}

impl Csv {
    /// That a record of `found` values may stand for `wanted` columns.
    fn check_width(&self, found: usize, wanted: usize) -> std::result::Result<(), Reason> {
        if (found < wanted && !self.fewer) || (found > wanted && !self.more) {
            return Err(Reason::new(format!("expected {wanted} values, found {found}")));
        }
        Ok(())
    }
}

/// The columns of `schema` that a record cannot fill are refused.
fn check_types(schema: &SchemaRef) -> Result<()> {
    match schema.fields().iter().find(|field| field.data_type().is_nested()) {
        Some(field) => Err(Error::UnsupportedType {
            column: field.name().clone(),
            data_type: field.data_type().to_string(),
        }),
        None => Ok(()),
    }
}
