//! Which part of the canvas is on screen, and how large.

use egui::{Pos2, Rect, Vec2};
use serde::{Deserialize, Serialize};

pub(super) const MIN_ZOOM: f32 = 0.02;
pub(super) const MAX_ZOOM: f32 = 4.0;
/// Where buttons and keys stop.
const STEPS: [f32; 17] =
    [0.05, 0.1, 0.15, 0.2, 0.25, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0];

/// What is kept of a view when a flow is closed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The canvas point in the middle.
    pub center: [f32; 2],
    /// 1: a canvas point is a point of the screen.
    pub zoom: f32,
}

/// A view on a rectangle of the screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Camera {
    pub(super) center: Pos2,
    pub(super) zoom: f32,
    /// Where the canvas was drawn last.
    pub(super) rect: Rect,
    /// Screen position of the canvas's origin, on whole pixels so that text stays crisp.
    origin: Pos2,
}

impl Default for Camera {
    fn default() -> Self {
        Self { center: Pos2::ZERO, zoom: 1.0, rect: Rect::NOTHING, origin: Pos2::ZERO }
    }
}

impl Camera {
    /// Draws in `rect` from now on.
    pub(super) fn place(&mut self, rect: Rect, pixels_per_point: f32) {
        self.rect = rect;
        let origin = rect.center() - self.center.to_vec2() * self.zoom;
        let pixel = |x: f32| (x * pixels_per_point).round() / pixels_per_point;
        self.origin = Pos2::new(pixel(origin.x), pixel(origin.y));
    }

    pub(super) fn to_screen(self, pos: Pos2) -> Pos2 {
        self.origin + pos.to_vec2() * self.zoom
    }

    pub(super) fn rect_to_screen(self, rect: Rect) -> Rect {
        Rect::from_min_max(self.to_screen(rect.min), self.to_screen(rect.max))
    }

    pub(super) fn to_canvas(self, pos: Pos2) -> Pos2 {
        ((pos - self.origin) / self.zoom).to_pos2()
    }

    /// The part of the canvas that is seen.
    pub(super) fn visible(self) -> Rect {
        Rect::from_min_max(self.to_canvas(self.rect.min), self.to_canvas(self.rect.max))
    }

    /// Moves what is seen by points of the screen.
    pub(super) fn pan(&mut self, by: Vec2) {
        self.center -= by / self.zoom;
        self.origin += by;
    }

    /// Zooms so that what is under `fixed` (on screen) stays there.
    pub(super) fn zoom_at(&mut self, fixed: Pos2, zoom: f32) {
        let zoom = zoom.clamp(MIN_ZOOM, MAX_ZOOM);
        let under = self.to_canvas(fixed);
        self.zoom = zoom;
        self.center = under - (fixed - self.rect.center()) / zoom;
        self.origin = self.rect.center() - self.center.to_vec2() * zoom;
    }

    /// The next step of the zoom, in or out.
    pub(super) fn step(&mut self, is_in: bool) {
        let zoom = self.zoom;
        let next = if is_in {
            STEPS.into_iter().find(|step| *step > zoom * 1.01)
        } else {
            STEPS.into_iter().rev().find(|step| *step < zoom * 0.99)
        };
        self.zoom_at(self.rect.center(), next.unwrap_or(zoom));
    }

    /// Shows all of `bounds`, never larger than nature.
    pub(super) fn fit(&mut self, bounds: Rect, margin: f32) {
        if !bounds.is_positive() || !self.rect.is_positive() {
            return;
        }
        let room = (self.rect.size() - Vec2::splat(2.0 * margin)).max(Vec2::splat(40.0));
        let zoom = (room.x / bounds.width()).min(room.y / bounds.height()).min(1.0);
        self.zoom = zoom.clamp(MIN_ZOOM, MAX_ZOOM);
        self.center = bounds.center();
        self.origin = self.rect.center() - self.center.to_vec2() * self.zoom;
    }

    pub(super) fn view(&self) -> View {
        View { center: [self.center.x, self.center.y], zoom: self.zoom }
    }

    pub(super) fn set_view(&mut self, view: View) {
        let is_sound = view.zoom.is_finite() && view.center.iter().all(|part| part.is_finite());
        if is_sound {
            self.center = Pos2::new(view.center[0], view.center[1]);
            self.zoom = view.zoom.clamp(MIN_ZOOM, MAX_ZOOM);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn camera() -> Camera {
        let mut camera = Camera::default();
        camera.place(Rect::from_min_size(Pos2::new(200.0, 100.0), Vec2::new(800.0, 600.0)), 1.0);
        camera
    }

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let mut camera = camera();
        let pointer = Pos2::new(333.0, 222.0);
        let under = camera.to_canvas(pointer);
        camera.zoom_at(pointer, 2.5);
        assert!(camera.to_screen(under).distance(pointer) < 0.01);
        camera.place(camera.rect, 1.0);
        assert!(camera.to_screen(under).distance(pointer) < 1.0, "whole pixels only");
    }

    #[test]
    fn fitting_shows_everything_and_never_enlarges() {
        let mut camera = camera();
        camera.fit(Rect::from_min_size(Pos2::new(-500.0, 0.0), Vec2::new(4_000.0, 300.0)), 40.0);
        assert!(
            camera.visible().contains(Pos2::new(-500.0, 0.0))
                && camera.visible().contains(Pos2::new(3_500.0, 300.0))
        );
        camera.fit(Rect::from_min_size(Pos2::ZERO, Vec2::splat(50.0)), 40.0);
        assert!((camera.zoom - 1.0).abs() < 1e-6);
    }

    #[test]
    fn steps_go_up_and_down_to_the_ends() {
        let mut camera = camera();
        camera.step(true);
        assert!((camera.zoom - 1.25).abs() < 1e-6);
        (0..40).for_each(|_| camera.step(false));
        assert!((camera.zoom - 0.05).abs() < 1e-6);
        (0..40).for_each(|_| camera.step(true));
        assert!((camera.zoom - MAX_ZOOM).abs() < 1e-6);
    }
}
