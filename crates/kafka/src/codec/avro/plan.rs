//! One schema of messages, made ready for the columns wanted.

use std::sync::Arc;

use arrow::datatypes::{Field, Fields};

use super::compile::{Compiler, Root, Skipped};
use super::drift::Strange;
use super::input::Input;
use super::op::Desk;
use crate::codec::reason::{Parsed, Reason};
use crate::codec::slot::StructSlot;
use crate::codec::{Drift, EXTRA, MAX_DEPTH, Shape, Unknown, WRAPPED};
use crate::show::avro::Avro;

/// How messages of one schema become rows.
#[derive(Debug)]
pub(super) struct Plan {
    written: Arc<Avro>,
    reader: Option<Arc<Avro>>,
    root: Root,
    skipped: Skipped,
    strange: Option<Strange>,
    /// Why every message of the schema is bad.
    refusal: Option<Reason>,
}

impl Plan {
    pub(super) fn new(written: Arc<Avro>, reader: Option<Arc<Avro>>, shape: &Shape) -> Self {
        let mut compiler = Compiler::new(&written, reader.as_deref());
        let root = compiler.root(&columns(shape));
        let strange = Strange::of(&written, reader.as_deref(), &known(shape), &mut compiler.skipper);
        let skipped = compiler.finish();
        let refusal = match shape.unknown {
            Unknown::Fail => strange.as_ref().and_then(Strange::refusal),
            Unknown::Ignore | Unknown::Keep => None,
        };
        Self { written, reader, root, skipped, strange, refusal }
    }

    /// Appends the message at `input` to `columns`; after an error they may hold a part of it.
    ///
    /// `extra` is the column of unknown fields, if it is wanted; `text` is room for texts.
    #[inline]
    pub(super) fn read(
        &mut self,
        mut input: Input<'_>,
        columns: &mut StructSlot,
        extra: Option<usize>,
        text: &mut String,
    ) -> Parsed<()> {
        if let Some(reason) = &self.refusal {
            return Err(reason.clone());
        }
        let start = input.clone();
        let reader = self.reader.as_deref().map(|reader| (reader, &self.skipped.reader));
        let mut desk = Desk { written: &self.written, skips: &self.skipped.written, reader, text };
        let is_full = self.root.read(&mut input, columns, &mut desk)?;
        input.end()?;
        if let Some(strange) = &mut self.strange {
            text.clear();
            let wanted = extra.map(|_| &mut *text);
            strange.meet(start, &self.written, &self.skipped.written, wanted)?;
            if let Some(extra) = extra
                && !text.is_empty()
            {
                columns
                    .child_once(extra)
                    .push_text(text.as_bytes())
                    .inspect_err(|_too_much| strange.uncount())?;
            }
        }
        if is_full {
            columns.end_full_row();
        } else {
            columns.end_row();
        }
        Ok(())
    }

    /// The last message is not a row after all.
    pub(super) fn uncount(&mut self) {
        if let Some(strange) = &mut self.strange {
            strange.uncount();
        }
    }

    /// The unknown fields that were met since the last call.
    pub(super) fn drift(&mut self) -> Drift {
        self.strange.as_mut().map(Strange::tell).unwrap_or_default()
    }
}

/// The columns by the names of the fields that fill them; the column of unknown fields is no field's, and no field of
/// Avro's has an empty name.
fn columns(shape: &Shape) -> Fields {
    let named = shape.schema.fields().iter().map(|field| {
        if is_ours(shape, field) { Arc::new(field.as_ref().clone().with_name("")) } else { Arc::clone(field) }
    });
    named.collect()
}

fn known(shape: &Shape) -> Fields {
    shape.known.fields().iter().filter(|field| !is_ours(shape, field)).cloned().collect()
}

fn is_ours(shape: &Shape, field: &Field) -> bool {
    shape.unknown == Unknown::Keep && field.name() == EXTRA
}

impl Root {
    /// Reads a message into `columns`, all of them if the answer is true.
    #[inline]
    fn read(&self, input: &mut Input<'_>, columns: &mut StructSlot, desk: &mut Desk<'_>) -> Parsed<bool> {
        match self {
            Self::Record(record) => {
                record.read(input, columns, desk, MAX_DEPTH - 1)?;
                Ok(record.is_full)
            }
            Self::Union(branches) => {
                let branch = input.choice(branches.len(), "a union has no branch")?;
                branches[branch].read(input, columns, desk)
            }
            Self::Null => Ok(false),
            Self::Value(child, op) => {
                let column = columns.child_once(*child);
                op.read(input, column, desk, MAX_DEPTH).map_err(|reason| reason.within(WRAPPED))?;
                Ok(false)
            }
            Self::Skip(skip) => desk.skips.pass(skip, input, MAX_DEPTH).map(|()| false),
            Self::Refused(reason) => Err(reason.clone()),
        }
    }
}
