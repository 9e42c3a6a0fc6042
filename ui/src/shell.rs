//! What the studio asks of the program that owns its window, and what it answers: plain data both ways.

use std::path::PathBuf;

/// A wish to the window's owner, who carries it out in its own time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    PickFile {
        token: u64,
        title: String,
        filters: Vec<Filter>,
        folder: Option<PathBuf>,
    },
    PickFolder {
        token: u64,
        title: String,
        folder: Option<PathBuf>,
    },
    PickSave {
        token: u64,
        title: String,
        name: String,
        filters: Vec<Filter>,
        folder: Option<PathBuf>,
    },
    /// Shows a file in the system's file manager.
    Reveal(PathBuf),
    Notify {
        title: String,
        body: String,
    },
    /// The window's title.
    Title(String),
    /// A window of its own, on a flow or on none.
    NewWindow(Option<PathBuf>),
    /// This window may go.
    Close,
    /// All windows may go.
    Quit,
}

/// What a dialog offers: a name and the ends of file names without the dot.
pub type Filter = (String, Vec<String>);

/// An answer to a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `None`: the dialog was cancelled.
    Picked { token: u64, path: Option<PathBuf> },
}

/// What a window opens at its start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    pub open: Vec<PathBuf>,
    /// The sample flow beside an embedded broker.
    pub is_demo: bool,
}
