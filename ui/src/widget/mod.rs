//! Small widgets that panels share.

mod segmented;
mod tabs;

pub use segmented::segmented;
pub use tabs::{STRIP, Tab, tabs};
