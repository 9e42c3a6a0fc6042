//! The pointer's shape.

use egui::CursorIcon as Egui;
use tauri::CursorIcon as Tauri;

/// The shape that a window shows now; setting it anew each frame would flicker.
#[derive(Default)]
pub(crate) struct Cursor {
    shown: Option<Egui>,
}

impl Cursor {
    pub(crate) fn show(&mut self, window: &tauri::Window, icon: Egui) -> tauri::Result<()> {
        if self.shown.replace(icon) == Some(icon) {
            return Ok(());
        }
        match translate(icon) {
            Some(shape) => window.set_cursor_icon(shape),
            None => window.set_cursor_visible(false),
        }
    }

    /// The pointer has been elsewhere, and may have another shape now.
    pub(crate) fn forget(&mut self) {
        self.shown = None;
    }
}

fn translate(icon: Egui) -> Option<Tauri> {
    Some(match icon {
        Egui::None => return None,
        Egui::Default => Tauri::Default,
        Egui::Alias => Tauri::Alias,
        Egui::AllScroll => Tauri::AllScroll,
        Egui::Cell => Tauri::Cell,
        Egui::ContextMenu => Tauri::ContextMenu,
        Egui::Copy => Tauri::Copy,
        Egui::Crosshair => Tauri::Crosshair,
        Egui::Grab => Tauri::Grab,
        Egui::Grabbing => Tauri::Grabbing,
        Egui::Help => Tauri::Help,
        Egui::Move => Tauri::Move,
        Egui::NoDrop => Tauri::NoDrop,
        Egui::NotAllowed => Tauri::NotAllowed,
        Egui::PointingHand => Tauri::Hand,
        Egui::Progress => Tauri::Progress,
        Egui::ResizeHorizontal => Tauri::EwResize,
        Egui::ResizeVertical => Tauri::NsResize,
        Egui::ResizeNeSw => Tauri::NeswResize,
        Egui::ResizeNwSe => Tauri::NwseResize,
        Egui::ResizeEast => Tauri::EResize,
        Egui::ResizeSouthEast => Tauri::SeResize,
        Egui::ResizeSouth => Tauri::SResize,
        Egui::ResizeSouthWest => Tauri::SwResize,
        Egui::ResizeWest => Tauri::WResize,
        Egui::ResizeNorthWest => Tauri::NwResize,
        Egui::ResizeNorth => Tauri::NResize,
        Egui::ResizeNorthEast => Tauri::NeResize,
        Egui::ResizeColumn => Tauri::ColResize,
        Egui::ResizeRow => Tauri::RowResize,
        Egui::Text => Tauri::Text,
        Egui::VerticalText => Tauri::VerticalText,
        Egui::Wait => Tauri::Wait,
        Egui::ZoomIn => Tauri::ZoomIn,
        Egui::ZoomOut => Tauri::ZoomOut,
    })
}
