//! `flowloom offsets`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::FlowArgs;
use crate::time;

#[derive(Debug, Subcommand)]
pub(crate) enum Offsets {
    /// Show how far the sources of a flow are, partition by partition; `--json` exports it
    Show(Show),
    /// Move the offsets that the next run of a source goes on from
    Reset(Box<Reset>),
    /// Put offsets back that `show --json` exported
    Set(Set),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Show {
    /// The flow file
    pub(crate) flow: PathBuf,
    /// The source; without it every source that keeps offsets
    pub(crate) node: Option<String>,
    /// Set a parameter of the flow; may be given several times
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Reset {
    #[command(flatten)]
    pub(crate) flow: FlowArgs,
    /// The source
    pub(crate) node: String,
    #[command(flatten)]
    pub(crate) to: To,
    /// Only this partition; may be given several times
    #[arg(long, value_name = "TOPIC:P", value_parser = partition)]
    pub(crate) partition: Vec<(String, i32)>,
    #[command(flatten)]
    pub(crate) sure: Sure,
}

/// Where to; one of them.
#[derive(Debug, ClapArgs)]
#[group(required = true, multiple = false)]
pub(crate) struct To {
    /// To the first message that is still there
    #[arg(long)]
    pub(crate) earliest: bool,
    /// To the end: what waits is skipped
    #[arg(long)]
    pub(crate) latest: bool,
    /// To the first message of this time or later, such as 2026-11-21T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) at: Option<i64>,
    /// To this offset of every partition
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) offset: Option<i64>,
    /// So many offsets further, or back where it is negative
    #[arg(long, value_name = "±N", allow_hyphen_values = true)]
    pub(crate) shift: Option<i64>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Set {
    #[command(flatten)]
    pub(crate) flow: FlowArgs,
    /// The source
    pub(crate) node: String,
    /// What `flowloom offsets show --json` printed
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) sure: Sure,
}

/// What a change of offsets is preceded by.
#[derive(Debug, ClapArgs)]
pub(crate) struct Sure {
    /// Show what would be read again or skipped, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Do not ask
    #[arg(long, short = 'y', conflicts_with = "dry_run")]
    pub(crate) yes: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

fn moment(text: &str) -> Result<i64, String> {
    time::parse(text).ok_or_else(|| "expected a time such as 2026-11-21T08:00:00Z".to_owned())
}

fn partition(text: &str) -> Result<(String, i32), String> {
    let found = text.rsplit_once(':').and_then(|(topic, partition)| {
        let partition = partition.parse().ok().filter(|partition| *partition >= 0)?;
        (!topic.is_empty()).then(|| (topic.to_owned(), partition))
    });
    found.ok_or_else(|| "expected a topic and a partition, such as orders:0".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Args, Verb};

    fn reset(args: &[&str]) -> Result<Reset, clap::Error> {
        let args = ["flowloom", "offsets", "reset", "a.flow.yaml", "source"].iter().chain(args);
        match Args::try_parse_from(args)?.verb {
            Verb::Offsets(Offsets::Reset(reset)) => Ok(*reset),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_reset_goes_to_one_place() {
        let back =
            reset(&["--shift", "-5", "--partition", "a:b:3", "--partition", "orders:0"]).expect("right");
        assert_eq!(back.to.shift, Some(-5));
        assert_eq!(back.partition, [("a:b".to_owned(), 3), ("orders".to_owned(), 0)]);
        assert_eq!(reset(&["--shift", "+5"]).expect("right").to.shift, Some(5));
        assert_eq!(reset(&["--at", "1970-01-01T00:00:01Z"]).expect("right").to.at, Some(1_000));
        let wrong: [&[&str]; 7] = [
            &[],
            &["--earliest", "--latest"],
            &["--offset", "-1"],
            &["--at", "soon"],
            &["--earliest", "--partition", "orders"],
            &["--earliest", "--partition", ":1"],
            &["--earliest", "--dry-run", "--yes"],
        ];
        for args in wrong {
            assert!(reset(args).is_err(), "{args:?}");
        }
    }
}
