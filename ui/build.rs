//! Makes a table of the icons, so that a kind's icon is found by its file's name and nothing else.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    // Asked for as it runs: a clone elsewhere may find this script built, in a target folder that both share.
    let here = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let icons = Path::new(&here).join("../icons");
    let mut rows = Vec::new();
    for (folder, prefix) in
        [(icons.clone(), ""), (icons.join("connections"), "connections/"), (icons.join("ui"), "ui/")]
    {
        println!("cargo::rerun-if-changed={}", folder.display());
        for entry in fs::read_dir(&folder).expect("the icons' folder").flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|end| end == "svg") {
                let stem = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
                rows.push((format!("{prefix}{stem}"), path.display().to_string()));
            }
        }
    }
    rows.sort();
    let mut table = String::from("&[\n");
    for (name, path) in rows {
        writeln!(table, "    ({name:?}, include_bytes!({path:?})),").expect("a string takes text");
    }
    table.push_str("]\n");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("icons.rs"), table).expect("the table of icons is written");
}
