//! Plans and runs any flow: preview, run, cancel. It never names a kind.

mod cache;
mod event;
mod guard;
mod host;
mod known;
mod live;
mod needs;
mod preview;
mod probe;
mod profile;
mod protocol;
mod readers;
mod run;
mod stack;
#[cfg(test)]
mod tests;
mod wanted;

pub use cache::Cache;
pub use event::{Events, NodeReport, Outcome, Report, RunEvent, State};
pub use guard::guarded;
pub use host::{JobHost, Limits};
pub use live::{LiveAsk, LiveFacts, Phase, live};
pub use preview::{NodePreview, PortPreview, Preview, PreviewAsk, preview};
pub use profile::{ColumnProfile, profile};
pub use protocol::held;
pub use run::run;
