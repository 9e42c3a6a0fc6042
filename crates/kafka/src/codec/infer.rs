//! The schema of a topic, from sample payloads, merged so that no value is lost.
//!
//! Here is what all formats without a schema share: they make a [`Shape`] of each message, and [`Sample`] merges them,
//! finds the envelope around them, and tells the fields with what the sample says of each.

mod envelope;
mod json;
mod looks;
mod shape;
#[cfg(test)]
mod tests;

use arrow::datatypes::Schema;

use super::reason::Reason;
use super::{Envelope, Facts, Outline, WRAPPED, payload_column};

pub use json::infer;
pub(super) use json::infer_whole;
pub(crate) use shape::{FieldShapes, Shape, add_field, merge_fields};

/// Objects nested deeper are kept as JSON text: Arrow IPC readers refuse schemas of great depth.
pub(crate) const MAX_NESTING: usize = 16;

/// Of so many messages in a hundred the envelope is that of the topic; the others are bad.
const MOSTLY: usize = 95;

/// What sample payloads have in common.
#[derive(Clone, Debug)]
pub struct Inference {
    /// One nullable field for each key, in order of first appearance. How a number counts time stands in the field's
    /// metadata ([`Encoding`](super::Encoding)).
    pub schema: Schema,
    /// Payloads that shaped the schema.
    pub messages: usize,
    /// Payloads that are not of the format, and why the first of them is not.
    pub bad: usize,
    /// See [`bad`](Self::bad).
    pub first_bad: Option<Reason>,
    /// What the sample says of each field, in the order of the schema's.
    pub facts: Vec<Facts>,
    /// What stands around the fields, which are those of its body.
    pub envelope: Envelope,
}

impl Default for Inference {
    fn default() -> Self {
        Self {
            schema: Schema::empty(),
            messages: 0,
            bad: 0,
            first_bad: None,
            facts: Vec::new(),
            envelope: Envelope::None,
        }
    }
}

/// Messages as they are taken in.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    messages: Vec<Shape>,
    bad: usize,
    first_bad: Option<Reason>,
}

impl Sample {
    /// Takes a message: its shape, or why it has none.
    pub(crate) fn push(&mut self, message: Result<Shape, Reason>) {
        match message {
            Ok(shape) => self.messages.push(shape),
            Err(reason) => {
                self.bad += 1;
                self.first_bad.get_or_insert(reason);
            }
        }
    }

    /// The fields of all messages, of the kinds that their values have.
    fn plain(self) -> Inference {
        self.told(Envelope::None, false)
    }

    /// The fields of all messages or, where these are changes in an envelope, of its body. Text and numbers that are
    /// times become timestamps and dates.
    pub(crate) fn inference(self) -> Inference {
        let envelope = self.envelope();
        self.told(envelope, true)
    }

    /// The envelope that nearly all messages have.
    fn envelope(&self) -> Envelope {
        let kinds = [
            Envelope::Debezium { wrapped: false },
            Envelope::Debezium { wrapped: true },
            Envelope::Structured,
        ];
        let fits = |envelope: &Envelope| {
            let within = self.messages.iter().filter(|message| envelope::is_in(message, *envelope)).count();
            within > 0 && within * 100 >= self.messages.len() * MOSTLY
        };
        kinds.into_iter().find(fits).unwrap_or_default()
    }

    fn told(self, envelope: Envelope, times: bool) -> Inference {
        let Self { messages, mut bad, mut first_bad } = self;
        // What is counted, and what the columns must take beside it: the row before a change.
        let (mut counted, mut beside) = (FieldShapes::new(), FieldShapes::new());
        let mut of = 0;
        for message in messages {
            if envelope != Envelope::None && !envelope::is_in(&message, envelope) {
                bad += 1;
                first_bad.get_or_insert_with(|| Reason::new(Outline::missing(envelope)));
                continue;
            }
            of += 1;
            let (body, other) = envelope::bodies(message, envelope);
            merge_fields(&mut counted, fields(body));
            merge_fields(&mut beside, other.map(fields).unwrap_or_default());
        }
        let mut all = counted.clone();
        merge_fields(&mut all, beside);
        let columns: Vec<_> = all
            .iter()
            .map(|(key, shape)| {
                let column = payload_column(key);
                let field = shape.field(key, times).with_name(column.as_ref());
                let mut facts = counted.get(key).unwrap_or(shape).facts(key, of as u64, times);
                if !counted.contains_key(key) {
                    facts.seen = 0;
                }
                facts.key = column.into_owned();
                facts.data_type = field.data_type().clone();
                (field, facts)
            })
            .collect();
        let (fields, facts): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        Inference { schema: Schema::new(fields), messages: of, bad, first_bad, facts, envelope }
    }
}

/// The fields of a message: of an object its own, of any other value one.
fn fields(message: Shape) -> FieldShapes {
    match message.into_members() {
        Ok(fields) => fields,
        Err(other) => FieldShapes::from([(WRAPPED.to_owned(), *other)]),
    }
}
