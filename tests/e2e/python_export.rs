//! Exported Python scripts, run with the versions that `tests/requirements.txt` pins.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use flowloom_flow::Target;

use crate::cache::python;
use crate::export::{cases, keep, refused, source};

#[test]
fn scripts_give_the_rows_of_the_engine() {
    let mut wrong = Vec::new();
    let mut scripts = BTreeMap::new();
    for case in cases() {
        let project = case.project(Target::Python);
        let folder = tempfile::tempdir().expect("a folder");
        let script = folder.path().join(format!("{}.py", case.name));
        fs::write(&script, source(&project)).expect("written");
        keep(&format!("{}.py", case.name), source(&project));
        wrong.extend(case.differs(Command::new(python()).arg("-X").arg("dev").arg(&script)));
        scripts.insert(format!("{}.py", case.name), source(&project).to_owned());
    }
    wrong.extend(refused(Command::new(python()).args(["-m", "py_compile"]), &scripts));
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
