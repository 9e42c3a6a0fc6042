//! Everything that a user can ask of the studio, as plain data: canvas, menu, palette, command line and
//! schedule all send these, so they can be logged, and replayed in tests.

use std::collections::BTreeMap;
use std::path::PathBuf;

use flowloom_engine::{LiveAsk, PreviewAsk};
use flowloom_flow::Edit;
use flowloom_flow::{Flow, NodeId, ResetAsk, Target};
use serde_json::Value;

use crate::connections;
use crate::flow_file::FlowFile;

/// An open flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlowKey(pub(crate) u64);

/// One wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// An unsaved flow; its relative paths start at `folder`.
    New {
        flow: Flow,
        folder: PathBuf,
    },
    Open {
        path: PathBuf,
    },
    /// As [`Command::Open`] for who must not wait for a disk: a job reads the file, [`Command::Adopt`] opens
    /// what it gave.
    Load {
        path: PathBuf,
    },
    /// As [`Command::Load`] of the sample flow in `folder`, which is put there first unless it is there.
    LoadSample {
        folder: PathBuf,
    },
    /// Opens a flow that a job has read.
    Adopt {
        file: FlowFile,
    },
    /// What an unsaved flow's file would hold: it opens unsaved, as it was when it was lost. `folder`: where its
    /// relative paths start when it has no file.
    Recover {
        text: String,
        path: Option<PathBuf>,
        folder: PathBuf,
    },
    /// To `path`, or where it was opened.
    Save {
        flow: FlowKey,
        path: Option<PathBuf>,
    },
    /// As [`Command::Save`] for who must not wait for a disk: a job writes the flow as it is now, then
    /// [`Command::MarkSaved`] tells the session. One at a time for each flow.
    Store {
        flow: FlowKey,
        path: Option<PathBuf>,
    },
    /// `file` was written: exactly what it holds is saved, and edits that were made meanwhile are not.
    MarkSaved {
        flow: FlowKey,
        file: FlowFile,
    },
    Close {
        flow: FlowKey,
    },
    /// Edits with the same `gesture` in a row are one step of undo.
    Edit {
        flow: FlowKey,
        edit: Edit,
        gesture: Option<String>,
    },
    /// Another flow in its place, as one step of undo: recovered work.
    Replace {
        flow: FlowKey,
        with: Flow,
    },
    Undo {
        flow: FlowKey,
    },
    Redo {
        flow: FlowKey,
    },
    /// The mouse was released, the field was left: the next edit is a step of its own.
    EndGesture {
        flow: FlowKey,
    },
    /// Nodes, schemas and problems, worked out in the background.
    Compile {
        flow: FlowKey,
        values: Values,
    },
    /// Asks a node's outside for settings that it needs not be told, such as the fields of a topic.
    Infer {
        flow: FlowKey,
        node: NodeId,
        values: Values,
    },
    /// Asks a node's outside for values of its setting `key`.
    Suggest {
        flow: FlowKey,
        node: NodeId,
        key: String,
        values: Values,
    },
    /// Asks a node's outside how far it is.
    Standing {
        flow: FlowKey,
        node: NodeId,
        values: Values,
    },
    /// Moves the offsets that a node goes on from; without `apply` only what that would do.
    Reset {
        flow: FlowKey,
        node: NodeId,
        ask: ResetAsk,
        apply: bool,
        values: Values,
    },
    /// Asks a node's outside what there is to know of `of`, values that its setting `key` may take.
    Facts {
        flow: FlowKey,
        node: NodeId,
        key: String,
        of: Vec<String>,
        values: Values,
    },
    Preview {
        flow: FlowKey,
        ask: PreviewAsk,
        values: Values,
    },
    Run {
        flow: FlowKey,
        values: Values,
    },
    /// As [`Command::Run`] again and again, until the job is stopped: [`crate::Job::stop`].
    RunLive {
        flow: FlowKey,
        values: Values,
        live: LiveAsk,
    },
    /// The program, without a file written.
    ShowExport {
        flow: FlowKey,
        target: Target,
        values: Values,
    },
    /// Into `folder`, which must not hold anything else.
    Export {
        flow: FlowKey,
        target: Target,
        folder: PathBuf,
        values: Values,
    },
    /// As [`Command::Export`], in a job.
    WriteExport {
        flow: FlowKey,
        target: Target,
        folder: PathBuf,
        values: Values,
    },
    /// Something about connections, in a job.
    Connections(connections::Ask),
}

/// Values of parameters, by name.
pub type Values = BTreeMap<String, Value>;
