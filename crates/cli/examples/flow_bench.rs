//! How fast whole flows are, through the session as every front end drives it.
//!
//! `KAFKA_PLAINTEXT=host:port cargo run --release -p flowloom-cli --example flow_bench`, after
//! `read_bench` of `flowloom-kafka` has filled its topics: its `raw` figure is the baseline here too.
//! Each figure is the best of three runs, each in a process of its own.

#![expect(clippy::print_stdout, reason = "the bench prints its table")]

use std::error::Error;
use std::process::Command as Process;
use std::time::Instant;

use flowloom_engine::{Limits, Outcome as How, PreviewAsk};
use flowloom_flow::file;
use flowloom_studio::{Command, FlowKey, Outcome, Reply, Session, Values};
use serde_json::Value;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Done<T> = Result<T, Box<dyn Error>>;

/// Source with every field; `$rest` follows.
const FLOW: &str = "flowloom: 1
name: bench
parameters:
  bootstrap:
    default: none
  topic:
    default: none
  start:
    default: earliest
nodes:
  orders:
    kind: kafka_source
    settings:
      bootstrap_servers: ${bootstrap}
      topic: ${topic}
      start: ${start}
      sync_name: bench-${topic}
      key_column: none
      partition_column: false
      offset_column: false
      timestamp_column: false
      fields:
        - {name: order_id, type: Int64}
        - {name: customer, type: String}
        - {name: amount, type: Float64}
        - {name: currency, type: String}
        - {name: status, type: String}
        - {name: created_at, type: String}
        - {name: items, type: Int64}
        - {name: priority, type: Boolean}
";

const GROUPED: &str = "  paid:
    kind: filter
    inputs: [orders]
    settings:
      conditions:
        - {column: status, op: \"=\", value: paid}
  by_currency:
    kind: group_by
    inputs: [paid]
    settings:
      keys: [currency]
      aggregations:
        - {aggregate: count_rows}
        - {aggregate: sum, column: amount}
  out:
    kind: write_file
    inputs: [by_currency]
    settings:
      path: grouped.parquet
";

const COPIED: &str = "  out:
    kind: write_file
    inputs: [orders]
    settings:
      path: copied.parquet
";

fn main() -> Done<()> {
    flowloom_studio::share_c_heap();
    let servers = std::env::var("KAFKA_PLAINTEXT")?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => table(&servers),
        ["run", topic, rest] => run(&servers, topic, if *rest == "grouped" { GROUPED } else { COPIED }),
        ["preview", topic] => preview(&servers, topic),
        other => Err(format!("unknown: {other:?}").into()),
    }
}

fn table(_servers: &str) -> Done<()> {
    let this = std::env::current_exe()?;
    let raw = best(&this.with_file_name("read_bench"), &["raw", "bench-3m", "3000000"])?;
    let rate = |found: &Found| {
        format!("{:.2} M msg/s\t{:.2} M msg/s\t{:.2}", found.rate, raw.rate, found.rate / raw.rate)
    };
    let grouped = best(&this, &["run", "bench-3m", "grouped"])?;
    println!("Kafka to filter to group by to Parquet / librdkafka alone\t{}\t", rate(&grouped));
    let copied = best(&this, &["run", "bench-3m", "copied"])?;
    println!("Kafka to Parquet, all columns / librdkafka alone\t{}\t", rate(&copied));
    for rest in ["grouped", "copied"] {
        let (small, large) =
            (best(&this, &["run", "bench-1m", rest])?, best(&this, &["run", "bench-10m", rest])?);
        println!(
            "peak memory of a run, {rest}, 10 M / 1 M messages\t{:.0} MB\t{:.0} MB\t{:.2}\t<= 300 MB, flat",
            large.peak_mb,
            small.peak_mb,
            large.peak_mb / small.peak_mb
        );
    }
    let shown = best(&this, &["preview", "bench-1k"])?;
    println!("preview of 1,000 waiting messages, call to rows\t{:.0} ms\t\t\t<= 300 ms", shown.other * 1e3);
    Ok(())
}

#[derive(Default)]
struct Found {
    rate: f64,
    other: f64,
    peak_mb: f64,
}

/// The fastest of three runs of `program`.
fn best(program: &std::path::Path, arguments: &[&str]) -> Done<Found> {
    let mut best = Found::default();
    for _ in 0..3 {
        let output = Process::new(program).args(arguments).output()?;
        let text = String::from_utf8(output.stdout)?;
        let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [rate, other, peak_mb] = numbers[..] else {
            return Err(format!("{arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr)).into());
        };
        if rate > best.rate {
            best = Found { rate, other, peak_mb };
        }
    }
    Ok(best)
}

fn open(session: &mut Session, rest: &str, folder: &std::path::Path) -> Done<FlowKey> {
    let flow = file::load(&format!("{FLOW}{rest}")).map_err(|problems| format!("{problems:?}"))?;
    match session.send(Command::New { flow, folder: folder.to_owned() }) {
        Ok(Reply::Opened { flow, .. }) => Ok(flow),
        _ => Err("the flow does not open".into()),
    }
}

fn values(servers: &str, topic: &str) -> Values {
    Values::from([("bootstrap".to_owned(), Value::from(servers)), ("topic".to_owned(), Value::from(topic))])
}

fn run(servers: &str, topic: &str, rest: &str) -> Done<()> {
    let folder = std::env::temp_dir().join(format!("flowloom-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut session = Session::new(Limits::default());
    let flow = open(&mut session, rest, &folder)?;
    let started = Instant::now();
    let Ok(Reply::Job(job)) = session.send(Command::Run { flow, values: values(servers, topic) }) else {
        return Err("the run does not start".into());
    };
    let outcome = job.wait(|_| ());
    let seconds = started.elapsed().as_secs_f64();
    std::fs::remove_dir_all(&folder)?;
    let Outcome::Run(ran) = outcome else { return Err(format!("{outcome:?}").into()) };
    if ran.outcome != How::Done {
        return Err(format!("{:?}", ran.problems).into());
    }
    let read = ran.nodes[0].counts.map_or(0, |counts| counts.decoded);
    report(read as f64 / seconds / 1e6, seconds)
}

fn preview(servers: &str, topic: &str) -> Done<()> {
    let mut session = Session::new(Limits::default());
    let flow = open(&mut session, GROUPED, std::path::Path::new("."))?;
    let started = Instant::now();
    let ask = PreviewAsk::default();
    let Ok(Reply::Job(job)) = session.send(Command::Preview { flow, ask, values: values(servers, topic) })
    else {
        return Err("the preview does not start".into());
    };
    let outcome = job.wait(|_| ());
    let seconds = started.elapsed().as_secs_f64();
    let Outcome::Preview(shown) = outcome else { return Err(format!("{outcome:?}").into()) };
    let problems: Vec<_> = shown.nodes.iter().flat_map(|node| &node.problems).collect();
    let rows = shown.nodes.first().and_then(|node| node.ports.first()).map_or(0, |port| port.rows.height());
    if rows != 1_000 {
        return Err(format!("{rows} rows: {problems:?}").into());
    }
    report(1.0 / seconds, seconds)
}

/// Prints what [`best`] reads.
fn report(rate: f64, other: f64) -> Done<()> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    let peak_kb: f64 = peak.trim().trim_end_matches(" kB").parse()?;
    println!("{rate} {other} {}", peak_kb / 1024.0);
    Ok(())
}
