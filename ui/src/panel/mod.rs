//! The panels around the canvas. Each shows a document and asks; none changes anything but its own view.

pub mod bottom;
pub mod data;
pub mod help;
pub mod log;
pub mod offsets;
pub mod palette;
pub mod profile;
pub mod right;
pub mod runs;
pub mod schema;
pub mod settings;
mod upstream;
