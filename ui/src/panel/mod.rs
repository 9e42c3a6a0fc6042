//! The panels around the canvas.

pub mod settings;
