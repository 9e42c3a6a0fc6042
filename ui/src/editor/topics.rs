//! A topic: typed, or picked from those of the cluster.

use egui::{Spinner, Ui, Vec2};
use flowloom_flow::value::Topics;

use super::Edit;
use crate::form::{At, chrome};
use crate::widget::button;
use crate::widget::field::Field;
use crate::widget::pick::{self, Entry, List};

impl Edit for Topics {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        match self {
            Self::One(topic) => one(topic, ui, at),
            other => super::json::value(ui, other, at),
        }
    }
}

fn one(topic: &mut String, ui: &mut Ui, at: &mut At<'_>) {
    let anchor = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let width = ui.available_width() - 32.0;
        let field = Field::new(at.id, at.label).mono().hint("Name of a topic").wrong(at.is_wrong(""));
        let field = field.width(width).show(ui, topic);
        let label = format!("Find {}", crate::widget::rows::lower(at.label));
        let open = ui.push_id(at.id, |ui| button::opens(ui, &label)).inner;
        (field, open)
    });
    let (field, open) = anchor.inner;
    let was_open = pick::is_open(ui, &open);
    if open.clicked() && !was_open {
        at.suggest();
    }
    let (found, is_coming) = at.suggestions();
    let note = match (found, is_coming) {
        (Some(Err(_)), false) => "The cluster could not be asked",
        (_, true) | (None, false) => "Asking the cluster…",
        (Some(Ok([])), false) => "The cluster has no topics",
        (Some(Ok(_)), false) => "",
    };
    let current = topic.clone();
    let is_picked = |value: &str| value == current;
    let list = List { is_picked: &is_picked, takes_other: false, takes_many: false, is_mono: true, note };
    let entries = || {
        let topics = found.and_then(Result::ok).unwrap_or_default();
        topics.iter().map(|topic| Entry::new(&topic.value, &topic.detail)).collect()
    };
    let place = field.rect.union(open.rect);
    let anchor = open.with_new_rect(place);
    if let Some(picked) = pick::list(ui, &anchor, &list, entries) {
        *topic = picked;
    }
    if is_coming {
        ui.horizontal(|ui| {
            ui.add(Spinner::new().size(12.0));
            ui.allocate_space(Vec2::new(2.0, 0.0));
            crate::widget::text::paragraph(ui, "Asking the cluster…");
        });
    } else if let Some(Err(problems)) = found {
        for problem in problems {
            chrome::problem(ui, problem);
        }
        if button::quiet(ui, "ui/refresh", "Ask again").clicked() {
            at.suggest();
        }
    }
}
