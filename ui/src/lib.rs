//! ui
pub mod icon;
pub mod theme;
