//! What screen readers see: egui's tree, handed to the platform when one asks for it.
//!
//! Linux has AT-SPI through `accesskit_unix`. Windows and macOS need their adapters put between tao and the
//! window procedure, which is not done yet: there the tree stays inside.

use egui::PlatformOutput;

use crate::bell::Inbox;

#[cfg(target_os = "linux")]
pub(crate) use self::at_spi::Accessibility;

#[cfg(target_os = "linux")]
mod at_spi {
    use accesskit::{ActionHandler, ActionRequest, ActivationHandler, DeactivationHandler, Rect, TreeUpdate};
    use accesskit_unix::Adapter;

    use super::{Inbox, PlatformOutput};
    use crate::bell::Letter;

    pub(crate) struct Accessibility {
        adapter: Adapter,
    }

    impl Accessibility {
        /// Costs nothing until an assistive technology asks for the tree.
        pub(crate) fn new(window: &str, inbox: &Inbox) -> Self {
            let wires = Wires { window: window.to_owned(), inbox: inbox.clone() };
            Self { adapter: Adapter::new(wires.clone(), wires.clone(), wires) }
        }

        pub(crate) fn show(&mut self, output: &mut PlatformOutput) {
            if let Some(tree) = output.accesskit_update.take() {
                self.adapter.update_if_active(|| tree);
            }
        }

        pub(crate) fn focus(&mut self, is_focused: bool) {
            self.adapter.update_window_focus_state(is_focused);
        }

        /// Where the window is on the screen, with and without its border, in pixels.
        pub(crate) fn place(&mut self, outer: Option<[f64; 4]>, inner: Option<[f64; 4]>) {
            let rect = |[x, y, width, height]: [f64; 4]| Rect::new(x, y, x + width, y + height);
            if let (Some(outer), Some(inner)) = (outer, inner) {
                self.adapter.set_root_window_bounds(rect(outer), rect(inner));
            }
        }
    }

    /// AT-SPI's thread calls these.
    #[derive(Clone)]
    struct Wires {
        window: String,
        inbox: Inbox,
    }

    impl Wires {
        fn watched(&self, is_watched: bool) {
            self.inbox.send(Letter::Watched { window: self.window.clone(), is_watched });
        }
    }

    impl ActivationHandler for Wires {
        fn request_initial_tree(&mut self) -> Option<TreeUpdate> {
            // The next frame has it.
            self.watched(true);
            None
        }
    }

    impl DeactivationHandler for Wires {
        fn deactivate_accessibility(&mut self) {
            self.watched(false);
        }
    }

    impl ActionHandler for Wires {
        fn do_action(&mut self, request: ActionRequest) {
            self.inbox.send(Letter::Asked { window: self.window.clone(), request: Box::new(request) });
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) struct Accessibility;

#[cfg(not(target_os = "linux"))]
impl Accessibility {
    pub(crate) fn new(_: &str, _: &Inbox) -> Self {
        Self
    }

    pub(crate) fn show(&mut self, output: &mut PlatformOutput) {
        output.accesskit_update = None;
    }

    pub(crate) fn focus(&mut self, _: bool) {}

    pub(crate) fn place(&mut self, _: Option<[f64; 4]>, _: Option<[f64; 4]>) {}
}
