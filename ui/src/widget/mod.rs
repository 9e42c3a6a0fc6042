//! Small widgets that panels share.

mod action_button;
pub mod button;
pub mod choice;
pub mod dropdown;
mod empty;
pub mod field;
pub mod finder;
pub mod lines;
pub mod listing;
pub mod pick;
pub mod rows;
mod segmented;
pub mod switch;
mod tabs;
pub mod text;
pub mod tool;

pub use action_button::action_button;
pub use empty::{Empty, empty};
pub use segmented::segmented;
pub use tabs::{STRIP, Tab, tabs};
