//! A file or folder: typed, or picked in the system's dialog.

use std::path::Path;

use egui::Ui;
use flowloom_flow::value::FilePath;

use super::Edit;
use crate::form::At;
use crate::theme::{self, Tokens};
use crate::widget::field::Field;
use crate::widget::{button, text};

impl Edit for FilePath {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        if let Some(picked) = at.take_picked() {
            self.0 = relative(&picked, at.folder());
        }
        ui.horizontal(|ui| {
            let width = ui.available_width() - text::width(ui, "Browse…", theme::strong()) - 28.0;
            let field = Field::new(at.id, at.label).mono().hint("Path").wrong(at.is_wrong("")).width(width);
            field.show(ui, &mut self.0).on_hover_text(&self.0);
            if button::framed(ui, "Browse…").clicked() {
                at.pick();
            }
        });
        if !self.0.is_empty() && !self.0.starts_with("${") && Path::new(&self.0).is_relative() {
            let words = match at.folder() {
                Some(folder) => format!("In {}", folder.display()),
                None => "In the folder that the flow is saved to".to_owned(),
            };
            let line = text::line(ui, &words, theme::small(), Tokens::of(ui).faint, ui.available_width());
            ui.label(line).on_hover_text(&words);
        }
    }
}

/// `picked` as it is written in the flow: from its file's `folder` on, where it is in there.
fn relative(picked: &Path, folder: Option<&Path>) -> String {
    let inside = folder.and_then(|folder| picked.strip_prefix(folder).ok());
    let path = inside.filter(|path| !path.as_os_str().is_empty()).unwrap_or(picked);
    let text = path.to_string_lossy().into_owned();
    // A flow that is made on Windows runs elsewhere too.
    if cfg!(windows) && inside.is_some() { text.replace('\\', "/") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_beside_the_flow_is_relative() {
        let flow = Path::new("/home/me/flows");
        assert_eq!(relative(Path::new("/home/me/flows/out/a.csv"), Some(flow)), "out/a.csv");
        assert_eq!(relative(Path::new("/data/a.csv"), Some(flow)), "/data/a.csv");
        assert_eq!(relative(Path::new("/home/me/flows"), Some(flow)), "/home/me/flows");
        assert_eq!(relative(Path::new("/data/a.csv"), None), "/data/a.csv");
    }
}
