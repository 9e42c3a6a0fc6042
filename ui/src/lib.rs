//! The studio's face, on egui: it knows neither the window system nor the GPU, so that tests drive it
//! headless and a desktop shell only hands it events and paints what it gives.

pub mod action;
pub mod app;
pub mod canvas;
pub mod connections;
pub mod dialog;
pub mod doc;
pub mod editor;
pub mod form;
pub mod format;
pub mod fuzzy;
pub mod icon;
mod memory;
pub mod panel;
pub mod request;
pub mod requested;
pub mod shell;
mod signature;
pub mod status;
pub mod table;
pub mod theme;
pub mod widget;

pub use app::App;

pub use shell::{Answer, Filter, Setup, Wish};

/// Fonts and both themes; once for each context.
pub fn install(ctx: &egui::Context) {
    theme::install(ctx);
}
