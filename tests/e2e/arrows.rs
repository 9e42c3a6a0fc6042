//! The arrows between crates, as `ARCHITECTURE.md` draws them, against what the manifests say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

type Arrows = BTreeMap<String, BTreeSet<String>>;

/// The lines `name -> a, b` of the block that starts with ```` ```arrows ````.
fn drawn() -> Arrows {
    let page = fs::read_to_string(format!("{ROOT}/ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let (_, block) = page.split_once("```arrows\n").expect("ARCHITECTURE.md has a block of arrows");
    let (block, _) = block.split_once("```").expect("the block ends");
    let names = |list: &str| {
        list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    };
    block
        .lines()
        .map(|line| line.split_once("->").unwrap_or_else(|| panic!("not an arrow: {line}")))
        .map(|(from, to)| (from.trim().to_owned(), names(to)))
        .collect()
}

/// Every dependency of a crate of ours on another one, of any sort: normal, build, dev, optional.
fn written() -> Arrows {
    let output = cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let ours = |value: &Value| {
        value["name"].as_str().and_then(|name| name.strip_prefix("flowloom-")).map(str::to_owned)
    };
    list(&metadata["packages"])
        .iter()
        .filter_map(|package| {
            Some((ours(package)?, list(&package["dependencies"]).iter().filter_map(ours).collect()))
        })
        .collect()
}

fn cargo(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(ROOT).output();
    output.expect("cargo runs")
}

#[test]
fn crates_depend_on_each_other_only_as_the_architecture_says() {
    let drawn = drawn();
    for (from, to) in written() {
        if from == "tests" {
            continue;
        }
        let allowed =
            drawn.get(&from).unwrap_or_else(|| panic!("crate {from} is not among ARCHITECTURE.md's arrows"));
        let extra: Vec<_> = to.difference(allowed).collect();
        assert!(extra.is_empty(), "ARCHITECTURE.md draws no arrow from {from} to {extra:?}");
    }
}

#[test]
fn the_architecture_draws_crates_that_exist_and_no_more_arrows_than_agreed() {
    let agreed = [
        ("cli", "engine, flow, studio"),
        ("codegen", "flow"),
        ("connections", "flow, kafka, net, secret"),
        ("desktop", "flow, studio, ui"),
        ("engine", "flow"),
        ("flow", "secret"),
        ("kafka", "net, secret"),
        ("net", "secret"),
        ("nodes", "connections, flow, kafka"),
        ("secret", ""),
        ("store", "secret"),
        ("studio", "codegen, connections, engine, flow, kafka, net, nodes, secret, store"),
        ("ui", "flow, studio"),
    ];
    let drawn: Vec<(String, String)> =
        drawn().into_iter().map(|(from, to)| (from, to.into_iter().collect::<Vec<_>>().join(", "))).collect();
    let drawn: Vec<(&str, &str)> = drawn.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    assert_eq!(drawn, agreed);
    for (name, _) in agreed {
        assert!(written().contains_key(name), "there is no crate {name}");
    }
}

#[test]
fn the_command_line_needs_no_window() {
    let output = cargo(&["tree", "--offline", "-p", "flowloom-cli", "-i", "egui"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "egui is in the tree of flowloom-cli");
    assert!(
        said.contains("did not match any packages") || said.contains("nothing to print"),
        "cargo tree: {said}"
    );
}
