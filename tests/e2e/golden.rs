//! Golden flows: `tests/flows/*.flow.yaml` with the rows that they give in `*.expected/`.
//!
//! `UPDATE_GOLDEN=1` writes the rows anew: read every one of them, a golden that records a bug is worse than none.

use std::fs;
use std::path::{Path, PathBuf};

use flowloom_engine::Outcome;
use flowloom_flow::{Cancel, Flow};
use tempfile::TempDir;

use crate::job::{Job, flow};
use crate::rows::{Rows, assert_same, left_over, written};

const FLOWS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/flows");

/// A flow that reads what another one wrote.
const AFTER: &[(&str, &str)] = &[("read_formats", "write_formats")];

/// The output of `mode: fail_if_exists`, which goes before a second run.
const ONCE: &str = "once.jsonl";

/// A flow file of `tests/flows`.
pub(crate) struct Golden {
    pub(crate) name: String,
    pub(crate) flow: Flow,
}

/// All of them, by name.
pub(crate) fn all() -> Vec<Golden> {
    let mut names: Vec<String> = fs::read_dir(FLOWS)
        .expect("tests/flows")
        .filter_map(|entry| {
            let name = entry.expect("an entry").file_name().into_string().expect("a name");
            name.strip_suffix(".flow.yaml").map(str::to_owned)
        })
        .collect();
    names.sort();
    names.iter().map(|name| Golden::load(name)).collect()
}

impl Golden {
    fn load(name: &str) -> Self {
        let path = Path::new(FLOWS).join(format!("{name}.flow.yaml"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}: {}", path.display()));
        Self { name: name.to_owned(), flow: flow(&text) }
    }

    /// A folder in which the flow can run: with what the flow before it wrote.
    pub(crate) fn folder(&self) -> TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        if let Some((_, before)) = AFTER.iter().find(|(name, _)| *name == self.name) {
            Job::new(&Self::load(before).flow, folder.path()).run_well();
        }
        folder
    }

    /// What a run must leave in [`Golden::folder`], as the engine has just done it.
    pub(crate) fn ran(&self) -> Rows {
        let folder = self.folder();
        Job::new(&self.flow, folder.path()).run_well();
        written(folder.path())
    }

    /// Makes room for a second run of the flow that writes [`ONCE`].
    fn forget_once(&self, folder: &Path) {
        let once = folder.join(ONCE);
        if self.name == "write_formats" && once.exists() {
            fs::remove_file(once).expect("removed");
        }
    }

    fn expected(&self) -> PathBuf {
        Path::new(FLOWS).join(format!("{}.expected", self.name))
    }

    /// Compares `rows` with those beside the flow, which they replace first when asked.
    fn expect(&self, rows: &Rows) {
        let folder = self.expected();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            if folder.exists() {
                fs::remove_dir_all(&folder).expect("old rows are removed");
            }
            for (file, rows) in rows {
                let path = folder.join(format!("{}.jsonl", file.trim_end_matches(".jsonl")));
                fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                let lines: Vec<String> = rows.iter().map(|row| format!("{row}\n")).collect();
                fs::write(path, lines.concat()).expect("rows are written");
            }
        }
        let rename = |(file, rows): (&String, &Vec<_>)| {
            (format!("{}.jsonl", file.trim_end_matches(".jsonl")), rows.clone())
        };
        let wanted = written(&folder);
        let found: Rows = rows.iter().map(rename).collect();
        assert_same(&format!("golden flow {}", self.name), &wanted, &found);
    }
}

#[test]
fn golden_flows_give_the_rows_beside_them() {
    for golden in all() {
        let folder = golden.folder();
        Job::new(&golden.flow, folder.path()).run_well();
        golden.expect(&written(folder.path()));
        assert_eq!(left_over(folder.path()), Vec::<String>::new(), "{}", golden.name);
    }
}

#[test]
fn a_golden_flow_that_ran_twice_has_its_rows_once() {
    for golden in all().iter().filter(|golden| golden.name != "append") {
        let folder = golden.folder();
        let job = Job::new(&golden.flow, folder.path());
        job.run_well();
        let first = written(folder.path());
        golden.forget_once(folder.path());
        job.run_well();
        assert_same(&format!("second run of {}", golden.name), &first, &written(folder.path()));
    }
}

#[test]
fn a_table_is_appended_by_every_run() {
    let golden = Golden::load("append");
    let folder = golden.folder();
    let job = Job::new(&golden.flow, folder.path());
    job.run_well();
    let once = written(folder.path());
    job.run_well();
    let twice = written(folder.path());
    assert_eq!(twice.len(), 2 * once.len(), "one file for each run");
    for (file, rows) in &twice {
        let first = file.replace("000002", "000001");
        assert_eq!(rows, &once[&first], "{file}");
    }
}

#[test]
fn what_must_not_exist_fails_the_run_and_leaves_the_rest_as_it_was() {
    let golden = Golden::load("write_formats");
    let folder = golden.folder();
    let job = Job::new(&golden.flow, folder.path());
    job.run_well();
    fs::write(folder.path().join("rows.csv"), "before\n").expect("written");
    let before = written(folder.path());
    let report = job.run(&Cancel::default());
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(report.problems[0].to_string().contains(ONCE), "{:?}", report.problems);
    assert_same("a refused run", &before, &written(folder.path()));
    assert_eq!(left_over(folder.path()), Vec::<String>::new());
}

#[test]
fn a_cancelled_golden_flow_leaves_nothing_and_runs_again() {
    for golden in all() {
        let folder = golden.folder();
        let job = Job::new(&golden.flow, folder.path());
        let before = written(folder.path());
        let cancel = Cancel::default();
        cancel.cancel();
        let report = job.run(&cancel);
        assert_eq!(report.outcome, Outcome::Cancelled, "{}", golden.name);
        assert_same(&format!("cancelled {}", golden.name), &before, &written(folder.path()));
        assert_eq!(left_over(folder.path()), Vec::<String>::new(), "{}", golden.name);

        let report = job.run_and_cancel();
        if report.outcome == Outcome::Cancelled {
            assert_same(&format!("cancelled {}", golden.name), &before, &written(folder.path()));
            assert_eq!(left_over(folder.path()), Vec::<String>::new(), "{}", golden.name);
        }
        if report.outcome == Outcome::Done && golden.name == "append" {
            continue;
        }
        golden.forget_once(folder.path());
        job.run_well();
        assert_same(&format!("{} after a cancel", golden.name), &golden.ran(), &written(folder.path()));
    }
}
