//! A uniform grid over rectangles: what is near a point or within the view, without looking at everything.

use std::collections::HashMap;

use egui::{Pos2, Rect};

const CELL: f32 = 512.0;
/// What covers more cells than this is kept in a list of its own.
const MANY: i64 = 48;

/// Items by where they are; built once for each state of the flow.
#[derive(Debug, Default)]
pub(super) struct Grid {
    cells: HashMap<(i32, i32), Vec<u32>>,
    large: Vec<u32>,
    /// Of each item, when it was last found: one answer names an item once.
    seen: Vec<u32>,
    round: u32,
    bounds: Option<(i32, i32, i32, i32)>,
}

fn cell(pos: Pos2) -> (i32, i32) {
    ((pos.x / CELL).floor() as i32, (pos.y / CELL).floor() as i32)
}

impl Grid {
    pub(super) fn new(rects: impl Iterator<Item = Rect>) -> Self {
        let mut grid = Self::default();
        for (item, rect) in (0_u32..).zip(rects) {
            grid.seen.push(0);
            let ((left, top), (right, bottom)) = (cell(rect.min), cell(rect.max));
            if i64::from(right - left + 1) * i64::from(bottom - top + 1) > MANY {
                grid.large.push(item);
                continue;
            }
            let bounds = grid.bounds.get_or_insert((left, top, right, bottom));
            *bounds = (bounds.0.min(left), bounds.1.min(top), bounds.2.max(right), bounds.3.max(bottom));
            for x in left..=right {
                for y in top..=bottom {
                    grid.cells.entry((x, y)).or_default().push(item);
                }
            }
        }
        grid
    }

    /// Items that may touch `rect`, each once, in ascending order.
    pub(super) fn query(&mut self, rect: Rect, found: &mut Vec<u32>) {
        found.clear();
        found.extend_from_slice(&self.large);
        let Some(bounds) = self.bounds else { return };
        self.round = self.round.wrapping_add(1);
        let (min, max) = (cell(rect.min), cell(rect.max));
        let (left, top) = (min.0.max(bounds.0), min.1.max(bounds.1));
        let (right, bottom) = (max.0.min(bounds.2), max.1.min(bounds.3));
        for x in left..=right {
            for y in top..=bottom {
                for item in self.cells.get(&(x, y)).into_iter().flatten() {
                    let seen = &mut self.seen[*item as usize];
                    if *seen != self.round {
                        *seen = self.round;
                        found.push(*item);
                    }
                }
            }
        }
        found.sort_unstable();
    }
}

#[cfg(test)]
mod tests {
    use egui::Vec2;

    use super::*;

    #[test]
    fn finds_what_touches_and_each_thing_once() {
        let rect = |x: f32, y: f32, w: f32| Rect::from_min_size(Pos2::new(x, y), Vec2::splat(w));
        let rects = [
            rect(0.0, 0.0, 100.0),
            rect(450.0, 450.0, 200.0),
            rect(-9_000.0, -9_000.0, 20_000.0),
            rect(5_000.0, 0.0, 10.0),
        ];
        let mut grid = Grid::new(rects.into_iter());
        let mut found = Vec::new();
        grid.query(rect(400.0, 400.0, 300.0), &mut found);
        assert_eq!(found, [0, 1, 2]);
        grid.query(rect(5_000.0, 0.0, 1.0), &mut found);
        assert_eq!(found, [2, 3]);
        grid.query(rect(1e7, 1e7, 1.0), &mut found);
        assert_eq!(found, [2]);
    }
}
