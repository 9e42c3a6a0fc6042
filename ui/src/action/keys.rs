//! Keys of actions, on three systems, and as the user has changed them.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::{Context, Event, Id, Key, ModifierNames, Modifiers};
use serde_json::{Map, Value};

use super::Action;

/// A key with modifiers.
pub type Shortcut = egui::KeyboardShortcut;

/// Whose keys these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    Linux,
    MacOs,
    Windows,
}

impl System {
    pub const ALL: [Self; 3] = [Self::Linux, Self::MacOs, Self::Windows];

    pub fn current() -> Self {
        match () {
            () if cfg!(target_os = "macos") => Self::MacOs,
            () if cfg!(windows) => Self::Windows,
            () => Self::Linux,
        }
    }

    fn is_mac(self) -> bool {
        self == Self::MacOs
    }
}

/// Which keys do what: the table's, and the user's own before them.
#[derive(Clone, Debug)]
pub struct Keymap {
    system: System,
    own: BTreeMap<Action, Vec<Shortcut>>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::of(System::current())
    }
}

/// What has the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// The canvas, or nothing.
    Canvas,
    /// A button, a list: Tab walks on from it.
    Widget,
    Text,
}

impl Keymap {
    pub fn of(system: System) -> Self {
        Self { system, own: BTreeMap::new() }
    }

    /// Makes these the keys that hover texts name.
    pub fn show(&self, ctx: &Context) {
        ctx.data_mut(|data| data.insert_temp(Id::unique("keymap"), Arc::new(self.clone())));
    }

    /// The keys that hover texts name.
    pub fn shown(ctx: &Context) -> Arc<Self> {
        ctx.data_mut(|data| Arc::clone(data.get_temp_mut_or_default::<Arc<Self>>(Id::unique("keymap"))))
    }

    /// Keys of an action, the shown one first.
    pub fn keys(&self, action: Action) -> &[Shortcut] {
        if let Some(own) = self.own.get(&action) {
            return own;
        }
        let spec = action.spec();
        if self.system.is_mac() { spec.mac.unwrap_or(spec.keys) } else { spec.keys }
    }

    /// Whether the user has changed this action's keys.
    pub fn is_changed(&self, action: Action) -> bool {
        self.own.contains_key(&action)
    }

    /// Gives an action this key alone; `None`: no key.
    pub fn set(&mut self, action: Action, key: Option<Shortcut>) {
        self.own.insert(action, key.into_iter().collect());
    }

    /// The table's keys again.
    pub fn reset(&mut self, action: Action) {
        self.own.remove(&action);
    }

    /// What has this key already.
    pub fn owner(&self, key: Shortcut) -> Option<Action> {
        Action::ALL.iter().copied().find(|action| self.keys(*action).contains(&key))
    }

    /// Pairs of actions with one key.
    pub fn clashes(&self) -> Vec<(Action, Action, Shortcut)> {
        let mut clashes = Vec::new();
        for (at, a) in Action::ALL.iter().enumerate() {
            for b in &Action::ALL[at + 1..] {
                let same = self.keys(*a).iter().find(|key| self.keys(*b).contains(key));
                clashes.extend(same.map(|key| (*a, *b, *key)));
            }
        }
        clashes
    }

    /// `Ctrl+Shift+Enter`; empty without a key.
    pub fn text(&self, action: Action) -> String {
        self.keys(action).first().map(|key| self.text_of(*key)).unwrap_or_default()
    }

    pub fn text_of(&self, key: Shortcut) -> String {
        let names = if self.system.is_mac() { &ModifierNames::SYMBOLS } else { &ModifierNames::NAMES };
        let modifiers = names.format(&key.modifiers, self.system.is_mac());
        let glue = if modifiers.is_empty() { "" } else { names.concat };
        format!("{modifiers}{glue}{}", name_of(key.logical_key))
    }

    /// Takes the keys that were pressed out of the input and gives their actions. What has the keyboard keeps the
    /// keys that it needs itself.
    pub fn pressed(&self, ctx: &Context, focus: Focus) -> Vec<Action> {
        let mut actions = Vec::new();
        ctx.input_mut(|input| {
            input.events.retain(|event| {
                let Event::Key { key, pressed: true, modifiers, .. } = event else { return true };
                match self.action_of(*key, *modifiers, focus) {
                    Some(action) => {
                        actions.push(action);
                        false
                    }
                    None => true,
                }
            });
        });
        actions
    }

    fn action_of(&self, key: Key, modifiers: Modifiers, focus: Focus) -> Option<Action> {
        Action::ALL.iter().copied().find(|action| {
            let is_open = match focus {
                Focus::Canvas => true,
                Focus::Widget => key != Key::Tab,
                Focus::Text => action.is_for_text_too(),
            };
            is_open
                && !action.is_clipboard()
                && self
                    .keys(*action)
                    .iter()
                    .any(|each| each.logical_key == key && is_same(modifiers, each.modifiers, key))
        })
    }

    /// The user's own keys, by the actions' stable names.
    pub fn to_json(&self) -> Value {
        let own = self.own.iter().map(|(action, keys)| {
            let keys = keys.iter().map(|key| Value::from(text_form(*key))).collect::<Vec<_>>();
            (action.spec().id.to_owned(), Value::from(keys))
        });
        Value::Object(own.collect::<Map<_, _>>())
    }

    /// Takes the user's own keys; what this version does not know is left out.
    pub fn take_json(&mut self, json: &Value) {
        let Some(own) = json.as_object() else { return };
        for (id, keys) in own {
            let keys =
                keys.as_array().map(|keys| keys.iter().filter_map(|key| read(key.as_str()?)).collect());
            if let Some((action, keys)) = Action::of_id(id).zip(keys) {
                self.own.insert(action, keys);
            }
        }
    }
}

/// Whether the pressed modifiers are the wanted ones; the shift that types `+` is no modifier.
fn is_same(pressed: Modifiers, wanted: Modifiers, key: Key) -> bool {
    let mut pressed = pressed;
    if matches!(key, Key::Plus | Key::Questionmark) && !wanted.shift {
        pressed.shift = false;
    }
    pressed.matches_exact(wanted)
}

fn name_of(key: Key) -> &'static str {
    match key {
        Key::ArrowLeft => "←",
        Key::ArrowRight => "→",
        Key::ArrowUp => "↑",
        Key::ArrowDown => "↓",
        Key::Enter => "↵",
        Key::Plus => "+",
        Key::Minus => "−",
        Key::Equals => "=",
        Key::Period => ".",
        Key::Escape => "Esc",
        key => key.name(),
    }
}

/// `Ctrl+Shift+Enter`, the same on every system; read back by [`read`].
fn text_form(key: Shortcut) -> String {
    let mut parts = Vec::new();
    for (is_on, name) in [
        (key.modifiers.command || key.modifiers.ctrl, "Ctrl"),
        (key.modifiers.alt, "Alt"),
        (key.modifiers.shift, "Shift"),
    ] {
        if is_on {
            parts.push(name);
        }
    }
    parts.push(key.logical_key.name());
    parts.join("+")
}

fn read(text: &str) -> Option<Shortcut> {
    let (modifiers, key) = text.rsplit_once('+').unwrap_or(("", text));
    let mut all = Modifiers::NONE;
    for name in modifiers.split('+').filter(|name| !name.is_empty()) {
        all = all.plus(match name {
            "Ctrl" => Modifiers::COMMAND,
            "Alt" => Modifiers::ALT,
            "Shift" => Modifiers::SHIFT,
            _ => return None,
        });
    }
    Some(Shortcut::new(all, Key::from_name(key)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_does_two_things_on_any_system() {
        for system in System::ALL {
            let clashes = Keymap::of(system).clashes();
            assert!(clashes.is_empty(), "{system:?}: {clashes:?}");
        }
    }

    #[test]
    fn own_keys_survive_json_and_come_before_the_tables() {
        let mut keymap = Keymap::of(System::Linux);
        let key = Shortcut::new(Modifiers::ALT.plus(Modifiers::SHIFT), Key::P);
        keymap.set(Action::Preview, Some(key));
        keymap.set(Action::ToggleMinimap, None);
        let mut read_back = Keymap::of(System::Linux);
        read_back.take_json(&keymap.to_json());
        assert_eq!(read_back.keys(Action::Preview), [key]);
        assert!(read_back.keys(Action::ToggleMinimap).is_empty());
        assert_eq!(read_back.owner(key), Some(Action::Preview));
        assert_eq!(read_back.text(Action::Preview), "Alt+Shift+P");
        read_back.reset(Action::Preview);
        assert_eq!(read_back.text(Action::Preview), "Ctrl+↵");
    }

    #[test]
    fn a_text_field_keeps_its_keys() {
        let keymap = Keymap::of(System::Linux);
        assert_eq!(keymap.action_of(Key::Delete, Modifiers::NONE, Focus::Canvas), Some(Action::Delete));
        assert_eq!(keymap.action_of(Key::Delete, Modifiers::NONE, Focus::Text), None);
        let ctrl = Modifiers { ctrl: true, command: true, ..Modifiers::NONE };
        assert_eq!(keymap.action_of(Key::S, ctrl, Focus::Text), Some(Action::Save));
        assert_eq!(keymap.action_of(Key::Z, ctrl, Focus::Text), None, "its own undo");
    }

    #[test]
    fn tab_walks_on_from_a_button() {
        let keymap = Keymap::of(System::Linux);
        assert_eq!(keymap.action_of(Key::Tab, Modifiers::NONE, Focus::Canvas), Some(Action::AddNode));
        assert_eq!(keymap.action_of(Key::Tab, Modifiers::NONE, Focus::Widget), None);
        assert_eq!(keymap.action_of(Key::Delete, Modifiers::NONE, Focus::Widget), Some(Action::Delete));
    }
}
