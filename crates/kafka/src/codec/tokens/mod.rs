//! What self-describing binary formats share: a payload is a run of tokens, which fill the columns by the names of keys.
//!
//! A format reads its bytes into [`Token`]s; the walk over them, into columns, into JSON text and into the shapes that a
//! schema is inferred from, stands here once.

mod fields;
mod json;
mod shapes;
#[cfg(test)]
pub(crate) mod tests;
mod walk;

use std::fmt;
use std::marker::PhantomData;

use arrow::array::RecordBatch;

use super::infer::Sample;
use super::reason::{Parsed, Reason};
use super::slot::{Rows as _, Slot, StructSlot};
use super::{Decode, Drift, EXTRA, Fault, Inference, Shape, Unknown, batch};
use crate::cancel::Cancel;
use crate::error::Result;
use fields::Node;
use walk::Walk;

/// The next piece of a payload.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Token<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// An integer beyond those.
    Wide(i128),
    /// An integer beyond those, by its digits.
    Digits(&'a str),
    Single(f32),
    Double(f64),
    /// `unscaled × 10^-scale`.
    Decimal(i128, i8),
    /// Valid UTF-8.
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    /// Seconds since 1970 in UTC, and the nanoseconds after them.
    Instant(i64, u32),
    /// Days since 1970.
    Days(i32),
    /// So many items follow, or items up to a [break](Source::is_break).
    List(Option<u64>),
    /// So many keys follow, each with its value.
    Map(Option<u64>),
}

/// Reads the tokens of one payload.
pub(crate) trait Source {
    /// The next token; what a list or a map holds is read by the tokens that follow.
    fn next(&mut self) -> Parsed<Token<'_>>;

    /// Whether a list or a map without a length ends here; its end is then passed.
    fn is_break(&mut self) -> Parsed<bool>;

    /// Bytes read.
    fn at(&self) -> usize;

    /// Goes to a place that [`at`](Self::at) gave.
    fn seek(&mut self, at: usize);

    /// Bytes that are not read yet.
    fn left(&self) -> usize;

    /// Whether another item of a list, or key of a map, of `length` follows `read` of them.
    #[inline]
    fn more(&mut self, length: Option<u64>, read: u64) -> Parsed<bool> {
        match length {
            Some(length) => Ok(read < length),
            None => Ok(!self.is_break()?),
        }
    }
}

/// A format of tokens.
pub(crate) trait Notation: fmt::Debug + Send + Sync + 'static {
    type Source<'a>: Source;

    fn source(payload: &[u8]) -> Self::Source<'_>;
}

/// Fills columns from payloads of `N`.
pub(crate) struct TokenDecoder<N> {
    shape: Shape,
    columns: StructSlot,
    root: Node,
    extra: Option<usize>,
    /// The number of the message, from 1.
    message: u64,
    /// The unknown fields of this message, as JSON text: `"path":value,"path":value`.
    kept: String,
    /// The number of the item at hand in each list around.
    items: Vec<u64>,
    /// Keys were met that are in no count.
    more: bool,
    notation: PhantomData<N>,
}

impl<N: Notation> TokenDecoder<N> {
    pub(crate) fn new(shape: &Shape) -> Result<Self> {
        let columns = StructSlot::new("", shape.schema.fields())?;
        let is_kept = shape.unknown == Unknown::Keep;
        let extra = shape.schema.index_of(EXTRA).ok().filter(|_| is_kept);
        let root = Node::root(shape.schema.fields(), shape.known.fields(), is_kept);
        Ok(Self {
            shape: shape.clone(),
            columns,
            root,
            extra,
            message: 0,
            kept: String::new(),
            items: Vec::new(),
            more: false,
            notation: PhantomData,
        })
    }

    fn row(&mut self, payload: &[u8]) -> Parsed<()> {
        let mut walk = Walk {
            source: N::source(payload),
            policy: self.shape.unknown,
            keeps: self.extra.is_some(),
            message: self.message,
            items: &mut self.items,
            kept: &mut self.kept,
            more: &mut self.more,
        };
        walk.message(&mut self.root, &mut self.columns)?;
        let left = walk.source.left();
        if left > 0 {
            return Err(Reason::new(format!("{left} bytes follow the end of the message")));
        }
        if let Some(extra) = self.extra
            && !self.kept.is_empty()
        {
            let text = format!("{{{}}}", self.kept);
            self.columns.child(extra).push_text(text.as_bytes())?;
        }
        self.columns.end_row();
        Ok(())
    }
}

impl<N: Notation> Decode for TokenDecoder<N> {
    #[inline]
    fn decode(&mut self, payload: &[u8]) -> std::result::Result<(), Fault> {
        let rows = self.columns.rows();
        self.message += 1;
        self.kept.clear();
        self.items.clear();
        self.row(payload).map_err(|reason| {
            self.columns.truncate(rows);
            self.root.uncount(self.message);
            Fault::Bad(reason)
        })
    }

    fn decode_null(&mut self) {
        self.message += 1;
        self.columns.end_row();
    }

    fn undo(&mut self) {
        self.columns.truncate(self.columns.rows().saturating_sub(1));
        self.root.uncount(self.message);
    }

    fn rows(&self) -> usize {
        self.columns.rows()
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        let rows = self.columns.rows();
        batch(&self.shape.schema, rows, self.columns.finish_children())
    }

    fn drift(&mut self) -> Drift {
        let mut drift = Drift { more: std::mem::take(&mut self.more), ..Drift::default() };
        self.root.drift(&mut drift);
        drift
    }
}

/// The fields of `payloads`, and what they say of them.
pub(crate) fn infer<N: Notation>(payloads: &[&[u8]], cancel: &Cancel) -> Result<Inference> {
    let mut sample = Sample::default();
    for payload in payloads {
        cancel.check()?;
        sample.push(shapes::message(&mut N::source(payload)));
    }
    Ok(sample.inference())
}

/// Puts a token that is one value into a column.
#[inline]
fn push(slot: &mut Slot, token: &Token<'_>) -> Parsed<()> {
    match token {
        Token::Int(value) => slot.push_int(*value),
        Token::Text(value) => slot.push_text(value),
        Token::Double(value) => slot.push_float(*value),
        Token::Bool(value) => slot.push_bool(*value),
        Token::Null => {
            slot.push_null();
            Ok(())
        }
        Token::Single(value) => slot.push_single(*value),
        Token::Wide(value) => slot.push_wide(*value),
        Token::Digits(digits) => match (&*slot, digits.parse::<f64>()) {
            (Slot::Text(_) | Slot::Decimal(_), _) => slot.push_text(digits.as_bytes()),
            (Slot::Float32(_) | Slot::Float64(_), Ok(value)) if value.is_finite() => slot.push_float(value),
            _ => Err(slot.misfit(digits)),
        },
        Token::Decimal(unscaled, scale) => slot.push_decimal(*unscaled, *scale),
        // What was inferred as text because its values differ takes each of them.
        Token::Bytes(value) if slot.is_text() && simdutf8::basic::from_utf8(value).is_err() => {
            let mut hex = String::with_capacity(2 + value.len() * 2);
            json::write(&mut hex, |out| out.hex(value));
            slot.push_text(hex.trim_matches('"').as_bytes())
        }
        Token::Bytes(value) => slot.push_bytes(value),
        Token::Instant(seconds, nanos) => slot.push_moment(*seconds, *nanos),
        Token::Days(days) => slot.push_days(*days),
        Token::List(_) => Err(slot.misfit("a list")),
        Token::Map(_) => Err(slot.misfit("an object")),
    }
}

/// That a payload is nested too deep.
#[cold]
fn too_deep() -> Reason {
    Reason::new(format!("it is nested deeper than {}", super::MAX_DEPTH))
}
