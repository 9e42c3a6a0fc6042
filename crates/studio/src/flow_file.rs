//! A flow as its file has it. Reading and writing stand here, away from the session, so that a job can do them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowloom_flow::file::{self, Lines};
use flowloom_flow::{Flow, Problem};

/// A flow, its file, and where everything stands in it.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowFile {
    pub(crate) path: PathBuf,
    pub(crate) flow: Arc<Flow>,
    pub(crate) lines: Arc<Lines>,
}

impl FlowFile {
    /// The flow in the file at `path`, and what the file should be told.
    pub(crate) fn read(path: PathBuf) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        let loaded = file::read(&path)?;
        let (flow, lines) = (Arc::new(loaded.flow), Arc::new(loaded.lines));
        Ok((Self { path, flow, lines }, loaded.warnings))
    }

    /// Writes `flow` to `path`: the file holds the old flow or the new one, never a part.
    pub(crate) fn write(flow: Arc<Flow>, path: PathBuf) -> Result<Self, Problem> {
        file::write(&path, &flow)?;
        let lines = file::parse(&file::save(&flow)).map(|loaded| loaded.lines).unwrap_or_default();
        Ok(Self { path, flow, lines: Arc::new(lines) })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where relative paths of the flow start.
    pub(crate) fn folder(&self) -> PathBuf {
        folder_of(&self.path)
    }
}

/// The folder that a flow file stands in.
pub(crate) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
