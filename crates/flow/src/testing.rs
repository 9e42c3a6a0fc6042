//! How a kind's own tests run it: given rows, when settings, then rows.

use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, Engine, IntoLazy as _, Schema};

use crate::{CodeWriter, Host, Kind, NodeId, Problem, Program, Site, Step, Target, Variables};

/// A host whose relative paths start at `folder`.
pub struct TestHost {
    pub folder: PathBuf,
}

impl Host for TestHost {
    fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    fn spill_dir(&self) -> Result<&Path, Problem> {
        Ok(&self.folder)
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

/// [`run`] in memory and streamed: both must give the same rows in the same order.
///
/// # Panics
/// Where the kind fails, or the engines differ.
pub fn both_engines<K: Kind>(kind: &K, inputs: &[DataFrame]) -> Vec<DataFrame> {
    let in_memory = run(kind, inputs).expect("the kind runs in memory");
    let (id, host) = (id(), host());
    let frames = inputs.iter().map(|frame| frame.clone().lazy()).collect();
    let step = kind.plan(frames, &Site { node: &id, flow: "test", host: &host });
    let Ok(Step::Frames(frames)) = step else { panic!("the kind plans frames") };
    for (frame, expected) in frames.into_iter().zip(&in_memory) {
        let streamed = frame.collect_with_engine(Engine::Streaming).expect("the kind runs streamed");
        let streamed = streamed.unwrap_single();
        assert_eq!(streamed.schema(), expected.schema(), "both engines give the same schema");
        assert!(streamed.equals_missing(expected), "streamed {streamed} differs from {expected}");
    }
    in_memory
}

/// Three rows, the second null, with a column of each type named after it, and a `key`: `a`, null, `a`.
///
/// # Panics
/// Never.
pub fn every_type() -> DataFrame {
    use polars::prelude::{DataType, IntoColumn as _, NamedFrom as _, Series, TimeUnit, TimeZone, df};
    let numbers = Series::new("".into(), [Some(1_i64), None, Some(2)]);
    let mut frame = df!["key" => [Some("a"), None, Some("a")]].expect("a frame");
    let mut add = |name: &str, values: Series| {
        frame.with_column(values.with_name(name.into()).into_column()).expect("as many rows");
    };
    let us = TimeUnit::Microseconds;
    for (name, dtype) in [
        ("i8", DataType::Int8),
        ("i16", DataType::Int16),
        ("i32", DataType::Int32),
        ("i64", DataType::Int64),
        ("u8", DataType::UInt8),
        ("u16", DataType::UInt16),
        ("u32", DataType::UInt32),
        ("u64", DataType::UInt64),
        ("f32", DataType::Float32),
        ("f64", DataType::Float64),
        ("decimal", DataType::Decimal(10, 2)),
        ("bool", DataType::Boolean),
        ("string", DataType::String),
        ("datetime", DataType::Datetime(us, None)),
        ("datetime_ms", DataType::Datetime(TimeUnit::Milliseconds, None)),
        ("datetime_ns", DataType::Datetime(TimeUnit::Nanoseconds, None)),
        ("datetime_utc", DataType::Datetime(us, Some(TimeZone::UTC))),
        ("duration", DataType::Duration(us)),
        ("time", DataType::Time),
    ] {
        add(name, numbers.cast(&dtype).expect("a cast of numbers"));
    }
    let days = numbers.cast(&DataType::Int32).and_then(|days| days.cast(&DataType::Date));
    add("date", days.expect("a cast of numbers"));
    let text = numbers.cast(&DataType::String).expect("a cast of numbers");
    add("binary", text.cast(&DataType::Binary).expect("a cast of text"));
    add("list", Series::new("".into(), [Some(numbers.clone()), None, Some(numbers.slice(0, 1))]));
    add("null", Series::new_null("".into(), 3));
    frame
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
