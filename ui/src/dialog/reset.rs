//! Moves the offsets of a source: where to, what that would do, and only then the button.

use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Id, RichText, ScrollArea, Sense, Spinner, Ui, Vec2, WidgetInfo};
use flowloom_flow::{NodeId, PartitionReset, Problem, Reset, ResetAsk, ResetTo};
use flowloom_studio::{Command, FlowKey, Job, Outcome, Reply, Session, Values};

use super::{Answered, title};
use crate::doc::{Doc, title_of};
use crate::format;
use crate::theme::{self, Tokens, space};
use crate::widget::field::Field;
use crate::widget::tool::{self, ButtonLook};
use crate::widget::{segmented, text};

/// Typing rests so long before it is worked out what it would do.
const REST: Duration = Duration::from_millis(250);

const ROW: f32 = 22.0;
/// Partitions that are shown before the list scrolls.
const ROWS: f32 = 6.0;

#[derive(Clone, Copy, PartialEq, Eq)]
enum To {
    Earliest,
    Latest,
    Time,
    Offset,
    Shift,
}

const CHOICES: [(To, &str); 5] = [
    (To::Earliest, "Earliest"),
    (To::Latest, "Latest"),
    (To::Time, "Time"),
    (To::Offset, "Offset"),
    (To::Shift, "Shift"),
];

/// The dialog's state.
pub struct ResetDialog {
    flow: FlowKey,
    node: NodeId,
    name: String,
    values: Values,
    to: To,
    time: String,
    offset: String,
    shift: String,
    /// What is asked now; why it cannot be read.
    ask: Result<ResetAsk, String>,
    changed: Option<Instant>,
    job: Option<Job>,
    /// What the ask that it holds would do.
    plan: Option<(ResetAsk, Result<Reset, Vec<Problem>>)>,
    is_applying: bool,
    answer: Option<Reset>,
}

impl ResetDialog {
    pub(super) fn new(doc: &Doc, node: NodeId) -> Self {
        Self {
            flow: doc.key,
            name: title_of(&node),
            node,
            values: doc.values.clone(),
            to: To::Earliest,
            time: format::date_time(flowloom_studio::now_ms()),
            offset: "0".to_owned(),
            shift: "-1000".to_owned(),
            ask: Ok(ResetAsk::all(ResetTo::Earliest)),
            changed: Some(Instant::now().checked_sub(REST).unwrap_or_else(Instant::now)),
            job: None,
            plan: None,
            is_applying: false,
            answer: None,
        }
    }

    /// Takes in what came; whether something is still under way.
    pub(super) fn poll(&mut self) -> bool {
        if let (Some(outcome), Ok(ask)) = (self.job.as_ref().and_then(Job::outcome), self.ask.clone()) {
            self.job = None;
            let was_applying = std::mem::take(&mut self.is_applying);
            match outcome {
                Outcome::Reset(reset) if was_applying => self.answer = Some(reset),
                Outcome::Reset(reset) => self.plan = Some((ask, Ok(reset))),
                Outcome::Failed(problems) => self.plan = Some((ask, Err(problems))),
                _ => {}
            }
        }
        self.job.is_some() || self.changed.is_some()
    }

    /// What is asked by the fields as they are.
    fn read(&self) -> Result<ResetAsk, String> {
        let number = |text: &str| {
            let digits: String = text.trim().replace([',', ' '], "").replace('−', "-");
            digits.parse::<i64>().map_err(|_not_a_number| format!("`{}` is not a whole number", text.trim()))
        };
        let to = match self.to {
            To::Earliest => ResetTo::Earliest,
            To::Latest => ResetTo::Latest,
            To::Time => ResetTo::Timestamp(format::read_date_time(&self.time)?),
            To::Offset => match number(&self.offset)? {
                negative if negative < 0 => return Err("an offset is not negative".to_owned()),
                offset => ResetTo::Offset(offset),
            },
            To::Shift => ResetTo::Shift(number(&self.shift)?),
        };
        Ok(ResetAsk::all(to))
    }

    fn send(&mut self, session: &mut Session, apply: bool) {
        let Ok(ask) = self.ask.clone() else { return };
        if let Some(older) = self.job.take() {
            older.cancel().cancel();
        }
        let command = Command::Reset {
            flow: self.flow,
            node: self.node.clone(),
            ask: ask.clone(),
            apply,
            values: self.values.clone(),
        };
        match session.send(command) {
            Ok(Reply::Job(job)) => {
                self.job = Some(job);
                self.is_applying = apply;
            }
            Ok(_) => {}
            Err(problems) => self.plan = Some((ask, Err(problems))),
        }
    }

    /// The dry run of exactly what is asked now.
    fn current(&self) -> Option<&Result<Reset, Vec<Problem>>> {
        let ask = self.ask.as_ref().ok()?;
        self.plan.as_ref().filter(|(of, _)| of == ask && self.changed.is_none()).map(|(_, plan)| plan)
    }

    pub(super) fn ui(&mut self, ui: &mut Ui, session: &mut Session) -> Option<Answered> {
        if let Some(reset) = self.answer.take() {
            return Some(Answered::HasReset {
                flow: self.flow,
                node: self.node.clone(),
                reset: Box::new(reset),
            });
        }
        let screen = ui.ctx().content_rect().size();
        ui.set_width((screen.x - 80.0).clamp(320.0, 460.0));
        title(ui, &format!("Reset the offsets of {}", self.name));
        text::paragraph(ui, "Moves where the next run starts. No message is deleted");
        ui.add_space(space::GRID);
        if let Some(to) = segmented(ui, "Reset to", &CHOICES, self.to) {
            self.to = to;
            self.changed = Some(Instant::now().checked_sub(REST).unwrap_or_else(Instant::now));
        }
        self.where_to(ui);
        self.work_out(ui, session);
        ui.add_space(space::GRID);
        self.told(ui);
        ui.add_space(12.0);
        self.buttons(ui, session)
    }

    /// The field of what was chosen, and what is wrong with it.
    fn where_to(&mut self, ui: &mut Ui) {
        let (label, hint, words, text) = match self.to {
            To::Earliest | To::Latest => {
                let words = match self.to {
                    To::Earliest => "At the first message that is still there",
                    _ => "At the end: what waits is skipped",
                };
                ui.add_space(space::GRID);
                text::paragraph(ui, words);
                return;
            }
            To::Time => (
                "Time",
                "2026-11-01 10:42",
                "At the first message of this time or later, local time",
                &mut self.time,
            ),
            To::Offset => ("Offset", "0", "At this offset of every partition", &mut self.offset),
            To::Shift => (
                "Offsets",
                "-1000",
                "So many further, or back with a minus, in every partition",
                &mut self.shift,
            ),
        };
        ui.add_space(space::GRID);
        let field = Field::new(Id::unique(("reset", label)), label).mono().hint(hint).width(220.0);
        if field.wrong(self.ask.is_err()).show(ui, text).changed() {
            self.changed = Some(Instant::now());
        }
        text::paragraph(ui, words);
    }

    /// Asks what the fields would do, once they rest.
    fn work_out(&mut self, ui: &Ui, session: &mut Session) {
        let Some(since) = self.changed else { return };
        if self.is_applying {
            return;
        }
        let left = REST.saturating_sub(since.elapsed());
        if !left.is_zero() {
            ui.ctx().request_repaint_after(left);
            return;
        }
        self.changed = None;
        self.ask = self.read();
        self.send(session, false);
    }

    /// What it would do, in numbers.
    fn told(&self, ui: &mut Ui) {
        let tokens = Tokens::of(ui);
        if let Err(error) = &self.ask {
            text::trouble(ui, &format::sentence(error), tokens.error);
            return;
        }
        let Some(plan) = self.current() else {
            ui.horizontal(|ui| {
                ui.add(Spinner::new().size(12.0));
                text::paragraph(ui, "Working out what that would do…");
            });
            return;
        };
        match plan {
            Err(problems) => {
                for problem in problems {
                    text::trouble(ui, &format::advice(problem), tokens.error);
                }
            }
            Ok(reset) => {
                for words in summary(reset) {
                    ui.label(RichText::new(words).font(theme::strong()).color(tokens.text));
                }
                for note in &reset.notes {
                    text::trouble(ui, &format::sentence(note), tokens.warn);
                }
                partitions(ui, &reset.partitions);
            }
        }
    }

    fn buttons(&mut self, ui: &mut Ui, session: &mut Session) -> Option<Answered> {
        let mut answer = None;
        ui.horizontal(|ui| {
            let is_planned = matches!(self.current(), Some(Ok(_)));
            let is_on = is_planned && !self.is_applying;
            let why = match (self.is_applying, is_planned) {
                (true, _) => "It is being done",
                (_, true) => "Moves the offsets as shown",
                _ => "Not before it is known what it does",
            };
            let reset = tool::button(ui, None, "Reset", None, ButtonLook::Primary, is_on);
            if reset.on_hover_text(why).clicked() {
                self.send(session, true);
            }
            if tool::button(ui, None, "Cancel", None, ButtonLook::Quiet, !self.is_applying).clicked() {
                answer = Some(Answered::Dismissed);
            }
            if self.is_applying {
                ui.add(Spinner::new().size(14.0));
            }
        });
        answer
    }
}

/// What a reset does, a sentence for each direction.
pub fn summary(reset: &Reset) -> Vec<String> {
    let messages = |count: u64| match count {
        1 => "1 message".to_owned(),
        many => format!("{} messages", format::count(many)),
    };
    let mut words = Vec::new();
    if reset.again > 0 {
        words.push(format!("{} will be read again", messages(reset.again)));
    }
    if reset.skipped > 0 {
        words.push(format!("{} will be skipped", messages(reset.skipped)));
    }
    if words.is_empty() {
        words.push("No message is read again or skipped".to_owned());
    }
    words
}

/// Where each partition goes.
fn partitions(ui: &mut Ui, all: &[PartitionReset]) {
    let tokens = Tokens::of(ui);
    let several = all.iter().any(|each| each.standing.topic != all[0].standing.topic);
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.add_space(space::GRID);
    let area = ScrollArea::vertical().id_salt("partitions").max_height(ROW * ROWS).auto_shrink([false, true]);
    area.show_rows(ui, ROW, all.len(), |ui, rows| {
        for each in &all[rows] {
            let (_, rect) = ui.allocate_space(Vec2::new(ui.available_width(), ROW));
            let at = &each.standing;
            let name = if several {
                format!("{} {}", at.topic, at.partition)
            } else {
                format!("Partition {}", at.partition)
            };
            let count = |offset: i64| format::count(offset.max(0).unsigned_abs());
            let from = at.committed.map_or_else(|| "none".to_owned(), count);
            let moved = format!("{from} → {}", count(each.to));
            let said = text::line(ui, &moved, theme::mono_small(), tokens.text, rect.width() * 0.6);
            let width = rect.width() - said.size().x - 20.0;
            let right = rect.right() - 8.0 - said.size().x;
            let y = rect.center().y - said.size().y / 2.0;
            ui.painter().galley(egui::pos2(right, y), said, tokens.text);
            let words = text::line(ui, &name, theme::mono_small(), tokens.dim, width);
            let response = ui.interact(rect, ui.scope_id().with(&name), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, format!("{name}: {moved}")));
            let is_cut = words.elided;
            ui.painter().galley(egui::pos2(rect.left(), y), words, tokens.dim);
            if is_cut {
                response.on_hover_text(name);
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_does_is_said_in_whole_sentences() {
        let mut reset = Reset::planned("s".into(), "Kafka".into(), Vec::new(), Vec::new());
        assert_eq!(summary(&reset), ["No message is read again or skipped"]);
        (reset.again, reset.skipped) = (1_842, 1);
        assert_eq!(summary(&reset), ["1,842 messages will be read again", "1 message will be skipped"]);
    }
}
