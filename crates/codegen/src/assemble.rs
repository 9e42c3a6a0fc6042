//! Asks each node for its lines, with variables named and counted.

use std::collections::BTreeSet;

use flowloom_flow::{CodeWriter, Compiled, CompiledNode, Connections, Problem, Program, Target, Variables};

use crate::names;

/// What [`assemble`] needs of a node, all of it known.
struct Part<'a> {
    index: usize,
    compiled: &'a CompiledNode,
    node: &'a dyn flowloom_flow::Node,
    schemas: &'a [polars::prelude::Schema],
}

/// Everything that the nodes of `compiled` write, in the order in which it runs.
pub(crate) fn program(
    compiled: &Compiled,
    target: Target,
    connections: &dyn Connections,
) -> Result<Program, Vec<Problem>> {
    let errors: Vec<Problem> = compiled.problems().filter(|problem| problem.is_error()).cloned().collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let live = live(compiled);
    let mut parts: Vec<Part<'_>> = compiled
        .nodes
        .iter()
        .enumerate()
        .filter(|(index, _)| live.contains(index))
        .filter_map(|(index, compiled)| {
            let (node, schemas) = (compiled.node.as_deref()?, compiled.schemas.as_deref()?);
            Some(Part { index, compiled, node, schemas })
        })
        .collect();
    // Writers come last, so that those with the same condition stand together.
    parts.sort_by_key(|part| is_writer(part.compiled));
    if parts.is_empty() {
        return Err(vec![Problem::user("the flow has no nodes to export").hint("add a source")]);
    }
    // What the nodes' lines mean by a bare name is known only once they are written, so they are
    // written first with variables that no program has.
    let draft = write(compiled, &parts, target, connections, |_, _| "\u{1}draft\u{1}".to_owned())?;
    let taken = names::taken(&draft, target);
    let chosen =
        names::choose(&parts.iter().map(|part| (part.index, part.compiled)).collect::<Vec<_>>(), &taken);
    write(compiled, &parts, target, connections, |node, port| chosen[&(node, port)].clone())
}

/// Nodes whose rows reach a writer; all of them where nothing is written.
pub(crate) fn live(compiled: &Compiled) -> BTreeSet<usize> {
    let mut live: BTreeSet<usize> =
        (0..compiled.nodes.len()).filter(|&index| is_writer(&compiled.nodes[index])).collect();
    if live.is_empty() {
        return (0..compiled.nodes.len()).collect();
    }
    // Nodes stand after what they read, so one pass from the end finds everything above.
    for index in (0..compiled.nodes.len()).rev() {
        if live.contains(&index) {
            live.extend(compiled.nodes[index].inputs.iter().map(|link| link.from));
        }
    }
    live
}

fn is_writer(node: &CompiledNode) -> bool {
    node.node.as_ref().is_some_and(|node| node.card().outputs.is_empty())
}

fn write(
    compiled: &Compiled,
    parts: &[Part<'_>],
    target: Target,
    connections: &dyn Connections,
    name: impl Fn(usize, usize) -> String,
) -> Result<Program, Vec<Problem>> {
    let has_writers = parts.iter().any(|part| is_writer(part.compiled));
    let mut program = Program { has_writers, ..Program::default() };
    let mut problems = Vec::new();
    let mut shown = Vec::new();
    let mut writes: Vec<Writes> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let is_leaf = readers(parts, part.index, None) == 0;
        let outputs: Vec<Variables> = (0..part.node.card().outputs.len())
            .map(|port| Variables {
                name: name(part.index, port),
                uses: readers(parts, part.index, Some(port)) + usize::from(is_leaf && port == 0),
            })
            .collect();
        if let (true, Some(output)) = (is_leaf, outputs.first()) {
            shown.push(output.name.clone());
        }
        let Some(input_schemas) = compiled.input_schemas(&part.compiled.inputs) else { continue };
        let inputs = part.compiled.inputs.iter().enumerate().map(|(wire, link)| {
            let variable = name(link.from, link.from_port);
            // Rust moves a frame, so every reader but the last takes a clone.
            let rest = part.compiled.inputs[wire + 1..].iter().map(|link| (link.from, link.from_port));
            let later = parts[at + 1..].iter().flat_map(|part| &part.compiled.inputs);
            let is_read_again = rest
                .chain(later.map(|link| (link.from, link.from_port)))
                .any(|read| read == (link.from, link.from_port));
            if target == Target::Rust && is_read_again { format!("{variable}.clone()") } else { variable }
        });
        let before = (program.steps.len(), program.commits.len());
        let mut out = CodeWriter::new(
            target,
            &part.compiled.id,
            &compiled.flow,
            inputs.collect(),
            &input_schemas,
            &outputs,
            part.schemas,
            &mut program,
        )
        .with(connections);
        if let Err(problem) = part.node.code(&mut out) {
            problems.push(problem.at_node(&part.compiled.id));
        }
        if is_writer(part.compiled) {
            let condition = condition(compiled, part.index, target, &program);
            let (steps, commits) = (program.steps.split_off(before.0), program.commits.split_off(before.1));
            match writes.iter_mut().find(|writes| writes.condition == condition) {
                Some(same) => {
                    same.steps.extend(steps);
                    same.commits.extend(commits);
                }
                None => writes.push(Writes { condition, steps, commits }),
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    guard(&mut program, target, writes);
    print(&mut program, target, &shown);
    Ok(program)
}

/// Statements of the writers that write under the same condition.
struct Writes {
    /// `None`: in every run.
    condition: Option<String>,
    steps: Vec<String>,
    commits: Vec<String>,
}

/// Some source above `writer` has read something; `None` where none of them keeps offsets.
fn condition(compiled: &Compiled, writer: usize, target: Target, program: &Program) -> Option<String> {
    let mut above = BTreeSet::from([writer]);
    for index in (0..=writer).rev() {
        if above.contains(&index) {
            above.extend(compiled.nodes[index].inputs.iter().map(|link| link.from));
        }
    }
    let news = above.iter().filter_map(|&index| program.news.get(&compiled.nodes[index].id));
    let conditions: Vec<&str> = news.map(String::as_str).collect();
    let or = match target {
        Target::Python => " or ",
        Target::Rust => " || ",
    };
    (!conditions.is_empty()).then(|| conditions.join(or))
}

/// Puts every group of writers under its condition. A run stages all writes before it makes one visible.
fn guard(program: &mut Program, target: Target, mut writes: Vec<Writes>) {
    if let [only] = writes.as_mut_slice()
        && only.condition.is_some()
    {
        only.steps.push(String::new());
        let commits = std::mem::take(&mut only.commits);
        only.steps.extend(commits);
    }
    for Writes { condition, steps, commits } in writes {
        let Some(condition) = condition else {
            program.steps.extend(steps);
            program.commits.extend(commits);
            continue;
        };
        program.steps.push(block(target, &condition, &steps));
        if !commits.is_empty() {
            program.commits.push(block(target, &condition, &commits));
        }
    }
}

fn block(target: Target, condition: &str, statements: &[String]) -> String {
    let body = indented(statements);
    match target {
        Target::Python => format!("if {condition}:\n{}", body.trim_end()),
        Target::Rust => format!("if {condition} {{\n{}\n}}", body.trim_end()),
    }
}

/// How many inputs take rows of `node`, from `port` or from any.
fn readers(parts: &[Part<'_>], node: usize, port: Option<usize>) -> usize {
    parts
        .iter()
        .flat_map(|part| &part.compiled.inputs)
        .filter(|link| link.from == node && port.is_none_or(|port| link.from_port == port))
        .count()
}

/// Shows the frames that nothing else would compute.
fn print(program: &mut Program, target: Target, frames: &[String]) {
    for frame in frames {
        program.steps.push(match target {
            Target::Python => format!("print({frame}.collect())"),
            Target::Rust => format!("println!(\"{{}}\", {frame}.collect()?);"),
        });
    }
    if target == Target::Rust && !frames.is_empty() {
        let polars = program.packages.entry("polars".to_owned()).or_default();
        polars.features.insert("fmt".to_owned());
        if polars.version.is_empty() {
            "0.55".clone_into(&mut polars.version);
        }
    }
}

/// The statements of the main function: steps, then commits, then acknowledgements.
pub(crate) fn body(program: &Program) -> String {
    let parts = [&program.steps, &program.commits, &program.acknowledgements];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.map(|part| indented(part)).collect::<Vec<_>>().join("\n")
}

fn indented(statements: &[String]) -> String {
    let lines = statements.iter().flat_map(|statement| statement.split('\n'));
    let indented = lines.map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") });
    indented.collect::<Vec<_>>().concat()
}
