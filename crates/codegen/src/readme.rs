//! What the program does and how to run it.

use flowloom_flow::{Compiled, CompiledNode, Program, Target, Variable};

pub(crate) fn text(name: &str, compiled: &Compiled, target: Target, program: &Program) -> String {
    let live = crate::assemble::live(compiled);
    let steps = live.iter().map(|&index| step(&compiled.nodes[index]));
    let run = match target {
        Target::Python => format!(
            "Needs Python 3.10 or later.\n\n```sh\npython3 -m venv .venv\n\
             .venv/bin/pip install -r requirements.txt\n.venv/bin/python {name}.py\n```\n"
        ),
        Target::Rust => "Needs Rust 1.85 or later; with rdkafka also a C compiler and CMake.\n\n\
                         ```sh\ncargo run --release\n```\n"
            .to_owned(),
    };
    let mut parts =
        vec![format!("# {}\n\nExported from Flowloom. It does, in this order:\n\n", compiled.flow)];
    parts.extend(steps);
    parts.push(format!("\n## Run\n\n{run}\nRelative paths start at the folder that it runs in.\n"));
    if !program.environment.is_empty() {
        parts.push("\n## Environment variables\n\n| name | default | meaning |\n|---|---|---|\n".to_owned());
        parts.extend(program.environment.iter().map(row));
    }
    parts.concat()
}

fn step(compiled: &CompiledNode) -> String {
    let Some(node) = &compiled.node else { return String::new() };
    let name = node.card().name;
    match node.caption() {
        caption if caption.is_empty() => format!("- `{}`: {name}\n", compiled.id),
        caption => format!("- `{}`: {name}, {caption}\n", compiled.id),
    }
}

fn row(variable: &Variable) -> String {
    let default = variable.default.as_ref().map_or("must be set".to_owned(), |text| format!("`{text}`"));
    format!("| `{}` | {default} | {} |\n", variable.name, variable.description)
}
