//! What a kind writes when its flow leaves as code, in whatever language.
//!
//! A [`CodeWriter`] is one node's view of the [`Program`]; `codegen` lays the program out as files.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use polars::prelude::Schema;
use serde::Serialize;

use crate::{Access, Connections, NoConnections, NodeId, Problem, layout};

/// What a flow can be exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// One script: polars and confluent-kafka.
    Python,
    /// A cargo project: polars and rdkafka.
    Rust,
}

impl Target {
    pub const ALL: [Self; 2] = [Self::Python, Self::Rust];

    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Rust => "rust",
        }
    }
}

/// A library that the program needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// As the target's package file wants it: `>=1.42`, `0.55`.
    pub version: String,
    /// Rust: features beside none, for `default-features = false`.
    pub features: BTreeSet<String>,
}

/// A setting that the program takes from the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    /// `None`: it must be set.
    pub default: Option<String>,
    pub description: String,
}

/// Everything that the nodes wrote, in no language yet but their own lines.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Some node writes: only then do sources keep their offsets.
    pub has_writers: bool,
    /// Whole import lines; sorted when laid out.
    pub imports: BTreeSet<String>,
    pub packages: BTreeMap<String, Package>,
    pub environment: Vec<Variable>,
    /// Top-level items that stand before all functions: schemas, structs.
    pub constants: Vec<String>,
    /// Top-level functions by name; a helper that several nodes ask for stands once.
    pub functions: IndexMap<String, String>,
    /// The main function: lazy steps and staged writes, in topological order.
    pub steps: Vec<String>,
    /// After every write is staged: make them visible.
    pub commits: Vec<String>,
    /// After every write is visible: commit offsets.
    pub acknowledgements: Vec<String>,
    /// By source that keeps offsets: the condition that it has read something.
    pub news: BTreeMap<NodeId, String>,
}

/// An output port as a variable of the program.
#[derive(Clone, Debug)]
pub struct Variables {
    pub name: String,
    /// How many inputs take it; 0: nothing needs to be written for it.
    pub uses: usize,
}

/// One node's view of the program.
pub struct CodeWriter<'a> {
    target: Target,
    node: &'a NodeId,
    flow: &'a str,
    inputs: Vec<String>,
    input_schemas: &'a [Schema],
    outputs: &'a [Variables],
    output_schemas: &'a [Schema],
    program: &'a mut Program,
    connections: &'a dyn Connections,
}

impl<'a> CodeWriter<'a> {
    /// `inputs`: for each wire the expression that gives its frame (a name, or a clone of it).
    #[expect(clippy::too_many_arguments, reason = "called once, by codegen, which has them all apart")]
    pub fn new(
        target: Target,
        node: &'a NodeId,
        flow: &'a str,
        inputs: Vec<String>,
        input_schemas: &'a [Schema],
        outputs: &'a [Variables],
        output_schemas: &'a [Schema],
        program: &'a mut Program,
    ) -> Self {
        Self {
            target,
            node,
            flow,
            inputs,
            input_schemas,
            outputs,
            output_schemas,
            program,
            connections: &NoConnections,
        }
    }

    /// The same, with connections for nodes that name them.
    #[must_use]
    pub fn with(self, connections: &'a dyn Connections) -> Self {
        Self { connections, ..self }
    }

    /// The connection of this name, whose secrets the program takes from its environment.
    pub fn connection(&self, name: &str) -> Result<Access, Problem> {
        self.connections.get(name)
    }

    pub fn target(&self) -> Target {
        self.target
    }

    /// The node's id: the stem of every name that it makes up.
    pub fn node(&self) -> &NodeId {
        self.node
    }

    pub fn flow(&self) -> &str {
        self.flow
    }

    /// The lazy frame of wire `i`, as an expression to use once.
    pub fn input(&self, i: usize) -> &str {
        &self.inputs[i]
    }

    pub fn inputs(&self) -> &[String] {
        &self.inputs
    }

    pub fn input_schemas(&self) -> &'a [Schema] {
        self.input_schemas
    }

    pub fn output_schemas(&self) -> &'a [Schema] {
        self.output_schemas
    }

    /// The variable of output port `i`; `None` where nothing reads it.
    pub fn output(&self, i: usize) -> Option<&'a str> {
        self.outputs.get(i).filter(|output| output.uses > 0).map(|output| output.name.as_str())
    }

    /// Whether some node writes; without one no offsets are committed, so none need be kept.
    pub fn has_writers(&self) -> bool {
        self.program.has_writers
    }

    /// A whole import line: `import polars as pl`, `use polars::prelude::*;`.
    pub fn import(&mut self, line: &str) {
        self.program.imports.insert(line.to_owned());
    }

    /// Needs a library; for Rust with these features.
    pub fn package(&mut self, name: &str, version: &str, features: &[&str]) {
        let package = self.program.packages.entry(name.to_owned()).or_default();
        version.clone_into(&mut package.version);
        package.features.extend(features.iter().map(|&feature| feature.to_owned()));
    }

    /// Needs Polars; for Rust with these features beside `lazy`.
    pub fn polars(&mut self, features: &[&str]) {
        match self.target {
            Target::Python => {
                self.import("import polars as pl");
                self.package("polars", ">=2.1", &[]);
            }
            Target::Rust => {
                self.import("use polars::prelude::*;");
                self.package("polars", "0.55", &["lazy"]);
                self.package("polars", "0.55", features);
            }
        }
    }

    /// The setting of that name, where a node before needs it.
    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.program.environment.iter().find(|known| known.name == name)
    }

    /// Needs a setting from the environment.
    pub fn environment(&mut self, name: &str, default: Option<&str>, description: &str) {
        let variable = Variable {
            name: name.to_owned(),
            default: default.map(str::to_owned),
            description: description.to_owned(),
        };
        if self.variable(name).is_none() {
            self.program.environment.push(variable);
        }
    }

    /// A top-level item before the functions; the same text stands once.
    pub fn constant(&mut self, text: impl Into<String>) {
        let text = text.into();
        if !self.program.constants.contains(&text) {
            self.program.constants.push(text);
        }
    }

    /// A top-level function; the first of a name wins, so helpers are asked for freely.
    pub fn function(&mut self, name: &str, text: impl Into<String>) {
        self.program.functions.entry(name.to_owned()).or_insert_with(|| text.into());
    }

    /// A statement of the main function.
    pub fn step(&mut self, line: impl Into<String>) {
        self.program.steps.push(line.into());
    }

    /// `name = expression` for output port `i`, when something reads it; an expression of one line is broken
    /// where it is too long.
    pub fn assign(&mut self, i: usize, expression: &str) {
        if let Some(name) = self.output(i) {
            self.step(layout::assignment(self.target, name, expression));
        }
    }

    /// A statement that makes a staged write visible.
    pub fn commit(&mut self, line: impl Into<String>) {
        self.program.commits.push(line.into());
    }

    /// A statement that commits offsets, after every write.
    pub fn acknowledge(&mut self, line: impl Into<String>) {
        self.program.acknowledgements.push(line.into());
    }

    /// The condition that this source has read something: without news, what was written before stays as it is.
    pub fn news(&mut self, condition: impl Into<String>) {
        self.program.news.insert(self.node.clone(), condition.into());
    }

    /// What this target cannot express, by name; nothing of the export is written.
    pub fn refuse(&self, what: &str) -> Problem {
        Problem::user(format!("{what} cannot be exported to {}", self.target.name())).at_node(self.node)
    }
}
