//! A new connection: its kind, then what to start from.

use egui::accesskit::Role;
use egui::text::TextWrapping;
use egui::{CursorIcon, Rect, RichText, ScrollArea, Sense, StrokeKind, Ui, Vec2, WidgetInfo};
use flowloom_studio::connections::{Entry, Group, KINDS};

use super::{Go, Want, look};
use crate::request::{Request, Requests};
use crate::theme::{self, Tokens, space};
use crate::widget::{button, text};

/// Of cards with one line of words; each further line adds [`LINE`].
const CARD: Vec2 = Vec2::new(260.0, 60.0);
const LINE: f32 = 16.0;
const WIDEST: f32 = 840.0;

/// The kinds by group.
pub(super) fn kinds(ui: &mut Ui, out: &mut Requests) {
    page(ui, "What is it a connection to?", None, out, |ui, out| {
        for group in look::GROUPS {
            let kinds: Vec<&'static Entry> = KINDS.iter().filter(|kind| kind.card.group == group).collect();
            if kinds.is_empty() {
                continue;
            }
            ui.add_space(10.0);
            ui.label(RichText::new(group.label()).font(theme::head()).color(Tokens::of(ui).faint));
            ui.add_space(4.0);
            let cards = kinds.into_iter().map(|kind| {
                let card = kind.card;
                Offer { id: card.id, group, name: card.name, words: card.blurb, go: Go::Kind(kind) }
            });
            offers(ui, cards.collect(), 1, out);
        }
    });
}

/// What a connection of a kind may start from.
pub(super) fn presets(ui: &mut Ui, kind: &'static Entry, out: &mut Requests) {
    let card = kind.card;
    page(ui, &format!("Whose {} is it?", card.name), Some(Go::New), out, |ui, out| {
        let own = Offer {
            id: card.id,
            group: card.group,
            name: "Another one",
            words: "Starts from the usual settings",
            go: Go::Make(kind, None),
        };
        let presets = card.presets.iter().map(|preset| Offer {
            id: card.id,
            group: card.group,
            name: preset.name,
            words: preset.note,
            go: Go::Make(kind, Some(preset)),
        });
        ui.add_space(10.0);
        offers(ui, presets.chain([own]).collect(), 2, out);
    });
}

fn page(
    ui: &mut Ui,
    title: &str,
    back: Option<Go>,
    out: &mut Requests,
    body: impl FnOnce(&mut Ui, &mut Requests),
) {
    ScrollArea::vertical().id_salt(title).auto_shrink([false, false]).show(ui, |ui| {
        egui::Frame::new().inner_margin(20).show(ui, |ui| {
            ui.set_max_width(WIDEST);
            ui.horizontal(|ui| {
                if let Some(back) = back
                    && button::icon(ui, "ui/chevron_left", "Back").clicked()
                {
                    out.push(Request::Connections(Want::Go(back)));
                }
                ui.label(RichText::new(title).font(theme::title()));
            });
            body(ui, out);
        });
    });
}

/// Something to start from.
struct Offer {
    /// Of the kind.
    id: &'static str,
    group: Group,
    name: &'static str,
    words: &'static str,
    go: Go,
}

/// Cards in as many columns as fit.
fn offers(ui: &mut Ui, offers: Vec<Offer>, lines: usize, out: &mut Requests) {
    let gap = 2.0 * space::GRID;
    let columns = ((ui.available_width() + gap) / (CARD.x + gap)).floor().max(1.0);
    let width = (ui.available_width() + gap) / columns - gap;
    let mut offers = offers.into_iter().peekable();
    while offers.peek().is_some() {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for offer in offers.by_ref().take(columns as usize) {
                if card(ui, &offer, width, lines) {
                    out.push(Request::Connections(Want::Go(offer.go)));
                }
            }
        });
        ui.add_space(space::GRID);
    }
}

fn card(ui: &mut Ui, offer: &Offer, width: f32, lines: usize) -> bool {
    let height = CARD.y + LINE * (lines - 1) as f32;
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, height), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, offer.name));
    let tokens = Tokens::of(ui);
    let (fill, edge) = match () {
        () if response.has_focus() => (tokens.hover, tokens.accent),
        () if response.hovered() => (tokens.hover, tokens.line_strong),
        () => (tokens.raised, tokens.line),
    };
    ui.painter().rect(rect, space::RADIUS, fill, (1.0, edge), StrokeKind::Inside);
    let tile = Rect::from_center_size(rect.left_center() + Vec2::new(28.0, 0.0), Vec2::splat(32.0));
    look::tile(ui, offer.id, Some(offer.group), tile);
    let (left, room) = (tile.right() + 10.0, rect.right() - tile.right() - 20.0);
    let name = text::line(ui, offer.name, theme::strong(), tokens.text, room);
    let mut words = text::prose(offer.words, tokens.dim, tokens.dim);
    words.wrap = TextWrapping { max_width: room.max(0.0), max_rows: lines, ..TextWrapping::default() };
    let words = ui.fonts_mut(|fonts| fonts.layout_job(words));
    let is_cut = words.elided;
    let top = rect.center().y - (name.size().y + words.size().y + 2.0) / 2.0;
    let below = top + name.size().y + 2.0;
    ui.painter().galley(egui::pos2(left, top), name, tokens.text);
    ui.painter().galley(egui::pos2(left, below), words, tokens.dim);
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    let response = if is_cut {
        response.on_hover_ui(|ui| {
            text::paragraph(ui, offer.words);
        })
    } else {
        response
    };
    response.clicked()
}
