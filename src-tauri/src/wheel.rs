//! The wheel and the touch pad on Linux.
//!
//! tao gives discrete wheel events, which remote desktops and xdotool send, a delta of zero. GTK knows their
//! direction.

use egui::{MouseWheelUnit, TouchPhase, Vec2};
use gtk::gdk::{EventScroll, ScrollDirection};

use crate::input::Input;

pub(crate) fn scrolled(event: &EventScroll, input: &mut Input) {
    let delta = match event.direction() {
        ScrollDirection::Up => Vec2::new(0.0, 1.0),
        ScrollDirection::Down => Vec2::new(0.0, -1.0),
        ScrollDirection::Left => Vec2::new(1.0, 0.0),
        ScrollDirection::Right => Vec2::new(-1.0, 0.0),
        // Fractions of a line: GTK scrolls down by positive numbers, egui up.
        _ => {
            let (x, y) = event.delta();
            Vec2::new(-x as f32, -y as f32)
        }
    };
    if delta != Vec2::ZERO {
        input.wheel(MouseWheelUnit::Line, delta, TouchPhase::Move);
    }
}
