//! Earlier runs of this flow, from whatever front end.

mod details;
pub(crate) mod metrics;

use std::collections::BTreeSet;

use egui::accesskit::Role;
use egui::{Align2, Pos2, Rect, ScrollArea, Sense, Stroke, Ui, Vec2, WidgetInfo};
use flowloom_flow::Problem;
use flowloom_studio::{FlowKey, PastRun};

use crate::doc::Doc;
use crate::format;
use crate::request::Requests;
use crate::requested::Requested;
use crate::status::Status;
use crate::theme::{self, Tokens, space};
use crate::widget::{Empty, empty};

/// Runs that are read, of all flows.
const READ: u32 = 500;
const HEAD: f32 = 28.0;

/// What was read, and which runs are unfolded.
#[derive(Default)]
pub struct RunsState {
    found: Requested<Result<Vec<PastRun>, Problem>>,
    /// What the history was read for: the log tells of every run that ends.
    read_at: Option<(FlowKey, u64)>,
    open: BTreeSet<i64>,
}

impl RunsState {
    /// Shows these runs in place of the history.
    pub fn set(&mut self, runs: Vec<PastRun>, doc: &Doc) {
        self.found.set(Ok(runs));
        self.read_at = Some((doc.key, doc.log.written()));
    }

    /// Reads the history again when something has happened since; never in the frame itself.
    fn follow(&mut self, ui: &Ui, doc: &Doc) -> Option<Problem> {
        self.found.poll();
        let mut problem = None;
        if doc.job.is_none() && self.read_at != Some((doc.key, doc.log.written())) && !self.found.is_coming()
        {
            self.read_at = Some((doc.key, doc.log.written()));
            problem = self.found.ask("history", || flowloom_studio::past_runs(READ)).err();
        }
        if self.found.is_coming() {
            ui.ctx().request_repaint_after(std::time::Duration::from_millis(30));
        }
        problem
    }
}

/// Runs of a flow go by its file; of one without a file by its name.
fn is_of(run: &PastRun, doc: &Doc) -> bool {
    match (&run.file, &doc.path) {
        (Some(file), Some(path)) => file == path || std::path::absolute(path).is_ok_and(|path| path == *file),
        (None, None) => run.flow == doc.flow.name,
        _ => false,
    }
}

pub fn show(ui: &mut Ui, doc: &Doc, state: &mut RunsState, out: &mut Requests) {
    if let Some(problem) = state.follow(ui, doc) {
        out.push(crate::request::Request::Tell(problem));
    }
    let found = match state.found.value() {
        None => {
            let title = "The history is being read…";
            empty(ui, &Empty { icon: "ui/refresh", title, ..Empty::default() }, |_| ());
            return;
        }
        Some(Err(problem)) => {
            let text = problem.hint.as_deref().unwrap_or_default();
            let title = problem.message.as_str();
            let mut is_again = false;
            empty(ui, &Empty { icon: "ui/warning", title, text, is_error: true }, |ui| {
                is_again = ui.button("Try again").clicked();
            });
            if is_again {
                state.read_at = None;
            }
            return;
        }
        Some(Ok(found)) => found,
    };
    let runs: Vec<&PastRun> = found.iter().filter(|run| is_of(run, doc)).collect();
    if runs.is_empty() {
        let words = Empty {
            icon: "ui/run",
            title: "This flow has not run yet",
            text: "A run reads everything up to now, writes it, and commits the offsets",
            is_error: false,
        };
        empty(ui, &words, |ui| crate::widget::action_button(ui, doc, crate::action::Action::Run, out));
        return;
    }
    head(ui);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for run in runs {
            let is_open = state.open.contains(&run.id);
            if line(ui, run, is_open) {
                if is_open {
                    state.open.remove(&run.id);
                } else {
                    state.open.insert(run.id);
                }
            }
            if is_open {
                details::show(ui, doc, run, out);
            }
        }
    });
}

/// A column of the list: head, left edge as a share of the width, numbers at the right.
const FIELDS: &[(&str, f32, f32, bool)] = &[
    ("When", 0.0, 0.28, false),
    ("Outcome", 0.28, 0.18, false),
    ("Duration", 0.46, 0.12, true),
    ("Read", 0.58, 0.14, true),
    ("Written", 0.72, 0.14, true),
    ("Bytes", 0.86, 0.14, true),
];

fn place(rect: Rect, field: usize) -> Rect {
    let left = rect.left() + space::PADDING + 20.0;
    let width = rect.right() - space::PADDING - left;
    let (_, from, share, _) = FIELDS[field];
    let min = Pos2::new(left + from * width, rect.top());
    Rect::from_min_size(min, Vec2::new((share * width - 8.0).max(0.0), rect.height()))
}

fn put(ui: &Ui, rect: Rect, field: usize, text: &str, font: egui::FontId, color: egui::Color32) {
    let place = place(rect, field);
    let painter = ui.painter().with_clip_rect(place.expand(2.0).intersect(ui.clip_rect()));
    let (at, anchor) = if FIELDS[field].3 {
        (place.right_center(), Align2::RIGHT_CENTER)
    } else {
        (place.left_center(), Align2::LEFT_CENTER)
    };
    painter.text(at, anchor, text, font, color);
}

fn head(ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let (rect, _) = ui.allocate_exact_size(Vec2::new(ui.available_width(), HEAD), Sense::hover());
    for (field, (label, ..)) in FIELDS.iter().enumerate() {
        put(ui, rect, field, label, theme::head(), tokens.faint);
    }
    ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, tokens.line));
}

/// State, word: what a run came to.
fn outcome(run: &PastRun) -> (Status, &'static str) {
    match run.outcome.as_str() {
        "done" => (Status::Done, "done"),
        "failed" => (Status::Failed, "failed"),
        "cancelled" => (Status::Skipped, "cancelled"),
        "live" => (Status::Running, "live"),
        "interrupted" => (Status::Failed, "interrupted"),
        _ => (Status::Ready, "unknown"),
    }
}

/// Rows read by sources, rows and bytes written by writers.
fn totals(run: &PastRun) -> Option<(u64, u64, u64)> {
    let report = run.report.as_ref()?;
    let read = |node: &flowloom_studio::NodeReport| node.counts.map_or(0, |counts| counts.read);
    let written = |node: &flowloom_studio::NodeReport| node.written.as_ref().map(|written| written.bytes);
    let rows = |node: &flowloom_studio::NodeReport| {
        if node.written.is_some() { node.rows.values().sum() } else { 0 }
    };
    let nodes = &report.nodes;
    Some((nodes.iter().map(read).sum(), nodes.iter().map(rows).sum(), nodes.iter().filter_map(written).sum()))
}

/// One run; whether it was clicked.
fn line(ui: &mut Ui, run: &PastRun, is_open: bool) -> bool {
    let tokens = Tokens::of(ui);
    let (rect, response) =
        ui.allocate_exact_size(Vec2::new(ui.available_width(), space::ROW), Sense::click());
    let (status, word) = outcome(run);
    let when = format::date_time(run.started_ms);
    let label = format!("Run of {when}, {word}");
    response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, is_open, &label));
    if response.hovered() || is_open {
        ui.painter().rect_filled(rect, 0.0, tokens.raised);
    }
    ui.painter().hline(rect.x_range(), rect.bottom(), Stroke::new(1.0, tokens.line));
    let fold = Pos2::new(rect.left() + space::PADDING + 6.0, rect.center().y);
    let icon = if is_open { "ui/chevron_down" } else { "ui/chevron_right" };
    crate::icon::paint(ui.painter(), icon, Rect::from_center_size(fold, Vec2::splat(12.0)), tokens.faint);
    put(ui, rect, 0, &when, theme::mono(), tokens.text);
    let shape = place(rect, 1).left_center() + Vec2::new(5.0, 0.0);
    status.paint(ui.painter(), shape, 9.0, tokens);
    ui.painter().text(shape + Vec2::new(12.0, 0.0), Align2::LEFT_CENTER, word, theme::body(), tokens.text);
    put(ui, rect, 2, &format::millis(run.elapsed_ms), theme::mono(), tokens.text);
    if let Some((read, rows, bytes)) = totals(run) {
        put(ui, rect, 3, &format::count(read), theme::mono(), tokens.text);
        put(ui, rect, 4, &format::count(rows), theme::mono(), tokens.text);
        put(ui, rect, 5, &format::bytes(bytes), theme::mono(), tokens.text);
    }
    response.clicked()
}
