//! Icons: one colour each, rasterized once for each size on screen and tinted when drawn.

use std::collections::HashMap;
use std::sync::Arc;

use egui::{
    Color32, ColorImage, Context, Id, Painter, Pos2, Rect, TextureHandle, TextureId, TextureOptions, Vec2,
};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

/// Every icon by its file's name without the end; the interface's own under `ui/`. Sorted.
const ICONS: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/icons.rs"));
/// What stands for a kind whose icon is unknown: an open square.
const UNKNOWN: &[u8] = br##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#000" stroke-width="2"><rect x="4" y="4" width="16" height="16" rx="3" stroke-dasharray="3 3"/></svg>"##;
/// Pixels of an edge; between two of them the GPU scales down.
const EDGES: [u32; 8] = [14, 16, 20, 24, 32, 48, 64, 128];

#[derive(Clone, Default)]
struct Textures(Arc<egui::mutex::Mutex<HashMap<(String, u32), TextureHandle>>>);

/// Draws icon `name` in `rect` in one colour.
pub fn paint(painter: &Painter, name: &str, rect: Rect, color: Color32) {
    let texture = texture(painter.ctx(), name, rect.width(), true);
    let uv = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
    painter.image(texture.id(), rect, uv, color);
}

/// Draws icon `name` as its file has it: the application's own sign.
pub fn paint_colored(painter: &Painter, name: &str, rect: Rect) {
    let texture = texture(painter.ctx(), name, rect.width(), false);
    let uv = Rect::from_min_max(Pos2::ZERO, Pos2::new(1.0, 1.0));
    painter.image(texture.id(), rect, uv, Color32::WHITE);
}

/// The texture of icon `name` at that size, white where it covers, for meshes of many icons.
pub fn texture_id(ctx: &Context, name: &str, points: f32) -> TextureId {
    texture(ctx, name, points, true).id()
}

/// Whether there is an icon of that name.
pub fn exists(name: &str) -> bool {
    ICONS.binary_search_by_key(&name, |(each, _)| each).is_ok()
}

fn texture(ctx: &Context, name: &str, points: f32, is_mask: bool) -> TextureHandle {
    let pixels = (points * ctx.pixels_per_point()).ceil() as u32;
    let edge = EDGES.into_iter().find(|edge| *edge >= pixels).unwrap_or(EDGES[EDGES.len() - 1]);
    let textures: Textures = ctx.data_mut(|data| data.get_temp_mut_or_default::<Textures>(Id::NULL).clone());
    let mut textures = textures.0.lock();
    if let Some(texture) = textures.get(&(name.to_owned(), edge)) {
        return texture.clone();
    }
    let bytes = ICONS.binary_search_by_key(&name, |(each, _)| each).map_or(UNKNOWN, |i| ICONS[i].1);
    let image = rasterize(bytes, edge, is_mask);
    let texture = ctx.load_texture(format!("icon {name} {edge}"), image, TextureOptions::LINEAR);
    textures.insert((name.to_owned(), edge), texture.clone());
    texture
}

/// `edge` × `edge` pixels; a mask is white where the icon covers.
fn rasterize(svg: &[u8], edge: u32, is_mask: bool) -> ColorImage {
    let size = [edge as usize; 2];
    let drawn = Tree::from_data(svg, &Options::default()).ok().zip(Pixmap::new(edge, edge)).map(
        |(tree, mut pixmap)| {
            let scale = edge as f32 / tree.size().width().max(tree.size().height());
            resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
            pixmap
        },
    );
    let Some(pixmap) = drawn else {
        tracing::warn!("an icon cannot be read");
        return ColorImage::filled(size, Color32::TRANSPARENT);
    };
    let pixels = pixmap
        .pixels()
        .iter()
        .map(|pixel| {
            if is_mask {
                Color32::from_white_alpha(pixel.alpha())
            } else {
                Color32::from_rgba_premultiplied(pixel.red(), pixel.green(), pixel.blue(), pixel.alpha())
            }
        })
        .collect();
    ColorImage { size, source_size: Vec2::splat(edge as f32), pixels }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_draws_something() {
        for (name, bytes) in ICONS {
            let covered = rasterize(bytes, 32, true).pixels.iter().filter(|pixel| pixel.a() > 0).count();
            assert!(covered > 20, "{name} covers {covered} of 1,024 pixels");
        }
        assert!(ICONS.is_sorted_by_key(|(name, _)| *name) && exists("filter"));
    }
}
