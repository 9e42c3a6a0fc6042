//! The panels around the canvas: each reads the document and asks for what it wants by requests.

pub mod palette;
pub mod settings;
