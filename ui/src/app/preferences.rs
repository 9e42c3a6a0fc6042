//! What a person has set up: theme, scale, panels, keys. Read once, written when it changes.

use std::path::PathBuf;

use egui::{Context, ThemePreference};
use serde::{Deserialize, Serialize};

use super::App;
use crate::theme::space;

/// Names in the store.
const WINDOW: &str = "window";
const KEYS: &str = "keys";
const VIEW: &str = "view ";

/// Theme, scale and panels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each panel is shown or not by itself")]
pub(super) struct Preferences {
    pub(super) theme: ThemeChoice,
    /// 0.8 to 2, in steps of a tenth.
    pub(super) scale: f32,
    pub(super) has_palette: bool,
    pub(super) has_settings: bool,
    pub(super) has_data: bool,
    pub(super) has_minimap: bool,
    /// Points.
    pub(super) palette_width: f32,
    pub(super) settings_width: f32,
    pub(super) data_height: f32,
    /// Kinds that were added last, newest first.
    pub(super) recent_kinds: Vec<String>,
    /// Flows that were open when the last window closed.
    pub(super) tabs: Vec<PathBuf>,
}

/// Which theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ThemeChoice {
    #[default]
    System,
    Dark,
    Light,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::System,
            scale: 1.0,
            has_palette: true,
            has_settings: true,
            has_data: true,
            has_minimap: true,
            palette_width: space::PALETTE,
            settings_width: space::SETTINGS,
            data_height: 280.0,
            recent_kinds: Vec::new(),
            tabs: Vec::new(),
        }
    }
}

impl Preferences {
    fn apply(&self, ctx: &Context) {
        ctx.set_theme(match self.theme {
            ThemeChoice::System => ThemePreference::System,
            ThemeChoice::Dark => ThemePreference::Dark,
            ThemeChoice::Light => ThemePreference::Light,
        });
        ctx.set_zoom_factor(self.scale);
    }

    pub(super) fn scale_by(&mut self, tenths: f32) {
        self.scale = ((self.scale * 10.0).round() / 10.0 + tenths * 0.1).clamp(0.8, 2.0);
    }

    /// A kind that was added: it comes first in the quick-add from now on.
    pub(super) fn added(&mut self, kind: &str) {
        self.recent_kinds.retain(|each| each != kind);
        self.recent_kinds.insert(0, kind.to_owned());
        self.recent_kinds.truncate(8);
    }
}

impl App {
    /// Takes over what the store has, once it has been read.
    pub(super) fn load(&mut self, ctx: &Context) {
        if self.is_loaded {
            return;
        }
        let Some(loaded) = self.desk.loaded() else { return };
        self.is_loaded = true;
        let mut preferences = loaded.preferences;
        if let Some(Ok(read)) = preferences.remove(WINDOW).map(serde_json::from_value) {
            self.preferences = read;
        }
        if let Some(json) = preferences.remove(KEYS) {
            self.keymap.take_json(&json);
        }
        self.keymap.show(ctx);
        let views = preferences.into_iter();
        self.views =
            views.filter_map(|(key, json)| Some((key.strip_prefix(VIEW)?.to_owned(), json))).collect();
        let recent = loaded.recent.into_iter().filter(|recent| !recent.is_missing);
        self.recent = recent.map(|recent| recent.path).collect();
        self.kept = Some(self.preferences.clone());
        self.preferences.apply(ctx);
        self.found = loaded.drafts.into();
        self.open_first();
        self.offer_draft();
    }

    /// Writes what has changed; the desk does so in its own time.
    pub(super) fn keep_preferences(&mut self, ctx: &Context) {
        if !self.is_loaded || self.kept.as_ref() == Some(&self.preferences) {
            return;
        }
        self.preferences.apply(ctx);
        self.kept = Some(self.preferences.clone());
        // While a panel is dragged its size changes with each frame: wait for the mouse.
        if ctx.input(|input| input.pointer.any_down()) {
            self.kept = None;
        } else {
            self.write_preferences();
        }
    }

    pub(super) fn write_preferences(&self) {
        if !self.is_loaded {
            return;
        }
        if let Ok(json) = serde_json::to_value(&self.preferences) {
            self.desk.set_preference(WINDOW, json);
        }
    }

    pub(super) fn keep_keys(&self, ctx: &Context) {
        self.keymap.show(ctx);
        self.desk.set_preference(KEYS, self.keymap.to_json());
    }

    /// Where a flow was looked at when it was closed.
    pub(super) fn keep_view(&self, at: usize) {
        let Some(doc) = self.docs.get(at) else { return };
        if let Some(path) = &doc.path
            && let Ok(json) = serde_json::to_value(doc.canvas.view())
        {
            self.desk.set_preference(format!("{VIEW}{}", path.display()), json);
        }
    }
}
