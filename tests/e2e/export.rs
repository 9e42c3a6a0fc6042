//! Flows that leave as programs give the rows that the engine gives.
//!
//! A [`Case`] is a flow, the folder that it starts from, and what the engine makes of it; `python_export` and
//! `rust_export` run the same cases.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use flowloom_codegen::{Project, export};
use flowloom_flow::{Entry, Flow, Target};
use flowloom_nodes::REGISTRY;
use tempfile::TempDir;

use crate::broker::Broker;
use crate::golden;
use crate::job::Job;
use crate::registry;
use crate::rows::{difference, left_over, written};

/// A flow that needs no topic of its own, with its name as a Rust module.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) flow: Flow,
    start: Box<dyn Fn() -> TempDir>,
}

/// Every golden flow, and the flow that the registry's rules make of every kind.
pub(crate) fn cases() -> Vec<Case> {
    let golden = golden::all().into_iter().filter(|golden| golden.name != "append").map(|golden| Case {
        name: format!("golden_{}", golden.name),
        flow: golden.flow.clone(),
        start: Box::new(move || golden.folder()),
    });
    let kinds = REGISTRY.entries().iter().filter(|entry| entry.card.id != "kafka_source").map(kind);
    golden.chain(kinds).collect()
}

fn kind(entry: &'static Entry) -> Case {
    let start = move || {
        let folder = tempfile::tempdir().expect("a folder");
        registry::flow(entry, 5, folder.path());
        folder
    };
    let folder = start();
    Case {
        name: format!("kind_{}", entry.card.id),
        flow: registry::flow(entry, 5, folder.path()),
        start: Box::new(start),
    }
}

impl Case {
    /// The program, whose files its language's own tools accept.
    pub(crate) fn project(&self, target: Target) -> Project {
        let folder = (self.start)();
        project(&self.flow, folder.path(), "localhost:9092", target)
    }

    /// Runs `program` in a folder of its own; what is different from the engine's run, in words.
    pub(crate) fn differs(&self, program: &mut Command) -> Option<String> {
        let engine = (self.start)();
        Job::new(&self.flow, engine.path()).run_well();
        let own = (self.start)();
        let output = program.current_dir(own.path()).stdin(Stdio::null()).output().expect("it starts");
        if !output.status.success() {
            return Some(format!("{}: {}", self.name, said(&output)));
        }
        let left = left_over(own.path());
        if !left.is_empty() {
            return Some(format!("{}: {left:?} are left over", self.name));
        }
        let difference = difference(&written(engine.path()), &written(own.path()));
        difference.map(|difference| format!("{}: {difference}", self.name))
    }
}

/// `flow` in `folder` as a program for `target`.
#[track_caller]
pub(crate) fn project(flow: &Flow, folder: &Path, bootstrap: &str, target: Target) -> Project {
    let job = Job::with(flow, folder, bootstrap);
    export(&job.compiled, target, &flowloom_flow::NoConnections).unwrap_or_else(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}: {problems:#?}", flow.name)
    })
}

/// The source of `project`: its script or its `main.rs`.
pub(crate) fn source(project: &Project) -> &str {
    let mut files = project.files.iter();
    let is_source =
        |file: &str| file == "src/main.rs" || file.split_once('.').is_some_and(|(_, end)| end == "py");
    files.find(|(file, _)| is_source(file)).map(|(_, text)| text.as_str()).expect("a source")
}

/// What a program printed.
pub(crate) fn said(output: &Output) -> String {
    let (printed, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let all = format!("{}\n{printed}{errors}", output.status);
    let lines: Vec<&str> = all.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

/// Runs `command` over every text at once, as files of these names; its words where it refuses.
pub(crate) fn refused(command: &mut Command, texts: &BTreeMap<String, String>) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in texts {
        fs::write(folder.path().join(name), text).expect("written");
    }
    let output =
        command.current_dir(folder.path()).args(texts.keys()).output().expect("the tool is installed");
    (!output.status.success()).then(|| {
        let said = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&said).into_owned()
    })
}

/// Keeps exported texts where `FLOWLOOM_EXPORTS` says, for a person to read.
pub(crate) fn keep(name: &str, text: &str) {
    if let Some(folder) = std::env::var_os("FLOWLOOM_EXPORTS") {
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(Path::new(&folder).join(name), text).expect("written");
    }
}

/// The program's environment: where this process' broker is.
pub(crate) fn at<'a>(command: &'a mut Command, broker: &Broker) -> &'a mut Command {
    command.env("KAFKA_BOOTSTRAP_SERVERS", broker.bootstrap())
}

#[test]
fn an_appended_folder_is_refused_by_name() {
    let golden = golden::all().into_iter().find(|golden| golden.name == "append").expect("there");
    let folder = golden.folder();
    let job = Job::new(&golden.flow, folder.path());
    for target in Target::ALL {
        let problems = export(&job.compiled, target, &flowloom_flow::NoConnections).expect_err("refused");
        assert!(problems.iter().all(|problem| problem.to_string().contains("append")), "{problems:?}");
    }
}
