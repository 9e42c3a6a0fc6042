//! A kind's description as text: what `flowloom describe KIND` prints and the docs hold.

use serde_json::Value as Json;

use super::described::{DescribedNote, DescribedSetting, Description};
use crate::Port;

impl Description {
    pub fn markdown(&self) -> String {
        let mut text =
            format!("# {} (`{}`)\n\n{}.\n\n", self.name, self.id, self.blurb.trim_end_matches('.'));
        ports(&mut text, "Inputs", self.inputs);
        ports(&mut text, "Outputs", self.outputs);
        panels_markdown(&mut text, &self.settings, &self.notes);
        text
    }
}

/// Settings and notes, a heading for each section.
pub fn panels_markdown(text: &mut String, settings: &[DescribedSetting], notes: &[DescribedNote]) {
    let mut titles: Vec<&str> = vec![""];
    for title in settings.iter().map(|setting| setting.section.as_str()) {
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    for title in titles {
        let settings: Vec<_> = settings.iter().filter(|each| each.section == title).collect();
        let notes: Vec<_> = notes.iter().filter(|each| each.section == title).collect();
        if settings.is_empty() && notes.is_empty() {
            continue;
        }
        text.extend(["\n## ", if title.is_empty() { "Settings" } else { title }, "\n\n"]);
        for note in notes {
            text.extend([note.text.as_str(), "\n\n"]);
        }
        for setting in settings {
            line(text, setting);
        }
    }
}

fn ports(text: &mut String, title: &str, ports: &[Port]) {
    if ports.is_empty() {
        return;
    }
    let ports: Vec<_> = ports.iter().map(|port| format!("`{}` ({})", port.name, port.label)).collect();
    text.extend(["- ", title, ": ", &ports.join(", "), "\n"]);
}

/// ``- `limit` · Limit: integer, 0 to 10, default `0`. Help.``
fn line(text: &mut String, setting: &DescribedSetting) {
    let mut facts = Vec::new();
    if setting.choices.is_empty() {
        facts.push(setting.type_name.clone());
    } else {
        let choices: Vec<_> =
            setting.choices.iter().map(|choice| format!("`{}` ({})", choice.key, choice.label)).collect();
        facts.push(format!("one of {}", choices.join(", ")));
    }
    match &setting.range {
        Some([Json::Null, Json::Null]) | None => {}
        Some([least, Json::Null]) => facts.push(format!("from {least}")),
        Some([Json::Null, greatest]) => facts.push(format!("up to {greatest}")),
        Some([least, greatest]) => facts.push(format!("{least} to {greatest}")),
    }
    if !is_empty(&setting.default) {
        let default = setting.default.as_str().map_or_else(|| setting.default.to_string(), str::to_owned);
        facts.push(format!("default `{default}`"));
    }
    if !setting.hint.is_empty() {
        facts.push(setting.hint.clone());
    }
    if !setting.when.is_empty() {
        let ways: Vec<_> = setting.when.iter().map(|way| format!("`{way}`")).collect();
        facts.push(format!("shown with {}", ways.join(" or ")));
    }
    text.extend(["- `", &setting.key, "` · ", &setting.label, ": ", &facts.join(", ")]);
    if !setting.help.is_empty() {
        text.extend([". ", setting.help.trim_end_matches('.'), "."]);
    }
    text.push('\n');
    if !setting.shape.is_empty() {
        text.extend(["  such as `", &setting.shape, "`\n"]);
    }
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(map) => map.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::Entry;
    use crate::form::{describe, panel::Panel};

    #[test]
    fn a_description_reads_as_a_page() {
        let page = describe(&Entry::of::<Panel>()).expect("described").markdown();
        assert_eq!(
            page,
            "\
# Panel (`panel`)

One of everything.

- Inputs: `in` (Rows)
- Outputs: `out` (Rows), `reject` (The others)

## Settings

- `mode` · Mode: one of `simple` (Simple), `sql` (SQL), default `simple`. How rows are chosen.
- `sql` · Expression: Expression, shown with `mode: sql`
  such as `amount * 1.2`
- `columns` · Columns: Columns
  such as `[country, status]`
- `name` · Name: text, optional

## Limits

Both at once.

- `limit` · Limit: integer, 0 to 10, default `0`
- `share` · Share: number, 0.0 to 1.0, default `0.0`
- `strict` · Strict: switch, default `false`
- `reason` · Reason: text, shown with `strict: true`
- `trace` · Trace: switch, default `false`, shown with `mode: sql and strict: true`
"
        );
    }
}
