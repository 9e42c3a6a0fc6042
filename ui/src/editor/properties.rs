//! Settings of a client library: names and values.

use std::collections::BTreeMap;

use egui::Ui;
use flowloom_flow::value::{Names, Properties};

use super::Edit;
use crate::form::At;
use crate::widget::button;
use crate::widget::field::Field;

type Pairs = Vec<(String, String)>;

impl Edit for Properties {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        edit_pairs(ui, at, &mut self.0, ("Property", "property"), ["name", "value"]);
    }
}

impl Edit for Names {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        edit_pairs(ui, at, &mut self.0, ("Name", "name"), ["usual name", "other name"]);
    }
}

/// A row for each pair; the noun says what a pair is, at the beginning of a label and within one.
fn edit_pairs(
    ui: &mut Ui,
    at: &mut At<'_>,
    value: &mut BTreeMap<String, String>,
    (title, noun): (&str, &str),
    hints: [&'static str; 2],
) {
    let key = at.id.with("pairs");
    let of_value = || value.clone().into_iter().collect::<Pairs>();
    // Rows stay where they are while their names are typed; the value itself is sorted by name.
    let draft = ui.data(|data| data.get_temp::<Pairs>(key)).filter(|pairs| map(pairs) == *value);
    let mut pairs = draft.unwrap_or_else(of_value);
    let mut removed = None;
    for i in 0..pairs.len() {
        let is_twice = !pairs[i].0.is_empty() && pairs[..i].iter().any(|(name, _)| *name == pairs[i].0);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let width = ui.available_width() - 26.0;
            let (name, text) = &mut pairs[i];
            let label = format!("{title} {} name", i + 1);
            let field = Field::new(at.id.with(("name", i)), &label).mono().hint(hints[0]);
            field.wrong(is_twice).width(width * 0.58).show(ui, name);
            let label = format!("{title} {} value", i + 1);
            let field = Field::new(at.id.with(("value", i)), &label).mono().hint(hints[1]);
            field.width(width * 0.42 - 4.0).show(ui, text);
            let label = format!("Remove {noun} {}", i + 1);
            if button::icon_sized(ui, "ui/close", &label, egui::Vec2::new(22.0, 28.0)).clicked() {
                removed = Some(i);
            }
        });
        if is_twice {
            At::error(ui, &format!("`{}` stands above already; the first one counts", pairs[i].0));
        }
    }
    if let Some(i) = removed {
        pairs.remove(i);
    }
    if button::quiet(ui, "ui/add", &format!("Add {noun}")).clicked() {
        pairs.push((String::new(), String::new()));
        let last = pairs.len() - 1;
        ui.memory_mut(|memory| memory.request_focus(at.id.with(("name", last))));
    }
    *value = map(&pairs);
    ui.data_mut(|data| data.insert_temp(key, pairs));
}

/// What the rows come to: a row without a name is none yet.
fn map(pairs: &Pairs) -> BTreeMap<String, String> {
    let named = pairs.iter().filter(|(name, _)| !name.is_empty());
    // The first of two with one name counts.
    named.rev().cloned().collect()
}
