//! The command line.

pub(crate) mod connections;
pub(crate) mod offsets;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use flowloom_engine::PreviewAsk;
use flowloom_flow::{Problem, Sample, Target, live};

/// Kafka pipelines: run, preview, check and export flows.
#[derive(Debug, Parser)]
#[command(name = "flowloom", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Run a flow: read what is new, write, then commit the offsets
    Run(Run),
    /// Show the rows at every node from a sample; nothing is written or committed
    Preview(Preview),
    /// Open the studio, on a flow when one is given
    Open(Open),
    /// Say what is wrong with a flow, without running it
    Check(Check),
    /// Look at a topic and store its fields in the flow
    Infer(Infer),
    /// Write a flow as a program that runs elsewhere
    Export(Export),
    /// Describe a node kind and its settings, or list all kinds
    Describe(Describe),
    /// Show, reset or put back how far the sources of a flow are
    #[command(subcommand)]
    Offsets(offsets::Offsets),
    /// List the runs of this machine, newest first
    Runs(Runs),
    /// List, add, try and change connections
    #[command(subcommand)]
    Connections(connections::Connections),
    /// List the topics of a cluster, or look into one
    Topics(connections::Topics),
    /// Look at raw messages of a topic; nothing is committed
    Peek(connections::Peek),
    /// The key that locks the secrets of connections
    #[command(subcommand)]
    Secrets(connections::Secrets),
    /// Run the sample flow on an embedded broker
    Demo(Demo),
}

/// A flow and the values of its parameters.
#[derive(Debug, ClapArgs)]
pub(crate) struct FlowArgs {
    /// The flow file
    pub(crate) flow: PathBuf,
    /// Set a parameter of the flow; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) flow: FlowArgs,
    /// Print one JSON object with rows, offsets and timings of each node
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
    /// Serve the run's numbers for Prometheus at `http://HOST:PORT/metrics` while it goes; also
    /// `FLOWLOOM_METRICS_ADDRESS`
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) metrics_address: Option<String>,
}

/// What a live run is told; the rest stands in the flow's block `live`.
#[derive(Debug, ClapArgs)]
pub(crate) struct LiveArgs {
    /// Run batch after batch until SIGINT or SIGTERM, which let the batch end; a second one cancels it
    #[arg(long)]
    pub(crate) live: bool,
    /// A batch begins after this time, such as 10s; without any other word of the flow or the call, 10s
    #[arg(long, value_name = "TIME", requires = "live", value_parser = time)]
    pub(crate) every: Option<Duration>,
    /// A batch begins as soon as so many messages wait
    #[arg(long, value_name = "N", requires = "live", value_parser = count)]
    pub(crate) messages: Option<u64>,
    /// A batch begins as soon as so many bytes wait, such as 1MB; estimated by the messages before
    #[arg(long, value_name = "SIZE", requires = "live", value_parser = size)]
    pub(crate) bytes: Option<u64>,
    /// End after so many batches; those without anything new do not count
    #[arg(long, value_name = "N", requires = "live", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) batches: Option<u64>,
}

fn time(text: &str) -> Result<Duration, Problem> {
    live::parse_duration(text)
}

fn count(text: &str) -> Result<u64, Problem> {
    live::parse_count(text)
}

fn size(text: &str) -> Result<u64, Problem> {
    live::parse_bytes(text)
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Preview {
    #[command(flatten)]
    pub(crate) flow: FlowArgs,
    /// Show this node only; what is not above it is not computed
    #[arg(long, value_name = "ID")]
    pub(crate) node: Option<String>,
    /// Rows that each source reads at most
    #[arg(long, value_name = "N", default_value_t = PreviewAsk::default().rows, value_parser = at_least_one)]
    pub(crate) rows: usize,
    /// Which end of a topic to look at
    #[arg(long, value_enum, default_value_t = From::Newest)]
    pub(crate) from: From,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum From {
    Newest,
    Oldest,
}

impl From {
    pub(crate) fn sample(self) -> Sample {
        match self {
            Self::Newest => Sample::Newest,
            Self::Oldest => Sample::Oldest,
        }
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least one row is needed".to_owned()),
        Ok(rows) => Ok(rows),
        Err(error) => Err(format!("expected a number of rows: {error}")),
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Open {
    /// The flow file
    pub(crate) flow: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) flow: FlowArgs,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Infer {
    #[command(flatten)]
    pub(crate) flow: FlowArgs,
    /// Infer this node only, even when it has its fields
    #[arg(long, value_name = "ID")]
    pub(crate) node: Option<String>,
    /// What was found as JSON, with what the sample says of each field
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) flow: FlowArgs,
    /// The language of the program
    #[arg(long, value_enum)]
    pub(crate) to: To,
    /// A new or empty folder for the program, or one that an export made
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum To {
    /// A script: polars and confluent-kafka
    Python,
    /// A cargo project: polars and rdkafka
    Rust,
}

impl To {
    pub(crate) fn target(self) -> Target {
        match self {
            Self::Python => Target::Python,
            Self::Rust => Target::Rust,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Describe {
    /// A kind, such as `filter`
    pub(crate) kind: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Runs {
    /// How many to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) last: u32,
    /// Print JSON, with every run's report
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Demo {
    /// Where the sample flow and its result go
    #[arg(long, value_name = "DIR", default_value = "flowloom-demo")]
    pub(crate) dir: PathBuf,
}
