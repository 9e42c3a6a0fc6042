//! What a node looks like from outside: its state in words, shape and colour.

use egui::{Color32, Painter, Pos2, Shape, Stroke, Vec2};
use flowloom_studio::State;

use crate::theme::Tokens;

/// A node's state, from "needs something" to "done".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Its settings are wrong or missing.
    Unset,
    /// Never previewed, never run.
    Ready,
    Queued,
    Running,
    Done,
    /// Something here or above has changed since it was done.
    Stale,
    Failed,
    /// A node above it failed.
    Blocked,
    /// The job did not need it.
    Skipped,
}

impl From<State> for Status {
    fn from(state: State) -> Self {
        match state {
            State::Queued => Self::Queued,
            State::Running => Self::Running,
            State::Done => Self::Done,
            State::Failed => Self::Failed,
            State::Blocked => Self::Blocked,
            State::Skipped => Self::Skipped,
        }
    }
}

impl Status {
    /// What hover text and screen readers say.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unset => "needs settings",
            Self::Ready => "not run yet",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Stale => "stale: changed since it ran",
            Self::Failed => "failed",
            Self::Blocked => "blocked by a failed node above",
            Self::Skipped => "skipped: nothing to do",
        }
    }

    pub fn color(self, tokens: &Tokens) -> Color32 {
        match self {
            Self::Unset => tokens.warn,
            Self::Ready | Self::Queued | Self::Skipped | Self::Blocked => tokens.faint,
            Self::Running => tokens.accent,
            Self::Done => tokens.ok,
            Self::Stale => tokens.dim,
            Self::Failed => tokens.error,
        }
    }

    /// Its shape: ● done, ◐ running, ○ not run yet, ◎ queued, ▲ needs something, ✕ failed, ◌ stale, – skipped. `size`: edge in points.
    pub fn paint(self, painter: &Painter, center: Pos2, size: f32, tokens: &Tokens) {
        self.paint_in(painter, center, size, self.color(tokens));
    }

    /// [`Self::paint`] in another colour.
    pub fn paint_in(self, painter: &Painter, center: Pos2, size: f32, color: Color32) {
        let radius = size / 2.0;
        let stroke = Stroke::new((size / 7.0).max(1.0), color);
        match self {
            Self::Done => {
                painter.circle_filled(center, radius, color);
            }
            Self::Ready => {
                painter.circle_stroke(center, radius - stroke.width / 2.0, stroke);
            }
            Self::Queued => {
                painter.circle_stroke(center, radius - stroke.width / 2.0, stroke);
                painter.circle_filled(center, radius * 0.4, color);
            }
            Self::Running => {
                painter.circle_stroke(center, radius - stroke.width / 2.0, stroke);
                let half: Vec<Pos2> = (0_u8..=12)
                    .map(|step| {
                        let angle =
                            std::f32::consts::FRAC_PI_2 + std::f32::consts::PI * f32::from(step) / 12.0;
                        center + Vec2::angled(angle) * radius
                    })
                    .collect();
                painter.add(Shape::convex_polygon(half, color, Stroke::NONE));
            }
            Self::Stale => {
                for step in 0_u8..8 {
                    let angle = std::f32::consts::TAU * f32::from(step) / 8.0;
                    painter.circle_filled(center + Vec2::angled(angle) * (radius * 0.85), size / 10.0, color);
                }
            }
            Self::Unset => {
                let points = vec![
                    center + Vec2::new(0.0, -radius),
                    center + Vec2::new(radius, radius * 0.8),
                    center + Vec2::new(-radius, radius * 0.8),
                ];
                painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
            }
            Self::Failed => {
                let arm = radius * 0.75;
                for (from, to) in [
                    (Vec2::new(-arm, -arm), Vec2::new(arm, arm)),
                    (Vec2::new(-arm, arm), Vec2::new(arm, -arm)),
                ] {
                    painter.line_segment([center + from, center + to], stroke);
                }
            }
            Self::Blocked => {
                painter.circle_stroke(center, radius - stroke.width / 2.0, stroke);
                let arm = Vec2::angled(std::f32::consts::FRAC_PI_4) * (radius - stroke.width / 2.0);
                painter.line_segment([center - arm, center + arm], stroke);
            }
            Self::Skipped => {
                painter.line_segment([center - Vec2::X * radius, center + Vec2::X * radius], stroke);
            }
        }
    }
}
