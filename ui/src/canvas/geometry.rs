//! Measures of nodes and the curve of a wire, in canvas points: what is drawn, hit and laid out alike.

use egui::{Pos2, Rect, Vec2};

/// Nodes snap to this.
pub(crate) const GRID: f32 = 8.0;
pub(super) const WIDTH: f32 = 176.0;
pub(super) const MAX_WIDTH: f32 = 240.0;
/// Icon, name, state and caption.
pub(super) const HEADER: f32 = 58.0;
/// Middle of the first row under the header, where the first port is: wires between nodes at one height are straight.
const FIRST_ROW: f32 = 71.0;
const ROW: f32 = 22.0;
pub(super) const ICON: f32 = 20.0;
pub(super) const PADDING: f32 = 12.0;
/// Where name and caption begin.
pub(super) const TEXT: f32 = PADDING + ICON + 8.0;
/// What the name leaves free at the right for the state's shape.
pub(super) const STATUS_ROOM: f32 = 30.0;
pub(super) const PORT_RADIUS: f32 = 5.0;
/// How far from its middle a port is hit.
pub(super) const PORT_REACH: f32 = 13.0;
/// How far from its line a wire is hit, on screen.
pub(super) const WIRE_REACH: f32 = 6.0;
/// Between columns and between rows of a tidy flow.
pub(super) const GAP: Vec2 = Vec2::new(72.0, 32.0);

/// Of a node with so many rows of ports.
pub(super) fn height(rows: usize) -> f32 {
    FIRST_ROW + 13.0 + ROW * rows.saturating_sub(1) as f32
}

/// Middle of a row of ports, from the node's top.
pub(super) fn row_y(row: usize) -> f32 {
    FIRST_ROW + ROW * row as f32
}

/// A node's width by that of its name.
pub(super) fn width(name: f32) -> f32 {
    let wanted = TEXT + name * 1.05 + STATUS_ROOM;
    ((wanted / GRID).ceil() * GRID).clamp(WIDTH, MAX_WIDTH)
}

pub(super) fn snapped(pos: Pos2) -> Pos2 {
    Pos2::new((pos.x / GRID).round() * GRID, (pos.y / GRID).round() * GRID)
}

pub(super) fn whole(pos: Pos2) -> [i32; 2] {
    [pos.x.round() as i32, pos.y.round() as i32]
}

/// A cubic Bézier curve from an output to an input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Curve(pub(super) [Pos2; 4]);

impl Curve {
    /// Leaves to the right and arrives from the left, also where the input is left of the output.
    pub(super) fn new(from: Pos2, to: Pos2) -> Self {
        let ahead = to.x - from.x;
        let pull = if ahead >= 0.0 {
            (ahead * 0.5).max(((to.y - from.y).abs() * 0.5).min(28.0)).min(160.0)
        } else {
            (36.0 - ahead * 0.3).min(160.0)
        };
        Self([from, from + Vec2::X * pull, to - Vec2::X * pull, to])
    }

    pub(super) fn map(self, at: impl Fn(Pos2) -> Pos2) -> Self {
        Self(self.0.map(at))
    }

    pub(super) fn at(&self, t: f32) -> Pos2 {
        let points = self.0.map(Pos2::to_vec2);
        let rest = 1.0 - t;
        let weights = [rest * rest * rest, 3.0 * rest * rest * t, 3.0 * rest * t * t, t * t * t];
        points
            .into_iter()
            .zip(weights)
            .fold(Vec2::ZERO, |sum, (point, weight)| sum + point * weight)
            .to_pos2()
    }

    /// Direction at `t`; not of length one.
    pub(super) fn slope(&self, t: f32) -> Vec2 {
        let points = self.0;
        let rest = 1.0 - t;
        (points[1] - points[0]) * (3.0 * rest * rest)
            + (points[2] - points[1]) * (6.0 * rest * t)
            + (points[3] - points[2]) * (3.0 * t * t)
    }

    /// Holds the whole curve, and at most a little more.
    pub(super) fn bounds(&self) -> Rect {
        Rect::from_points(&self.0)
    }

    /// The nearest point of the curve as `(distance, t)`.
    pub(super) fn nearest(&self, pos: Pos2) -> (f32, f32) {
        const STEPS: u8 = 32;
        let mut best = (f32::INFINITY, 0.0);
        let mut from = self.at(0.0);
        for step in 1..=STEPS {
            let t = f32::from(step) / f32::from(STEPS);
            let to = self.at(t);
            let along = to - from;
            let share = ((pos - from).dot(along) / along.length_sq().max(1e-6)).clamp(0.0, 1.0);
            let distance = (from + along * share).distance(pos);
            if distance < best.0 {
                best = (distance, (f32::from(step) - 1.0 + share) / f32::from(STEPS));
            }
            from = to;
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_starts_and_ends_at_its_ports_and_finds_its_points() {
        let (from, to) = (Pos2::new(0.0, 0.0), Pos2::new(200.0, 80.0));
        let curve = Curve::new(from, to);
        assert_eq!((curve.at(0.0), curve.at(1.0)), (from, to));
        let (distance, t) = curve.nearest(curve.at(0.5) + Vec2::new(0.0, 3.0));
        assert!(distance < 3.5 && (t - 0.5).abs() < 0.1, "{distance} {t}");
        assert!(curve.slope(0.0).x > 0.0 && curve.slope(0.0).y == 0.0);
        let backwards = Curve::new(to, from);
        assert!(backwards.bounds().right() > 200.0 && backwards.bounds().left() < 0.0);
    }

    #[test]
    fn names_widen_a_node_until_they_are_cut() {
        let widths = [20.0, 100.0, 500.0].map(width);
        assert!(
            widths.into_iter().zip([WIDTH, WIDTH, MAX_WIDTH]).all(|(is, should)| (is - should).abs() < 1e-6)
        );
        assert!(width(130.0) > 176.0 && width(130.0) % GRID == 0.0);
        assert_eq!(snapped(Pos2::new(3.9, -4.1)), Pos2::new(0.0, -8.0));
    }
}
