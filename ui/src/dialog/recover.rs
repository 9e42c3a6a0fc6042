//! Unsaved work of a session that did not end by itself.

use egui::{RichText, Ui};
use flowloom_studio::Draft;

use super::{Answered, answers, title};
use crate::theme::Tokens;
use crate::widget::tool::ButtonLook;

/// The offer.
pub struct Recover {
    name: String,
    path: Option<String>,
    when: String,
    others: usize,
}

impl Recover {
    pub(super) fn new(draft: &Draft, found: usize) -> Self {
        let saved = std::time::UNIX_EPOCH + std::time::Duration::from_millis(draft.saved_ms.max(0) as u64);
        Self {
            name: draft.flow.clone(),
            path: draft.path.as_ref().map(|path| path.display().to_string()),
            when: crate::format::day_and_minute(saved),
            others: found.saturating_sub(1),
        }
    }

    pub(super) fn ui(&self, ui: &mut Ui) -> Option<Answered> {
        let tokens = Tokens::of(ui);
        ui.set_width(440.0);
        title(ui, &format!("Recover unsaved work on “{}”?", self.name));
        ui.label(format!("Flowloom did not close properly. Changes of {} were kept aside", self.when));
        if let Some(path) = &self.path {
            ui.label(RichText::new(path).font(crate::theme::mono()).color(tokens.dim));
        }
        if self.others > 0 {
            let rest = format!("{} more to decide on after this one", self.others);
            ui.label(RichText::new(rest).small().color(tokens.dim));
        }
        answers(
            ui,
            [
                ("Recover", ButtonLook::Primary, Answered::Recover(true)),
                ("Discard", ButtonLook::Framed, Answered::Recover(false)),
            ],
        )
    }
}
