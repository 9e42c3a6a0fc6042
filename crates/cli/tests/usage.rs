//! Calls that need no broker: what they print, and by which code they end.

use std::fs;
use std::process::{Command, Output};

fn flowloom(args: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_flowloom")).args(args).output().expect("flowloom starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn kinds_are_listed_and_described() {
    let (code, list, _) = flowloom(&["describe"]);
    assert_eq!(code, Some(0));
    assert!(list.contains("kafka_source") && list.contains("Writer"), "{list}");
    let (code, filter, _) = flowloom(&["describe", "filter"]);
    assert_eq!(code, Some(0));
    assert!(filter.contains("conditions"), "{filter}");
    let (_, json, _) = flowloom(&["describe", "filter", "--json"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&json).expect("JSON")["id"], "filter");
}

#[test]
fn a_slip_is_answered_with_what_was_meant() {
    let (code, _, error) = flowloom(&["describe", "fitler"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("did you mean `filter`?"), "{error}");
    assert_eq!(flowloom(&["rnu"]).0, Some(2));
}

#[test]
fn a_wrong_flow_is_told_by_line_and_ends_with_2() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("wrong.flow.yaml");
    let text = "flowloom: 1\nname: Wrong\nnodes:\n  rows:\n    kind: table\n  paid:\n    kind: fitler\n    inputs: [rows]\n";
    fs::write(&path, text).expect("file");
    let file = path.to_str().expect("UTF-8");
    for verb in ["check", "run", "preview"] {
        let (code, _, error) = flowloom(&[verb, file]);
        assert_eq!(code, Some(2), "{verb}: {error}");
        assert!(error.contains("unknown kind `fitler`") && error.contains("`filter`"), "{verb}: {error}");
    }
    let (_, _, error) = flowloom(&["check", file]);
    assert!(error.contains("line 6"), "{error}");
    let (code, json, _) = flowloom(&["run", file, "--json"]);
    assert_eq!(code, Some(2));
    let report: serde_json::Value = serde_json::from_str(&json).expect("one JSON object");
    assert_eq!(report["outcome"], "failed");
    let (code, _, error) = flowloom(&["check", "nowhere.flow.yaml"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("nowhere.flow.yaml"), "{error}");
}

/// The program alone in a folder, with no `PATH` to find a studio on.
#[cfg(unix)]
fn alone(folder: &std::path::Path, args: &[&str]) -> (Option<i32>, String) {
    let program = folder.join("flowloom");
    if !program.exists() {
        fs::hard_link(env!("CARGO_BIN_EXE_flowloom"), &program)
            .or_else(|_| fs::copy(env!("CARGO_BIN_EXE_flowloom"), &program).map(drop))
            .expect("program");
    }
    let output = Command::new(program).args(args).env("PATH", "").output().expect("flowloom starts");
    (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
}

#[cfg(unix)]
#[test]
fn open_starts_the_studio_beside_this_program_or_says_that_there_is_none() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("folder");
    let flow = folder.path().join("a.flow.yaml");
    fs::write(&flow, "flowloom: 1\n").expect("file");
    let flow = flow.to_str().expect("UTF-8");
    let (code, error) = alone(folder.path(), &["open", flow]);
    assert_eq!(code, Some(1));
    assert!(error.contains("`flowloom-studio` stands neither beside"), "{error}");
    let (code, error) = alone(folder.path(), &["open", "nowhere.flow.yaml"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("there is no flow file to open; `nowhere.flow.yaml`"), "{error}");

    let studio = folder.path().join("flowloom-studio");
    let said = folder.path().join("said");
    fs::write(&studio, format!("#!/bin/sh\necho \"$1\" > {}\n", said.display())).expect("file");
    fs::set_permissions(&studio, fs::Permissions::from_mode(0o755)).expect("executable");
    assert_eq!(alone(folder.path(), &["open", flow]), (Some(0), String::new()));
    assert_eq!(fs::read_to_string(&said).expect("it was started").trim(), flow);
    fs::write(&studio, "#!/bin/sh\necho no display >&2\nexit 3\n").expect("file");
    let (code, error) = alone(folder.path(), &["open"]);
    assert_eq!(code, Some(1));
    assert!(error.starts_with("no display") && error.contains("ended at once"), "{error}");
}
