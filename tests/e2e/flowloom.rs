//! The program under test, as a shell runs it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::broker::Broker;
use crate::leaks;

/// The `flowloom` binary: `cargo test --workspace` builds it beside the tests, for `crates/cli/tests`.
pub(crate) fn binary() -> PathBuf {
    let tests = std::env::current_exe().expect("this program has a path");
    let target = tests.parent().and_then(Path::parent).expect("target/debug/deps/e2e");
    let binary = target.join("flowloom");
    assert!(binary.exists(), "no {}: `cargo test --workspace` builds it", binary.display());
    binary
}

/// A folder with a flow in it.
pub(crate) struct Workshop {
    folder: TempDir,
    /// The program's own data, such as its run history.
    home: TempDir,
}

/// What a call came to.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        let folder = || tempfile::tempdir().expect("temporary folder");
        Self { folder: folder(), home: folder() }
    }

    /// A workshop with `flow` as `test.flow.yaml`.
    pub(crate) fn with(flow: &str) -> Self {
        let workshop = Self::new();
        workshop.put("test.flow.yaml", flow);
        workshop
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("file is written");
    }

    pub(crate) fn text(&self, name: &str) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Rows of a JSON lines file, in the order of the file.
    pub(crate) fn rows(&self, name: &str) -> Vec<Value> {
        self.text(name).lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
    }

    /// Rows of every data file of a folder that batches were appended to.
    pub(crate) fn appended(&self, name: &str) -> Vec<Value> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.path(name))
            .expect("folder")
            .map(|entry| entry.expect("entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
            .filter(|path| path.file_name().is_some_and(|name| !name.as_encoded_bytes().starts_with(b".")))
            .collect();
        files.sort();
        let texts = files.iter().map(|file| fs::read_to_string(file).expect("data file"));
        let rows = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
        rows.map(|line| serde_json::from_str(&line).expect("a JSON line")).collect()
    }

    /// `flowloom` in this folder.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.current_dir(self.folder.path()).args(args).stdin(Stdio::null());
        command.env("FLOWLOOM_HOME", self.home.path()).env("FLOWLOOM_KEYRING", "off");
        command
    }

    /// The folder of the program's own data.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// As [`Workshop::command`], with these variables and lines on standard input; everything is logged.
    #[track_caller]
    pub(crate) fn tell(&self, variables: &[(&str, &str)], args: &[&str], lines: &str) -> Answer {
        let mut command = self.command(args);
        command.envs(variables.iter().copied()).env("FLOWLOOM_LOG", "trace");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("flowloom starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        // A program that asks for nothing may end before it has read everything.
        let written = stdin.write_all(lines.as_bytes());
        drop((written, stdin));
        answer(child.wait_with_output().expect("it ends"))
    }

    pub(crate) fn call(&self, args: &[&str]) -> Answer {
        answer(self.command(args).output().expect("flowloom starts"))
    }

    /// Runs the flow against `broker` and gives its report.
    pub(crate) fn run(&self, broker: &Broker) -> (Answer, Value) {
        let bootstrap = format!("bootstrap={}", broker.bootstrap());
        let answer = self.call(&["run", "test.flow.yaml", "--json", "--set", &bootstrap]);
        let report = serde_json::from_str(&answer.stdout)
            .unwrap_or_else(|error| panic!("no report ({error}): {answer:?}"));
        (answer, report)
    }

    /// [`Workshop::run`] that must succeed.
    pub(crate) fn run_well(&self, broker: &Broker) -> Value {
        let (answer, report) = self.run(broker);
        assert_eq!(answer.code, Some(0), "{answer:?}");
        report
    }

    /// Starts a run and leaves it to the caller.
    pub(crate) fn start(&self, broker: &Broker) -> Child {
        let bootstrap = format!("bootstrap={}", broker.bootstrap());
        self.command(&["run", "test.flow.yaml", "--json", "--set", &bootstrap])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("flowloom starts")
    }
}

impl Drop for Workshop {
    /// What a test leaves behind holds no secret. What it must write itself, it writes elsewhere.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            leaks::none_below(self.folder.path());
            leaks::none_below(self.home.path());
        }
    }
}

#[track_caller]
pub(crate) fn answer(output: Output) -> Answer {
    leaks::none_in("what the program printed", &output.stdout);
    leaks::none_in("what the program printed as errors and logs", &output.stderr);
    Answer {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// The report of one node.
pub(crate) fn node<'a>(report: &'a Value, id: &str) -> &'a Value {
    let nodes = report["nodes"].as_array().expect("nodes");
    nodes.iter().find(|node| node["node"] == id).unwrap_or_else(|| panic!("no node {id}: {report}"))
}
