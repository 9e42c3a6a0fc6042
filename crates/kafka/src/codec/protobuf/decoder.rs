//! Payloads to rows: which message type each is, and its plan.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use prost_reflect::MessageDescriptor;

use super::Source;
use super::decode::Reading;
use super::known::{Known, Moment, Wrapper};
use super::source::{frame, registered};
use super::strays::Strays;
use super::table::{Compiler, One, Table};
use super::wire::Wire;
use crate::codec::reason::{Parsed, Reason};
use crate::codec::slot::{Rows as _, StructSlot};
use crate::codec::{Decode, Drift, EXTRA, Fault, Framing, MAX_DEPTH, Shape, WRAPPED, batch};
use crate::error::Result;

/// Message types that are remembered; payloads of noise name any number of them.
const MOST_PLANS: usize = 1000;

pub(super) struct Decoder {
    source: Source,
    shape: Shape,
    columns: StructSlot,
    strays: Strays,
    extra: Option<usize>,
    /// By what stands in front of the message: nothing, or the schema's id and which of its messages it is.
    plans: HashMap<Box<[u8]>, usize>,
    made: Vec<Planned>,
    /// The plan of the last message: nearly always that of the next one too.
    last: usize,
    /// Tables made so far.
    tables: u32,
}

struct Planned {
    front: Box<[u8]>,
    plan: std::result::Result<Plan, Reason>,
}

enum Plan {
    /// The message is an object.
    Fields(Table),
    /// It is a value, in the column of this index where that is wanted.
    Whole(Option<usize>, One),
}

impl Decoder {
    pub(super) fn new(source: Source, shape: &Shape) -> Result<Self> {
        let columns = StructSlot::new("", shape.schema.fields())?;
        let extra = shape.schema.index_of(EXTRA).ok();
        let mut decoder = Self {
            source,
            shape: shape.clone(),
            columns,
            strays: Strays::new(shape.unknown, extra.is_some()),
            extra,
            plans: HashMap::new(),
            made: Vec::new(),
            last: 0,
            tables: 0,
        };
        // A column that cannot be is told before any message is read.
        if let Source::Local { message: Some(message), framing: Framing::Bare, .. } = &decoder.source {
            let message = message.clone();
            let plan = decoder.compile(&message)?;
            decoder.made.push(Planned { front: Box::default(), plan: Ok(plan) });
        }
        Ok(decoder)
    }

    /// The plan of `payload` and where the message begins.
    #[inline]
    fn plan(&mut self, payload: &[u8]) -> std::result::Result<(usize, usize), Fault> {
        match self.made.get(self.last) {
            // To compare nothing with nothing takes as long as to read a whole field.
            Some(Planned { front, .. }) if front.is_empty() || payload.starts_with(front) => {
                Ok((self.last, front.len()))
            }
            _ => self.look_up(payload),
        }
    }

    #[cold]
    fn look_up(&mut self, payload: &[u8]) -> std::result::Result<(usize, usize), Fault> {
        let (id, indexes, start) = frame(payload)?;
        let front = &payload[..start];
        if let Some(index) = self.plans.get(front) {
            self.last = *index;
            return Ok((*index, start));
        }
        let plan = match self.source.message(id, &indexes) {
            Ok(message) => Ok(self.compile(&message)?),
            Err(Fault::Bad(reason)) => Err(reason),
            Err(failed) => return Err(failed),
        };
        if self.made.len() >= MOST_PLANS {
            self.made.clear();
            self.plans.clear();
        }
        self.last = self.made.len();
        self.plans.insert(front.into(), self.last);
        self.made.push(Planned { front: front.into(), plan });
        Ok((self.last, start))
    }

    fn compile(&mut self, message: &MessageDescriptor) -> Result<Plan> {
        let schema = &self.shape.schema;
        // A column `value` of a message that has no such field is the message itself, as keys are read.
        let whole = schema.column_with_name(WRAPPED).filter(|_| message.get_field_by_name(WRAPPED).is_none());
        let at = whole.map(|(at, _)| at);
        let one = match Known::of(message) {
            Some(Known::Timestamp) => Some(One::Moment(Moment::new(false))),
            Some(Known::Duration) => Some(One::Moment(Moment::new(true))),
            Some(Known::Wrapper(kind)) => Wrapper::new(&kind).map(One::Wrapper),
            Some(Known::Json) => Some(One::Text(Vec::new(), message.clone())),
            None => at.is_some().then(|| One::Text(Vec::new(), message.clone())),
        };
        // `Any` and its kin may be wanted by their fields too.
        let has_fields =
            schema.fields().iter().any(|field| message.get_field_by_name(field.name()).is_some());
        if let Some(one) = one.filter(|_| at.is_some() || !has_fields) {
            return Ok(Plan::Whole(at, one));
        }
        let known = Some(self.shape.known.fields());
        let mut compiler = Compiler { made: &mut self.tables };
        Ok(Plan::Fields(compiler.table(message, schema.fields(), known, String::new(), MAX_DEPTH)?))
    }

    fn row(&mut self, plan: usize, payload: &[u8], start: usize) -> Parsed<()> {
        let plan = match &mut self.made[plan].plan {
            Ok(plan) => plan,
            Err(reason) => return Err(reason.clone()),
        };
        let mut reading = Reading { wire: Wire::after(payload, start), strays: &mut self.strays, joined: 0 };
        match plan {
            Plan::Fields(table) => reading.row(table, &mut self.columns)?,
            Plan::Whole(at, one) => {
                if let Some(at) = at {
                    reading.whole(one, self.columns.child(*at)).map_err(|reason| reason.within(WRAPPED))?;
                }
                self.columns.end_row();
            }
        }
        if self.strays.any() {
            // The row has ended, with a null in this column.
            self.columns.reopen();
            let extra = self.extra.map(|extra| self.columns.child(extra));
            self.strays.settle(extra)?;
            self.columns.end_row();
        } else {
            self.strays.none();
        }
        Ok(())
    }
}

impl Source {
    /// The message that `indexes` of schema `id` name.
    pub(super) fn message(
        &self,
        id: i32,
        indexes: &[usize],
    ) -> std::result::Result<MessageDescriptor, Fault> {
        match self {
            Self::Registry { registry, wanted } => {
                let message = registered(registry, id, indexes)?;
                match wanted {
                    Some(wanted) if !is_called(&message, wanted) => {
                        let name = message.full_name();
                        Err(Reason::new(format!("it is a `{name}`, and `{wanted}` is wanted")).into())
                    }
                    _ => Ok(message),
                }
            }
            Self::Local { message: Some(message), .. } => Ok(message.clone()),
            Self::Local { files, .. } => match files.at(indexes) {
                Some(message) => Ok(message),
                None => Err(Reason::new(format!("the schema has no message {indexes:?}")).into()),
            },
        }
    }
}

/// Whether a message type goes by `name`, with or without its package.
fn is_called(message: &MessageDescriptor, name: &str) -> bool {
    let left = message.full_name().strip_suffix(name);
    left.is_some_and(|package| package.is_empty() || package.ends_with('.'))
}

impl Decode for Decoder {
    #[inline]
    fn decode(&mut self, payload: &[u8]) -> std::result::Result<(), Fault> {
        let (plan, start) = self.plan(payload)?;
        let rows = self.columns.rows();
        self.row(plan, payload, start).map_err(|reason| {
            self.columns.truncate(rows);
            self.strays.forget();
            Fault::Bad(reason)
        })
    }

    fn decode_null(&mut self) {
        self.strays.none();
        self.columns.end_row();
    }

    fn undo(&mut self) {
        self.strays.uncount();
        self.columns.truncate(self.columns.rows().saturating_sub(1));
    }

    fn rows(&self) -> usize {
        self.columns.rows()
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        let rows = self.columns.rows();
        let schema: &SchemaRef = &self.shape.schema;
        batch(schema, rows, self.columns.finish_children())
    }

    fn drift(&mut self) -> Drift {
        self.strays.drift()
    }
}
