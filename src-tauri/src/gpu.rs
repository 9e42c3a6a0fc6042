//! The graphics device that all windows share.

use std::thread::{self, JoinHandle};

use anyhow::{Context as _, anyhow};
use futures_executor::block_on;
use wgpu::{Backends, InstanceDescriptor, InstanceFlags};

use crate::bell::{Inbox, Letter};

const NO_DRIVER: &str = "no graphics driver can draw the window; install one \
     (Debian, Ubuntu: mesa-vulkan-drivers) or work without a window: `flowloom demo`";

/// A device, and what it came from.
pub(crate) struct Gpu {
    pub(crate) instance: wgpu::Instance,
    pub(crate) adapter: wgpu::Adapter,
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
}

/// A device that is being opened, while the window is.
pub(crate) type Opening = JoinHandle<anyhow::Result<Gpu>>;

/// Opens the device on a thread of its own. OpenGL needs the display and comes later, as the way out.
pub(crate) fn start() -> anyhow::Result<Opening> {
    let open = || {
        let backends = chosen() & !Backends::GL;
        let instance = wgpu::Instance::new(description(backends));
        block_on(Gpu::open(instance, None))
    };
    thread::Builder::new().name("open-gpu".to_owned()).spawn(open).context("no thread to open the device on")
}

/// What `WGPU_BACKEND` names, else all.
fn chosen() -> Backends {
    Backends::from_env().unwrap_or(Backends::all())
}

fn description(backends: Backends) -> InstanceDescriptor {
    InstanceDescriptor {
        backends,
        flags: InstanceFlags::empty().with_env(),
        ..InstanceDescriptor::new_without_display_handle()
    }
}

impl Gpu {
    /// The device and a surface of `window` on it.
    pub(crate) fn ready(
        opening: Opening,
        window: &tauri::Window,
        inbox: Inbox,
    ) -> anyhow::Result<(Self, wgpu::Surface<'static>)> {
        let opened =
            opening.join().unwrap_or_else(|_panic| Err(anyhow!("the thread that opens the device panicked")));
        let (gpu, surface) = match opened.and_then(|gpu| gpu.fit(window)) {
            Ok(fitting) => fitting,
            Err(error) => Self::over_gl(window).with_context(|| format!("{NO_DRIVER} ({error:#})"))?,
        };
        gpu.listen(inbox);
        let info = gpu.adapter.get_info();
        tracing::info!(backend = %info.backend, name = info.name, driver = info.driver_info, "graphics");
        Ok((gpu, surface))
    }

    /// This device if it can show on `window`, else another one of its instance that can.
    fn fit(self, window: &tauri::Window) -> anyhow::Result<(Self, wgpu::Surface<'static>)> {
        let surface = self.surface(window)?;
        if self.adapter.is_surface_supported(&surface) {
            return Ok((self, surface));
        }
        let other = block_on(Self::open(self.instance, Some(&surface)))?;
        Ok((other, surface))
    }

    fn over_gl(window: &tauri::Window) -> anyhow::Result<(Self, wgpu::Surface<'static>)> {
        let backends = chosen() & Backends::GL;
        let description = description(backends).with_display_handle(Box::new(Display(window.clone())));
        let instance = wgpu::Instance::new(description);
        // The surface takes the instance's display: tao opens another one for each that asks.
        let target = wgpu::SurfaceTarget::from_window_without_display(window.clone());
        let surface = instance.create_surface(target)?;
        Ok((block_on(Self::open(instance, Some(&surface)))?, surface))
    }

    async fn open(
        instance: wgpu::Instance,
        compatible_surface: Option<&wgpu::Surface<'static>>,
    ) -> anyhow::Result<Self> {
        let wanted = wgpu::RequestAdapterOptions {
            power_preference: wgpu::PowerPreference::from_env().unwrap_or(wgpu::PowerPreference::LowPower),
            compatible_surface,
            ..wgpu::RequestAdapterOptions::default()
        };
        let adapter = instance.request_adapter(&wanted).await?;
        let description = wgpu::DeviceDescriptor {
            label: Some("flowloom"),
            // What every driver has, with this one's sizes.
            required_limits: wgpu::Limits::downlevel_webgl2_defaults().using_resolution(adapter.limits()),
            memory_hints: wgpu::MemoryHints::MemoryUsage,
            ..wgpu::DeviceDescriptor::default()
        };
        let (device, queue) = adapter.request_device(&description).await?;
        Ok(Self { instance, adapter, device, queue })
    }

    /// A surface of another window.
    pub(crate) fn surface(&self, window: &tauri::Window) -> anyhow::Result<wgpu::Surface<'static>> {
        self.instance.create_surface(window.clone()).context("the window cannot be drawn on")
    }

    pub(crate) fn max_texture_side(&self) -> usize {
        self.device.limits().max_texture_dimension_2d as usize
    }

    /// Errors of the driver are logged, not panics; a lost device is told to the host.
    fn listen(&self, inbox: Inbox) {
        self.device.on_uncaptured_error(std::sync::Arc::new(|error| tracing::error!(%error, "graphics")));
        self.device.set_device_lost_callback(move |reason, message| {
            if !matches!(reason, wgpu::DeviceLostReason::Destroyed) {
                inbox.send(Letter::DeviceLost(message));
            }
        });
    }
}

/// The display that OpenGL is opened on, by way of a window on it.
struct Display(tauri::Window);

impl std::fmt::Debug for Display {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Display")
    }
}

impl wgpu::rwh::HasDisplayHandle for Display {
    fn display_handle(&self) -> Result<wgpu::rwh::DisplayHandle<'_>, wgpu::rwh::HandleError> {
        self.0.display_handle()
    }
}
