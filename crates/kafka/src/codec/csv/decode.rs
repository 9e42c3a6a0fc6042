//! Records to columns.

use std::ops::Range;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};

use super::super::facts::shortened;
use super::super::keys::refused;
use super::super::reason::Parsed;
use super::super::single::check_utf8;
use super::super::slot::{Rows as _, StructSlot};
use super::super::{Decode, Drift, EXTRA, Fault, Shape, Unknown, batch};
use super::record::{Record, Value};
use super::{Csv, check_types, numbered};
use crate::error::{Error, Result};

pub(super) struct Decoder {
    settings: Csv,
    columns: StructSlot,
    schema: SchemaRef,
    /// What each position names; none: any record will do, and nothing is wanted of it.
    targets: Option<Vec<Target>>,
    unknown: Unknown,
    strangers: Vec<Stranger>,
    more: bool,
    /// The column [`EXTRA`].
    extra: Option<usize>,
    /// The unknown values of the record at hand.
    met: Vec<Met>,
    texts: Vec<u8>,
    scratch: Vec<u8>,
    kept: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Target {
    Child(usize),
    Known,
    Unknown(usize),
}

/// A column that is not known.
struct Stranger {
    name: String,
    messages: u64,
    example: String,
}

/// An unknown value.
struct Met {
    /// Its number among the strangers; none beyond those that are remembered.
    stranger: Option<usize>,
    position: usize,
    /// Where its JSON text stands.
    text: Range<usize>,
}

impl Decoder {
    pub(super) fn new(settings: &Csv, shape: &Shape) -> Result<Self> {
        check_types(&shape.schema)?;
        let keeps = shape.unknown == Unknown::Keep;
        let extra = if keeps { shape.schema.column_with_name(EXTRA) } else { None };
        if let Some((_, field)) = extra
            && !matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
        {
            let data_type = field.data_type().to_string();
            return Err(Error::UnsupportedType { column: EXTRA.to_owned(), data_type });
        }
        let mut strangers = Vec::new();
        let target = |name: String| {
            let is_field = !keeps || name != EXTRA;
            match shape.schema.index_of(&name) {
                Ok(index) if is_field => Target::Child(index),
                _ if is_field && shape.known.index_of(&name).is_ok() => Target::Known,
                // A position that was dropped before it had a name is no news.
                _ if settings.names.is_empty() => Target::Known,
                _ => {
                    strangers.push(Stranger { name, messages: 0, example: String::new() });
                    Target::Unknown(strangers.len() - 1)
                }
            }
        };
        let targets = settings.columns(shape).map(|names| names.into_iter().map(target).collect());
        Ok(Self {
            settings: settings.clone(),
            columns: StructSlot::new("", shape.schema.fields())?,
            schema: shape.schema.clone(),
            targets,
            unknown: shape.unknown,
            strangers,
            more: false,
            extra: extra.map(|(index, _)| index),
            met: Vec::new(),
            texts: Vec::new(),
            scratch: Vec::new(),
            kept: Vec::new(),
        })
    }

    fn row(&mut self, payload: &[u8]) -> Parsed<()> {
        check_utf8(payload)?;
        let settings = std::mem::take(&mut self.settings);
        let mut scratch = std::mem::take(&mut self.scratch);
        let outcome = self.values(&settings, payload, &mut scratch);
        self.scratch = scratch;
        self.settings = settings;
        outcome?;
        self.keep()?;
        self.columns.end_row();
        for met in &self.met {
            let Some(stranger) = met.stranger.and_then(|index| self.strangers.get_mut(index)) else {
                continue;
            };
            stranger.messages += 1;
            if stranger.messages == 1 {
                let text = self.texts.get(met.text.clone()).unwrap_or_default();
                stranger.example = shortened(&String::from_utf8_lossy(text));
            }
        }
        Ok(())
    }

    fn values(&mut self, settings: &Csv, payload: &[u8], scratch: &mut Vec<u8>) -> Parsed<()> {
        let mut record = Record::new(settings, payload)?;
        let mut position = 0;
        let width = self.targets.as_ref().map(Vec::len);
        while let Some(value) = record.next(scratch)? {
            let target = match &self.targets {
                Some(targets) => targets.get(position).copied(),
                None => Some(Target::Known),
            };
            match target {
                Some(Target::Child(index)) => {
                    let column = self.columns.child_once(index);
                    if let Some(text) = value.text {
                        let taken = column.push_parsed(text);
                        taken.map_err(|reason| reason.within(self.schema.field(index).name()))?;
                    } else {
                        column.push_null();
                    }
                }
                Some(Target::Unknown(stranger)) => self.meet(Some(stranger), position, &value)?,
                None if settings.more => {
                    let stranger = self.stranger(position);
                    self.meet(stranger, position, &value)?;
                }
                // Known and not wanted, or one too many, which is told when all are counted.
                Some(Target::Known) | None => {}
            }
            position += 1;
        }
        width.map_or(Ok(()), |width| settings.check_width(position, width))
    }

    /// The number of the stranger at `position`; none beyond those that are remembered.
    fn stranger(&mut self, position: usize) -> Option<usize> {
        let name = numbered(position);
        let known = self.strangers.iter().position(|stranger| stranger.name == name);
        if known.is_none() && self.strangers.len() < Drift::MOST {
            self.strangers.push(Stranger { name, messages: 0, example: String::new() });
            return Some(self.strangers.len() - 1);
        }
        self.more |= known.is_none();
        known
    }

    fn meet(&mut self, stranger: Option<usize>, position: usize, value: &Value<'_>) -> Parsed<()> {
        if self.unknown == Unknown::Fail {
            return Err(refused(&self.name(stranger, position)));
        }
        let start = self.texts.len();
        let json = match value.text {
            Some(text) => serde_json::Value::from(String::from_utf8_lossy(text)),
            None => serde_json::Value::Null,
        };
        self.texts.extend_from_slice(json.to_string().as_bytes());
        self.met.push(Met { stranger, position, text: start..self.texts.len() });
        Ok(())
    }

    fn name(&self, stranger: Option<usize>, position: usize) -> String {
        let known = stranger.and_then(|index| self.strangers.get(index));
        known.map_or_else(|| numbered(position), |stranger| stranger.name.clone())
    }

    /// Writes the unknown values into their column.
    fn keep(&mut self) -> Parsed<()> {
        let Some(extra) = self.extra.filter(|_| !self.met.is_empty()) else { return Ok(()) };
        let mut kept = std::mem::take(&mut self.kept);
        kept.clear();
        for met in &self.met {
            let name = serde_json::Value::from(self.name(met.stranger, met.position));
            kept.extend_from_slice(if kept.is_empty() { b"{" } else { b"," });
            kept.extend_from_slice(name.to_string().as_bytes());
            kept.push(b':');
            kept.extend_from_slice(self.texts.get(met.text.clone()).unwrap_or_default());
        }
        kept.push(b'}');
        let taken = self.columns.child_once(extra).push_text(&kept);
        self.kept = kept;
        taken
    }

    fn begin(&mut self) {
        self.met.clear();
        self.texts.clear();
    }
}

impl Decode for Decoder {
    fn decode(&mut self, payload: &[u8]) -> std::result::Result<(), Fault> {
        self.begin();
        let rows = self.columns.rows();
        if let Err(reason) = self.row(payload) {
            self.columns.truncate(rows);
            self.begin();
            return Err(Fault::Bad(reason));
        }
        Ok(())
    }

    fn decode_null(&mut self) {
        self.begin();
        self.columns.end_row();
    }

    fn undo(&mut self) {
        self.columns.truncate(self.columns.rows().saturating_sub(1));
        for met in std::mem::take(&mut self.met) {
            if let Some(stranger) = met.stranger.and_then(|index| self.strangers.get_mut(index)) {
                stranger.messages = stranger.messages.saturating_sub(1);
            }
        }
    }

    fn rows(&self) -> usize {
        self.columns.rows()
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        let rows = self.columns.rows();
        batch(&self.schema, rows, self.columns.finish_children())
    }

    fn drift(&mut self) -> Drift {
        let mut drift = Drift { more: std::mem::take(&mut self.more), ..Drift::default() };
        for stranger in self.strangers.iter_mut().filter(|stranger| stranger.messages > 0) {
            let messages = std::mem::take(&mut stranger.messages);
            drift.count(&stranger.name, messages, std::mem::take(&mut stranger.example));
        }
        drift
    }
}
