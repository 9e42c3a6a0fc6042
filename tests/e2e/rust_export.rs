//! Exported Rust programs: all of them are modules of one binary, so that Polars is linked once.
//!
//! Its package asks for what our workspace asks for, feature by feature, from the same lock file and into the same
//! target folder: cargo then finds every dependency built already.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use flowloom_codegen::Project;
use flowloom_flow::Target;
use serde_json::Value;

use crate::cache::cache;
use crate::export::{cases, keep, said, source};
use crate::kafka_export;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A fixed place, so that a second test run builds only what has changed.
const PACKAGE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/exports");

/// The program that runs the module named by its first argument, built once for this process.
fn programs() -> &'static Path {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match BUILT.get_or_init(build) {
        Ok(program) => program,
        Err(why) => panic!("{why}"),
    }
}

/// The exported program `name`.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(programs());
    command.arg(name);
    command
}

/// `project` built by itself, with exactly the features that it asks for: it proves that they suffice. What is built
/// outlives the clone, because every set of features is a Polars of its own.
pub(crate) fn alone(name: &str, project: &Project) -> Command {
    let folder = cache().join("exports").join(name);
    for (file, text) in &project.files {
        put_in(&folder, file, text);
    }
    put_in(&folder, ".cargo/config.toml", &read(".cargo/config.toml"));
    put_in(&folder, "rust-toolchain.toml", &read("rust-toolchain.toml"));
    put_in(&folder, "Cargo.lock", &lock());
    let target = cache().join("exports/target");
    let cargo =
        cargo_build(&folder, &target).env("CARGO_PROFILE_DEV_DEBUG", "0").output().expect("cargo runs");
    assert!(cargo.status.success(), "{name}: {}", said(&cargo));
    let manifest = project.files.get("Cargo.toml").expect("a manifest");
    let package = manifest.lines().find_map(|line| line.strip_prefix("name = ")).expect("a name");
    Command::new(target.join("debug").join(package.trim_matches('"')))
}

fn sources() -> BTreeMap<String, String> {
    let plain = cases().into_iter().map(|case| (case.name.clone(), case.project(Target::Rust)));
    let kafka = kafka_export::rust_projects();
    plain.chain(kafka).map(|(name, project)| (name, source(&project).to_owned())).collect()
}

fn build() -> Result<PathBuf, String> {
    let sources = sources();
    let modules: BTreeMap<String, String> = sources
        .iter()
        .map(|(name, text)| {
            keep(&format!("{name}.rs"), text);
            (format!("{name}.rs"), text.replacen("\nfn main()", "\npub fn main()", 1))
        })
        .collect();
    let mut main = String::new();
    for name in sources.keys() {
        writeln!(main, "mod {name};").expect("a String takes all text");
    }
    main += "\nfn main() -> Result<(), Box<dyn std::error::Error>> {\n    match std::env::args().nth(1).as_deref() {\n";
    for name in sources.keys() {
        writeln!(main, "        Some(\"{name}\") => {name}::main(),").expect("a String takes all text");
    }
    main += "        other => Err(format!(\"no program {other:?}\").into()),\n    }\n}\n";

    put("Cargo.toml", &manifest());
    put(".cargo/config.toml", &read(".cargo/config.toml"));
    put("rust-toolchain.toml", &read("rust-toolchain.toml"));
    put("Cargo.lock", &lock());
    // Without a build script cargo would leave its dependencies out, and their features with them.
    put("build.rs", "fn main() {}\n");
    let src = Path::new(PACKAGE).join("src");
    fs::create_dir_all(&src).expect("a folder");
    for entry in fs::read_dir(&src).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a name");
        if name != "main.rs" && !modules.contains_key(&name) {
            fs::remove_file(entry.path()).expect("an old module is removed");
        }
    }
    for (name, text) in &modules {
        put(&format!("src/{name}"), text);
    }
    put("src/main.rs", &main);

    // `target/tmp` is where cargo puts temporary files of tests.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    let cargo = cargo_build(Path::new(PACKAGE), target).output().expect("cargo runs");
    if cargo.status.success() { Ok(target.join("debug/flowloom-exports")) } else { Err(said(&cargo)) }
}

/// `cargo build` as from a shell: what the cargo that runs this test has set for it would tell the build scripts of
/// dependencies (ring's looks at the package's name) that they are stale. All that depends on them would then be
/// built again, under the files that this very test run still links.
fn cargo_build(package: &Path, target: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    let set_for_tests = |name: &str| {
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CFG_", "CARGO_BIN_"]
            .iter()
            .any(|start| name.starts_with(start))
            || ["OUT_DIR", "LD_LIBRARY_PATH", "RUSTFLAGS"].contains(&name)
    };
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(set_for_tests)) {
        cargo.env_remove(name);
    }
    cargo.current_dir(package).args(["build", "--offline", "--quiet"]).env("CARGO_TARGET_DIR", target);
    cargo
}

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(file)).unwrap_or_else(|error| panic!("{error}: {file}"))
}

/// Writes a file of the package, unless it has that text already: cargo goes by the time of the last change.
fn put(file: &str, text: &str) {
    put_in(Path::new(PACKAGE), file, text);
}

fn put_in(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, text).unwrap_or_else(|error| panic!("{error}: {}", path.display()));
}

/// Our lock file without our own crates, which this package does not use.
fn lock() -> String {
    let lock = read("Cargo.lock");
    let packages = lock.split("\n[[package]]\n").filter(|package| !package.starts_with("name = \"flowloom-"));
    packages.collect::<Vec<_>>().join("\n[[package]]\n")
}

/// Version, whether with default features, features.
type Wanted = (String, bool, BTreeSet<String>);

/// What every crate of ours depends on, tests too, as dependencies of one package.
fn manifest() -> String {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(ROOT)
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    // By table of the manifest: those of build scripts and of one system are features of their own.
    let mut tables: BTreeMap<String, BTreeMap<String, Wanted>> = BTreeMap::new();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for dependency in list(&metadata["packages"]).iter().flat_map(|package| list(&package["dependencies"])) {
        let text = |key: &str| dependency[key].as_str().unwrap_or_default().to_owned();
        if text("source").is_empty() {
            continue;
        }
        let kind = if text("kind") == "build" { "build-dependencies" } else { "dependencies" };
        let table = match dependency["target"].as_str() {
            Some(target) => format!("target.'{target}'.{kind}"),
            None => kind.to_owned(),
        };
        let dependencies = tables.entry(table).or_default();
        let (_, default, features) =
            dependencies.entry(text("name")).or_insert_with(|| (text("req"), false, BTreeSet::new()));
        *default |= dependency["uses_default_features"] == true;
        features.extend(list(&dependency["features"]).iter().filter_map(Value::as_str).map(str::to_owned));
    }
    let mut manifest =
        String::from("[package]\nname = \"flowloom-exports\"\nversion = \"0.0.0\"\nedition = \"2024\"\n");
    for (table, dependencies) in tables {
        writeln!(manifest, "\n[{table}]").expect("a String takes all text");
        for (name, (version, default, features)) in dependencies {
            let features: Vec<String> = features.into_iter().collect();
            writeln!(
                manifest,
                "{name} = {{ version = \"{version}\", default-features = {default}, features = {features:?} }}"
            )
            .expect("a String takes all text");
        }
    }
    let ours = read("Cargo.toml");
    let profile = ours.split_once("[profile.dev]").map_or("", |(_, profile)| profile);
    format!("{manifest}\n[workspace]\nresolver = \"3\"\n\n[profile.dev]{profile}")
}

#[test]
fn programs_give_the_rows_of_the_engine() {
    let wrong: Vec<String> =
        cases().iter().filter_map(|case| case.differs(&mut program(&case.name))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
