//! Small widgets that panels share.

pub mod button;
pub mod choice;
pub mod dropdown;
pub mod field;
pub mod pick;
pub mod rows;
mod segmented;
pub mod switch;
mod tabs;
pub mod text;
pub mod tool;

pub use segmented::segmented;
pub use tabs::{STRIP, Tab, tabs};
