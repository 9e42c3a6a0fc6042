//! What one window is painted on.

use std::time::Duration;

use egui::{ClippedPrimitive, TexturesDelta};
use egui_wgpu::{Renderer, RendererOptions, ScreenDescriptor};
use wgpu::CurrentSurfaceTexture as Acquired;

use crate::gpu::Gpu;

/// How long to wait before a surface that gave no frame is asked again.
const RETRY: Duration = Duration::from_millis(100);

/// Whether a frame reached the window.
pub(crate) enum Painted {
    Shown,
    /// It did not; a new one may, after this time.
    Later(Duration),
}

pub(crate) struct Surface {
    target: wgpu::Surface<'static>,
    config: wgpu::SurfaceConfiguration,
    renderer: Renderer,
    /// The configuration is to be given again before the next frame.
    is_outdated: bool,
}

impl Surface {
    pub(crate) fn new(gpu: &Gpu, surface: wgpu::Surface<'static>, size: [u32; 2]) -> anyhow::Result<Self> {
        let formats = surface.get_capabilities(&gpu.adapter).formats;
        let format = egui_wgpu::preferred_framebuffer_format(&formats)?;
        let [width, height] = size.map(|side| side.max(1));
        let mut config = surface
            .get_default_config(&gpu.adapter, width, height)
            .ok_or_else(|| anyhow::anyhow!("the graphics driver cannot draw on this window"))?;
        config.format = format;
        config.present_mode = wgpu::PresentMode::AutoVsync;
        config.desired_maximum_frame_latency = 1;
        let renderer = Renderer::new(&gpu.device, format, RendererOptions::default());
        Ok(Self { target: surface, config, renderer, is_outdated: true })
    }

    pub(crate) fn size(&self) -> [u32; 2] {
        [self.config.width, self.config.height]
    }

    /// Follows the window's size; a minimized window has none and keeps the last.
    pub(crate) fn resize(&mut self, size: [u32; 2]) {
        if size != self.size() && size.iter().all(|&side| side > 0) {
            [self.config.width, self.config.height] = size;
            self.is_outdated = true;
        }
    }

    /// Takes over egui's textures, which must happen whether or not a frame is shown.
    #[expect(clippy::iter_over_hash_type, reason = "textures are uploaded in any order")]
    pub(crate) fn upload(&mut self, gpu: &Gpu, textures: &TexturesDelta) {
        for (id, deltas) in &textures.set {
            for delta in deltas {
                self.renderer.update_texture(&gpu.device, &gpu.queue, *id, delta);
            }
        }
    }

    /// Drops the textures that the frame was the last to use.
    #[expect(clippy::iter_over_hash_type, reason = "textures are dropped in any order")]
    pub(crate) fn free(&mut self, textures: &TexturesDelta) {
        for id in &textures.free {
            self.renderer.free_texture(id);
        }
    }

    pub(crate) fn paint(
        &mut self,
        gpu: &Gpu,
        window: &tauri::Window,
        jobs: &[ClippedPrimitive],
        pixels_per_point: f32,
    ) -> Painted {
        let frame = match self.acquire(gpu, window) {
            Ok(frame) => frame,
            Err(retry) => return Painted::Later(retry),
        };
        let screen = ScreenDescriptor { size_in_pixels: self.size(), pixels_per_point };
        let mut encoder = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let more = self.renderer.update_buffers(&gpu.device, &gpu.queue, &mut encoder, jobs, &screen);
        {
            let view = frame.texture.create_view(&wgpu::TextureViewDescriptor::default());
            let target = wgpu::RenderPassColorAttachment {
                view: &view,
                resolve_target: None,
                depth_slice: None,
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color::BLACK),
                    store: wgpu::StoreOp::Store,
                },
            };
            let pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
                color_attachments: &[Some(target)],
                ..wgpu::RenderPassDescriptor::default()
            });
            self.renderer.render(&mut pass.forget_lifetime(), jobs, &screen);
        }
        gpu.queue.submit(more.into_iter().chain([encoder.finish()]));
        gpu.queue.present(frame);
        Painted::Shown
    }

    /// The next frame to draw on, after setting right what can be.
    fn acquire(&mut self, gpu: &Gpu, window: &tauri::Window) -> Result<wgpu::SurfaceTexture, Duration> {
        for _ in 0..2 {
            if std::mem::take(&mut self.is_outdated) {
                self.target.configure(&gpu.device, &self.config);
            }
            match self.target.get_current_texture() {
                Acquired::Success(frame) => return Ok(frame),
                Acquired::Suboptimal(frame) => {
                    self.is_outdated = true;
                    return Ok(frame);
                }
                Acquired::Outdated | Acquired::Validation => self.is_outdated = true,
                Acquired::Lost => match gpu.surface(window) {
                    Ok(surface) => (self.target, self.is_outdated) = (surface, true),
                    Err(error) => {
                        tracing::warn!("{error:#}");
                        return Err(RETRY);
                    }
                },
                Acquired::Timeout | Acquired::Occluded => return Err(RETRY),
            }
        }
        Err(RETRY)
    }
}
