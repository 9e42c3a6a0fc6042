//! A Rust program: a cargo project with one source file.

use std::collections::{BTreeMap, BTreeSet};

use flowloom_flow::{Package, Program};

use crate::assemble::body;

/// Where rustfmt breaks lines by default.
const WIDTH: usize = 100;

pub(crate) fn files(name: &str, flow: &str, program: &Program) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("Cargo.toml".to_owned(), manifest(name, program)),
        ("src/main.rs".to_owned(), source(flow, program)),
    ])
}

fn manifest(name: &str, program: &Program) -> String {
    let dependencies: Vec<String> =
        program.packages.iter().map(|(package, needs)| dependency(package, needs)).collect();
    // The program stands alone, also inside the folder of another cargo project.
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n{}\n[workspace]\n",
        dependencies.concat()
    )
}

/// With exactly the features that the nodes asked for.
fn dependency(name: &str, needs: &Package) -> String {
    let head = format!("{name} = {{ version = \"{}\", default-features = false", needs.version);
    if needs.features.is_empty() {
        return format!("{head} }}\n");
    }
    let features: Vec<String> = needs.features.iter().map(|feature| format!("\"{feature}\"")).collect();
    let line = format!("{head}, features = [{}] }}\n", features.join(", "));
    if line.len() <= WIDTH + 1 {
        line
    } else {
        format!("{head}, features = [\n  {},\n] }}\n", features.join(",\n  "))
    }
}

fn source(flow: &str, program: &Program) -> String {
    let flow = flow.replace('\n', " ");
    let mut parts =
        vec![format!("//! Flow {flow}, exported from Flowloom. README.md says how to run it.\n\n")];
    let imports = imports(&program.imports);
    if !imports.is_empty() {
        parts.push(format!("{imports}\n"));
    }
    parts.extend(program.constants.iter().map(|constant| format!("{constant}\n\n")));
    parts.push("fn main() -> Result<(), Box<dyn std::error::Error>> {\n".to_owned());
    parts.push(body(program));
    parts.push("    Ok(())\n}\n".to_owned());
    parts.extend(program.functions.values().map(|function| format!("\n{function}\n")));
    parts.concat()
}

/// `use` lines as rustfmt has them: the standard library first, the types of a module in one line.
fn imports(lines: &BTreeSet<String>) -> String {
    let mut types: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut whole = Vec::new();
    for line in lines {
        let path = line.trim_start_matches("use ").trim_end_matches(';');
        let (module, names) = path.split_at(path.find("::{").or_else(|| path.rfind("::")).unwrap_or(0));
        let names: Vec<&str> = names.trim_start_matches("::").trim_matches(['{', '}']).split(", ").collect();
        if names.iter().all(|name| name.starts_with(char::is_uppercase)) {
            types.entry(module).or_default().extend(names);
        } else {
            whole.push(line.clone());
        }
    }
    whole.extend(types.iter().map(|(module, names)| {
        let names: Vec<&str> = names.iter().copied().collect();
        match names.as_slice() {
            [name] => format!("use {module}::{name};"),
            names => format!("use {module}::{{{}}};", names.join(", ")),
        }
    }));
    whole.sort_by(|a, b| path_order(a).cmp(&path_order(b)));
    let (std, other): (Vec<String>, Vec<String>) =
        whole.into_iter().partition(|line| line.starts_with("use std::"));
    let sections = [std, other].into_iter().filter(|section| !section.is_empty());
    sections.map(|section| section.join("\n") + "\n").collect::<Vec<_>>().join("\n")
}

/// rustfmt's order: names before globs before lists, modules before types before constants.
fn path_order(line: &str) -> Vec<(u8, &str)> {
    let path = line.trim_start_matches("use ").trim_end_matches(';');
    let class = |segment: &str| match segment.chars().next() {
        Some('{') => 4,
        Some('*') => 3,
        _ if segment.len() > 1 && segment.chars().all(|c| c.is_uppercase() || c == '_') => 2,
        Some(c) if c.is_uppercase() => 1,
        _ => 0,
    };
    path.splitn(path.split('{').next().unwrap_or(path).matches("::").count() + 1, "::")
        .map(|segment| (class(segment), segment))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_one_module_share_a_line() {
        let lines = [
            "use serde::Deserializer;",
            "use std::fs;",
            "use serde::de::Error as _;",
            "use polars::prelude::*;",
            "use serde::{Deserialize, Serialize};",
            "use std::env;",
        ];
        insta::assert_snapshot!(imports(&lines.map(str::to_owned).into()), @r"
        use std::env;
        use std::fs;

        use polars::prelude::*;
        use serde::de::Error as _;
        use serde::{Deserialize, Deserializer, Serialize};
        ");
    }
}
