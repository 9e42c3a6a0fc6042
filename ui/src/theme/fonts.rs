//! Two families, vendored: Inter for words, `JetBrains Mono` for data.
//!
//! `JetBrains Mono` is without its ligatures: `>=` in an expression must read as it is typed.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily, FontId};

const INTER: &[u8] = include_bytes!("../../fonts/Inter-Regular.otf");
const INTER_MEDIUM: &[u8] = include_bytes!("../../fonts/Inter-Medium.otf");
const INTER_SEMIBOLD: &[u8] = include_bytes!("../../fonts/Inter-SemiBold.otf");
const MONO: &[u8] = include_bytes!("../../fonts/JetBrainsMono-Regular.ttf");

pub(super) fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    for (name, bytes) in
        [("inter", INTER), ("inter-medium", INTER_MEDIUM), ("inter-semibold", INTER_SEMIBOLD), ("mono", MONO)]
    {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    // Each family falls back on the other for signs that it lacks.
    let families = [
        (FontFamily::Proportional, ["inter", "mono"]),
        (FontFamily::Monospace, ["mono", "inter"]),
        (medium_family(), ["inter-medium", "mono"]),
        (semibold_family(), ["inter-semibold", "mono"]),
    ];
    for (family, names) in families {
        fonts.families.insert(family, names.map(str::to_owned).to_vec());
    }
    fonts
}

fn medium_family() -> FontFamily {
    FontFamily::Name("medium".into())
}

fn semibold_family() -> FontFamily {
    FontFamily::Name("semibold".into())
}

/// 13: everything.
pub fn body() -> FontId {
    FontId::new(13.0, FontFamily::Proportional)
}

/// 13 medium: buttons, names of nodes, the open tab.
pub fn strong() -> FontId {
    FontId::new(13.0, medium_family())
}

/// 12: labels and captions.
pub fn small() -> FontId {
    FontId::new(12.0, FontFamily::Proportional)
}

/// 11 semibold: heads of sections.
pub fn head() -> FontId {
    FontId::new(11.0, semibold_family())
}

/// 15 semibold: a panel's title.
pub fn title() -> FontId {
    FontId::new(15.0, semibold_family())
}

/// 12 mono: data, names of topics and columns, expressions, numbers in nodes.
pub fn mono() -> FontId {
    FontId::new(12.0, FontFamily::Monospace)
}

/// 11 mono: types, keys of the keyboard.
pub fn mono_small() -> FontId {
    FontId::new(11.0, FontFamily::Monospace)
}

/// `font` as large as the canvas's zoom makes it.
pub fn zoomed(font: &FontId, zoom: f32) -> FontId {
    FontId::new(font.size * zoom, font.family.clone())
}
