//! Where tao's events come in. The host lives on the main thread, so this carries nothing but the bell.

use parking_lot::Mutex;
use tauri_runtime::UserEvent;
use tauri_runtime_wry::tao::event::{Event, StartCause};
use tauri_runtime_wry::tao::event_loop::{ControlFlow, EventLoopProxy, EventLoopWindowTarget};
use tauri_runtime_wry::{
    Context, EventLoopIterationContext, Message, Plugin, PluginBuilder, WebContextStore,
};

use crate::bell::Bell;
use crate::host;

pub(crate) struct HostPlugin {
    bell: Bell,
}

impl HostPlugin {
    pub(crate) fn new(bell: Bell) -> Self {
        Self { bell }
    }
}

impl<T: UserEvent> PluginBuilder<T> for HostPlugin {
    type Plugin = Self;

    fn build(self, _: Context<T>) -> Self {
        self
    }
}

impl<T: UserEvent> Plugin<T> for HostPlugin {
    /// Gives `true` for what Tauri shall not see: closing, which the host decides.
    fn on_event(
        &mut self,
        event: &Event<'_, Message<T>>,
        _: &EventLoopWindowTarget<Message<T>>,
        proxy: &EventLoopProxy<Message<T>>,
        _: &mut ControlFlow,
        known: EventLoopIterationContext<'_, T>,
        _: &WebContextStore,
    ) -> bool {
        match event {
            Event::NewEvents(StartCause::Init) => {
                let proxy = Mutex::new(proxy.clone());
                // Any message wakes the loop; at its end it asks the host.
                self.bell.connect(move || drop(proxy.lock().send_event(Message::Task(Box::new(|| ())))));
                false
            }
            Event::WindowEvent { window_id, event, .. } => {
                let Some(id) = known.window_id_map.get(window_id) else { return false };
                let label = known.windows.0.borrow().get(&id).map(|window| window.label().to_owned());
                label
                    .is_some_and(|label| host::with(|host| host.window_event(&label, event)).unwrap_or(false))
            }
            Event::RedrawRequested(window_id) => {
                let Some(id) = known.window_id_map.get(window_id) else { return false };
                let label = known.windows.0.borrow().get(&id).map(|window| window.label().to_owned());
                if let Some(label) = label {
                    host::with(|host| host.redraw(&label));
                }
                false
            }
            Event::MainEventsCleared => {
                self.bell.heard();
                host::with(host::Host::turn);
                false
            }
            #[cfg(target_os = "macos")]
            Event::Opened { urls } => {
                let paths = urls.iter().filter_map(|url| url.to_file_path().ok()).collect();
                host::with(|host| host.open(paths));
                false
            }
            _ => false,
        }
    }
}
