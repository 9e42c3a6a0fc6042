//! What a person does: keys, clicks, drags, menus.

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2};
use flowloom_ui::action::Action;

use super::Studio;

/// As Linux and Windows send it.
pub(crate) const CTRL: Modifiers = Modifiers { ctrl: true, command: true, ..Modifiers::NONE };
pub(crate) const SHIFT: Modifiers = Modifiers::SHIFT;
pub(crate) const ALT: Modifiers = Modifiers::ALT;
pub(crate) const PLAIN: Modifiers = Modifiers::NONE;

impl Studio {
    #[track_caller]
    pub(crate) fn click(&mut self, label: &str) {
        let at = self.still(|studio| studio.find(label).rect().center());
        self.click_at(at, PLAIN);
    }

    /// A place once it stays where it is: what opens finds its place first.
    fn still(&mut self, place: impl Fn(&Self) -> Pos2) -> Pos2 {
        let mut at = place(self);
        for _ in 0..16 {
            self.frames(1);
            let before = std::mem::replace(&mut at, place(self));
            if before == at {
                break;
            }
        }
        at
    }

    /// Clicks what has this role, where several things have the same name.
    #[track_caller]
    pub(crate) fn click_role(&mut self, role: Role, label: &str) {
        let at = self.still(|studio| studio.find_role(role, label).rect().center());
        self.click_at(at, PLAIN);
    }

    /// Scrolls a panel until something is well in sight.
    #[track_caller]
    pub(crate) fn reveal(&mut self, role: Role, label: &str) {
        self.find_role(role, label).scroll_to_me();
        self.frames(2);
    }

    /// Puts the keyboard into a field, takes out what it has, and types.
    #[track_caller]
    pub(crate) fn fill(&mut self, label: &str, text: &str) {
        self.fill_in(Role::TextInput, label, text);
    }

    /// [`Studio::fill`] of another kind of field: one that hides its text, one of several lines.
    #[track_caller]
    pub(crate) fn fill_in(&mut self, role: Role, label: &str, text: &str) {
        self.reveal(role, label);
        self.click_role(role, label);
        self.press(CTRL, Key::A);
        self.press(PLAIN, Key::Delete);
        self.write(text);
    }

    /// Opens a drop-down and picks one of its entries.
    #[track_caller]
    pub(crate) fn choose(&mut self, label: &str, entry: &str) {
        self.reveal(Role::ComboBox, label);
        self.click_role(Role::ComboBox, label);
        self.pick_entry(entry);
    }

    /// Picks an entry of the list that opens, once it has come.
    #[track_caller]
    pub(crate) fn pick_entry(&mut self, entry: &str) {
        self.until(entry, |studio| studio.has_role(Role::ListBoxOption, entry));
        self.click_role(Role::ListBoxOption, entry);
    }

    /// Types into what has the keyboard.
    pub(crate) fn write(&mut self, text: &str) {
        self.send(Event::Text(text.to_owned()));
        self.settle();
    }

    pub(crate) fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.modified(modifiers, |studio| {
            for pressed in [true, false] {
                let event = Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
                studio.send(event);
            }
        });
        self.frames(2);
    }

    /// Does an action by its key, and where it has none through the menu bar.
    #[track_caller]
    pub(crate) fn perform(&mut self, action: Action) {
        let key = Self::keymap().keys(action).first().copied();
        let text = self.clipboard.clone();
        match (action, key) {
            (Action::Copy, _) => self.send(Event::Copy),
            (Action::Cut, _) => self.send(Event::Cut),
            (Action::Paste, _) => self.send(Event::Paste(text)),
            (Action::PasteWired, _) => {
                let modifiers = CTRL.plus(SHIFT);
                self.modified(modifiers, |studio| studio.send(Event::Paste(text)));
            }
            (_, Some(key)) => {
                let modifiers = if key.modifiers.command { key.modifiers.plus(CTRL) } else { key.modifiers };
                self.press(modifiers, key.logical_key);
            }
            (action, None) => self.menu(action.label()),
        }
        self.settle();
    }

    /// Clicks an entry of the menu bar, whichever menu it is in.
    #[track_caller]
    pub(crate) fn menu(&mut self, entry: &str) {
        for menu in ["File", "Edit", "View", "Run", "Help"] {
            self.open_menu(menu);
            if self.has_entry(entry) {
                let at = self.still(|studio| studio.entry(entry).rect().center());
                return self.click_at(at, PLAIN);
            }
            self.press(PLAIN, Key::Escape);
        }
        panic!("no menu has {entry:?}");
    }

    /// Opens a menu of the menu bar, or a menu in one that is open.
    #[track_caller]
    pub(crate) fn open_menu(&mut self, menu: &str) {
        self.click(menu);
        self.frames(2);
    }

    /// Runs a command by its name through the command palette, as a person with a keyboard does.
    #[track_caller]
    pub(crate) fn run_command(&mut self, label: &str) {
        self.press(CTRL, Key::K);
        self.until("the command palette is open", |studio| {
            studio.has_role(Role::TextInput, "Search or run a command")
        });
        self.write(label);
        assert!(self.has_role(Role::ListItem, label), "the palette offers no {label:?} but: {}", self.seen());
        self.press(PLAIN, Key::Enter);
        self.settle();
    }

    /// Rests on a tool of the toolbar.
    #[track_caller]
    pub(crate) fn hover_tool(&mut self, label: &str) {
        let at = self.tool(label).rect().center();
        self.hover_at(at);
    }

    /// Rests at a place until its hover text shows.
    pub(crate) fn hover_at(&mut self, at: Pos2) {
        self.point(at + egui::vec2(1.0, 0.0));
        self.point(at);
        self.rest(0.8);
        self.frames(2);
    }

    pub(crate) fn click_at(&mut self, at: Pos2, modifiers: Modifiers) {
        self.click_with(PointerButton::Primary, at, modifiers);
    }

    pub(crate) fn click_with(&mut self, button: PointerButton, at: Pos2, modifiers: Modifiers) {
        self.point(at);
        self.modified(modifiers, |studio| {
            studio.button(at, button, true, modifiers);
            studio.button(at, button, false, modifiers);
        });
        // A next click is another click, not the second half of a double click.
        self.rest(0.5);
        self.settle();
    }

    pub(crate) fn double_click_at(&mut self, at: Pos2) {
        self.point(at);
        for pressed in [true, false, true, false] {
            self.button(at, PointerButton::Primary, pressed, PLAIN);
        }
        self.settle();
    }

    pub(crate) fn drag(&mut self, from: Pos2, to: Pos2) {
        self.drag_with(PointerButton::Primary, from, to, PLAIN);
    }

    pub(crate) fn drag_with(&mut self, button: PointerButton, from: Pos2, to: Pos2, modifiers: Modifiers) {
        self.modified(modifiers, |studio| {
            studio.grab(button, from, to, modifiers);
            studio.button(to, button, false, modifiers);
        });
        self.settle();
    }

    /// A drag that has not ended.
    pub(crate) fn grab(&mut self, button: PointerButton, from: Pos2, to: Pos2, modifiers: Modifiers) {
        self.point(from);
        self.button(from, button, true, modifiers);
        for step in 1_u8..=6 {
            self.point(from + (to - from) * (f32::from(step) / 6.0));
        }
        self.frames(2);
    }

    pub(crate) fn release(&mut self, at: Pos2) {
        self.button(at, PointerButton::Primary, false, PLAIN);
        self.settle();
    }

    pub(crate) fn point(&mut self, at: Pos2) {
        self.send(Event::PointerMoved(at));
    }

    pub(crate) fn button(&mut self, at: Pos2, button: PointerButton, pressed: bool, modifiers: Modifiers) {
        self.send(Event::PointerButton { pos: at, button, pressed, modifiers });
    }

    /// One event and its frame.
    pub(crate) fn send(&mut self, event: Event) {
        self.harness.event(event);
        self.frames(1);
    }

    /// With keys held down.
    pub(crate) fn modified(&mut self, modifiers: Modifiers, does: impl FnOnce(&mut Self)) {
        if modifiers != PLAIN {
            self.send(Event::ModifiersChanged(modifiers));
        }
        does(self);
        if modifiers != PLAIN {
            self.send(Event::ModifiersChanged(PLAIN));
        }
    }
}
