//! The command palette: every action, kind, node and recent file, by name.

use std::path::PathBuf;

use egui::{Key, Modifiers, RichText, ScrollArea, Sense, TextEdit, Ui, Vec2};
use flowloom_flow::NodeId;

use super::{Answered, DialogEnv};
use crate::action::Action;
use crate::doc::title_of;
use crate::fuzzy;
use crate::icon;
use crate::theme::{self, Tokens, space};

/// Entries that are drawn.
const SHOWN: usize = 60;

/// The search.
#[derive(Default)]
pub struct Palette {
    text: String,
    at: usize,
}

struct Entry {
    icon: Option<String>,
    label: String,
    detail: String,
    /// Why it cannot be done now.
    off: Option<&'static str>,
    answer: Answered,
}

impl Palette {
    pub(super) fn ui(&mut self, ui: &mut Ui, env: &DialogEnv<'_>) -> Option<Answered> {
        ui.set_width(560.0);
        let (up, down) = ui.input_mut(|input| {
            (
                input.consume_key(Modifiers::NONE, Key::ArrowUp),
                input.consume_key(Modifiers::NONE, Key::ArrowDown),
            )
        });
        let is_enter = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
        let search = TextEdit::singleline(&mut self.text)
            .hint_text("Search or run a command")
            .desired_width(f32::INFINITY)
            .font(theme::body());
        let response = ui.add(search);
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Search or run a command")
        });
        if !response.has_focus() {
            response.request_focus();
        }
        if response.changed() {
            self.at = 0;
        }
        let entries = self.entries(env);
        let last = entries.len().saturating_sub(1);
        self.at = match (up, down) {
            (true, _) => self.at.saturating_sub(1),
            (_, true) => (self.at + 1).min(last),
            _ => self.at.min(last),
        };
        ui.add_space(4.0);
        if entries.is_empty() {
            ui.label(RichText::new("Nothing is called that").color(Tokens::of(ui).dim));
        }
        let mut chosen = None;
        ScrollArea::vertical().max_height(400.0).show(ui, |ui| {
            for (at, entry) in entries.iter().enumerate() {
                let is_at = at == self.at;
                let response = row(ui, entry, is_at);
                if is_at && (up || down) {
                    response.scroll_to_me(None);
                }
                if entry.off.is_none() && (response.clicked() || (is_at && is_enter)) {
                    chosen = Some(entry.answer.clone());
                }
            }
        });
        chosen
    }

    fn entries(&self, env: &DialogEnv<'_>) -> Vec<Entry> {
        let mut found: Vec<(i32, Entry)> = all(env)
            .into_iter()
            .filter_map(|entry| Some((fuzzy::score(&self.text, &entry.label)?, entry)))
            .collect();
        found.sort_by(|(a, _), (b, _)| b.cmp(a));
        found.into_iter().take(SHOWN).map(|(_, entry)| entry).collect()
    }
}

fn all(env: &DialogEnv<'_>) -> Vec<Entry> {
    let actions =
        Action::ALL.iter().filter(|action| **action != Action::CommandPalette).map(|action| Entry {
            icon: action.spec().icon.map(str::to_owned),
            label: action.label().to_owned(),
            detail: env.keymap.text(*action),
            off: action.resolve(&env.action).reason(),
            answer: Answered::Act(*action),
        });
    let kinds = env.registry.entries().iter().map(|entry| Entry {
        icon: Some(entry.card.id.to_owned()),
        label: format!("Add {}", entry.card.name.to_lowercase()),
        detail: entry.card.blurb.to_owned(),
        off: env.action.doc.is_none().then_some("No flow is open"),
        answer: Answered::AddKind(entry.card.id.to_owned()),
    });
    let nodes = env.action.doc.into_iter().flat_map(|doc| doc.flow.nodes.iter()).map(|(id, node)| Entry {
        icon: Some(node.kind.clone()),
        label: format!("Go to {}", title_of(id)),
        detail: node.kind.clone(),
        off: None,
        answer: Answered::GoTo(NodeId::clone(id)),
    });
    let files = env.recent.iter().map(|path| Entry {
        icon: Some("ui/open".to_owned()),
        label: format!("Open {}", path.file_name().unwrap_or(path.as_os_str()).to_string_lossy()),
        detail: path.parent().map(|parent| parent.display().to_string()).unwrap_or_default(),
        off: None,
        answer: Answered::Open(PathBuf::clone(path)),
    });
    actions.chain(kinds).chain(nodes).chain(files).collect()
}

fn row(ui: &mut Ui, entry: &Entry, is_at: bool) -> egui::Response {
    let tokens = Tokens::of(ui);
    let is_on = entry.off.is_none();
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), 32.0), Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::ListItem, is_on, is_at, &entry.label));
    if let Some(reason) = entry.off {
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(reason));
    }
    if is_at || response.hovered() {
        let fill = if is_at { tokens.accent_tint } else { tokens.hover };
        ui.painter().rect_filled(rect, egui::CornerRadius::same(space::RADIUS), fill);
    }
    let color = if is_on { tokens.text } else { tokens.faint };
    if let Some(name) = &entry.icon {
        let place =
            egui::Rect::from_center_size(rect.left_center() + Vec2::new(18.0, 0.0), Vec2::splat(16.0));
        icon::paint(ui.painter(), name, place, tokens.dim);
    }
    let label = ui.painter().layout_no_wrap(entry.label.clone(), theme::body(), color);
    let at = rect.left_center() + Vec2::new(36.0, -label.size().y / 2.0);
    let room = rect.width() - label.size().x - 64.0;
    ui.painter().galley(at, label, color);
    let detail = entry.off.unwrap_or(&entry.detail);
    let job = egui::text::LayoutJob {
        wrap: egui::text::TextWrapping::truncate_at_width(room.max(0.0)),
        ..egui::text::LayoutJob::simple_singleline(detail.to_owned(), theme::small(), tokens.faint)
    };
    let detail = ui.painter().layout_job(job);
    let at = rect.right_center() - Vec2::new(detail.size().x + 12.0, detail.size().y / 2.0);
    ui.painter().galley(at, detail, tokens.faint);
    response
}
