//! What an action comes to now, or why it cannot be done.

use flowloom_flow::Edit;
use flowloom_studio::Command;

use super::Action;
use crate::doc::Doc;

/// What actions look at.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// The flow in front.
    pub doc: Option<&'a Doc>,
    /// Open flows.
    pub tabs: usize,
}

/// What an action comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved {
    /// Not now; why.
    Off(&'static str),
    /// A change of the flow.
    Send(Box<Command>),
    /// The window's own business.
    Window,
}

impl Resolved {
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Off(reason) => Some(reason),
            Self::Send(_) | Self::Window => None,
        }
    }
}

const NO_FLOW: Resolved = Resolved::Off("No flow is open");
const NO_SELECTION: Resolved = Resolved::Off("No node is selected");

fn send(command: Command) -> Resolved {
    Resolved::Send(Box::new(command))
}

impl Action {
    /// What this action does in `env`. Toolbar, menus, palette and keys all ask here, so that they agree.
    pub fn resolve(self, env: &Env<'_>) -> Resolved {
        match self {
            Self::NewFlow
            | Self::OpenFlow
            | Self::OpenSample
            | Self::NewWindow
            | Self::Quit
            | Self::TogglePalette
            | Self::ToggleSettings
            | Self::ToggleData
            | Self::ToggleMinimap
            | Self::NextArea
            | Self::PreviousArea
            | Self::ShowData
            | Self::ShowProfile
            | Self::ShowLog
            | Self::ShowRuns
            | Self::Connections
            | Self::ThemeSystem
            | Self::ThemeDark
            | Self::ThemeLight
            | Self::ScaleUp
            | Self::ScaleDown
            | Self::ScaleReset
            | Self::CommandPalette
            | Self::Shortcuts
            | Self::About => Resolved::Window,
            Self::NextTab | Self::PreviousTab if env.tabs < 2 => Resolved::Off("Only one flow is open"),
            _ => env.doc.map_or(NO_FLOW, |doc| self.on(doc)),
        }
    }

    fn on(self, doc: &Doc) -> Resolved {
        let flow = doc.key;
        let has_nodes = !doc.flow.nodes.is_empty();
        let selected = || doc.selection.iter().cloned().collect::<Vec<_>>();
        match self {
            Self::Undo if doc.can_undo => send(Command::Undo { flow }),
            Self::Undo => Resolved::Off("Nothing to undo"),
            Self::Redo if doc.can_redo => send(Command::Redo { flow }),
            Self::Redo => Resolved::Off("Nothing to redo"),
            Self::Save if doc.is_saved && doc.path.is_some() => Resolved::Off("Everything is saved"),
            Self::Cut
            | Self::Copy
            | Self::Duplicate
            | Self::FitSelection
            | Self::SelectUpstream
            | Self::SelectDownstream
            | Self::Delete
            | Self::DeleteAndHeal
                if doc.selection.is_empty() =>
            {
                NO_SELECTION
            }
            Self::Delete | Self::DeleteAndHeal => {
                let edit = Edit::RemoveNodes { ids: selected(), heal: self == Self::DeleteAndHeal };
                send(Command::Edit { flow, edit, gesture: None })
            }
            Self::Rename | Self::PreviewHere if doc.selection.len() != 1 => {
                Resolved::Off("Select one node first")
            }
            Self::SelectNone if doc.selection.is_empty() => Resolved::Off("Nothing is selected"),
            Self::SelectAll
            | Self::TidyUp
            | Self::FitAll
            | Self::Export
            | Self::Preview
            | Self::Run
            | Self::RunLive
                if !has_nodes =>
            {
                Resolved::Off("The flow has no nodes yet")
            }
            Self::Preview | Self::PreviewHere | Self::Run | Self::RunLive if doc.job.is_some() => {
                Resolved::Off("A preview or run is going on; stop it first")
            }
            Self::Preview | Self::PreviewHere | Self::Run | Self::RunLive if doc.waits_for.is_some() => {
                Resolved::Off("The embedded broker is still starting")
            }
            Self::Run | Self::RunLive if doc.first_error().is_some() => {
                Resolved::Off("Mend the nodes that need something first")
            }
            Self::Stop => match &doc.job {
                None => Resolved::Off("Nothing is running"),
                Some(job) if job.is_committing => Resolved::Off("Too late: the rows are being made visible"),
                Some(job) if job.is_ending() => Resolved::Off("It is stopping"),
                Some(_) => Resolved::Window,
            },
            _ => Resolved::Window,
        }
    }
}
