//! Turns a compiled flow into a program that its user owns: files for another language's tools.
//!
//! Kinds write their own lines through [`flowloom_flow::CodeWriter`]; this crate names the variables,
//! orders the lines and lays them out as a [`Project`]. It names no kind.

mod assemble;
mod names;
mod project;
mod python;
mod readme;
mod rust;
#[cfg(test)]
mod tests;

use flowloom_flow::{Compiled, Connections, Problem, Target};

pub use project::Project;

/// The program for `target` that does what a run of `compiled` does.
///
/// `connections`: those that nodes name; the program takes their secrets from its environment.
/// Nothing is written yet. Fails with every problem of the flow and with everything that the target
/// cannot express. Nodes that no writer needs are left out, as a run leaves them out; a flow without a
/// writer prints what its last nodes give.
///
/// ```
/// use flowloom_codegen::export;
/// use flowloom_flow::{Compiled, NoConnections, Target};
///
/// let flow = Compiled { flow: "nothing yet".into(), nodes: vec![], problems: vec![] };
/// let problems = export(&flow, Target::Python, &NoConnections).unwrap_err();
/// assert_eq!(problems[0].message, "the flow has no nodes to export");
/// ```
pub fn export(
    compiled: &Compiled,
    target: Target,
    connections: &dyn Connections,
) -> Result<Project, Vec<Problem>> {
    let program = assemble::program(compiled, target, connections)?;
    let name = names::project(&compiled.flow, target, &program);
    let mut files = match target {
        Target::Python => python::files(&name, &compiled.flow, &program),
        Target::Rust => rust::files(&name, &compiled.flow, &program),
    };
    files.insert("README.md".to_owned(), readme::text(&name, compiled, target, &program));
    Ok(Project { files })
}
