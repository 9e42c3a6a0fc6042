//! Unsaved work before a tab or the window closes.

use egui::{RichText, Ui};
use flowloom_studio::FlowKey;

use super::{Answered, answers, title};
use crate::doc::Doc;
use crate::theme::Tokens;
use crate::widget::tool::ButtonLook;

/// What is about to close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    Tab(FlowKey),
    Window,
}

/// A flow with unsaved work.
#[derive(Clone, Debug)]
pub struct Unsaved {
    pub key: FlowKey,
    pub title: String,
}

impl Unsaved {
    pub fn of(doc: &Doc) -> Self {
        Self { key: doc.key, title: doc.title() }
    }
}

/// The question.
pub struct CloseDialog {
    unsaved: Vec<Unsaved>,
    what: Close,
}

impl CloseDialog {
    pub(super) fn new(unsaved: Vec<Unsaved>, what: Close) -> Self {
        Self { unsaved, what }
    }

    pub(super) fn ui(&self, ui: &mut Ui) -> Option<Answered> {
        ui.set_width(420.0);
        match self.unsaved.as_slice() {
            [one] => title(ui, &format!("Save the changes to “{}”?", one.title)),
            many => title(ui, &format!("Save the changes to {} flows?", many.len())),
        }
        if self.unsaved.len() > 1 {
            for unsaved in &self.unsaved {
                ui.label(format!("• {}", unsaved.title));
            }
            ui.add_space(4.0);
        }
        ui.label(RichText::new("Without saving they are lost").color(Tokens::of(ui).dim));
        let save = if self.unsaved.len() > 1 { "Save all" } else { "Save" };
        answers(
            ui,
            [
                (save, ButtonLook::Primary, Answered::SaveAndClose(self.what)),
                ("Don't save", ButtonLook::Framed, Answered::CloseAnyway(self.what)),
                ("Cancel", ButtonLook::Quiet, Answered::Dismissed),
            ],
        )
    }
}
