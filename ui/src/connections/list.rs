//! The list at the left.

use egui::accesskit::Role;
use egui::{CursorIcon, Id, Rect, Response, RichText, ScrollArea, Sense, StrokeKind, Ui, Vec2, WidgetInfo};
use flowloom_studio::connections::{Group, Listed};

use super::{Go, Want, look};
use crate::format::advice;
use crate::icon;
use crate::request::{Request, Requests};
use crate::theme::{self, Tokens, space};
use crate::widget::field::Field;
use crate::widget::{button, text};

const ROW: f32 = 44.0;
const TILE: f32 = 26.0;

/// Draws the list into a panel. `shown`: the name of the one at the right.
pub(super) fn show(ui: &mut Ui, all: &[Listed], query: &mut String, shown: Option<&str>, out: &mut Requests) {
    let search = Id::unique("find a connection");
    Field::new(search, "Find a connection").hint("Find a connection").show(ui, query);
    let wanted = query.trim().to_lowercase();
    let fits = |listed: &&Listed| {
        let has = |text: &str| text.to_lowercase().contains(&wanted);
        has(&listed.name) || has(&listed.caption) || listed.card.is_some_and(|card| has(card.name))
    };
    let found: Vec<&Listed> = all.iter().filter(fits).collect();
    ui.add_space(space::GRID);
    ScrollArea::vertical().id_salt("connections").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        if found.is_empty() && !all.is_empty() {
            text::paragraph(ui, "Nothing matches");
        }
        for group in look::GROUPS.map(Some).into_iter().chain([None]) {
            let is_of = |listed: &&&Listed| listed.card.map(|card| card.group) == group;
            let mut of_group = found.iter().filter(is_of).peekable();
            if of_group.peek().is_none() {
                continue;
            }
            ui.add_space(6.0);
            let name = group.map_or("Others", Group::label);
            ui.label(RichText::new(name).font(theme::head()).color(Tokens::of(ui).faint));
            ui.add_space(2.0);
            for listed in of_group {
                if row(ui, listed, shown == Some(listed.name.as_str())).clicked() {
                    out.push(Request::Connections(Want::Go(Go::Show(listed.name.clone()))));
                }
            }
        }
    });
}

fn row(ui: &mut Ui, listed: &Listed, is_shown: bool) -> Response {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, is_shown, &listed.name));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let ground = match () {
        () if is_shown => Some(tokens.accent_tint),
        () if response.hovered() => Some(tokens.hover),
        () => None,
    };
    if let Some(ground) = ground {
        ui.painter().rect_filled(rect, space::RADIUS, ground);
    }
    button::focus_ring(ui, &response);
    let tile = Rect::from_center_size(rect.left_center() + Vec2::new(21.0, 0.0), Vec2::splat(TILE));
    look::tile(ui, &listed.kind, listed.card.map(|card| card.group), tile);
    let left = tile.right() + 10.0;
    let mut right = rect.right() - 8.0;
    if listed.problem.is_some() {
        let place = Rect::from_center_size(egui::pos2(right - 7.0, rect.center().y), Vec2::splat(14.0));
        icon::paint(ui.painter(), "ui/warning", place, tokens.warn);
        right = place.left() - 6.0;
    }
    let badge = look::badge(&listed.origin);
    if !badge.is_empty() {
        let words = text::line(ui, badge, theme::mono_small(), tokens.dim, 90.0);
        let size = Vec2::new(words.size().x + 10.0, 17.0);
        let place = Rect::from_center_size(egui::pos2(right - size.x / 2.0, rect.top() + 14.0), size);
        ui.painter().rect(place, 4.0, tokens.raised, (1.0, tokens.line), StrokeKind::Inside);
        ui.painter().galley(place.center() - words.size() / 2.0, words, tokens.dim);
    }
    let badged = if badge.is_empty() { right } else { right - 90.0 };
    let name = text::line(ui, &listed.name, theme::strong(), tokens.text, badged - left);
    let below = match &listed.problem {
        Some(problem) => (crate::format::sentence(&problem.message), tokens.warn),
        None => (listed.caption.clone(), tokens.dim),
    };
    let caption = text::line(ui, &below.0, theme::small(), below.1, right - left);
    let is_cut = name.elided || caption.elided;
    ui.painter().galley(egui::pos2(left, rect.top() + 5.0), name, tokens.text);
    let at = egui::pos2(left, rect.bottom() - 5.0 - caption.size().y);
    ui.painter().galley(at, caption, below.1);
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    let whence = look::whence(listed);
    if !is_cut && whence.is_empty() && listed.problem.is_none() {
        return response;
    }
    response.on_hover_ui(|ui| {
        ui.set_max_width(320.0);
        ui.label(RichText::new(&listed.name).font(theme::strong()));
        if !listed.caption.is_empty() {
            text::paragraph(ui, &listed.caption);
        }
        if let Some(problem) = &listed.problem {
            text::trouble(ui, &advice(problem), Tokens::of(ui).warn);
        }
        if !whence.is_empty() {
            text::paragraph(ui, &whence);
        }
    })
}
