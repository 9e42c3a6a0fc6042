//! Live runs on a real broker: what comes while they go, trouble in between, how they end, and their metrics.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;

use futures_executor::block_on;
use parking_lot::Mutex;
use rdkafka::admin::{AdminOptions, NewPartitions};
use serde_json::{Value, json};

use crate::broker::Broker;
use crate::eventually::eventually;
use crate::flowloom::{Workshop, node};
use crate::group;
use crate::heaps;
use crate::kafka_source::source_to_file;
use crate::leaks;
use crate::message::Message;
use crate::topic::{Topic, unique};

const FIELDS: &str = "fields: [{name: id, type: Int64}]";

fn numbers(ids: std::ops::Range<i64>) -> Vec<Message> {
    ids.map(|id| Message::new(format!(r#"{{"id": {id}}}"#))).collect()
}

/// Kafka source → a folder that batches are appended to.
fn appending(topic: &str) -> Workshop {
    let flow = source_to_file(topic, &[FIELDS, "connect_timeout_ms: 3000"]);
    Workshop::with(&flow.replace("path: out.jsonl", "path: out\n      format: jsonl\n      mode: append"))
}

/// A live run of a workshop's flow.
struct Live {
    child: Child,
    printed: Arc<Mutex<String>>,
    said: Arc<Mutex<String>>,
    listening: Vec<JoinHandle<()>>,
}

/// Takes in what is written, line by line.
fn listen(stream: impl Read + Send + 'static, heard: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let heard = Arc::clone(heard);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut heard = heard.lock();
            heard.push_str(&line);
            heard.push('\n');
        }
    })
}

impl Live {
    fn start(shop: &Workshop, broker: &Broker, args: &[&str]) -> Self {
        let bootstrap = format!("bootstrap={}", broker.bootstrap());
        let mut call = vec!["run", "test.flow.yaml", "--live", "--json", "--set", &bootstrap];
        call.extend(args);
        Self::started(&mut shop.command(&call))
    }

    fn started(command: &mut Command) -> Self {
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("flowloom starts");
        let (printed, said) = <(Arc<Mutex<String>>, Arc<Mutex<String>>)>::default();
        let stdout = listen(child.stdout.take().expect("piped"), &printed);
        let stderr = listen(child.stderr.take().expect("piped"), &said);
        Self { child, printed, said, listening: vec![stdout, stderr] }
    }

    /// Whether it has ended by itself.
    fn is_over(&self) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        status.is_ok_and(|status| status.contains("State:\tZ"))
    }

    fn said(&self) -> String {
        self.said.lock().clone()
    }

    /// Waits until it says `words` on stderr; the line.
    #[track_caller]
    fn hears(&self, words: &str) -> String {
        eventually(&format!("it says `{words}`"), || {
            self.said().lines().find(|line| line.contains(words)).map(str::to_owned)
        })
    }

    /// Waits until its handler of signals is there.
    fn hears_signals(&self) {
        eventually("it has its signal handler", || {
            let status = self.proc("status");
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?.trim();
            // Bit 1 is SIGINT.
            (u64::from_str_radix(caught, 16).ok()? & 0b10 != 0).then_some(())
        });
    }

    /// Whether it has a connection to `host:port`.
    fn is_connected(&self, server: &str) -> bool {
        let port: u16 = server.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a port");
        let port = format!(":{port:04X}");
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("it runs");
        let target = |file: std::fs::DirEntry| {
            std::fs::read_link(file.path()).ok()?.into_os_string().into_string().ok()
        };
        let targets: Vec<String> = open.flatten().filter_map(target).collect();
        // `sl local remote state …`: state 1 is an open connection, and the tenth word is its inode.
        let is_own = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [_, _, remote, "01", .., inode] = words.get(..10).unwrap_or_default() else { return false };
            remote.ends_with(&port) && targets.contains(&format!("socket:[{inode}]"))
        };
        ["net/tcp", "net/tcp6"].iter().any(|name| self.proc(name).lines().any(is_own))
    }

    /// What the system says of it.
    fn proc(&self, name: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).expect("it runs")
    }

    fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = std::process::Command::new("kill").args([signal, &pid]).status().expect("kill");
        assert!(sent.success());
    }

    /// Waits for its end; exit code and report.
    fn end(mut self) -> (Option<i32>, Value) {
        let status = self.child.wait().expect("it ends");
        for listening in self.listening.drain(..) {
            listening.join().expect("it listened");
        }
        let printed = self.printed.lock().clone();
        leaks::none_in("what the program printed", printed.as_bytes());
        leaks::none_in("what the program said", self.said().as_bytes());
        let report = serde_json::from_str(&printed)
            .unwrap_or_else(|error| panic!("no report ({error}): {printed}\n{}", self.said()));
        (status.code(), report)
    }

    /// Stops it as a scheduler does, between two batches.
    #[track_caller]
    fn stop_well(self) -> Value {
        self.signal("-TERM");
        let said = Arc::clone(&self.said);
        let (code, report) = self.end();
        assert_eq!((code, &report["outcome"]), (Some(0), &json!("done")), "{report:#}\n{}", said.lock());
        report
    }
}

/// A test that fails leaves nothing running.
impl Drop for Live {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) && self.child.kill().is_ok() {
            self.child.wait().expect("it was killed");
        }
    }
}

fn ids(shop: &Workshop) -> Vec<i64> {
    if !shop.path("out").exists() {
        return Vec::new();
    }
    let mut ids: Vec<i64> = shop.appended("out").iter().map(|row| row["id"].as_i64().expect("id")).collect();
    ids.sort_unstable();
    ids
}

#[track_caller]
fn arrive(shop: &Workshop, live: &Live, count: usize) {
    eventually(&format!("{count} rows are written; it said:\n{}", live.said()), || {
        let is_over = live.is_over();
        let have = ids(shop).len();
        assert!(have >= count || !is_over, "{have} rows, and it ended: {}", live.printed.lock());
        (have >= count).then_some(())
    });
}

#[test]
fn messages_that_come_while_it_goes_are_written_and_a_sigterm_ends_it_between_batches() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "live", 2);
    topic.send(numbers(0..10));
    let shop = appending(&topic.name);
    let live = Live::start(&shop, broker, &["--messages", "1", "--every", "1min"]);
    arrive(&shop, &live, 10);
    topic.send(numbers(10..15));
    arrive(&shop, &live, 15);
    // A partition that is added while it goes.
    let more = NewPartitions::new(&topic.name, 3);
    let added = block_on(broker.admin().create_partitions([&more], &AdminOptions::new()));
    assert!(added.expect("the broker answers").iter().all(Result::is_ok));
    eventually("the new partition takes messages", || {
        let consumer = broker.consumer("looking");
        let found = rdkafka::consumer::Consumer::fetch_metadata(
            &consumer,
            Some(&topic.name),
            std::time::Duration::from_secs(5),
        );
        (found.ok()?.topics().first()?.partitions().len() == 3).then_some(())
    });
    topic.send(numbers(15..20).into_iter().map(|message| message.partition(2)));
    arrive(&shop, &live, 20);
    // Threads come and go with the clients of each batch.
    assert_eq!(heaps::of_threads(&live.proc("maps")), 0);
    let report = live.stop_well();
    assert_eq!(ids(&shop), (0..20).collect::<Vec<_>>(), "each once");
    assert!(report["live"]["batches"].as_u64().is_some_and(|batches| batches >= 3), "{report:#}");
    let source = node(&report, "source");
    assert_eq!((&source["counts"]["read"], &node(&report, "out")["rows"]["in"]), (&json!(20), &json!(20)));
    let sync = format!("{}-sync", topic.name);
    let stands = group::committed(&Topic { partitions: 3, ..topic }, &sync);
    assert_eq!(stands.iter().flatten().sum::<i64>(), 20, "{stands:?}");
    let ranges = &source["offsets"]["topics"];
    assert!(ranges.to_string().contains(r#""2":{"from":0,"to":5}"#), "{ranges}");

    let runs = shop.call(&["runs", "--json"]);
    let runs: Vec<Value> = serde_json::from_str(&runs.stdout).expect("JSON");
    assert_eq!(runs.len(), 1, "one record however many batches");
    assert_eq!(runs[0]["report"]["live"]["batches"], report["live"]["batches"]);
}

#[test]
fn the_record_of_one_that_is_killed_does_not_say_that_it_goes_on() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "live-killed", 1);
    topic.send(numbers(0..3));
    let shop = appending(&topic.name);
    let outcome = || {
        let runs: Vec<Value> = serde_json::from_str(&shop.call(&["runs", "--json"]).stdout).expect("JSON");
        runs.first().map(|run| run["outcome"].clone())
    };
    let live = Live::start(&shop, broker, &["--every", "1s"]);
    eventually("it has a record", || (outcome()? == "live").then_some(()));
    live.signal("-KILL");
    eventually("its record says so", || (outcome()? == "interrupted").then_some(()));
    assert!(shop.call(&["runs"]).stdout.contains("interrupted"));
    topic.send(numbers(3..4));
    Live::start(&shop, broker, &["--batches", "1"]).end();
    assert_eq!(outcome(), Some(json!("done")));
    let files =
        std::fs::read_dir(shop.home()).expect("a folder").map(|file| file.expect("a file").file_name());
    let left: Vec<_> = files.filter(|name| name.to_string_lossy().ends_with(".owner")).collect();
    assert!(left.is_empty(), "nothing is left of the one that died: {left:?}");
}

#[test]
fn in_the_background_it_ends_as_well_when_it_is_asked_to() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "background", 1);
    topic.send(numbers(0..3));
    let shop = appending(&topic.name);
    let bootstrap = format!("bootstrap={}", broker.bootstrap());
    let run = ["run", "test.flow.yaml", "--live", "--json", "--every", "1s", "--set", &bootstrap];
    let run = shop.command(&run);
    // As `nohup … &` in a script starts it.
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP INT; exec \"$@\"", "sh"]).arg(run.get_program()).args(run.get_args());
    shell.current_dir(run.get_current_dir().expect("its folder")).stdin(Stdio::null());
    shell.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let live = Live::started(&mut shell);
    arrive(&shop, &live, 3);
    live.signal("-HUP");
    topic.send(numbers(3..5));
    arrive(&shop, &live, 5);
    live.stop_well();
    assert_eq!(ids(&shop), [0, 1, 2, 3, 4]);
}

#[test]
fn a_topic_that_comes_to_the_pattern_while_it_goes_is_read_from_its_start() {
    let broker = Broker::shared();
    let prefix = unique("live-pattern");
    let topic = |name: &str| Topic::create_named(broker, &format!("{prefix}-{name}"), 2, &[]);
    topic("first").send(numbers(0..10));
    let shop = appending(&prefix);
    let flow = shop.text("test.flow.yaml");
    let of_all = format!("topic: {{pattern: \"{prefix}-.*\"}}");
    shop.put("test.flow.yaml", &flow.replace(&format!("topic: {prefix}"), &of_all));
    let live = Live::start(&shop, broker, &["--every", "300ms"]);
    arrive(&shop, &live, 10);
    topic("second").send(numbers(10..15));
    arrive(&shop, &live, 15);
    let report = live.stop_well();
    assert_eq!(ids(&shop), (0..15).collect::<Vec<_>>(), "each once");
    let topics = &node(&report, "source")["offsets"]["topics"];
    let names: Vec<_> = topics.as_object().expect("topics").keys().collect();
    assert_eq!(names, [&format!("{prefix}-first"), &format!("{prefix}-second")]);
}

#[test]
fn what_would_wait_for_ever_or_lose_rows_is_refused_at_once() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "refused", 1);
    topic.send(numbers(0..3));
    let shop = appending(&topic.name);
    let flow = shop.text("test.flow.yaml");
    let refused = |settings: &str, code: i32, why: &str| {
        shop.put("test.flow.yaml", &flow.replace(FIELDS, &format!("{FIELDS}\n      {settings}")));
        let (ended, report) = Live::start(&shop, broker, &[]).end();
        let message = report["problems"][0]["message"].as_str().unwrap_or_default();
        assert!(ended == Some(code) && message.contains(why), "{ended:?} {report:#}");
    };
    refused("end: timestamp\n      end_at: 2030-01-01", 2, "the end is fixed, and a live run has none");
    // While another one goes, this one does not wait for its end.
    shop.put("test.flow.yaml", &flow);
    let live = Live::start(&shop, broker, &[]);
    arrive(&shop, &live, 3);
    refused("max_messages: 10", 1, "is in use by another run");
    live.stop_well();
    assert_eq!(ids(&shop), [0, 1, 2]);
    // Without offsets of its own it goes on all the same.
    let replacing = flow.replace("mode: append", "mode: overwrite");
    let replacing = replacing.replace(FIELDS, &format!("{FIELDS}\n      start: earliest"));
    shop.put("test.flow.yaml", &replacing);
    let (code, report) = Live::start(&shop, broker, &[]).end();
    let message = report["problems"][0]["message"].as_str().unwrap_or_default();
    assert!(code == Some(2) && message.contains("would replace what `out` wrote before"), "{report:#}");
}

#[test]
fn it_ends_after_so_many_batches_and_a_block_of_the_flow_says_when_they_begin() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "batches", 1);
    topic.send(numbers(0..3));
    let shop = appending(&topic.name);
    let flow = shop.text("test.flow.yaml").replace("parameters:", "live: {messages: 2}\nparameters:");
    shop.put("test.flow.yaml", &flow);
    let live = Live::start(&shop, broker, &["--batches", "2"]);
    arrive(&shop, &live, 3);
    topic.send(numbers(3..4));
    topic.send(numbers(4..5));
    let (code, report) = live.end();
    assert_eq!((code, &report["live"]["batches"]), (Some(0), &json!(2)), "{report:#}");
    assert_eq!(ids(&shop), [0, 1, 2, 3, 4]);
}

#[test]
fn a_broker_that_is_killed_and_started_again_loses_and_doubles_nothing() {
    let broker = Broker::private();
    let topic = Topic::create(&broker, "outage", 2);
    topic.send(numbers(0..1_000));
    let shop = appending(&topic.name);
    let live = Live::start(&shop, &broker, &["--messages", "1", "--every", "2s"]);
    arrive(&shop, &live, 1_000);
    broker.kill();
    let told = live.hears("the next one is in");
    assert!(told.contains("failed"), "{told}");
    assert!(live.said().contains("warning: source"), "what failed is named: {}", live.said());
    broker.restart();
    topic.send(numbers(1_000..2_000));
    arrive(&shop, &live, 2_000);
    live.hears("it goes well again");
    // Once more, in the middle of what is written.
    topic.send(numbers(2_000..3_000));
    broker.kill();
    broker.restart();
    arrive(&shop, &live, 3_000);
    let report = live.stop_well();
    assert_eq!(ids(&shop), (0..3_000).collect::<Vec<_>>(), "each once");
    assert!(report["live"]["failures"].as_u64().is_some_and(|failures| failures >= 1), "{report:#}");
    assert!(report["live"]["last_problem"]["message"].is_string(), "{report:#}");
    assert_eq!(node(&report, "out")["rows"]["in"], 3_000);
}

#[test]
fn a_bad_message_that_nobody_allowed_ends_it() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "live-poison", 1);
    topic.send(numbers(0..3));
    let shop = appending(&topic.name);
    let live = Live::start(&shop, broker, &["--messages", "1"]);
    arrive(&shop, &live, 3);
    topic.send([Message::new("no JSON")]);
    let (code, report) = live.end();
    assert_eq!((code, &report["outcome"]), (Some(1), &json!("failed")), "{report:#}");
    assert!(report["problems"][0]["message"].as_str().is_some_and(|text| text.contains("offset 3")));
    assert_eq!(ids(&shop), [0, 1, 2], "what came before stays");
}

#[test]
fn a_second_signal_cancels_the_batch_that_hangs() {
    let broker = Broker::private();
    let topic = Topic::create(&broker, "live-hangs", 1);
    topic.send(numbers(0..5));
    let shop = appending(&topic.name);
    let flow = shop.text("test.flow.yaml").replace("connect_timeout_ms: 3000", "connect_timeout_ms: 60000");
    shop.put("test.flow.yaml", &flow);
    // A frozen broker holds the batch for as long as its timeout; the system takes connections for it.
    broker.freeze();
    let live = Live::start(&shop, &broker, &["--every", "200ms"]);
    live.hears_signals();
    eventually("the batch is under way", || live.is_connected(broker.bootstrap()).then_some(()));
    live.signal("-INT");
    live.hears("it ends after this batch");
    live.signal("-INT");
    let (code, report) = live.end();
    broker.thaw();
    assert_eq!((code, &report["outcome"]), (Some(1), &json!("cancelled")), "{report:#}");
    assert_eq!(ids(&shop), [0_i64; 0]);
    assert_eq!(group::committed(&topic, &format!("{}-sync", topic.name)), [None]);
}

/// `GET` of `url`; the body.
fn get(url: &str) -> String {
    let (host, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("an address");
    let mut stream = TcpStream::connect(host).expect("it listens");
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    body.to_owned()
}

/// Samples by name and labels.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ').expect("a name and a value");
        (name.to_owned(), value.parse().unwrap_or_else(|error| panic!("{line}: {error}")))
    };
    lines.map(sample).collect()
}

#[test]
fn metrics_are_scraped_while_it_goes_and_are_those_of_the_report() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "measured", 2);
    topic.send(numbers(0..30).into_iter().enumerate().map(|(i, message)| message.partition(i as i32 % 2)));
    let shop = appending(&topic.name);
    let live = Live::start(&shop, broker, &["--messages", "1", "--metrics-address", "127.0.0.1:0"]);
    let url = live.hears("metrics: ");
    let url = url.strip_prefix("metrics: ").expect("an address");
    arrive(&shop, &live, 30);
    topic.send(numbers(30..40).into_iter().map(|message| message.partition(0)));
    arrive(&shop, &live, 40);
    let records = format!(r#"flowloom_source_records_total{{flow="{}",node="source"}}"#, topic.name);
    let is_whole = |found: &BTreeMap<String, f64>| {
        let committed =
            found.iter().filter(|(name, _)| name.starts_with("flowloom_source_committed_offset{"));
        found.get(&records) == Some(&40.0) && (committed.map(|(_, at)| at).sum::<f64>() - 40.0).abs() < 0.1
    };
    let scraped = eventually("both batches are told", || {
        let text = get(url);
        assert!(text.ends_with("# EOF\n"), "{text}");
        Some(samples(&text)).filter(is_whole)
    });
    let report = live.stop_well();
    let metrics = &node(&report, "source")["metrics"];
    let value = |name: &str, labels: &str| {
        let key = format!(r#"flowloom_{name}{{flow="{}",node="source"{labels}}}"#, topic.name);
        *scraped.get(&key).unwrap_or_else(|| panic!("no {key} in {scraped:#?}"))
    };
    let same = |told: f64, field: &Value| assert_eq!(Some(told), field.as_f64(), "{metrics:#}");
    same(value("source_records_total", ""), &metrics["records"]);
    same(value("source_bytes_total", ""), &metrics["bytes"]);
    same(value("source_decode_errors_total", ""), &metrics["decode_errors"]);
    same(value("source_commits_total", r#",result="failed""#), &metrics["commits_failed"]);
    assert_eq!(metrics["records"], 40);
    let partitions = metrics["partitions"].as_array().expect("partitions");
    assert_eq!(partitions.len(), 2, "{metrics:#}");
    for one in partitions {
        let labels = format!(
            r#",topic="{}",partition="{}""#,
            one["topic"].as_str().expect("a topic"),
            one["partition"]
        );
        same(value("source_current_offset", &labels), &one["position"]);
        same(value("source_committed_offset", &labels), &one["committed"]);
        same(value("source_high_offset", &labels), &one["high"]);
        same(value("source_low_offset", &labels), &one["low"]);
        assert!(value("source_lag_records", &labels).abs() < 0.1, "all is read");
    }
    assert_eq!((&partitions[0]["records"], &partitions[1]["records"]), (&json!(25), &json!(15)));
    let lag = value("source_event_time_lag_seconds", "");
    assert!((0.0..60.0).contains(&lag), "{lag}");
    assert!(value("source_idle_seconds", "") >= 0.0);
    assert!(value("source_first_message_seconds", "") > 0.0);
}

#[test]
fn an_address_for_metrics_that_is_taken_ends_the_call_before_the_run() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    let shop = appending("nobody-reads-this");
    let answer = shop.call(&["run", "test.flow.yaml", "--metrics-address", &address]);
    assert_eq!(answer.code, Some(2), "{answer:?}");
    assert!(answer.stderr.contains(&address) && answer.stderr.contains("in use"), "{answer:?}");
    assert!(!shop.path("out").exists());
    let answer = shop.call(&["run", "test.flow.yaml", "--every", "10s"]);
    assert_eq!(answer.code, Some(2), "an interval without `--live` is a slip: {answer:?}");
    let answer = shop.call(&["run", "test.flow.yaml", "--live", "--every", "soon"]);
    assert!(answer.code == Some(2) && answer.stderr.contains("`soon` is no time"), "{answer:?}");
}
