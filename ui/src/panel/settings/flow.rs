//! The flow's own settings: name, description, parameters.

use egui::Ui;
use flowloom_flow::{Edit, Parameter, Setting, parameters};
use serde_json::Value as Json;

use super::{SettingsState, line_field, paragraph_field};
use crate::doc::Doc;
use crate::form::{chrome, sentence};
use crate::request::Requests;
use crate::theme::{self, Tokens, space};
use crate::widget::field::Field;
use crate::widget::{button, text};

/// A parameter that is being added.
#[derive(Debug, Default)]
pub(super) struct FlowState {
    name: Option<String>,
}

pub(super) fn show(ui: &mut Ui, doc: &Doc, state: &mut SettingsState, out: &mut Requests) {
    let tokens = Tokens::of(ui);
    let title = text::line(ui, &doc.title(), theme::title(), tokens.text, ui.available_width());
    ui.label(title);
    text::paragraph(ui, "Settings of the whole flow; select a node for its own");
    ui.add_space(space::GRID);
    let flow = &doc.flow;
    let mut name = flow.name.clone();
    if line_field(ui, ui.scope_id().with("name"), "Name", "Untitled", &mut name).changed() {
        state.push(ui, "flow name".to_owned(), vec![Edit::SetName { name }], out);
    }
    ui.add_space(8.0);
    let mut description = flow.description.clone();
    chrome::label(ui, Setting::new("description", "Description"));
    let hint = "What does this flow do?";
    if paragraph_field(ui, ui.scope_id().with("description"), "Description", hint, &mut description).changed()
    {
        state.push(ui, "flow description".to_owned(), vec![Edit::SetDescription { description }], out);
    }
    ui.add_space(8.0);
    parameters(ui, doc, state, out);
}

fn parameters(ui: &mut Ui, doc: &Doc, state: &mut SettingsState, out: &mut Requests) {
    let help = "Values that a run may set. A setting uses one as `${name}`; one without a default must be set \
                for each run.";
    chrome::label(ui, Setting::new("parameters", "Parameters").help(help));
    for problem in doc.compiled.iter().flat_map(|compiled| &compiled.problems) {
        chrome::problem(ui, problem);
    }
    for (name, parameter) in &doc.flow.parameters {
        ui.push_id(name, |ui| row(ui, name, parameter, state, out));
        ui.add_space(8.0);
    }
    add(ui, doc, state, out);
}

fn row(ui: &mut Ui, name: &str, parameter: &Parameter, state: &mut SettingsState, out: &mut Requests) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let room = ui.available_width() - 34.0;
        let words = text::line(ui, name, theme::mono(), tokens.text, room);
        let size = egui::Vec2::new(room, 24.0);
        let (_, rect) = ui.allocate_space(size);
        ui.painter().galley(
            egui::pos2(rect.left(), rect.center().y - words.size().y / 2.0),
            words,
            tokens.text,
        );
        if button::icon(ui, "ui/close", &format!("Remove parameter {name}")).clicked() {
            out.edit(Edit::RemoveParameter { name: name.to_owned() });
        }
    });
    let mut new = parameter.clone();
    let label = format!("Default of {name}");
    let field = Field::new(ui.scope_id().with("default"), &label).mono().hint("No default: each run sets it");
    let (_, error) =
        field.parsed(ui, &mut new.default, |value| shown(value.as_ref()), |text| read(name, text));
    if let Some(error) = error {
        text::trouble(ui, &sentence(&error), tokens.error);
    }
    let label = format!("Description of {name}");
    Field::new(ui.scope_id().with("description"), &label).hint("Description").show(ui, &mut new.description);
    if new != *parameter {
        let edit = Edit::SetParameter { name: name.to_owned(), parameter: new };
        state.push(ui, format!("parameter {name}"), vec![edit], out);
    }
}

/// A default as a person writes it: text that would be read as something else stands in quotes.
fn shown(value: Option<&Json>) -> String {
    match value {
        None => String::new(),
        Some(Json::String(text)) => match read("x", text) {
            Ok(Some(Json::String(same))) if same == *text => text.clone(),
            _ => format!("\"{text}\""),
        },
        Some(other) => other.to_string(),
    }
}

/// The default that `text` means; nothing is none.
fn read(name: &str, text: &str) -> Result<Option<Json>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.starts_with(['[', '{']) {
        return serde_json::from_str(text).map(Some).map_err(|error| format!("this is no JSON: {error}"));
    }
    match parameters::parse_set(&format!("{name}={text}")) {
        Ok((_, value)) => Ok(Some(value)),
        Err(problem) => Err(problem.message),
    }
}

fn add(ui: &mut Ui, doc: &Doc, state: &mut SettingsState, out: &mut Requests) {
    let id = ui.scope_id().with("new parameter");
    let Some(name) = &mut state.flow.name else {
        if button::quiet(ui, "ui/add", "Add parameter").clicked() {
            state.flow.name = Some(String::new());
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        return;
    };
    let error = match name.as_str() {
        "" => None,
        taken if doc.flow.parameters.contains_key(taken) => {
            Some(format!("There is a parameter `{taken}` already"))
        }
        other => parameters::check_name(other).err().map(|problem| problem.to_string()),
    };
    let field = Field::new(id, "Name of the new parameter").mono().hint("Name, then Enter");
    let response = field.wrong(error.is_some()).show(ui, name);
    if let Some(error) = &error {
        text::trouble(ui, &sentence(error), Tokens::of(ui).error);
    }
    if response.lost_focus() {
        let is_taken =
            ui.input(|input| input.key_pressed(egui::Key::Enter)) && error.is_none() && !name.is_empty();
        if is_taken {
            let parameter = Parameter { default: Some(Json::String(String::new())), ..Parameter::default() };
            out.edit(Edit::SetParameter { name: name.clone(), parameter });
        }
        state.flow.name = None;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_default_is_read_as_it_is_shown() {
        for value in [
            json!("text"),
            json!("3"),
            json!(3),
            json!(1.5),
            json!(true),
            json!("true"),
            json!(""),
            json!([1]),
        ] {
            let text = shown(Some(&value));
            assert_eq!(read("x", &text), Ok(Some(value)), "{text}");
        }
        assert_eq!(read("x", ""), Ok(None));
    }
}
