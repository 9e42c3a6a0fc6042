//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Flowloom, the studio for Kafka pipelines.
#[derive(Debug, Parser)]
#[command(name = "flowloom-studio", version)]
pub(crate) struct Args {
    /// Flow files to open; without any, the last session, and the first time the demo
    #[arg(value_name = "FLOW")]
    pub(crate) flows: Vec<PathBuf>,
    /// Open the sample flow on an embedded broker
    #[arg(long, conflicts_with = "flows")]
    pub(crate) demo: bool,
}
