//! What panels ask of the application. A panel reads what it shows and changes nothing but its own
//! view state; requests are carried out after the frame is drawn.

use std::collections::BTreeSet;
use std::path::PathBuf;

use egui::Pos2;
use flowloom_flow::{Edit, NodeId, Problem};
use flowloom_studio::FlowKey;

use crate::action::Action;
use crate::connections::{Question, Want};
use crate::dialog::Answered;

/// One wish of a panel.
#[derive(Debug)]
pub enum Request {
    Act(Action),
    /// Edits that are one step of undo.
    Edit(Vec<Edit>),
    /// An edit that goes on with the ones before it that have the same name: typing into one field.
    EditDuring {
        flow: FlowKey,
        edit: Edit,
        gesture: String,
    },
    /// The gesture is over: the field was left, the mouse released.
    EndGesture(FlowKey),
    Select(BTreeSet<NodeId>),
    /// Shows the rows of this output port (of a writer: its input) in the data panel.
    Look {
        node: NodeId,
        port: usize,
    },
    /// Selects the node, centres it, and shows its settings; `field`: scrolls to this setting.
    Jump {
        node: NodeId,
        field: Option<String>,
    },
    /// Options for a setting from outside, such as a cluster's topics.
    Suggest {
        node: NodeId,
        key: String,
    },
    /// What there is to know of some of these options, such as the messages of topics.
    Facts {
        node: NodeId,
        key: String,
        of: Vec<String>,
    },
    /// Settings from outside, such as a topic's fields.
    Infer(NodeId),
    StopInfer(NodeId),
    /// How far a source is.
    Locate(NodeId),
    /// Opens the dialog that moves a source's offsets.
    Reset(NodeId),
    Pick(Pick),
    /// The panel has taken the path that was picked for this setting: it may be forgotten.
    TakePicked {
        what: PickFor,
        key: String,
    },
    Open(PathBuf),
    ShowTab(FlowKey),
    CloseTab(FlowKey),
    /// Opens the menu of what can be done at this place.
    ContextMenu {
        at: Pos2,
        about: About,
    },
    /// Tells the user and the log.
    Tell(Problem),
    /// Tells the user, for a moment.
    Say(String),
    /// Of the connections.
    Connections(Want),
    /// A question about connections.
    Ask(Question),
    /// This window may go, unless something in it is unsaved.
    CloseWindow,
    Copy(String),
    /// A dialog's answer.
    Answered(Answered),
}

/// Whose setting a path is picked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PickFor {
    /// The answer comes to [`crate::doc::Doc::picked`].
    Node(NodeId),
    /// By the number of its opening.
    Connection(u64),
}

/// A dialog of the system for a setting's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    pub what: PickFor,
    /// The setting's key.
    pub key: String,
    /// A file to write rather than one to read.
    pub is_save: bool,
}

/// What a context menu is about.
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    Canvas,
    Nodes,
    Wire { from: flowloom_flow::Output, to: NodeId, port: String },
}

/// The wishes of one frame, in order.
#[derive(Debug, Default)]
pub struct Requests(Vec<Request>);

impl Requests {
    pub fn push(&mut self, request: Request) {
        self.0.push(request);
    }

    pub fn act(&mut self, action: Action) {
        self.push(Request::Act(action));
    }

    /// One step of undo.
    pub fn edit(&mut self, edit: Edit) {
        self.push(Request::Edit(vec![edit]));
    }

    pub fn select(&mut self, nodes: impl IntoIterator<Item = NodeId>) {
        self.push(Request::Select(nodes.into_iter().collect()));
    }

    pub fn take(&mut self) -> Vec<Request> {
        std::mem::take(&mut self.0)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
