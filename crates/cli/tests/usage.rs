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
