//! Avro messages to rows.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::input::Input;
use super::plan::Plan;
use crate::codec::reason::Reason;
use crate::codec::slot::{Rows as _, StructSlot};
use crate::codec::{Decode, Drift, EXTRA, Fault, Framing, Shape, Unknown, batch};
use crate::error::Result;
use crate::registry::{Registry, SchemaKind};
use crate::show::Decoder;
use crate::show::avro::Avro;

/// Schemas of one topic that are kept ready; the one that is longest in goes first.
const MOST_PLANS: usize = 64;

pub(super) struct AvroDecoder {
    columns: StructSlot,
    schema: SchemaRef,
    /// The column of unknown fields.
    extra: Option<usize>,
    plans: Plans,
    /// The last row is of no message.
    is_null: bool,
    text: String,
    /// Drift of plans that went.
    drift: Drift,
}

/// Where the plan of a message comes from.
enum Plans {
    Local { plan: Box<Plan>, framing: Framing },
    Registry(Box<Known>),
}

/// Plans by the ids of their schemas.
struct Known {
    registry: Registry,
    reader: Option<Arc<Avro>>,
    shape: Shape,
    plans: Vec<(i32, Plan)>,
    /// Of the last message; the next one is most likely of the same schema.
    current: usize,
}

impl AvroDecoder {
    fn new(shape: &Shape, plans: Plans) -> Result<Self> {
        Ok(Self {
            columns: StructSlot::new("", shape.schema.fields())?,
            schema: Arc::clone(&shape.schema),
            extra: shape.schema.index_of(EXTRA).ok().filter(|_| shape.unknown == Unknown::Keep),
            is_null: false,
            plans,
            text: String::new(),
            drift: Drift::default(),
        })
    }

    /// Of messages that all have the schema `written`.
    pub(super) fn local(
        shape: &Shape,
        written: Arc<Avro>,
        framing: Framing,
        reader: Option<Arc<Avro>>,
    ) -> Result<Self> {
        let plan = Box::new(Plan::new(written, reader, shape));
        Self::new(shape, Plans::Local { plan, framing })
    }

    /// Of messages that name their schema.
    pub(super) fn registry(shape: &Shape, registry: Registry, reader: Option<Arc<Avro>>) -> Result<Self> {
        let known = Known { registry, reader, shape: shape.clone(), plans: Vec::new(), current: 0 };
        Self::new(shape, Plans::Registry(Box::new(known)))
    }

    #[inline]
    fn row(&mut self, payload: &[u8]) -> std::result::Result<(), Fault> {
        let (plan, at) = match &mut self.plans {
            Plans::Local { plan, framing } => (&mut **plan, framing.body(payload)?),
            Plans::Registry(known) => {
                let (id, at) = Framing::id(payload)?;
                if known.plans.get(known.current).is_none_or(|(current, _)| *current != id) {
                    known.turn_to(id, &mut self.drift)?;
                }
                (&mut known.plans[known.current].1, at)
            }
        };
        plan.read(Input::new(payload, at), &mut self.columns, self.extra, &mut self.text)?;
        Ok(())
    }
}

impl Known {
    /// Makes the plan of `id` the current one; the drift of a plan that goes for it is added to `drift`.
    #[cold]
    fn turn_to(&mut self, id: i32, drift: &mut Drift) -> std::result::Result<(), Fault> {
        if let Some(place) = self.plans.iter().position(|(known, _)| *known == id) {
            self.current = place;
            return Ok(());
        }
        let written = written(&self.registry, id)?;
        let plan = Plan::new(written, self.reader.clone(), &self.shape);
        if self.plans.len() >= MOST_PLANS {
            let (_, mut oldest) = self.plans.remove(0);
            drift.add(oldest.drift());
        }
        self.plans.push((id, plan));
        self.current = self.plans.len() - 1;
        Ok(())
    }
}

/// The Avro schema with this id.
pub(super) fn written(registry: &Registry, id: i32) -> std::result::Result<Arc<Avro>, Fault> {
    match &*registry.decoder(id)? {
        Decoder::Avro(avro) => Ok(Arc::clone(avro)),
        Decoder::Json => Err(other_kind(id, SchemaKind::Json).into()),
        Decoder::Protobuf(_) => Err(other_kind(id, SchemaKind::Protobuf).into()),
    }
}

fn other_kind(id: i32, kind: SchemaKind) -> Reason {
    let kind = match kind {
        SchemaKind::Avro => "Avro",
        SchemaKind::Json => "JSON",
        SchemaKind::Protobuf => "Protobuf",
    };
    Reason::new(format!("schema {id} is a {kind} schema and no Avro one"))
}

impl Decode for AvroDecoder {
    #[inline]
    fn decode(&mut self, payload: &[u8]) -> std::result::Result<(), Fault> {
        let rows = self.columns.rows();
        self.is_null = false;
        self.row(payload).inspect_err(|_| self.columns.truncate(rows))
    }

    fn decode_null(&mut self) {
        self.is_null = true;
        self.columns.end_row();
    }

    fn undo(&mut self) {
        if !self.is_null {
            match &mut self.plans {
                Plans::Local { plan, .. } => plan.uncount(),
                Plans::Registry(known) => {
                    if let Some((_, plan)) = known.plans.get_mut(known.current) {
                        plan.uncount();
                    }
                }
            }
        }
        self.columns.truncate(self.columns.rows().saturating_sub(1));
    }

    fn rows(&self) -> usize {
        self.columns.rows()
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        let rows = self.columns.rows();
        batch(&self.schema, rows, self.columns.finish_children())
    }

    fn drift(&mut self) -> Drift {
        let mut drift = std::mem::take(&mut self.drift);
        match &mut self.plans {
            Plans::Local { plan, .. } => drift.add(plan.drift()),
            Plans::Registry(known) => {
                known.plans.iter_mut().for_each(|(_, plan)| drift.add(plan.drift()));
            }
        }
        drift
    }
}
