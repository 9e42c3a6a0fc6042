//! `flowloom`: the studio from a shell, for people, CI and schedulers.
//!
//! Exit codes: 0 done, 1 the run failed or was cancelled, 2 the flow or the call is wrong.

mod args;
mod commands;
mod json;
mod metrics;
mod output;
mod progress;
mod time;

use std::process::ExitCode;

use clap::Parser as _;

use self::args::{Args, Verb};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    flowloom_studio::share_c_heap();
    let args = Args::parse();
    start_log();
    let ended = match args.verb {
        Verb::Run(run) => commands::run::run(&run),
        Verb::Preview(preview) => commands::preview::run(&preview),
        Verb::Check(check) => commands::check::run(&check),
        Verb::Infer(infer) => commands::infer::run(&infer),
        Verb::Open(open) => commands::open::run(&open),
        Verb::Export(export) => commands::export::run(&export),
        Verb::Describe(describe) => commands::describe::run(&describe),
        Verb::Offsets(offsets) => commands::offsets::run(&offsets),
        Verb::Runs(runs) => commands::runs::run(&runs),
        Verb::Connections(connections) => commands::connections::run(&connections),
        Verb::Topics(topics) => commands::topics::run(&topics),
        Verb::Peek(peek) => commands::peek::run(&peek),
        Verb::Secrets(secrets) => commands::secrets::run(&secrets),
        Verb::Demo(demo) => commands::demo::run(&demo),
    };
    flowloom_studio::store_notices().iter().for_each(output::show_problem);
    ended.unwrap_or_else(|ended| ended.show())
}

/// Logs go to stderr, warnings only, unless `FLOWLOOM_LOG` says otherwise.
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("FLOWLOOM_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
