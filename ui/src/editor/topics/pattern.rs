//! A pattern of topics, and what it fits now.

use egui::{Label, RichText, Ui};
use flowloom_flow::value::TopicPattern;

use crate::form::At;
use crate::format;
use crate::theme::{self, Tokens};
use crate::widget::field::Field;
use crate::widget::text;

/// Names that are shown.
const SHOWN: usize = 4;

pub(super) fn edit(pattern: &mut String, ui: &mut Ui, at: &mut At<'_>) {
    let field = Field::new(at.id, "Pattern").mono().hint("orders-.*").wrong(at.is_wrong(".pattern"));
    field.show(ui, pattern);
    at.tell(ui, ".pattern");
    let (found, is_coming) = at.suggestions();
    let Some(Ok(options)) = found else {
        if found.is_none() && !is_coming {
            at.suggest();
        }
        return super::waiting(ui, at);
    };
    let (Ok(fits), false) = (TopicPattern::new(pattern), pattern.trim().is_empty()) else { return };
    let fitting = || options.iter().filter(|option| fits.fits(&option.value));
    let count = fitting().count();
    let of = format::count(options.len() as u64);
    let words = match count {
        0 => format!("Fits none of {of} topics now"),
        1 => format!("Fits 1 of {of} topics"),
        many => format!("Fits {} of {of} topics", format::count(many as u64)),
    };
    text::paragraph(ui, &words);
    let tokens = Tokens::of(ui);
    for option in fitting().take(SHOWN) {
        let name = RichText::new(&option.value).font(theme::mono_small()).color(tokens.faint);
        ui.add(Label::new(name).truncate());
    }
    if count > SHOWN {
        let more = format!("and {} more", format::count((count - SHOWN) as u64));
        ui.label(RichText::new(more).font(theme::small()).color(tokens.faint)).on_hover_ui(|ui| {
            for option in fitting().skip(SHOWN).take(40) {
                ui.label(RichText::new(&option.value).font(theme::mono_small()));
            }
        });
    }
}
