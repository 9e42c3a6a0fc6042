//! The contract of Flowloom: what a flow, a node kind, a source and a sink are.
//!
//! Kinds implement [`Kind`]; the engine runs [`Compiled`] flows, the code generator writes them as
//! programs, the interface draws their [`Form`]s. None of them knows a kind by name.

mod code;
mod compile;
mod edit;
pub mod file;
pub mod form;
mod graph;
mod history;
mod host;
mod id;
mod inferred;
mod keeping;
mod kind;
mod layout;
pub mod live;
mod metrics;
mod nearest;
mod node;
mod offsets;
pub mod parameters;
mod problem;
#[cfg(test)]
mod sample_kinds;
mod step;
mod suggestion;
mod sync;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod value;
mod value_facts;

pub use code::{CodeWriter, Package, Program, Target, Variable, Variables};
pub use compile::{Compiled, CompiledNode, Link};
pub use edit::Edit;
pub use flowloom_secret::Secret;
pub use form::{Choice, Choices, Form, Setting};
pub use graph::{Flow, FlowNode, Output, Parameter, Wire};
pub use history::History;
pub use host::{Access, Cancel, Connections, Host, NoConnections, Site, Vault, no_connection};
pub use id::NodeId;
pub use inferred::{FieldFacts, Inferred};
pub use kind::{Card, Group, Kind, Port, Wires};
pub use live::Live;
pub use metrics::{PartitionMetrics, RoundTrip, SourceMetrics};
pub use nearest::nearest;
pub use node::{Entry, Node, Registry};
pub use offsets::{PartitionReset, PartitionStanding, Reset, ResetAsk, ResetTo, Standing};
pub use problem::{Domain, Place, Problem, Problems, Severity};
pub use step::{
    Ask, Batch, Counts, Pending, Position, Progress, Range, Read, Sample, Scope, Sink, Source, Step, Written,
};
pub use suggestion::Suggestion;
pub use sync::{Hold, KeptOffsets, Locks, NoLocks, NoOffsetTable, OffsetTable, SyncKey};
pub use value_facts::{Fact, ValueFacts};
