//! All windows, and the turn of the event loop that paints those that ask for it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Instant;

use anyhow::Context as _;
use egui::Event;
use egui_system_font_provider::SystemFontProvider;
use tauri::AppHandle;
use tauri::window::WindowBuilder;
use tauri_runtime_wry::tao::event::WindowEvent;

use crate::bell::{Bell, Inbox, Letter};
use crate::clipboard::Clipboard;
use crate::gpu::{self, Gpu};
use crate::window::{Shared, Window};
use crate::window_state::{Screen, WindowState};
use flowloom_ui::{App, Setup};

const TITLE: &str = "Flowloom";
const SIZE: [f64; 2] = [1280.0, 800.0];
const LEAST_SIZE: [f64; 2] = [640.0, 400.0];
/// How far below and right of the first window the next one opens.
const CASCADE: f64 = 32.0;

thread_local! {
    /// Tao's events come without a place to keep anything in; they all come on this thread.
    static HOST: RefCell<Option<Host>> = const { RefCell::new(None) };
}

/// Opens the first window.
pub(crate) fn install(mut host: Host, setup: Setup) -> anyhow::Result<()> {
    host.open_window(setup)?;
    HOST.set(Some(host));
    Ok(())
}

/// Ends what is left of the host.
pub(crate) fn remove() {
    if let Some(host) = HOST.take() {
        host.windows.into_values().for_each(Window::close);
    }
}

/// Calls the host, unless it is what this was called from.
pub(crate) fn with<T>(call: impl FnOnce(&mut Host) -> T) -> Option<T> {
    HOST.with(|host| host.try_borrow_mut().ok().and_then(|mut host| host.as_mut().map(call)))
}

pub(crate) struct Host {
    pub(crate) app: AppHandle,
    pub(crate) inbox: Inbox,
    pub(crate) windows: BTreeMap<String, Window>,
    opening: Option<gpu::Opening>,
    gpu: Option<Gpu>,
    letters: Receiver<Letter>,
    bell: Bell,
    clipboard: Rc<Clipboard>,
    /// Looks the system's fonts up on a thread of its own, from now on.
    fonts: Arc<SystemFontProvider>,
    started: Instant,
    /// Windows that were opened, for their labels.
    count: u32,
}

impl Host {
    pub(crate) fn new(
        app: AppHandle,
        opening: gpu::Opening,
        inbox: Inbox,
        letters: Receiver<Letter>,
        bell: Bell,
        started: Instant,
    ) -> Self {
        let clipboard = Rc::new(Clipboard::new(inbox.clone()));
        let fonts = Arc::new(SystemFontProvider::new());
        let opening = Some(opening);
        let windows = BTreeMap::new();
        Self { app, inbox, windows, opening, gpu: None, letters, bell, clipboard, fonts, started, count: 0 }
    }

    pub(crate) fn open_window(&mut self, setup: Setup) -> anyhow::Result<()> {
        self.count += 1;
        let window = self.build()?;
        let surface = match (self.opening.take(), &self.gpu) {
            (Some(opening), _) => {
                let (gpu, surface) = Gpu::ready(opening, &window, self.inbox.clone())?;
                self.gpu = Some(gpu);
                surface
            }
            (None, Some(gpu)) => gpu.surface(&window)?,
            (None, None) => anyhow::bail!("there is no graphics device"),
        };
        let gpu = self.gpu.as_ref().context("there is no graphics device")?;
        let started = if self.windows.is_empty() { self.started } else { Instant::now() };
        let (bell, inbox, clipboard) = (&self.bell, &self.inbox, &self.clipboard);
        let shared = Shared { gpu, bell, inbox, clipboard, fonts: &self.fonts, started };
        let label = window.label().to_owned();
        let app = App::new(setup);
        let app = if self.windows.is_empty() { app } else { app.beside_others() };
        self.windows.insert(label, Window::new(window, surface, app, &shared)?);
        Ok(())
    }

    /// A window where the last one was, or in the middle.
    fn build(&self) -> anyhow::Result<tauri::Window> {
        let mut builder = WindowBuilder::new(&self.app, format!("window-{}", self.count))
            .title(TITLE)
            .inner_size(SIZE[0], SIZE[1])
            .min_inner_size(LEAST_SIZE[0], LEAST_SIZE[1]);
        if let Some(icon) = self.app.default_window_icon() {
            builder = builder.icon(icon.clone())?;
        }
        let monitors = self.app.available_monitors().unwrap_or_default();
        let screens: Vec<Screen> = monitors.iter().map(Screen::from).collect();
        builder = match WindowState::read().and_then(|state| state.on(&screens)) {
            Some(state) => {
                let scale = monitors.first().map_or(1.0, tauri::Monitor::scale_factor);
                let (position, size) =
                    (state.position().to_logical::<f64>(scale), state.size().to_logical::<f64>(scale));
                let aside = f64::from(self.count - 1) * CASCADE;
                builder
                    .position(position.x + aside, position.y + aside)
                    .inner_size(size.width, size.height)
                    .maximized(state.is_maximized && self.count == 1)
            }
            None if self.count == 1 => builder.center(),
            None => builder,
        };
        builder.build().context("the window cannot be opened")
    }

    /// Gives `true` where Tauri shall not act on its own.
    pub(crate) fn window_event(&mut self, label: &str, event: &WindowEvent<'_>) -> bool {
        let Some(window) = self.windows.get_mut(label) else { return false };
        if matches!(event, WindowEvent::CloseRequested) {
            let may_close = window.app.may_close();
            window.repaint.now();
            if may_close {
                self.close(label);
            }
            return true;
        }
        window.happened(event);
        false
    }

    /// The system lost what the window shows.
    pub(crate) fn redraw(&mut self, label: &str) {
        if let Some(window) = self.windows.get(label) {
            window.repaint.now();
        }
    }

    /// Files from outside go to the window that is looked at.
    pub(crate) fn open(&mut self, paths: Vec<PathBuf>) {
        let focused = self.windows.values().position(Window::is_focused).unwrap_or(0);
        let Some(window) = self.windows.values_mut().nth(focused) else { return };
        if !paths.is_empty() {
            window.app.open(paths);
        }
        let shown = window.tauri.unminimize().and_then(|()| window.tauri.set_focus());
        if let Err(error) = shown {
            tracing::debug!(%error, "focus");
        }
        window.repaint.now();
    }

    /// Reads letters, paints what is due, and carries out what the frames wished.
    pub(crate) fn turn(&mut self) {
        while let Ok(letter) = self.letters.try_recv() {
            self.read(letter);
        }
        let due = self.windows.iter().filter(|(_, window)| window.repaint.take());
        let due: Vec<String> = due.map(|(label, _)| label.clone()).collect();
        for label in due {
            let (Some(gpu), Some(window)) = (&self.gpu, self.windows.get_mut(&label)) else { continue };
            let wanted = window.frame(gpu);
            self.carry_out(&label, wanted);
        }
    }

    fn read(&mut self, letter: Letter) {
        match letter {
            Letter::Open(paths) => self.open(paths),
            Letter::DeviceLost(message) => {
                tracing::error!(message, "the graphics device is gone; what was not saved is kept aside");
                self.quit();
                self.app.exit(1);
            }
            Letter::Answer { window, answer } => {
                if let Some(window) = self.windows.get_mut(&window) {
                    window.app.answer(answer);
                    window.repaint.now();
                }
            }
            Letter::Pasted { window, text } => self.tell(&window, Event::Paste(text)),
            Letter::Asked { window, request } => self.tell(&window, Event::AccessKitActionRequest(*request)),
            Letter::Watched { window, is_watched } => {
                if let Some(window) = self.windows.get_mut(&window) {
                    window.watch(is_watched);
                }
            }
        }
    }

    fn tell(&mut self, label: &str, event: Event) {
        if let Some(window) = self.windows.get_mut(label) {
            window.push(event);
        }
    }

    /// Closes a window; with the last one the program ends.
    pub(crate) fn close(&mut self, label: &str) {
        if let Some(window) = self.windows.remove(label) {
            window.close();
        }
    }

    /// Closes all windows without asking.
    fn quit(&mut self) {
        std::mem::take(&mut self.windows).into_values().for_each(Window::close);
    }
}
