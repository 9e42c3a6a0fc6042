//! Trying a connection: its steps one under the other as they come.

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Rect, ScrollArea, Sense, Spinner, TextEdit, Ui, Vec2, WidgetInfo};
use flowloom_flow::Problem;
use flowloom_studio::connections::{Answer, Ask, Live, State, Step};
use flowloom_studio::{Command, Job, Outcome, Reply, Session};

use super::Want;
use crate::form::chrome;
use crate::format;
use crate::icon;
use crate::request::{Request, Requests};
use crate::theme::{self, Tokens, space};
use crate::widget::tool::{self, ButtonLook};
use crate::widget::{Empty, button, empty, text};

/// A test that goes on, or what came of it.
#[derive(Default)]
pub(super) struct Testing {
    job: Option<Job>,
    live: Live<Vec<Step>>,
    steps: Vec<Step>,
    /// Why there are no steps.
    problems: Vec<Problem>,
    /// Settings have changed since.
    is_old: bool,
    /// Steps whose raw text is shown.
    open: BTreeSet<usize>,
}

impl Testing {
    pub(super) fn start(&mut self, session: &mut Session, ask: Ask) -> Result<(), Vec<Problem>> {
        self.cancel();
        let Reply::Test { job, steps } = session.send(Command::Connections(ask))? else {
            return Err(vec![Problem::internal("a test of a connection has steps")]);
        };
        *self = Self { job: Some(job), live: steps, ..Self::default() };
        Ok(())
    }

    pub(super) fn cancel(&mut self) {
        if let Some(job) = &self.job {
            job.cancel().cancel();
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.job.is_some()
    }

    /// There is something to see.
    pub(super) fn has_started(&self) -> bool {
        self.is_running() || !self.steps.is_empty() || !self.problems.is_empty()
    }

    /// Settings have changed: what was found is not about them.
    pub(super) fn outdate(&mut self) {
        self.is_old = self.has_started();
    }

    /// Takes in what came; whether the test goes on.
    pub(super) fn poll(&mut self) -> bool {
        let Some(job) = &self.job else { return false };
        self.steps.clone_from(&Arc::clone(&self.live).lock());
        if let Some(outcome) = job.outcome() {
            self.job = None;
            match outcome {
                Outcome::Connections(Answer::Tested(steps)) => self.steps = steps,
                Outcome::Failed(problems) => self.problems = problems,
                _ => {}
            }
        }
        true
    }

    /// What it comes to.
    fn verdict(&self) -> Verdict {
        let is = |state| self.steps.iter().find(|step| step.state == state);
        match () {
            () if self.is_running() => Verdict::Running,
            () if !self.problems.is_empty() => Verdict::Failed("It could not be tried".to_owned()),
            () => match (is(State::Failed), is(State::Warned)) {
                (Some(step), _) => Verdict::Failed(format!("Failed at {}", step.name)),
                (None, Some(_)) => Verdict::Warned,
                (None, None) => Verdict::Passed,
            },
        }
    }

    /// Fills `ui`.
    pub(super) fn ui(&mut self, ui: &mut Ui, out: &mut Requests) {
        if !self.has_started() {
            let words = Empty {
                icon: "ui/plug",
                title: "Not tried yet",
                text: "A test goes step by step and says where it ends",
                is_error: false,
            };
            empty(ui, &words, |_| ());
            return;
        }
        self.head(ui, out);
        ui.add_space(space::GRID);
        ScrollArea::vertical().id_salt("steps").auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            if self.is_old {
                ui.multiply_opacity(0.55);
            }
            for problem in &self.problems {
                chrome::problem(ui, problem);
            }
            for (i, step) in self.steps.iter().enumerate() {
                one(ui, i, step, &mut self.open);
            }
        });
    }

    fn head(&self, ui: &mut Ui, out: &mut Requests) {
        let tokens = Tokens::of(ui);
        ui.horizontal(|ui| {
            ui.set_height(space::ROW);
            let (words, color) = match self.verdict() {
                Verdict::Running => ("Testing…".to_owned(), tokens.text),
                Verdict::Passed => {
                    let all: f64 = self.steps.iter().map(|step| step.elapsed_ms).sum();
                    (format!("It works · {}", format::millis(all)), tokens.ok)
                }
                Verdict::Warned => ("It works, with a warning".to_owned(), tokens.warn),
                Verdict::Failed(words) => (words, tokens.error),
            };
            let color = if self.is_old { tokens.dim } else { color };
            ui.label(egui::RichText::new(words).font(theme::strong()).color(color));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if self.is_running()
                    && tool::button(ui, None, "Cancel test", None, ButtonLook::Framed, true).clicked()
                {
                    out.push(Request::Connections(Want::Cancel));
                }
            });
        });
        if self.is_old {
            text::paragraph(ui, "Before the last changes: test again");
        }
    }
}

enum Verdict {
    Running,
    Passed,
    Warned,
    Failed(String),
}

/// One step: its sign, name and time, and under them what was found.
fn one(ui: &mut Ui, at: usize, step: &Step, open: &mut BTreeSet<usize>) {
    let tokens = Tokens::of(ui);
    let (sign, color, word) = match step.state {
        State::Running => ("", tokens.accent, "goes on"),
        State::Passed => ("ui/check", tokens.ok, "passed"),
        State::Warned => ("ui/warning", tokens.warn, "warns"),
        State::Failed => ("ui/close", tokens.error, "failed"),
        State::Skipped => ("ui/dash", tokens.faint, "skipped"),
    };
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        let (place, response) = ui.allocate_exact_size(Vec2::new(16.0, 20.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{} {word}", step.name)));
        let square = Rect::from_center_size(place.center(), Vec2::splat(14.0));
        if sign.is_empty() {
            ui.put(square, Spinner::new().size(13.0));
        } else {
            icon::paint(ui.painter(), sign, square, color);
        }
        ui.vertical(|ui| {
            let (_, row) = ui.allocate_space(Vec2::new(ui.available_width(), 20.0));
            let time = match step.state {
                State::Running | State::Skipped => String::new(),
                _ => format::millis(step.elapsed_ms),
            };
            let time = text::line(ui, &time, theme::mono_small(), tokens.faint, 100.0);
            let ink = if step.state == State::Skipped { tokens.dim } else { tokens.text };
            let name = text::line(ui, &step.name, theme::strong(), ink, row.width() - time.size().x - 8.0);
            let y = |height: f32| row.center().y - height / 2.0;
            let time_at = egui::pos2(row.right() - time.size().x - 8.0, y(time.size().y));
            ui.painter().galley(egui::pos2(row.left(), y(name.size().y)), name, ink);
            ui.painter().galley(time_at, time, tokens.faint);
            words(ui, at, step, open);
            ui.add_space(6.0);
        });
    });
}

fn words(ui: &mut Ui, at: usize, step: &Step, open: &mut BTreeSet<usize>) {
    let tokens = Tokens::of(ui);
    let said = format::sentence(&step.message);
    match step.state {
        State::Failed => text::trouble(ui, &said, tokens.error),
        State::Warned => text::trouble(ui, &said, tokens.warn),
        _ if said.is_empty() => return,
        _ => text::paragraph(ui, &said),
    };
    if !step.hint.is_empty() {
        text::trouble(ui, &format::sentence(&step.hint), tokens.text);
    }
    if step.details.is_empty() {
        return;
    }
    let is_open = open.contains(&at);
    let label = if is_open { "Hide details" } else { "Details" };
    let sign = if is_open { "ui/chevron_down" } else { "ui/chevron_right" };
    if ui.push_id(at, |ui| button::quiet(ui, sign, label)).inner.clicked() {
        if is_open {
            open.remove(&at);
        } else {
            open.insert(at);
        }
    }
    if is_open {
        let mut raw = step.details.as_str();
        let edit = TextEdit::multiline(&mut raw)
            .font(theme::mono_small())
            .text_color(tokens.dim)
            .desired_rows(1)
            .desired_width(ui.available_width() - 12.0)
            .background_color(tokens.window);
        ui.add(edit).accessible_name(format!("Details of {}", step.name));
    }
}
