//! A Python program: one script and its requirements.

use std::collections::{BTreeMap, BTreeSet};

use flowloom_flow::Program;

use crate::assemble::body;
use crate::names::{PYTHON_MODULES, contains};

/// Where ruff and black break lines.
const WIDTH: usize = 88;

pub(crate) fn files(name: &str, flow: &str, program: &Program) -> BTreeMap<String, String> {
    let requirements =
        program.packages.iter().map(|(package, needs)| format!("{package}{}\n", needs.version));
    BTreeMap::from([
        (format!("{name}.py"), script(flow, program)),
        ("requirements.txt".to_owned(), requirements.collect::<Vec<_>>().concat()),
    ])
}

fn script(flow: &str, program: &Program) -> String {
    let flow = flow.replace('\\', "/").replace('"', "'").replace('\n', " ");
    let mut parts =
        vec![format!("\"\"\"Flow {flow}, exported from Flowloom. README.md says how to run it.\"\"\"\n")];
    let imports = imports(&program.imports);
    if !imports.is_empty() {
        parts.push(format!("\n{imports}"));
    }
    if !program.constants.is_empty() {
        parts.push(format!("\n{}\n", program.constants.join("\n")));
    }
    parts.extend(program.functions.values().map(|function| format!("\n\n{function}\n")));
    parts.push("\n\ndef main() -> None:\n".to_owned());
    parts.push(body(program));
    parts.push("\n\nif __name__ == \"__main__\":\n    main()\n".to_owned());
    parts.concat()
}

/// Import lines as isort has them: the standard library first, one line for each module.
fn imports(lines: &BTreeSet<String>) -> String {
    let mut plain: [BTreeSet<&str>; 2] = Default::default();
    let mut from: [BTreeMap<&str, BTreeSet<(bool, &str)>>; 2] = Default::default();
    for line in lines {
        let module = line.split_whitespace().nth(1).unwrap_or_default();
        let section = usize::from(!contains(PYTHON_MODULES, module.split('.').next().unwrap_or_default()));
        match line.strip_prefix("from ").and_then(|rest| rest.split_once(" import ")) {
            // Classes before functions.
            Some((module, names)) => from[section].entry(module).or_default().extend(
                names
                    .split(',')
                    .map(|name| (name.trim().starts_with(|c: char| c.is_lowercase()), name.trim())),
            ),
            None => {
                plain[section].insert(line);
            }
        }
    }
    let sections = plain.iter().zip(&from).map(|(plain, from)| {
        let plain = plain.iter().map(|line| format!("{line}\n"));
        plain.chain(from.iter().map(|(module, names)| import_from(module, names))).collect::<String>()
    });
    sections.filter(|section| !section.is_empty()).collect::<Vec<_>>().join("\n")
}

fn import_from(module: &str, names: &BTreeSet<(bool, &str)>) -> String {
    let names: Vec<&str> = names.iter().map(|(_, name)| *name).collect();
    let line = format!("from {module} import {}", names.join(", "));
    if line.len() <= WIDTH {
        return format!("{line}\n");
    }
    format!("from {module} import (\n    {},\n)\n", names.join(",\n    "))
}
