//! Fields that are not known: counted, kept as JSON text, or the end of their message.

use std::collections::HashMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor};

use super::table::Table;
use super::wire::{Layout, Tag, Wire};
use crate::codec::reason::{Parsed, Reason};
use crate::codec::slot::Slot;
use crate::codec::{Drift, MOST_TEXT, Unknown};
use crate::show::out::{Out, Stop, Written};
use crate::show::protobuf;

/// Unknown fields that one message may have, and that are remembered from message to message; a payload of noise names
/// any number of them.
const MOST: usize = 1024;

/// Characters of an example.
const EXAMPLE: usize = 100;

pub(super) struct Strays {
    policy: Unknown,
    is_kept: bool,
    drift: Drift,
    /// By table and field number.
    known: HashMap<(u32, u32), usize>,
    fields: Vec<Stray>,
    /// Those of this message, in the order in which they came.
    met: Vec<usize>,
    /// Those of the last message that became a row.
    counted: Vec<usize>,
}

struct Stray {
    /// Such as `customer.tier`, or `customer.#17` of a field that the schema does not have.
    path: String,
    message: MessageDescriptor,
    field: Option<FieldDescriptor>,
    /// The bytes of each occurrence in this message, tags included, one after the other, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Strays {
    /// `is_kept`: there is a column for them.
    pub(super) fn new(policy: Unknown, is_kept: bool) -> Self {
        Self {
            policy,
            is_kept: is_kept && policy == Unknown::Keep,
            drift: Drift::default(),
            known: HashMap::new(),
            fields: Vec::new(),
            met: Vec::new(),
            counted: Vec::new(),
        }
    }

    /// Whether this message has any.
    #[inline]
    pub(super) fn any(&self) -> bool {
        !self.met.is_empty()
    }

    /// Takes one occurrence of a field: `bytes` with its tag.
    #[cold]
    pub(super) fn meet(
        &mut self,
        table: &Table,
        number: u32,
        field: Option<&FieldDescriptor>,
        bytes: &[u8],
    ) -> Parsed<()> {
        let name = || field.map_or_else(|| format!("#{number}"), |field| field.name().to_owned());
        if self.policy == Unknown::Fail {
            return Err(Reason::new("it is not among the fields that are known").within(&name()));
        }
        if self.met.is_empty() && self.fields.len() > MOST {
            self.fields.clear();
            self.known.clear();
            self.counted.clear();
        }
        let index = match self.known.get(&(table.id, number)) {
            Some(index) => *index,
            None if self.met.len() < MOST => {
                self.fields.push(Stray {
                    path: format!("{}{}", table.prefix, name()),
                    message: table.message.clone(),
                    field: field.cloned(),
                    bytes: Vec::new(),
                    ends: Vec::new(),
                });
                self.known.insert((table.id, number), self.fields.len() - 1);
                self.fields.len() - 1
            }
            // What is to be kept must not be lost silently.
            None if self.policy == Unknown::Keep => {
                return Err(Reason::new(format!("it has more than {MOST} fields that are not known")));
            }
            None => {
                self.drift.more = true;
                return Ok(());
            }
        };
        let stray = &mut self.fields[index];
        if stray.ends.is_empty() {
            self.met.push(index);
        }
        let is_wanted = self.is_kept || !self.drift.unknown.contains_key(&stray.path);
        if is_wanted {
            stray.bytes.extend_from_slice(bytes);
        }
        if is_wanted || stray.ends.is_empty() {
            stray.ends.push(stray.bytes.len());
        }
        Ok(())
    }

    /// The message became a row: its strays are counted, and written to `extra` as the text of an object.
    pub(super) fn settle(&mut self, extra: Option<&mut Slot>) -> Parsed<()> {
        if self.is_kept
            && let Some(extra) = extra
        {
            let mut out = Out::new(MOST_TEXT);
            let mut first = true;
            out.raw("{").map_err(stopped)?;
            for index in &self.met {
                let stray = &self.fields[*index];
                out.key(&mut first, &stray.path).and_then(|()| stray.write(&mut out)).map_err(stopped)?;
            }
            out.raw("}").map_err(stopped)?;
            extra.push_text(out.finish().as_bytes())?;
        }
        // From here on nothing fails: only what became a row is counted.
        std::mem::swap(&mut self.met, &mut self.counted);
        self.met.clear();
        for index in &self.counted {
            let stray = &mut self.fields[*index];
            self.drift.met(&stray.path, || stray.example());
            stray.forget();
        }
        Ok(())
    }

    /// The message became a row without any.
    #[inline]
    pub(super) fn none(&mut self) {
        self.counted.clear();
    }

    /// The last row is taken back.
    pub(super) fn uncount(&mut self) {
        for index in std::mem::take(&mut self.counted) {
            let path = &self.fields[index].path;
            if let Some(met) = self.drift.unknown.get_mut(path) {
                met.messages = met.messages.saturating_sub(1);
                if met.messages == 0 {
                    self.drift.unknown.remove(path);
                }
            }
        }
    }

    /// The message is bad.
    pub(super) fn forget(&mut self) {
        for index in self.met.drain(..) {
            self.fields[index].forget();
        }
    }

    pub(super) fn drift(&mut self) -> Drift {
        self.counted.clear();
        std::mem::take(&mut self.drift)
    }
}

impl Stray {
    fn forget(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Its value; of a field in lists, and of one without a type that comes several times, a list of them.
    fn write(&self, out: &mut Out) -> Written {
        let is_list = self.path.contains("[]") || (self.field.is_none() && self.ends.len() > 1);
        if !is_list {
            return self.value(&self.bytes, out);
        }
        let (mut first, mut start) = (true, 0);
        out.raw("[")?;
        for end in &self.ends {
            out.comma(&mut first)?;
            self.value(&self.bytes[start..*end], out)?;
            start = *end;
        }
        out.raw("]")
    }

    fn value(&self, bytes: &[u8], out: &mut Out) -> Written {
        if let Some(field) = &self.field {
            return match DynamicMessage::decode(self.message.clone(), bytes) {
                Ok(message) => protobuf::field(&message, field, out),
                Err(error) => Err(Stop::Wrong(error.to_string())),
            };
        }
        let mut wire = Wire::new(bytes);
        match wire.tag()? {
            Tag { layout: Layout::Varint, .. } => out.plain(wire.varint()?),
            Tag { layout: Layout::Fixed32, .. } => out.plain(u32::from_le_bytes(wire.fixed32()?)),
            Tag { layout: Layout::Fixed64, .. } => out.plain(u64::from_le_bytes(wire.fixed64()?)),
            Tag { layout: Layout::Bytes, .. } => {
                let bytes = wire.bytes()?;
                match std::str::from_utf8(bytes) {
                    Ok(text) if !text.chars().any(char::is_control) => out.string(text),
                    _ => out.hex(bytes),
                }
            }
            _ => out.hex(bytes),
        }
    }

    fn example(&self) -> String {
        // A character has at most four bytes.
        let mut out = Out::new(EXAMPLE * 4);
        let written = self.write(&mut out);
        let text = out.finish();
        match text.char_indices().nth(EXAMPLE) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None if written == Err(Stop::Full) => format!("{text}…"),
            None => text,
        }
    }
}

fn stopped(stop: Stop) -> Reason {
    Reason::new(match stop {
        Stop::Full => "its unknown fields are too long".to_owned(),
        Stop::Wrong(reason) => reason,
    })
}
