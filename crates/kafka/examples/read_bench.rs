//! How fast the bounded read is on a real broker, beside what librdkafka alone delivers.
//!
//! `KAFKA_PLAINTEXT=host:port cargo run --release -p flowloom-kafka --example read_bench`
//!
//! Fills the topics `bench-1m`, `bench-3m`, `bench-10m` and `bench-1k` (3 partitions, order events of
//! about 150 bytes, lz4 in batches of up to 10,000, linger 50 ms), and `bench-2m-FORMAT` with the same orders in each
//! other format, unless they are there; with `BENCH_LARGE` also `bench-50m`. Each figure is the best of three runs, each
//! in a process of its own, so that its peak memory is its own. A format's share is of librdkafka's rate on its topic;
//! what is compared takes turns, so that a slow minute of the machine is everybody's.

#![expect(clippy::print_stdout, reason = "the bench prints its table")]

#[path = "read_bench/baseline.rs"]
mod baseline;
#[path = "read_bench/fill.rs"]
mod fill;
#[path = "read_bench/formats.rs"]
mod formats;

use std::error::Error;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use arrow::datatypes::{DataType, Field, Schema};
use flowloom_kafka::codec::{Outline, Shape};
use flowloom_kafka::embedded::orders;
use flowloom_kafka::read::{ReadRequest, Start, read};
use flowloom_kafka::{Cancel, Cluster};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome<T> = Result<T, Box<dyn Error>>;

const COLUMNS: [(&str, DataType); 8] = [
    ("order_id", DataType::Int64),
    ("customer", DataType::Utf8View),
    ("amount", DataType::Float64),
    ("currency", DataType::Utf8View),
    ("status", DataType::Utf8View),
    ("created_at", DataType::Utf8View),
    ("items", DataType::Int64),
    ("priority", DataType::Boolean),
];

fn main() -> Outcome<()> {
    flowloom_kafka::share_c_heap();
    let servers = std::env::var("KAFKA_PLAINTEXT")?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => table(&servers),
        ["decode", format, columns] => decode(format, columns),
        ["arrow-json", columns] => arrow_json(columns),
        ["raw", topic, messages] => baseline::raw(&servers, topic, messages.parse()?),
        ["format", format, topic, columns, threads] => {
            measure(&servers, topic, columns, threads.parse()?, Start::Earliest, format)
        }
        ["preview", topic] => measure(&servers, topic, "8", 1, Start::Tail(1000), "json"),
        other => Err(format!("unknown: {other:?}").into()),
    }
}

/// Runs every measurement and prints one table.
fn table(servers: &str) -> Outcome<()> {
    for (topic, messages) in
        [("bench-1k", 1000), ("bench-1m", 1_000_000), ("bench-3m", 3_000_000), ("bench-10m", 10_000_000)]
    {
        fill::fill(servers, topic, messages, "json")?;
    }
    let rate = |found: &Found| format!("{:.2} M msg/s", found.rate);
    shares("read", "json", "bench-3m", "3000000", &["8", "2", "0"])?;
    let (small, large) =
        (best(&["format", "json", "bench-1m", "8", "2"])?, best(&["format", "json", "bench-10m", "8", "2"])?);
    println!(
        "peak memory of a read, 10 M / 1 M messages\t{:.0} MB\t{:.0} MB\t{:.2}\t<= 300 MB, flat",
        large.peak_mb,
        small.peak_mb,
        large.peak_mb / small.peak_mb
    );
    if std::env::var_os("BENCH_LARGE").is_some() {
        fill::fill(servers, "bench-50m", 50_000_000, "json")?;
        let huge = once(&["format", "json", "bench-50m", "8", "2"])?;
        let share = huge.peak_mb / small.peak_mb;
        let what = "peak memory of a read, 50 M / 1 M messages";
        println!("{what}\t{:.0} MB\t{:.0} MB\t{share:.2}\t<= 300 MB, flat", huge.peak_mb, small.peak_mb);
    }
    for format in formats::ALL.into_iter().filter(|format| *format != "json") {
        let topic = format!("bench-2m-{format}");
        fill::fill(servers, &topic, 2_000_000, format)?;
        let columns: &[&str] = if formats::has_columns(format) { &["8", "2"] } else { &["1"] };
        shares(format, format, &topic, "2000000", columns)?;
    }
    for columns in ["8", "2"] {
        let others =
            formats::ALL.into_iter().filter(|format| formats::has_columns(format) && *format != "json");
        let formats: Vec<&str> = std::iter::once("json").chain(others).collect();
        let mut calls: Vec<Vec<&str>> =
            formats.iter().map(|format| vec!["decode", *format, columns]).collect();
        calls.push(vec!["arrow-json", columns]);
        let found = in_turn(&calls)?;
        let (Some(json), Some(arrow_json)) = (found.first(), found.last()) else { continue };
        for (format, found) in formats.iter().zip(&found) {
            let (against, name, goal) = match *format {
                "json" => (arrow_json, "arrow-json", ""),
                "avro" | "protobuf" => (json, "json", ">= 1.00"),
                _ => (json, "json", ""),
            };
            let what = format!("decode {format}, {columns} of 8 on one core / {name}");
            println!("{what}\t{}\t{}\t{:.2}\t{goal}", rate(found), rate(against), found.rate / against.rate);
        }
    }
    let found = best(&["preview", "bench-1k"])?;
    println!("read of 1,000 waiting messages, call to rows\t{:.0} ms\t\t\t<= 300 ms", found.other * 1e3);
    Ok(())
}

/// Reads of a topic with 1 and 2 decode threads, as shares of librdkafka's own rate.
fn shares(what: &str, format: &str, topic: &str, messages: &str, columns: &[&str]) -> Outcome<()> {
    let mut calls = vec![vec!["raw", topic, messages]];
    for columns in columns {
        calls.extend(["1", "2"].map(|threads| vec!["format", format, topic, columns, threads]));
    }
    let found = in_turn(&calls)?;
    let Some((raw, reads)) = found.split_first() else { return Ok(()) };
    for (call, read) in calls.iter().skip(1).zip(reads) {
        let [.., columns, threads] = call[..] else { continue };
        let goal = match (format, columns) {
            ("json", "8") => ">= 0.55",
            ("json", "2") => ">= 0.70",
            _ => "",
        };
        println!(
            "{what}: {columns} of 8 columns, {threads} decode threads / librdkafka alone\t{:.2} M msg/s\t{:.2} M msg/s\t{:.2}\t{goal}",
            read.rate,
            raw.rate,
            read.rate / raw.rate
        );
    }
    Ok(())
}

#[derive(Clone, Default)]
struct Found {
    rate: f64,
    other: f64,
    peak_mb: f64,
}

/// Runs of this program in three rounds; of each the fastest.
fn in_turn(calls: &[Vec<&str>]) -> Outcome<Vec<Found>> {
    let mut best = vec![Found::default(); calls.len()];
    for _ in 0..3 {
        for (best, call) in best.iter_mut().zip(calls) {
            let found = once(call)?;
            if found.rate > best.rate {
                *best = found;
            }
        }
    }
    Ok(best)
}

/// The fastest of three runs of this program.
fn best(call: &[&str]) -> Outcome<Found> {
    let found = in_turn(&[call.to_vec()])?;
    found.into_iter().next().ok_or_else(|| "nothing was run".into())
}

fn once(call: &[&str]) -> Outcome<Found> {
    let output = Command::new(std::env::current_exe()?).args(call).output()?;
    let text = String::from_utf8(output.stdout)?;
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [rate, other, peak_mb] = numbers[..] else {
        return Err(format!("{call:?}: {text}{}", String::from_utf8_lossy(&output.stderr)).into());
    };
    Ok(Found { rate, other, peak_mb })
}

fn schema(columns: &str) -> Arc<Schema> {
    let wanted = |name: &str| match columns {
        "8" => true,
        "2" => matches!(name, "amount" | "status"),
        _ => false,
    };
    let fields = COLUMNS.iter().filter(|(name, _)| wanted(name));
    Arc::new(Schema::new(fields.map(|(name, of)| Field::new(*name, of.clone(), true)).collect::<Vec<_>>()))
}

fn measure(
    servers: &str,
    topic: &str,
    columns: &str,
    threads: usize,
    start: Start,
    format: &str,
) -> Outcome<()> {
    let whole = |of| Arc::new(Schema::new(vec![Field::new("value", of, true)]));
    let (columns, known) = match format {
        "text" => (whole(DataType::Utf8View), whole(DataType::Utf8View)),
        "raw" => (whole(DataType::Binary), whole(DataType::Binary)),
        _ => (schema(columns), schema("8")),
    };
    let mut request = ReadRequest::new(topic, Outline::plain(&columns)?);
    (request.value, request.known) = (formats::codec(format)?, known);
    (request.decode_threads, request.start) = (threads, start);
    let mut cluster = Cluster::new(servers);
    let properties = std::env::var("BENCH_PROPERTIES").unwrap_or_default();
    cluster.properties = properties
        .split(',')
        .filter_map(|set| set.split_once('='))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    if let Ok(budget) = std::env::var("BENCH_BUDGET_MB") {
        request.memory_budget_bytes = budget.parse::<usize>()? << 20;
    }
    let started = Instant::now();
    let reading = read(&cluster, &request, &Cancel::default(), &mut |_| {})?;
    let seconds = started.elapsed().as_secs_f64();
    if std::env::var_os("BENCH_TIMINGS").is_some() {
        println!("{:?} {:?}", reading.timings, reading.counts);
    }
    report(reading.counts.decoded as f64 / seconds / 1e6, seconds)
}

/// Rows of a batch where nothing is read.
const CHUNK: usize = 8192;
/// Each payload is decoded so often: once is over before the clock is steady.
const ROUNDS: usize = 5;

/// How fast one core decodes a format.
fn decode(format: &str, columns: &str) -> Outcome<()> {
    let orders = orders(400_000).map(|order| formats::encode(format, &order.json));
    let payloads = orders.collect::<Outcome<Vec<_>>>()?;
    let shape = Shape { known: schema("8"), ..Shape::new(schema(columns)) };
    let mut decoder = formats::codec(format)?.decoder(&shape, &Cancel::default())?;
    let started = Instant::now();
    for chunk in (0..ROUNDS).flat_map(|_| payloads.chunks(CHUNK)) {
        for payload in chunk {
            decoder.decode(payload).map_err(|fault| format!("{fault:?}"))?;
        }
        assert_eq!(decoder.finish()?.num_rows(), chunk.len());
    }
    let seconds = started.elapsed().as_secs_f64();
    report((ROUNDS * payloads.len()) as f64 / seconds / 1e6, seconds)
}

/// The same of arrow-json.
fn arrow_json(columns: &str) -> Outcome<()> {
    let payloads: Vec<_> = orders(400_000).map(|order| order.json).collect();
    let mut theirs =
        arrow_json::ReaderBuilder::new(schema(columns)).with_batch_size(CHUNK).build_decoder()?;
    let started = Instant::now();
    for chunk in (0..ROUNDS).flat_map(|_| payloads.chunks(CHUNK)) {
        for payload in chunk {
            theirs.decode(payload.as_bytes())?;
        }
        theirs.flush()?;
    }
    let seconds = started.elapsed().as_secs_f64();
    report((ROUNDS * payloads.len()) as f64 / seconds / 1e6, seconds)
}

/// Prints what [`once`] reads.
pub(crate) fn report(rate: f64, other: f64) -> Outcome<()> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    let peak_kb: f64 = peak.trim().trim_end_matches(" kB").parse()?;
    println!("{rate} {other} {}", peak_kb / 1024.0);
    Ok(())
}
