//! The command line of connections.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum Connections {
    /// List all connections: of the store, of the environment, of the file that `FLOWLOOM_CONNECTIONS` names
    List(Json),
    /// List the kinds of connection, or describe one with its settings and presets
    Kinds(Kinds),
    /// Add a connection
    Add(Add),
    /// Show a connection, never its secrets
    Show(Show),
    /// Change a connection of the store
    Edit(Edit),
    /// Try a connection step by step
    Test(Show),
    /// Remove a connection of the store, with its secrets
    Remove(Remove),
    /// Take the connections of a file into the store, all or none
    Import(Import),
    /// Write connections to a file, each secret as a reference to an environment variable
    Export(Export),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Json {
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Kinds {
    /// A kind, such as `kafka`
    pub(crate) kind: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Settings {
    /// Set a setting; a secret only as a reference, such as `password='${env:NAME}'`
    #[arg(long = "set", value_name = "SETTING=VALUE")]
    pub(crate) set: Vec<String>,
    /// Ask for a secret, or read it as a line from standard input where that is no terminal; may be given several times
    #[arg(long, value_name = "SETTING")]
    pub(crate) secret: Vec<String>,
    /// Try the connection first, and keep it only when every step passes
    #[arg(long)]
    pub(crate) test: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Add {
    /// Its name: letters, digits, `_`, `-` and `.`
    pub(crate) name: String,
    /// What it reaches, such as `kafka`; `flowloom connections kinds` lists them
    pub(crate) kind: String,
    /// A provider's usual settings to start from
    #[arg(long)]
    pub(crate) preset: Option<String>,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Edit {
    pub(crate) name: String,
    /// Give it another name; flows that name it must be changed too
    #[arg(long, value_name = "NAME")]
    pub(crate) rename: Option<String>,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Show {
    pub(crate) name: String,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Remove {
    pub(crate) name: String,
    /// Even when flows name it
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Import {
    /// A file of connections, or `-` for standard input
    pub(crate) file: PathBuf,
    /// Replace connections that are there already
    #[arg(long)]
    pub(crate) replace: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Export {
    /// Connections to write; all of the store where none is named
    pub(crate) names: Vec<String>,
    /// A new file to write; standard output where none is named
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Secrets {
    /// Say where the master key is, and whether it opens every secret
    Status(Json),
    /// Lock every secret with a new master key
    Rotate(Json),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Topics {
    /// A connection to Kafka
    pub(crate) connection: String,
    /// Show this topic: partitions, settings, consumer groups with their lag
    pub(crate) topic: Option<String>,
    /// Only topics with this text in their name
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Kafka's own topics too
    #[arg(long)]
    pub(crate) internal: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Peek {
    /// A connection to Kafka
    pub(crate) connection: String,
    pub(crate) topic: String,
    /// newest, oldest, an offset such as 42, or a time such as 2026-11-21T08:00:00Z
    #[arg(long, value_name = "WHERE", default_value = "newest")]
    pub(crate) from: String,
    /// How many messages at most
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) count: usize,
    /// Only this partition; may be given several times
    #[arg(long = "partition", value_name = "N")]
    pub(crate) partitions: Vec<i32>,
    /// Only messages with this text in key, value or a header
    #[arg(long, value_name = "TEXT")]
    pub(crate) contains: Option<String>,
    /// How key and value are shown
    #[arg(long = "as", value_enum, default_value_t = How::Auto)]
    pub(crate) how: How,
    /// Go on with messages as they come, until Ctrl-C
    #[arg(long)]
    pub(crate) follow: bool,
    /// Print one JSON object for each message
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum How {
    Auto,
    Json,
    Text,
    Hex,
    Registry,
}
