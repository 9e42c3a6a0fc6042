//! All verbs of the studio on one page: toolbar, menus, command palette, shortcut sheet and keyboard
//! read this table and nothing else.

mod keys;
mod resolve;

use egui::{Key, Modifiers};

pub use keys::{Focus, Keymap, Shortcut, System};
pub use resolve::{Env, Resolved};

/// Something that a person can do, whatever they do it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    NewFlow,
    OpenFlow,
    OpenSample,
    NewWindow,
    Save,
    SaveAs,
    Export,
    CloseTab,
    NextTab,
    PreviousTab,
    Quit,

    Undo,
    Redo,
    Cut,
    Copy,
    Paste,
    PasteWired,
    Duplicate,
    Delete,
    DeleteAndHeal,
    AddNode,
    Rename,
    TidyUp,
    SelectAll,
    SelectNone,
    SelectUpstream,
    SelectDownstream,

    ZoomIn,
    ZoomOut,
    ZoomReset,
    FitAll,
    FitSelection,
    TogglePalette,
    ToggleSettings,
    ToggleData,
    ToggleMinimap,
    NextArea,
    PreviousArea,
    ShowData,
    ShowProfile,
    ShowLog,
    ShowRuns,
    Connections,
    ThemeSystem,
    ThemeDark,
    ThemeLight,
    ScaleUp,
    ScaleDown,
    ScaleReset,

    Preview,
    PreviewHere,
    Run,
    RunLive,
    Stop,

    CommandPalette,
    Shortcuts,
    About,
}

/// What is fixed about an action.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Stable name, for remapped shortcuts and scripts.
    pub id: &'static str,
    pub label: &'static str,
    /// One sentence for hover text.
    pub tip: &'static str,
    /// `ui/…` among the icons.
    pub icon: Option<&'static str>,
    /// Linux and Windows.
    pub keys: &'static [Shortcut],
    /// macOS, where it differs.
    pub mac: Option<&'static [Shortcut]>,
}

const NO_KEYS: &[Shortcut] = &[];
const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };
const CTRL_ALT: Modifiers = Modifiers { alt: true, ..Modifiers::COMMAND };
const SHIFT: Modifiers = Modifiers::SHIFT;
const PLAIN: Modifiers = Modifiers::NONE;

macro_rules! keys {
    ($($modifiers:ident $key:ident),*) => { const { &[$(Shortcut::new($modifiers, Key::$key)),*] } };
}

const fn spec(
    id: &'static str,
    label: &'static str,
    tip: &'static str,
    icon: Option<&'static str>,
    keys: &'static [Shortcut],
) -> Spec {
    Spec { id, label, tip, icon, keys, mac: None }
}

impl Action {
    /// In the order of the menus.
    pub const ALL: &'static [Self] = &[
        Self::NewFlow,
        Self::OpenFlow,
        Self::OpenSample,
        Self::NewWindow,
        Self::Save,
        Self::SaveAs,
        Self::Export,
        Self::CloseTab,
        Self::NextTab,
        Self::PreviousTab,
        Self::Quit,
        Self::Undo,
        Self::Redo,
        Self::Cut,
        Self::Copy,
        Self::Paste,
        Self::PasteWired,
        Self::Duplicate,
        Self::Delete,
        Self::DeleteAndHeal,
        Self::AddNode,
        Self::Rename,
        Self::TidyUp,
        Self::SelectAll,
        Self::SelectNone,
        Self::SelectUpstream,
        Self::SelectDownstream,
        Self::ZoomIn,
        Self::ZoomOut,
        Self::ZoomReset,
        Self::FitAll,
        Self::FitSelection,
        Self::TogglePalette,
        Self::ToggleSettings,
        Self::ToggleData,
        Self::ToggleMinimap,
        Self::NextArea,
        Self::PreviousArea,
        Self::ShowData,
        Self::ShowProfile,
        Self::ShowLog,
        Self::ShowRuns,
        Self::Connections,
        Self::ThemeSystem,
        Self::ThemeDark,
        Self::ThemeLight,
        Self::ScaleUp,
        Self::ScaleDown,
        Self::ScaleReset,
        Self::Preview,
        Self::PreviewHere,
        Self::Run,
        Self::RunLive,
        Self::Stop,
        Self::CommandPalette,
        Self::Shortcuts,
        Self::About,
    ];

    #[rustfmt::skip]
    pub const fn spec(self) -> Spec {
        match self {
            Self::NewFlow => spec("new_flow", "New flow", "An empty flow in a tab of its own", Some("ui/new"), keys![CTRL N]),
            Self::OpenFlow => spec("open_flow", "Open…", "Open a flow file", Some("ui/open"), keys![CTRL O]),
            Self::OpenSample => spec("open_sample", "Open the sample flow", "The sample flow beside an embedded Kafka broker that has orders in it", None, NO_KEYS),
            Self::NewWindow => spec("new_window", "New window", "Another window of the studio", None, keys![CTRL_SHIFT N]),
            Self::Save => spec("save", "Save", "Save the flow to its file", Some("ui/save"), keys![CTRL S]),
            Self::SaveAs => spec("save_as", "Save as…", "Save the flow to another file", None, keys![CTRL_SHIFT S]),
            Self::Export => spec("export", "Export…", "Write the flow as a program that runs without the studio", Some("ui/export"), keys![CTRL E]),
            Self::CloseTab => spec("close_tab", "Close tab", "Close this flow", Some("ui/close"), keys![CTRL W]),
            Self::NextTab => spec("next_tab", "Next tab", "Show the flow at the right", None, keys![CTRL PageDown]),
            Self::PreviousTab => spec("previous_tab", "Previous tab", "Show the flow at the left", None, keys![CTRL PageUp]),
            Self::Quit => spec("quit", "Quit", "Close all windows", None, keys![CTRL Q]),

            Self::Undo => spec("undo", "Undo", "Take the last step back", Some("ui/undo"), keys![CTRL Z]),
            Self::Redo => Spec { mac: Some(keys![CTRL_SHIFT Z]), ..spec("redo", "Redo", "Make the step that was taken back again", Some("ui/redo"), keys![CTRL Y, CTRL_SHIFT Z]) },
            Self::Cut => spec("cut", "Cut", "Move the selected nodes to the clipboard", Some("ui/cut"), keys![CTRL X]),
            Self::Copy => spec("copy", "Copy", "Copy the selected nodes as text", Some("ui/copy"), keys![CTRL C]),
            Self::Paste => spec("paste", "Paste", "Paste nodes at the pointer", Some("ui/paste"), keys![CTRL V]),
            Self::PasteWired => spec("paste_wired", "Paste with incoming wires", "Paste nodes and wire them to what the copied ones were wired to", None, keys![CTRL_SHIFT V]),
            Self::Duplicate => spec("duplicate", "Duplicate", "Copy the selected nodes beside themselves", Some("ui/duplicate"), keys![CTRL D]),
            Self::Delete => Spec { mac: Some(keys![PLAIN Backspace, PLAIN Delete]), ..spec("delete", "Delete", "Remove the selected nodes and their wires", Some("ui/delete"), keys![PLAIN Delete, PLAIN Backspace]) },
            Self::DeleteAndHeal => Spec { mac: Some(keys![CTRL Backspace]), ..spec("delete_and_heal", "Delete and close the gap", "Remove the selected nodes and wire what was above to what was below", None, keys![CTRL Delete]) },
            Self::AddNode => spec("add_node", "Add a node…", "Find a node and place it at the pointer", Some("ui/add"), keys![PLAIN Tab]),
            Self::Rename => spec("rename", "Rename", "Give the selected node another name", Some("ui/rename"), keys![PLAIN F2]),
            Self::TidyUp => spec("tidy_up", "Tidy up", "Lay the selected nodes out from left to right, or all of them", Some("ui/tidy"), keys![CTRL_SHIFT L]),
            Self::SelectAll => spec("select_all", "Select all", "Select every node", None, keys![CTRL A]),
            Self::SelectNone => spec("select_none", "Select nothing", "Clear the selection", None, keys![CTRL_SHIFT A]),
            Self::SelectUpstream => spec("select_upstream", "Select what is above", "Select every node that the selected ones get rows from", None, keys![CTRL_SHIFT ArrowLeft]),
            Self::SelectDownstream => spec("select_downstream", "Select what is below", "Select every node that gets rows from the selected ones", None, keys![CTRL_SHIFT ArrowRight]),

            Self::ZoomIn => spec("zoom_in", "Zoom in", "Larger nodes on the canvas", Some("ui/zoom_in"), keys![PLAIN Plus, PLAIN Equals]),
            Self::ZoomOut => spec("zoom_out", "Zoom out", "Smaller nodes on the canvas", Some("ui/zoom_out"), keys![PLAIN Minus]),
            Self::ZoomReset => spec("zoom_reset", "Zoom to 100 %", "Nodes at their natural size", None, keys![PLAIN Num0]),
            Self::FitAll => spec("fit_all", "Fit all", "Show the whole flow", Some("ui/fit"), keys![PLAIN Home]),
            Self::FitSelection => spec("fit_selection", "Fit the selection", "Show the selected nodes as large as they fit", None, keys![PLAIN Period]),
            Self::TogglePalette => spec("toggle_palette", "Palette", "Show or hide the list of nodes at the left", Some("ui/panel_left"), keys![CTRL B]),
            Self::ToggleSettings => spec("toggle_settings", "Settings", "Show or hide the settings at the right", Some("ui/panel_right"), keys![CTRL_ALT B]),
            Self::ToggleData => spec("toggle_data", "Data", "Show or hide rows, profile, log and runs", Some("ui/panel_bottom"), keys![CTRL J]),
            Self::ToggleMinimap => spec("toggle_minimap", "Minimap", "Show or hide the small map of the flow", None, keys![PLAIN M]),
            Self::NextArea => spec("next_area", "Next area", "Take the keyboard to the next of toolbar, nodes, canvas, data and settings", None, keys![PLAIN F6]),
            Self::PreviousArea => spec("previous_area", "Previous area", "Take the keyboard to the area before", None, keys![SHIFT F6]),
            Self::ShowData => spec("show_data", "Show the data", "Rows at the selected node", None, keys![CTRL Num1]),
            Self::ShowProfile => spec("show_profile", "Show the profile", "Nulls, distinct values and distribution of each column", None, keys![CTRL Num2]),
            Self::ShowLog => spec("show_log", "Show the log", "What happened", None, keys![CTRL Num3]),
            Self::ShowRuns => spec("show_runs", "Show the runs", "Earlier runs of this flow", None, keys![CTRL Num4]),
            Self::Connections => spec("connections", "Connections", "Clusters, registries, databases and storage that flows reach by name", Some("ui/plug"), keys![CTRL L]),
            Self::ThemeSystem => spec("theme_system", "Theme of the system", "Dark or light as the system is", None, NO_KEYS),
            Self::ThemeDark => spec("theme_dark", "Dark theme", "Light text on dark ground", None, NO_KEYS),
            Self::ThemeLight => spec("theme_light", "Light theme", "Dark text on light ground", None, NO_KEYS),
            Self::ScaleUp => spec("scale_up", "Larger interface", "Larger text and controls", None, keys![CTRL Plus, CTRL Equals]),
            Self::ScaleDown => spec("scale_down", "Smaller interface", "Smaller text and controls", None, keys![CTRL Minus]),
            Self::ScaleReset => spec("scale_reset", "Interface at 100 %", "Text and controls at their natural size", None, keys![CTRL Num0]),

            Self::Preview => spec("preview", "Preview", "Read a sample and show the rows at every node; nothing is written", Some("ui/preview"), keys![CTRL Enter]),
            Self::PreviewHere => spec("preview_here", "Preview to here", "Read a sample and show the rows at the selected node and above it", None, keys![SHIFT Enter]),
            Self::Run => spec("run", "Run", "Read everything up to now, write it, and commit the offsets", Some("ui/run"), keys![CTRL_SHIFT Enter]),
            Self::RunLive => spec("run_live", "Run live…", "Read, write and commit what is new, again and again until it is stopped", Some("ui/live"), keys![CTRL_SHIFT R]),
            Self::Stop => spec("stop", "Stop", "End what is going on; nothing half done stays. A live run ends between two batches, at once when stopped again", Some("ui/stop"), keys![CTRL_ALT Enter]),

            Self::CommandPalette => spec("command_palette", "Search or run a command…", "Everything that the studio can do, by name", Some("ui/search"), keys![CTRL K, CTRL_SHIFT P]),
            Self::Shortcuts => spec("shortcuts", "Keyboard shortcuts…", "All keys, and how to change them", None, keys![PLAIN F1]),
            Self::About => spec("about", "About Flowloom", "Version and licences", None, NO_KEYS),
        }
    }

    pub fn label(self) -> &'static str {
        self.spec().label
    }

    /// The action of a stable name.
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.spec().id == id)
    }

    /// It works while a text field has the keyboard.
    pub fn is_for_text_too(self) -> bool {
        matches!(
            self,
            Self::NewFlow
                | Self::OpenFlow
                | Self::Save
                | Self::SaveAs
                | Self::Export
                | Self::CloseTab
                | Self::NextTab
                | Self::PreviousTab
                | Self::Quit
                | Self::NewWindow
                | Self::Preview
                | Self::Run
                | Self::RunLive
                | Self::Stop
                | Self::CommandPalette
                | Self::Shortcuts
                | Self::TogglePalette
                | Self::ToggleSettings
                | Self::ToggleData
                | Self::NextArea
                | Self::PreviousArea
                | Self::ShowData
                | Self::ShowProfile
                | Self::ShowLog
                | Self::ShowRuns
                | Self::Connections
                | Self::ScaleUp
                | Self::ScaleDown
                | Self::ScaleReset
        )
    }

    /// It is about the window, not about the flow in front: what is in front of the flow stays there.
    pub fn is_for_window(self) -> bool {
        matches!(
            self,
            Self::NewWindow
                | Self::Quit
                | Self::Cut
                | Self::Copy
                | Self::Paste
                | Self::NextArea
                | Self::PreviousArea
                | Self::Connections
                | Self::ThemeSystem
                | Self::ThemeDark
                | Self::ThemeLight
                | Self::ScaleUp
                | Self::ScaleDown
                | Self::ScaleReset
                | Self::Stop
                | Self::CommandPalette
                | Self::Shortcuts
                | Self::About
        )
    }

    /// The clipboard's keys come from the system as events of their own, not as keys.
    pub fn is_clipboard(self) -> bool {
        matches!(self, Self::Cut | Self::Copy | Self::Paste | Self::PasteWired)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_whole() {
        let ids: BTreeSet<&str> = Action::ALL.iter().map(|action| action.spec().id).collect();
        assert_eq!(ids.len(), Action::ALL.len(), "ids differ");
        for action in Action::ALL {
            let spec = action.spec();
            assert_eq!(Action::of_id(spec.id), Some(*action));
            assert!(!spec.label.is_empty() && !spec.tip.is_empty() && !spec.tip.ends_with('.'), "{action:?}");
            assert!(spec.icon.is_none_or(crate::icon::exists), "{action:?} has no icon {:?}", spec.icon);
        }
    }
}
