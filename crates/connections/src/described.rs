//! A kind of connection as its docs have it.

use flowloom_flow::Form;
use flowloom_flow::form::{DescribedNote, DescribedSetting, Filled, Shown, describe_panels, panels_markdown};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Entry, Group, Preset, Settings};

/// A kind of connection: its settings, of every form that it can show.
#[derive(Clone, Debug, Serialize)]
pub struct Description {
    pub id: &'static str,
    pub name: &'static str,
    pub group: Group,
    pub blurb: &'static str,
    pub presets: &'static [Preset],
    pub settings: Vec<DescribedSetting>,
    pub notes: Vec<DescribedNote>,
}

impl Description {
    pub fn markdown(&self) -> String {
        let mut text = format!("# {} (`{}`)\n\n{}.\n", self.name, self.id, self.blurb.trim_end_matches('.'));
        if !self.presets.is_empty() {
            text += "\n## Presets\n\n";
            for preset in self.presets {
                text.extend(["- `", preset.id, "` · ", preset.name, ": ", preset.note, "\n"]);
            }
        }
        panels_markdown(&mut text, &self.settings, &self.notes);
        text
    }
}

/// Describes a kind by its forms.
pub fn describe(entry: &Entry) -> Description {
    let (settings, notes) = describe_panels(Box::new(Panel((entry.new)())));
    let card = entry.card;
    Description {
        id: card.id,
        name: card.name,
        group: card.group,
        blurb: card.blurb,
        presets: card.presets,
        settings,
        notes,
    }
}

struct Panel(Box<dyn Settings>);

impl Filled for Panel {
    fn form(&mut self, form: &mut dyn Form) {
        self.0.form(form);
    }

    fn all_settings(&self) -> Map<String, Value> {
        self.0.all_settings()
    }
}

impl Shown for Panel {
    fn copy(&self) -> Box<dyn Shown> {
        Box::new(Self(self.0.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KINDS;

    #[test]
    fn every_setting_of_every_kind_is_described_once_and_every_preset_can_be_read() {
        for entry in KINDS {
            let description = describe(entry);
            let mut shown: Vec<&str> = description.settings.iter().map(|each| each.key.as_str()).collect();
            shown.sort_unstable();
            let all = (entry.new)().all_settings();
            let mut known: Vec<&str> = all.keys().map(String::as_str).collect();
            known.sort_unstable();
            // What comes up with a text that is filled in, no choice of a panel shows.
            let hidden: Vec<_> = known.iter().filter(|key| !shown.contains(key)).collect();
            let by_text = ["key", "key_password", "aws_secret_access_key", "aws_session_token"];
            assert!(hidden.iter().all(|key| by_text.contains(key)), "{}: {hidden:?}", entry.card.id);
            assert!(shown.iter().all(|key| known.contains(key)), "{}: {shown:?}", entry.card.id);
            for preset in entry.card.presets {
                entry.preset(preset).unwrap_or_else(|problem| panic!("{} {problem}", preset.id));
                assert!(description.markdown().contains(preset.name));
            }
        }
    }
}
