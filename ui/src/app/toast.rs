//! Short messages at the edge: errors stay until they are read, the rest goes by itself.

use std::time::{Duration, Instant};

use egui::{Align2, Area, Context, Frame, Id, Order, RichText, Vec2};
use flowloom_flow::Problem;

use crate::theme::{Tokens, space};
use crate::widget::tool;

const SHOWN: Duration = Duration::from_secs(5);
/// At once; the oldest goes first.
const LIMIT: usize = 4;

#[derive(Debug)]
struct Toast {
    text: String,
    hint: Option<String>,
    is_error: bool,
    since: Instant,
}

/// Messages on screen.
#[derive(Debug, Default)]
pub(super) struct Toasts(Vec<Toast>);

impl Toasts {
    pub(super) fn info(&mut self, text: impl Into<String>) {
        self.push(Toast { text: text.into(), hint: None, is_error: false, since: Instant::now() });
    }

    pub(super) fn problem(&mut self, problem: &Problem) {
        self.push(Toast {
            text: problem.message.clone(),
            hint: problem.hint.clone(),
            is_error: problem.is_error(),
            since: Instant::now(),
        });
    }

    fn push(&mut self, toast: Toast) {
        self.0.retain(|each| each.text != toast.text);
        self.0.push(toast);
        if self.0.len() > LIMIT {
            self.0.remove(0);
        }
    }

    pub(super) fn ui(&mut self, ctx: &Context) {
        self.0.retain(|toast| toast.is_error || toast.since.elapsed() < SHOWN);
        if let Some(oldest) = self.0.iter().filter(|toast| !toast.is_error).map(|toast| toast.since).min() {
            ctx.request_repaint_after(SHOWN.saturating_sub(oldest.elapsed()) + Duration::from_millis(10));
        }
        if self.0.is_empty() {
            return;
        }
        let mut closed = None;
        let offset = Vec2::new(-space::PADDING, -(space::STATUS_BAR + space::PADDING));
        let area =
            Area::new(Id::unique("toasts")).order(Order::Foreground).anchor(Align2::RIGHT_BOTTOM, offset);
        area.show(ctx, |ui| {
            for (at, toast) in self.0.iter().enumerate() {
                let tokens = Tokens::of(ui);
                let edge = if toast.is_error { tokens.error } else { tokens.line_strong };
                Frame::popup(ui.style()).stroke((1.0, edge)).inner_margin(12).show(ui, |ui| {
                    ui.horizontal_top(|ui| {
                        ui.vertical(|ui| {
                            ui.set_width(320.0);
                            ui.label(RichText::new(&toast.text).color(tokens.text));
                            if let Some(hint) = &toast.hint {
                                ui.label(RichText::new(hint).small().color(tokens.dim));
                            }
                        });
                        if tool::icon_button(ui, "ui/close", "Dismiss").clicked() {
                            closed = Some(at);
                        }
                    });
                });
            }
        });
        if let Some(at) = closed {
            self.0.remove(at);
        }
    }
}
