//! One window: its egui, its application, and what it is painted on.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use egui::{Event, OutputCommand, PlatformOutput, RawInput, Rect, ViewportCommand, ViewportId};
use egui_system_font_provider::SystemFontProvider;
use tauri_runtime_wry::tao::event::WindowEvent;
use tauri_runtime_wry::tao::window::Theme;

use crate::accessibility::Accessibility;
use crate::bell::{Bell, Inbox, Repaint};
use crate::clipboard::Clipboard;
use crate::cursor::Cursor;
use crate::gpu::Gpu;
use crate::input::{Clip, Input};

use crate::surface::{Painted, Surface};
use crate::window_state::WindowState;
use flowloom_ui::{App, Wish};

/// What a frame wants from the host.
#[derive(Default)]
pub(crate) struct Wanted {
    pub(crate) wishes: Vec<Wish>,
    pub(crate) links: Vec<String>,
}

pub(crate) struct Window {
    pub(crate) tauri: tauri::Window,
    pub(crate) app: App,
    pub(crate) repaint: Arc<Repaint>,
    pub(crate) input: Rc<RefCell<Input>>,
    pub(crate) clipboard: Rc<Clipboard>,
    ctx: egui::Context,
    surface: Surface,
    cursor: Cursor,
    accessibility: Accessibility,
    #[cfg(target_os = "linux")]
    input_method: crate::gtk_input::InputMethod,
    system_theme: Option<egui::Theme>,
    /// Where the window is when it is not maximized.
    place: Option<WindowState>,
    /// It moved or changed its size since the last frame.
    has_moved: bool,
    started: Instant,
    is_shown: bool,
}

/// What all windows share.
pub(crate) struct Shared<'a> {
    pub(crate) gpu: &'a Gpu,
    pub(crate) bell: &'a Bell,
    pub(crate) inbox: &'a Inbox,
    pub(crate) clipboard: &'a Rc<Clipboard>,
    pub(crate) fonts: &'a Arc<SystemFontProvider>,
    pub(crate) started: Instant,
}

impl Window {
    pub(crate) fn new(
        tauri: tauri::Window,
        surface: wgpu::Surface<'static>,
        app: App,
        shared: &Shared<'_>,
    ) -> anyhow::Result<Self> {
        let size = tauri.inner_size()?;
        let surface = Surface::new(shared.gpu, surface, [size.width, size.height])?;
        let repaint = Arc::new(Repaint::new(shared.bell.clone()));
        let input = Rc::new(RefCell::new(Input::new()));
        let ctx = egui::Context::default();
        flowloom_ui::install(&ctx);
        let fonts = Arc::clone(shared.fonts);
        ctx.set_font_providers(vec![fonts]);
        let asked = Arc::clone(&repaint);
        ctx.set_request_repaint_callback(move |info| asked.after(info.delay));
        #[cfg(target_os = "linux")]
        let input_method = {
            let wires = crate::gtk_input::Wires {
                input: Rc::clone(&input),
                repaint: Arc::clone(&repaint),
                clipboard: Rc::clone(shared.clipboard),
                label: tauri.label().to_owned(),
            };
            crate::gtk_input::connect(&tauri.gtk_window()?, &wires)
        };
        repaint.now();
        Ok(Self {
            app,
            accessibility: Accessibility::new(tauri.label(), shared.inbox),
            system_theme: tauri.theme().ok().and_then(theme_of_tauri),
            clipboard: Rc::clone(shared.clipboard),
            started: shared.started,
            repaint,
            input,
            ctx,
            surface,
            #[cfg(target_os = "linux")]
            input_method,
            cursor: Cursor::default(),
            place: None,
            has_moved: true,
            is_shown: false,
            tauri,
        })
    }

    /// What tao says of this window, closing aside.
    pub(crate) fn happened(&mut self, event: &WindowEvent<'_>) {
        match event {
            WindowEvent::Resized(size) => {
                self.surface.resize([size.width, size.height]);
                self.has_moved = true;
                #[cfg(not(target_os = "linux"))]
                self.repaint.hide(size.width == 0 || size.height == 0);
            }
            WindowEvent::ScaleFactorChanged { new_inner_size, .. } => {
                self.surface.resize([new_inner_size.width, new_inner_size.height]);
            }
            WindowEvent::Moved(_) => self.has_moved = true,
            WindowEvent::Focused(is_focused) => {
                self.input.borrow_mut().focus(*is_focused);
                self.accessibility.focus(*is_focused);
                self.cursor.forget();
            }
            WindowEvent::ThemeChanged(theme) => self.system_theme = theme_of_tao(*theme),
            #[cfg(target_os = "linux")]
            _ => return,
            #[cfg(not(target_os = "linux"))]
            event => {
                let label = self.tauri.label();
                if !crate::tao_input::happened(event, &mut self.input.borrow_mut(), &self.clipboard, label) {
                    return;
                }
            }
        }
        self.repaint.now();
    }

    pub(crate) fn push(&mut self, event: Event) {
        self.input.borrow_mut().push(event);
        self.repaint.now();
    }

    pub(crate) fn is_focused(&self) -> bool {
        self.input.borrow().is_focused()
    }

    /// Whether screen readers want the tree.
    pub(crate) fn watch(&mut self, is_watched: bool) {
        if is_watched {
            self.ctx.enable_accesskit();
        } else {
            self.ctx.disable_accesskit();
        }
        self.repaint.now();
    }

    /// Runs the application once and shows what it drew; nobody sees a hidden window, so that is not painted.
    pub(crate) fn frame(&mut self, gpu: &Gpu) -> Wanted {
        let scale = self.tauri.scale_factor().unwrap_or(1.0);
        let dropped = self.input.borrow_mut().take_dropped();
        if !dropped.is_empty() {
            self.app.open(dropped);
        }
        self.follow_place();
        let raw = self.raw_input(gpu, scale);
        tracing::trace!(events = ?raw.events, "frame");
        // What the next frame replaces at once is not painted either: a slow display would lag behind the hand.
        let has_more = self.input.borrow().has_more();
        if has_more {
            self.repaint.now();
        }
        let is_hidden = self.repaint.is_hidden() || has_more;
        let app = &mut self.app;
        let begun = Instant::now();
        let mut output = self.ctx.run_ui(raw, |ui| app.ui(ui));
        let laid_out = begun.elapsed();

        self.surface.upload(gpu, &output.textures_delta);
        if !is_hidden {
            let jobs = self.ctx.tessellate(output.shapes, output.pixels_per_point);
            let meshed = begun.elapsed().saturating_sub(laid_out);
            match self.surface.paint(gpu, &self.tauri, &jobs, output.pixels_per_point) {
                Painted::Shown => self.shown(),
                Painted::Later(delay) => self.repaint.after(delay),
            }
            let painted = begun.elapsed().saturating_sub(laid_out + meshed);
            tracing::trace!(?laid_out, ?meshed, ?painted, jobs = jobs.len(), "frame took");
        }
        self.surface.free(&output.textures_delta);
        output.textures_delta.clear();

        let mut wanted = Wanted { wishes: self.app.wishes(), links: Vec::new() };
        self.platform_output(output.platform_output, scale, &mut wanted);
        if let Some(viewport) = output.viewport_output.remove(&ViewportId::ROOT) {
            tracing::trace!(after = ?viewport.repaint_delay, hidden = is_hidden, "next frame");
            self.repaint.after(viewport.repaint_delay);
            for command in viewport.commands {
                wanted.wishes.extend(self.command(command));
            }
        }
        wanted
    }

    fn shown(&mut self) {
        if !std::mem::replace(&mut self.is_shown, true) {
            let first_frame_ms = self.started.elapsed().as_millis();
            tracing::info!(first_frame_ms, window = self.tauri.label(), "first frame");
            if std::env::var_os("FLOWLOOM_BENCH_START").is_some_and(|value| value == "1") {
                use std::io::Write as _;
                drop(writeln!(std::io::stderr(), "first_frame_ms={first_frame_ms}"));
            }
        }
    }

    fn raw_input(&mut self, gpu: &Gpu, scale: f64) -> RawInput {
        let pixels_per_point = self.ctx.zoom_factor() * scale as f32;
        let [width, height] = self.surface.size();
        let size = egui::vec2(width as f32, height as f32) / pixels_per_point;
        let mut input = self.input.borrow_mut();
        input.set_pixels_per_point(pixels_per_point);
        let mut raw = RawInput {
            time: Some(self.started.elapsed().as_secs_f64()),
            screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, size)),
            max_texture_side: Some(gpu.max_texture_side()),
            system_theme: self.system_theme,
            ..input.take()
        };
        let viewport = raw.viewports.entry(ViewportId::ROOT).or_default();
        viewport.native_pixels_per_point = Some(scale as f32);
        viewport.focused = Some(input.is_focused());
        viewport.occluded = Some(self.repaint.is_hidden());
        raw
    }

    fn platform_output(&mut self, mut output: PlatformOutput, scale: f64, wanted: &mut Wanted) {
        self.accessibility.show(&mut output);
        let mut input = self.input.borrow_mut();
        for command in output.commands {
            match command {
                OutputCommand::CopyText(text) => self.clipboard.put(text),
                OutputCommand::TextSelectionSettled(text) => self.clipboard.put_selected(text),
                OutputCommand::OpenUrl(link) => wanted.links.push(link.url),
                OutputCommand::CopyImage(_) => tracing::warn!("pictures are not copied"),
            }
        }
        if input.has_pointer() {
            if let Err(error) = self.cursor.show(&self.tauri, output.cursor_icon) {
                tracing::debug!(%error, "cursor");
            }
        } else {
            self.cursor.forget();
        }
        input.wants_text = output.ime.is_some();
        let pixels_per_point = self.ctx.zoom_factor() * scale as f32;
        input.text_cursor = output.ime.map(|ime| ime.cursor_rect * pixels_per_point);
        #[cfg(target_os = "linux")]
        {
            let is_interrupted = output.ime.is_some_and(|ime| ime.should_interrupt_composition);
            // Their signals come back to the input.
            drop(input);
            if is_interrupted {
                self.input_method.interrupt();
            }
            let (wants_text, cursor) = {
                let input = self.input.borrow();
                (input.wants_text && input.is_focused(), input.text_cursor)
            };
            self.input_method.follow(wants_text, cursor, scale);
        }
    }

    /// Carries out what egui asks of a window.
    fn command(&mut self, command: ViewportCommand) -> Option<Wish> {
        let window = &self.tauri;
        let done = match command {
            ViewportCommand::Close => return Some(Wish::Close),
            ViewportCommand::Title(title) => return Some(Wish::Title(title)),
            ViewportCommand::RequestCut => {
                self.push(Event::Cut);
                return None;
            }
            ViewportCommand::RequestCopy => {
                self.push(Event::Copy);
                return None;
            }
            ViewportCommand::RequestPaste => {
                let label = window.label();
                self.clipboard.carry_out(Clip::Paste, &mut self.input.borrow_mut(), label);
                self.repaint.now();
                return None;
            }
            ViewportCommand::Focus => window.set_focus(),
            ViewportCommand::Minimized(true) => window.minimize(),
            ViewportCommand::Minimized(false) => window.unminimize(),
            ViewportCommand::Maximized(true) => window.maximize(),
            ViewportCommand::Maximized(false) => window.unmaximize(),
            ViewportCommand::Fullscreen(is_full) => window.set_fullscreen(is_full),
            ViewportCommand::InnerSize(size) => {
                let zoom = f64::from(self.ctx.zoom_factor());
                window.set_size(tauri::LogicalSize::new(f64::from(size.x) * zoom, f64::from(size.y) * zoom))
            }
            ViewportCommand::SetTheme(theme) => window.set_theme(match theme {
                egui::SystemTheme::Light => Some(tauri::Theme::Light),
                egui::SystemTheme::Dark => Some(tauri::Theme::Dark),
                egui::SystemTheme::SystemDefault => None,
            }),
            ViewportCommand::RequestUserAttention(_) => {
                window.request_user_attention(Some(tauri::UserAttentionType::Informational))
            }
            other => {
                tracing::debug!(?other, "not done by this window");
                return None;
            }
        };
        if let Err(error) = done {
            tracing::warn!(%error, "the window did not follow");
        }
        None
    }

    /// Notes where the window is, for the next start and for screen readers.
    fn follow_place(&mut self) {
        if !std::mem::take(&mut self.has_moved) {
            return;
        }
        let window = &self.tauri;
        let (Ok(outer), Ok(inner)) = (window.outer_position(), window.inner_position()) else { return };
        let (Ok(outer_size), Ok(size)) = (window.outer_size(), window.inner_size()) else { return };
        let rect = |at: tauri::PhysicalPosition<i32>, size: tauri::PhysicalSize<u32>| {
            Some([f64::from(at.x), f64::from(at.y), f64::from(size.width), f64::from(size.height)])
        };
        self.accessibility.place(rect(outer, outer_size), rect(inner, size));
        let is_ordinary = !self.is_maximized() && !self.repaint.is_hidden();
        if is_ordinary && size.width > 0 && size.height > 0 {
            let (x, y) = (outer.x, outer.y);
            self.place =
                Some(WindowState { x, y, width: size.width, height: size.height, is_maximized: false });
        }
    }

    fn is_maximized(&self) -> bool {
        self.tauri.is_maximized().unwrap_or(false)
    }

    /// Ends the application and lets the window go.
    pub(crate) fn close(mut self) {
        self.app.close();
        self.follow_place();
        if let Some(place) = self.place {
            WindowState { is_maximized: self.is_maximized(), ..place }.write();
        }
        let tauri = self.tauri.clone();
        // What is painted on goes before what it is painted on.
        drop(self);
        if let Err(error) = tauri.destroy() {
            tracing::warn!(%error, "the window stays");
        }
    }
}

fn theme_of_tauri(theme: tauri::Theme) -> Option<egui::Theme> {
    match theme {
        tauri::Theme::Dark => Some(egui::Theme::Dark),
        tauri::Theme::Light => Some(egui::Theme::Light),
        _ => None,
    }
}

fn theme_of_tao(theme: Theme) -> Option<egui::Theme> {
    match theme {
        Theme::Dark => Some(egui::Theme::Dark),
        Theme::Light => Some(egui::Theme::Light),
        _ => None,
    }
}
