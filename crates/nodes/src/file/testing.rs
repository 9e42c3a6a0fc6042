//! A folder of its own for a test of a kind that reads or writes files.

use std::path::{Path, PathBuf};

use flowloom_flow::testing::TestHost;
use flowloom_flow::{
    Ask, Batch, Cancel, Kind, NodeId, Problem, Read, Sample, Scope, Sink, Site, Step, Written,
};
use polars::prelude::{DataFrame, Engine, IntoLazy as _, LazyFrame, OptFlags, Schema};
use serde_json::{Value, from_value};

pub(crate) struct Desk {
    folder: tempfile::TempDir,
    host: TestHost,
    id: NodeId,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let host = TestHost { folder: folder.path().to_owned() };
        Self { folder, host, id: NodeId::nearest("under_test") }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn put(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    pub(crate) fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    /// Names of everything in a folder, hidden files too.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub(crate) fn site(&self) -> Site<'_> {
        Site { node: &self.id, flow: "test", host: &self.host }
    }

    fn plan<K: Kind>(&self, settings: Value) -> Result<Step, Problem> {
        from_value::<K>(settings).unwrap().plan(Vec::new(), &self.site())
    }

    pub(crate) fn source<K: Kind>(&self, settings: Value, scope: Scope) -> Result<Read, Problem> {
        let Step::Source(mut source) = self.plan::<K>(settings)? else { panic!("not a source") };
        let cancel = Cancel::default();
        let progress = &|_| {};
        source.read(&Ask {
            scope,
            columns: vec![None],
            range: None,
            after: None,
            go_on: None,
            progress,
            cancel: &cancel,
        })
    }

    /// All rows, after checking that the announced schema is the real one.
    pub(crate) fn read<K: Kind>(&self, settings: Value) -> Result<DataFrame, Problem> {
        let schema = self.schema::<K>(settings.clone())?;
        let mut read = self.source::<K>(settings, Scope::Run)?;
        let frame = read.frames.remove(0).collect()?;
        assert_eq!(schema, **frame.schema());
        Ok(frame)
    }

    pub(crate) fn preview<K: Kind>(&self, settings: Value, rows: usize) -> Result<DataFrame, Problem> {
        let mut read = self.source::<K>(settings, Scope::Preview { rows, from: Sample::Newest })?;
        Ok(read.frames.remove(0).collect()?)
    }

    pub(crate) fn schema<K: Kind>(&self, settings: Value) -> Result<Schema, Problem> {
        Ok(from_value::<K>(settings).unwrap().schema(&[], &self.site())?.remove(0))
    }

    pub(crate) fn fingerprint<K: Kind>(&self, settings: Value) -> Option<String> {
        let Step::Source(source) = self.plan::<K>(settings).unwrap() else { panic!("not a source") };
        source.fingerprint(Scope::Run, &Cancel::default()).unwrap()
    }

    pub(crate) fn sink<K: Kind>(&self, settings: Value) -> Result<Box<dyn Sink>, Problem> {
        match self.plan::<K>(settings)? {
            Step::Sink(sink) => Ok(sink),
            _ => panic!("not a sink"),
        }
    }

    /// The whole protocol, as the engine follows it.
    pub(crate) fn write<K: Kind>(
        &self,
        settings: Value,
        rows: &DataFrame,
        batch: &Batch,
    ) -> Result<Written, Problem> {
        let mut sink = self.sink::<K>(settings)?;
        sink.last_committed()?;
        stage(sink.as_mut(), rows, batch)?;
        sink.prepare()?;
        sink.commit()
    }
}

/// Stages `rows` and runs the plan with the engine of real runs.
pub(crate) fn stage(sink: &mut dyn Sink, rows: &DataFrame, batch: &Batch) -> Result<(), Problem> {
    run(vec![sink.stage(rows.clone().lazy(), batch)?])
}

pub(crate) fn run(plans: Vec<LazyFrame>) -> Result<(), Problem> {
    let plans = plans.into_iter().map(|plan| plan.logical_plan).collect();
    LazyFrame::collect_all_with_engine(plans, Engine::Streaming, OptFlags::default())?;
    Ok(())
}

/// The message and the hint of what went wrong, without the folder's own path.
pub(crate) fn said<T>(result: Result<T, Problem>, desk: &Path) -> String {
    let problem = result.err().expect("it fails");
    problem.to_string().replace(desk.to_str().unwrap(), "")
}
