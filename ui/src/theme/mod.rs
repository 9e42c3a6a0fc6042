//! How the studio looks: tokens, fonts, and egui's style made of them.

mod fonts;
mod tokens;

use egui::style::{ScrollStyle, Selection, WidgetVisuals};
use egui::{Context, CornerRadius, Margin, Shadow, Stroke, Style, TextStyle, Theme, Vec2, Visuals};

pub use fonts::{body, head, mono, mono_small, small, strong, title, zoomed};
pub use tokens::{DARK, LIGHT, Tokens, space, tint};

/// Seconds that panels and popups take to come and go.
const MOTION_S: f32 = 0.12;

/// Fonts and both themes; once for each context.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts::definitions());
    for theme in [Theme::Dark, Theme::Light] {
        ctx.style_mut_of(theme, |style| apply(style, theme == Theme::Dark));
    }
}

fn apply(style: &mut Style, is_dark: bool) {
    let tokens = Tokens::when(is_dark);
    style.text_styles = [
        (TextStyle::Body, body()),
        (TextStyle::Button, body()),
        (TextStyle::Small, small()),
        (TextStyle::Heading, title()),
        (TextStyle::Monospace, mono()),
    ]
    .into();
    style.animation_time = MOTION_S;
    style.url_in_tooltip = false;
    style.explanation_tooltips = false;
    style.interaction.tooltip_delay = 0.4;
    style.interaction.selectable_labels = false;
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::new(8.0, 4.0);
    spacing.button_padding = Vec2::new(10.0, 5.0);
    spacing.interact_size = Vec2::new(28.0, space::ROW);
    spacing.window_margin = Margin::same(16);
    spacing.menu_margin = Margin::same(6);
    spacing.icon_width = 16.0;
    spacing.icon_width_inner = 8.0;
    spacing.tooltip_width = 360.0;
    spacing.scroll = ScrollStyle { bar_width: 8.0, ..ScrollStyle::thin() };
    style.visuals = visuals(tokens, is_dark);
}

fn visuals(tokens: &Tokens, is_dark: bool) -> Visuals {
    let mut visuals = if is_dark { Visuals::dark() } else { Visuals::light() };
    let radius = CornerRadius::same(space::RADIUS);
    let line = Stroke::new(1.0, tokens.line);
    let widget = |fill, edge, text| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, edge),
        corner_radius: radius,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    visuals.widgets.noninteractive = widget(tokens.panel, tokens.line, tokens.text);
    visuals.widgets.inactive = widget(tokens.raised, tokens.line, tokens.text);
    visuals.widgets.hovered = widget(tokens.hover, tokens.line_strong, tokens.text);
    visuals.widgets.active = widget(tokens.hover, tokens.accent, tokens.text);
    visuals.widgets.open = widget(tokens.hover, tokens.line_strong, tokens.text);
    visuals.selection = Selection { bg_fill: tokens.accent_tint, stroke: Stroke::new(1.0, tokens.accent) };
    visuals.hyperlink_color = tokens.accent;
    visuals.faint_bg_color = tokens.raised;
    visuals.extreme_bg_color = tokens.window;
    visuals.text_edit_bg_color = Some(tokens.window);
    visuals.code_bg_color = tokens.window;
    visuals.warn_fg_color = tokens.warn;
    visuals.error_fg_color = tokens.error;
    visuals.weak_text_color = Some(tokens.dim);
    visuals.panel_fill = tokens.panel;
    visuals.window_fill = tokens.panel;
    visuals.window_stroke = line;
    visuals.window_corner_radius = CornerRadius::same(space::NODE_RADIUS);
    visuals.menu_corner_radius = CornerRadius::same(8);
    let shadow = Shadow { offset: [0, 6], blur: 20, spread: 0, color: tokens.shadow };
    visuals.window_shadow = shadow;
    visuals.popup_shadow = shadow;
    visuals.striped = false;
    visuals.disabled_alpha = 0.5;
    visuals
}
