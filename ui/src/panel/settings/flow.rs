//! The flow's own settings: name, description, parameters.

use egui::{Id, Key, Ui};
use flowloom_flow::{Edit, Parameter, Setting, parameters};
use serde_json::Value as Json;

use super::{SettingsState, line_field, paragraph_field};
use crate::doc::Doc;
use crate::form::chrome;
use crate::format::sentence;
use crate::request::Requests;
use crate::theme::{self, Tokens, space};
use crate::widget::field::Field;
use crate::widget::{button, text};

/// The field for a parameter's name; there is one at a time.
const NAMING: &str = "name of a parameter";

/// A parameter's name that is being typed.
#[derive(Debug, Default)]
pub(super) struct FlowState {
    naming: Option<Naming>,
}

#[derive(Debug)]
struct Naming {
    /// The parameter that gets another name; `None`: it is a new one.
    of: Option<String>,
    typed: String,
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
        state.push(ui, doc, "flow name", vec![Edit::SetName { name }], out);
    }
    ui.add_space(8.0);
    let mut description = flow.description.clone();
    chrome::label(ui, Setting::new("description", "Description"));
    let hint = "What does this flow do?";
    if paragraph_field(ui, ui.scope_id().with("description"), "Description", hint, &mut description).changed()
    {
        state.push(ui, doc, "flow description", vec![Edit::SetDescription { description }], out);
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
        ui.push_id(name, |ui| row(ui, doc, name, parameter, state, out));
        ui.add_space(8.0);
    }
    add(ui, doc, state, out);
}

fn row(
    ui: &mut Ui,
    doc: &Doc,
    name: &str,
    parameter: &Parameter,
    state: &mut SettingsState,
    out: &mut Requests,
) {
    let tokens = Tokens::of(ui);
    if state.flow.naming.as_ref().is_some_and(|naming| naming.of.as_deref() == Some(name)) {
        if let Some(to) = type_name(ui, doc, &format!("Name of parameter {name}"), state) {
            out.edit(Edit::RenameParameter { name: name.to_owned(), to });
        }
    } else {
        named(ui, name, state, out);
    }
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
        state.push(ui, doc, &format!("parameter {name}"), vec![edit], out);
    }
}

/// A parameter's name, and what can be done with it.
fn named(ui: &mut Ui, name: &str, state: &mut SettingsState, out: &mut Requests) {
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        let room = ui.available_width() - 66.0;
        let words = text::line(ui, name, theme::mono(), tokens.text, room);
        let size = egui::Vec2::new(room, 24.0);
        let (_, rect) = ui.allocate_space(size);
        ui.painter().galley(
            egui::pos2(rect.left(), rect.center().y - words.size().y / 2.0),
            words,
            tokens.text,
        );
        if button::icon(ui, "ui/rename", &format!("Rename parameter {name}")).clicked() {
            state.flow.naming = Some(Naming { of: Some(name.to_owned()), typed: name.to_owned() });
            ui.memory_mut(|memory| memory.request_focus(Id::unique(NAMING)));
        }
        if button::icon(ui, "ui/close", &format!("Remove parameter {name}")).clicked() {
            out.edit(Edit::RemoveParameter { name: name.to_owned() });
        }
    });
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
    if state.flow.naming.as_ref().is_some_and(|naming| naming.of.is_none()) {
        if let Some(name) = type_name(ui, doc, "Name of the new parameter", state) {
            let parameter = Parameter { default: Some(Json::String(String::new())), ..Parameter::default() };
            out.edit(Edit::SetParameter { name, parameter });
        }
    } else if button::quiet(ui, "ui/add", "Add parameter").clicked() {
        state.flow.naming = Some(Naming { of: None, typed: String::new() });
        ui.memory_mut(|memory| memory.request_focus(Id::unique(NAMING)));
    }
}

/// The field for the name of `state.flow.naming`. Enter takes it; leaving the field otherwise drops it.
fn type_name(ui: &mut Ui, doc: &Doc, label: &str, state: &mut SettingsState) -> Option<String> {
    let naming = state.flow.naming.as_mut()?;
    let typed = &mut naming.typed;
    let is_same = naming.of.as_deref() == Some(typed.as_str());
    let error = match typed.as_str() {
        "" => None,
        taken if !is_same && doc.flow.parameters.contains_key(taken) => {
            Some(format!("There is a parameter `{taken}` already"))
        }
        other => parameters::check_name(other).err().map(|problem| problem.to_string()),
    };
    let field = Field::new(Id::unique(NAMING), label).mono().hint("Name, then Enter");
    let response = field.wrong(error.is_some()).show(ui, typed);
    if let Some(error) = &error {
        text::trouble(ui, &sentence(error), Tokens::of(ui).error);
    }
    if !response.lost_focus() {
        return None;
    }
    let is_taken = ui.input(|input| input.key_pressed(Key::Enter)) && error.is_none() && !typed.is_empty();
    let name = is_taken.then(|| typed.clone()).filter(|_| !is_same);
    state.flow.naming = None;
    name
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
