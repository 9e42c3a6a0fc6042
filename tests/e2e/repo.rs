//! Rules of the repository that no linter knows.

use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const LONGEST_FILE_LINES: usize = 500;

/// Every Rust file under a folder of the repository.
fn rust_files(folder: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            if path.is_dir() && !path.ends_with("target") {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(ROOT).join(folder), &mut found);
    found.sort();
    found
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{error}: {}", path.display()))
}

#[test]
fn no_file_is_longer_than_a_person_reads() {
    let long: Vec<String> = ["crates", "src-tauri", "tests", "ui"]
        .into_iter()
        .flat_map(rust_files)
        .map(|path| (text(&path).lines().count(), path))
        .filter(|(lines, _)| *lines > LONGEST_FILE_LINES)
        .map(|(lines, path)| format!("{lines} lines: {}", path.display()))
        .collect();
    assert!(long.is_empty(), "split these: {long:#?}");
}

#[test]
fn tests_wait_for_conditions_and_never_sleep() {
    let nap = concat!("thread::", "sleep");
    let sleeping: Vec<PathBuf> = ["src-tauri", "tests", "ui"]
        .into_iter()
        .flat_map(rust_files)
        .filter(|path| text(path).contains(nap))
        .collect();
    assert!(sleeping.is_empty(), "use `eventually` instead of a sleep: {sleeping:#?}");
}

#[test]
fn every_icon_is_of_the_family() {
    for entry in fs::read_dir(Path::new(ROOT).join("icons")).expect("icons/") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "svg") || path.ends_with("flowloom.svg") {
            continue;
        }
        let svg = text(&path);
        for wanted in
            ["viewBox=\"0 0 24 24\"", "fill=\"none\"", "stroke=\"currentColor\"", "stroke-width=\"2\""]
        {
            assert!(svg.contains(wanted), "no {wanted} in {}", path.display());
        }
    }
}
