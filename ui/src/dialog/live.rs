//! When a live run reads its next batch; the flow keeps it.

use egui::{Id, Key, RichText, Ui};
use flowloom_flow::{Live, Problem, live};

use super::{Answered, title};
use crate::doc::Doc;
use crate::format;
use crate::theme::{self, Tokens};
use crate::widget::field::Field;
use crate::widget::tool::{self, ButtonLook};

/// What is typed in; an empty field says nothing.
pub struct LiveDialog {
    every: String,
    messages: String,
    bytes: String,
}

impl LiveDialog {
    pub(super) fn new(doc: &Doc) -> Self {
        let live = doc.flow.live.unwrap_or_default();
        Self {
            every: live.every.map(live::show_duration).unwrap_or_default(),
            messages: live.messages.map(|messages| messages.to_string()).unwrap_or_default(),
            bytes: live.bytes.map(live::show_bytes).unwrap_or_default(),
        }
    }

    fn live(&self) -> Result<Live, Problem> {
        let live = Live {
            every: read(&self.every, live::parse_duration)?,
            messages: read(&self.messages, live::parse_count)?,
            bytes: read(&self.bytes, live::parse_bytes)?,
        };
        if live == Live::NEVER {
            return Err(Problem::user("say when the next batch begins"));
        }
        Ok(live)
    }

    pub(super) fn ui(&mut self, ui: &mut Ui) -> Option<Answered> {
        let tokens = Tokens::of(ui);
        ui.set_width(400.0);
        title(ui, "Run live");
        let words = "Batch after batch, each written and committed as in a run, until you stop it. \
                     The next batch begins when any of these is reached:";
        ui.label(RichText::new(words).color(tokens.dim));
        ui.add_space(8.0);
        for (key, label, hint, text) in [
            ("every", "Time since the last batch began", "10s", &mut self.every),
            ("messages", "Messages that wait", "1000", &mut self.messages),
            ("bytes", "Bytes that wait", "1MB", &mut self.bytes),
        ] {
            ui.label(RichText::new(label).font(theme::small()).color(tokens.dim));
            Field::new(Id::unique(("live", key)), label).mono().hint(hint).show(ui, text);
            ui.add_space(6.0);
        }
        let note = "Bytes that wait are estimated by the messages of the batch before";
        ui.label(RichText::new(note).font(theme::small()).color(tokens.faint));
        let live = self.live();
        if let Err(problem) = &live {
            ui.label(RichText::new(format::advice(problem)).color(tokens.error));
        }
        ui.add_space(12.0);
        ui.horizontal(|ui| {
            let start = tool::button(ui, Some("ui/live"), "Start", None, ButtonLook::Primary, live.is_ok());
            if tool::button(ui, None, "Cancel", None, ButtonLook::Quiet, true).clicked() {
                return Some(Answered::Dismissed);
            }
            let has_started = start.clicked() || ui.input(|input| input.key_pressed(Key::Enter));
            live.ok().filter(|_| has_started).map(Answered::Live)
        })
        .inner
    }
}

/// Nothing is typed in, or what it reads as.
fn read<T>(text: &str, read: impl Fn(&str) -> Result<T, Problem>) -> Result<Option<T>, Problem> {
    if text.trim().is_empty() { Ok(None) } else { read(text).map(Some) }
}
