//! How a kind's own tests run it: given rows, when settings, then rows.

use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, IntoLazy as _, Schema};

use crate::{CodeWriter, Host, Kind, NodeId, Problem, Program, Site, Step, Target, Variables};

/// A host whose relative paths start at `folder`.
pub struct TestHost {
    pub folder: PathBuf,
}

impl Host for TestHost {
    fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    fn spill_dir(&self) -> &Path {
        &self.folder
    }

    fn memory_bytes(&self) -> u64 {
        64 << 20
    }

    fn decode_threads(&self) -> usize {
        2
    }
}

/// A host in the system's folder for temporary files, for kinds that touch none.
pub fn host() -> TestHost {
    TestHost { folder: std::env::temp_dir() }
}

/// Repeatable randomness for property tests (splitmix64).
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    #[expect(clippy::should_implement_trait, reason = "an endless source is not an iterator")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `0..end`; 0 where that is empty.
    pub fn below(&mut self, end: usize) -> usize {
        self.next() as usize % end.max(1)
    }

    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

fn id() -> NodeId {
    NodeId::nearest("under_test")
}

/// The frames of each output, after checking that the announced schemas are the real ones.
pub fn run<K: Kind>(kind: &K, inputs: &[DataFrame]) -> Result<Vec<DataFrame>, Problem> {
    let (id, host) = (id(), host());
    let site = Site { node: &id, flow: "test", host: &host };
    let schemas: Vec<Schema> = inputs.iter().map(|frame| (**frame.schema()).clone()).collect();
    let announced = kind.schema(&schemas, &site)?;
    let Step::Frames(frames) = kind.plan(inputs.iter().map(|frame| frame.clone().lazy()).collect(), &site)?
    else {
        return Err(Problem::internal("this kind reads or writes; test it with a host of its own"));
    };
    let frames =
        frames.into_iter().map(|frame| Ok(frame.collect()?)).collect::<Result<Vec<DataFrame>, Problem>>()?;
    for (schema, frame) in announced.iter().zip(&frames) {
        assert_eq!(schema, &**frame.schema(), "the announced schema is the real one");
    }
    Ok(frames)
}

/// What the kind writes for `target`: packages, imports, constants, functions and steps, as one text for a snapshot.
///
/// Inputs are named `left`, `right`, `third`; outputs by their port, all of them in use.
pub fn code<K: Kind>(kind: &K, target: Target, inputs: &[Schema]) -> Result<String, Problem> {
    let (id, host) = (id(), host());
    let outputs = kind.schema(inputs, &Site { node: &id, flow: "test", host: &host })?;
    let names = ["left", "right", "third"].map(str::to_owned);
    let variables: Vec<Variables> =
        K::CARD.outputs.iter().map(|port| Variables { name: port.name.to_owned(), uses: 1 }).collect();
    let mut program = Program { has_writers: true, ..Program::default() };
    let inputs_of = names.into_iter().take(inputs.len()).collect();
    kind.code(&mut CodeWriter::new(
        target,
        &id,
        "test",
        inputs_of,
        inputs,
        &variables,
        &outputs,
        &mut program,
    ))?;
    Ok(show(&program))
}

fn show(program: &Program) -> String {
    let mut text = String::new();
    for (name, package) in &program.packages {
        let features: Vec<_> = package.features.iter().map(String::as_str).collect();
        text.extend(["package ", name, " ", &package.version, " ", &features.join(" "), "\n"]);
    }
    for variable in &program.environment {
        text.extend(["environment ", &variable.name, " = ", &format!("{:?}", variable.default), "\n"]);
    }
    let functions = program.functions.values();
    let parts = program.imports.iter().chain(&program.constants).chain(functions);
    let parts = parts.chain(&program.steps).chain(&program.commits).chain(&program.acknowledgements);
    for part in parts {
        text += part;
        text.push('\n');
    }
    text
}
