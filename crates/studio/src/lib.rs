//! The studio without a face: every front end, the command line first, is a client of [`Session`].

mod command;
pub mod connections;
pub mod demo;
mod desk;
mod flow_file;
mod infer;
mod job;
mod remember;
mod session;
mod snapshot;
mod store;
mod sync;
#[cfg(test)]
mod tests;

pub use command::{Command, FlowKey, Values};
pub use desk::{Desk, Draft, Loaded, Recent};
pub use flow_file::FlowFile;
pub use flowloom_codegen::Project;
pub use flowloom_engine::{
    ColumnProfile, Limits, LiveAsk, LiveFacts, NodePreview, NodeReport, Outcome as RunOutcome, Phase,
    PortPreview, Preview, PreviewAsk, Report, RunEvent, State,
};
pub use flowloom_kafka::share_c_heap;
pub use flowloom_store::Run;
pub use job::{Job, Outcome, Stopper};
pub use remember::{PastRun, home, now_ms, past_runs, runs};
pub use session::{Reply, Session, registry};
pub use store::store_notices;
