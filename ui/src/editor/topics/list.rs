//! Several topics, each with all or some of its partitions.

use egui::{Id, Ui};
use flowloom_flow::value::TopicPart;

use crate::form::At;
use crate::widget::button;
use crate::widget::field::Field;
use crate::widget::rows::rows;

const PARTITIONS: f32 = 84.0;

pub(super) fn edit(parts: &mut Vec<TopicPart>, ui: &mut Ui, at: &mut At<'_>) {
    let id = at.id;
    rows(ui, id, &|i| format!("Topic {}", i + 1), parts, |ui, i, part| row(ui, i, part, at));
    let add = ui.horizontal(|ui| {
        if button::quiet(ui, "ui/add", "Add topic").clicked() {
            parts.push(TopicPart::default());
            let last = topic_id(id, parts.len() - 1);
            ui.memory_mut(|memory| memory.request_focus(last));
        }
        ui.push_id(id, |ui| button::quiet(ui, "ui/search", "Choose topics…")).inner
    });
    // As wide as the setting, so that the list stands under it.
    let mut place = add.inner.rect;
    place.set_left(ui.min_rect().left());
    let anchor = add.inner.with_new_rect(place);
    let names: Vec<String> = parts.iter().map(|part| part.topic.clone()).collect();
    if let Some(picked) = super::find(ui, at, &anchor, &|name| names.iter().any(|each| each == name), true) {
        match parts.iter().position(|part| part.topic == picked) {
            Some(known) => drop(parts.remove(known)),
            None => match parts.iter_mut().find(|part| part.topic.is_empty()) {
                Some(empty) => empty.topic = picked,
                None => parts.push(TopicPart::new(picked)),
            },
        }
    }
    super::waiting(ui, at);
}

fn row(ui: &mut Ui, i: usize, part: &mut TopicPart, at: &At<'_>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let width = ui.available_width() - PARTITIONS - 4.0;
        let label = format!("Topic {} name", i + 1);
        let name = Field::new(topic_id(at.id, i), &label).mono().hint("Name of a topic").width(width);
        let name = name.wrong(at.is_wrong(&format!("[{i}].topic"))).show(ui, &mut part.topic);
        if let Some(summary) = super::summary(at, &part.topic) {
            name.on_hover_text(summary);
        }
        let label = format!("Topic {} partitions", i + 1);
        let field = Field::new(at.id.with(("partitions", i)), &label).mono().hint("all").width(PARTITIONS);
        let field = field.wrong(at.is_wrong(&format!("[{i}].partitions"))).show(ui, &mut part.partitions);
        field.on_hover_text("Numbers and ranges of partitions, such as 0,2-5; empty: all");
    });
    at.tell(ui, &format!("[{i}]"));
}

fn topic_id(id: Id, i: usize) -> Id {
    id.with(("topic", i))
}
