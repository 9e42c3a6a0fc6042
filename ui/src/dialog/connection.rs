//! Questions about connections: unsaved changes, and what a deletion breaks.

use egui::{RichText, Ui};
use flowloom_studio::connections::Use;

use super::{Answered, answers, title};
use crate::connections::{Decision, Question};
use crate::theme::Tokens;
use crate::widget::tool::ButtonLook;

/// Flows that are named.
const NAMED: usize = 8;

pub(super) fn ui(ui: &mut Ui, question: &Question) -> Option<Answered> {
    ui.set_width(420.0);
    match question {
        Question::Unsaved { name } => {
            title(ui, &format!("Save the changes to “{name}”?"));
            ui.label(RichText::new("Without saving they are lost").color(Tokens::of(ui).dim));
            answers(
                ui,
                [
                    ("Save", ButtonLook::Primary, Answered::Connection(Decision::Save)),
                    ("Don't save", ButtonLook::Framed, Answered::Connection(Decision::Discard)),
                    ("Cancel", ButtonLook::Quiet, Answered::Dismissed),
                ],
            )
        }
        Question::Remove { name, uses } => {
            title(ui, &format!("Delete “{name}”?"));
            used(ui, uses);
            answers(
                ui,
                [
                    ("Delete", ButtonLook::Primary, Answered::Connection(Decision::Remove)),
                    ("Cancel", ButtonLook::Quiet, Answered::Dismissed),
                ],
            )
        }
    }
}

fn used(ui: &mut Ui, uses: &[Use]) {
    let dim = Tokens::of(ui).dim;
    if uses.is_empty() {
        let words = "Its secrets go too. No flow that is open or was run names it";
        ui.label(RichText::new(words).color(dim));
        return;
    }
    ui.label(RichText::new("Its secrets go too. These flows name it and will not run any more:").color(dim));
    ui.add_space(4.0);
    for used in uses.iter().take(NAMED) {
        let nodes = used.nodes.join(", ");
        let line = ui.label(format!("• {} ({nodes})", used.flow));
        if let Some(file) = &used.file {
            line.on_hover_text(file.display().to_string());
        }
    }
    if uses.len() > NAMED {
        ui.label(RichText::new(format!("and {} more", uses.len() - NAMED)).color(dim));
    }
}
