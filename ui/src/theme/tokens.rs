//! The design tokens: nothing else names a colour or a measure.

use egui::{Color32, Ui};
use flowloom_flow::Group;

/// The colours of one theme.
#[derive(Debug)]
pub struct Tokens {
    /// Canvas, insides of fields.
    pub window: Color32,
    /// Bars, panels, nodes.
    pub panel: Color32,
    /// Buttons, the open tab.
    pub raised: Color32,
    pub hover: Color32,
    pub line: Color32,
    /// Ports, wires, borders of nodes.
    pub line_strong: Color32,
    /// Values.
    pub text: Color32,
    /// Labels.
    pub dim: Color32,
    /// Hints, types, units.
    pub faint: Color32,
    /// Selection, progress, the running wire.
    pub accent: Color32,
    /// Behind `on_accent`.
    pub accent_fill: Color32,
    pub on_accent: Color32,
    /// Selected parts of a list, a text, a segmented control.
    pub accent_tint: Color32,
    pub ok: Color32,
    pub warn: Color32,
    pub error: Color32,
    pub source: Color32,
    pub transform: Color32,
    pub combine: Color32,
    pub aggregate: Color32,
    pub writer: Color32,
    pub shadow: Color32,
    /// Over everything behind a dialog.
    pub veil: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

pub static DARK: Tokens = Tokens {
    window: rgb(0x12_14_19),
    panel: rgb(0x18_1B_21),
    raised: rgb(0x20_24_2C),
    hover: rgb(0x28_2D_37),
    line: rgb(0x2A_2F_39),
    line_strong: rgb(0x3A_41_4E),
    text: rgb(0xE7_E9_EE),
    dim: rgb(0x9B_A4_B4),
    faint: rgb(0x85_8F_A0),
    accent: rgb(0x4F_8E_F7),
    accent_fill: rgb(0x2F_6F_E0),
    on_accent: Color32::WHITE,
    accent_tint: rgb(0x1B_2D_4E),
    ok: rgb(0x3F_B6_8B),
    warn: rgb(0xE0_A8_3A),
    error: rgb(0xE5_60_4D),
    source: rgb(0x2F_B5_A5),
    transform: rgb(0x5B_8D_EF),
    combine: rgb(0x9B_7B_EA),
    aggregate: rgb(0xD9_9A_3A),
    writer: rgb(0xE0_69_8B),
    shadow: Color32::from_black_alpha(90),
    veil: Color32::from_black_alpha(140),
};

pub static LIGHT: Tokens = Tokens {
    window: rgb(0xEE_F0_F3),
    panel: rgb(0xFF_FF_FF),
    raised: rgb(0xF6_F7_F9),
    hover: rgb(0xED_F0_F4),
    line: rgb(0xE1_E5_EB),
    line_strong: rgb(0xC6_CD_D8),
    text: rgb(0x1A_1E_26),
    dim: rgb(0x5A_64_74),
    faint: rgb(0x62_6C_7C),
    accent: rgb(0x25_63_EB),
    accent_fill: rgb(0x25_63_EB),
    on_accent: Color32::WHITE,
    accent_tint: rgb(0xDC_E7_FD),
    ok: rgb(0x11_73_50),
    warn: rgb(0x8F_5C_00),
    error: rgb(0xC4_3B_2A),
    source: rgb(0x0E_85_77),
    transform: rgb(0x2F_62_D0),
    combine: rgb(0x6E_4B_D0),
    aggregate: rgb(0xA8_6A_07),
    writer: rgb(0xBF_3A_63),
    shadow: Color32::from_black_alpha(28),
    veil: Color32::from_black_alpha(70),
};

impl Tokens {
    /// The tokens of the theme that is on.
    pub fn of(ui: &Ui) -> &'static Self {
        Self::when(ui.visuals().dark_mode)
    }

    pub fn when(is_dark: bool) -> &'static Self {
        if is_dark { &DARK } else { &LIGHT }
    }

    pub fn group(&self, group: Group) -> Color32 {
        match group {
            Group::Source => self.source,
            Group::Transform => self.transform,
            Group::Combine => self.combine,
            Group::Aggregate => self.aggregate,
            Group::Writer => self.writer,
        }
    }
}

/// `color` at 18 %: what an icon stands on.
pub fn tint(color: Color32) -> Color32 {
    color.gamma_multiply(0.18)
}

/// Measures, in points, on a grid of four.
pub mod space {
    pub const GRID: f32 = 4.0;
    /// A row of a list, a field, a button.
    pub const ROW: f32 = 28.0;
    pub const MENU_BAR: f32 = 36.0;
    pub const TOOLBAR: f32 = 44.0;
    pub const STATUS_BAR: f32 = 24.0;
    pub const PALETTE: f32 = 216.0;
    pub const SETTINGS: f32 = 328.0;
    pub const PADDING: f32 = 12.0;
    /// Corners of controls and of nodes.
    pub const RADIUS: u8 = 6;
    pub const NODE_RADIUS: u8 = 10;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(color: Color32) -> f32 {
        let linear = |part: u8| {
            let part = f32::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
    }

    fn contrast(a: Color32, b: Color32) -> f32 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_reads_on_every_ground() {
        for tokens in [&DARK, &LIGHT] {
            for ground in [tokens.window, tokens.panel, tokens.raised] {
                for text in [tokens.text, tokens.dim, tokens.faint, tokens.ok, tokens.warn, tokens.error] {
                    assert!(
                        contrast(text, ground) >= 4.5,
                        "{text:?} on {ground:?}: {}",
                        contrast(text, ground)
                    );
                }
            }
            assert!(contrast(tokens.on_accent, tokens.accent_fill) >= 4.5);
            assert!(contrast(tokens.accent, tokens.accent_tint) >= 4.0);
        }
    }
}
