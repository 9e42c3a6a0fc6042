//! What happened to a window since its last frame, in egui's words.
//!
//! The platform's events come from `gtk_input` on Linux and from `tao_input` elsewhere.

use std::path::PathBuf;

use egui::{
    Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2, RawInput, TouchPhase, Vec2,
};

/// A clipboard command that the keyboard gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clip {
    Cut,
    Copy,
    Paste,
}

#[derive(Default)]
pub(crate) struct Input {
    events: Vec<Event>,
    /// Files that were dropped, and whether any hover now.
    dropped: Vec<PathBuf>,
    hovered: Vec<PathBuf>,
    modifiers: Modifiers,
    pointer: Option<Pos2>,
    buttons_down: u32,
    is_focused: bool,
    /// Pixels for each point, as the last frame had them.
    pixels_per_point: f32,
    /// A text field has the focus: letters go through the input method.
    pub(crate) wants_text: bool,
    /// Where the input method's window belongs, in pixels.
    pub(crate) text_cursor: Option<egui::Rect>,
    is_composing: bool,
}

impl Input {
    pub(crate) fn new() -> Self {
        Self { pixels_per_point: 1.0, ..Self::default() }
    }

    pub(crate) fn set_pixels_per_point(&mut self, pixels_per_point: f32) {
        self.pixels_per_point = pixels_per_point;
    }

    /// Hands over what came since the last call, as far as one frame can tell it apart: egui looks for what was
    /// pressed where the pointer is at the frame's end, and a new focus has the keys from the next frame on.
    pub(crate) fn take(&mut self) -> RawInput {
        let mut is_over = false;
        let end = self.events.iter().position(|event| {
            let was_over = is_over;
            is_over |= moves_focus(event);
            was_over && !matches!(event, Event::PointerButton { .. } | Event::Key { pressed: false, .. })
        });
        let later = end.map_or_else(Vec::new, |end| self.events.split_off(end));
        let hovered = self
            .hovered
            .iter()
            .map(|path| egui::HoveredFile { path: Some(path.clone()), ..Default::default() });
        RawInput {
            events: std::mem::replace(&mut self.events, later),
            hovered_files: hovered.collect(),
            focused: self.is_focused,
            ..RawInput::default()
        }
    }

    /// Whether more has come than the last call of [`Input::take`] gave.
    pub(crate) fn has_more(&self) -> bool {
        !self.events.is_empty()
    }

    pub(crate) fn take_dropped(&mut self) -> Vec<PathBuf> {
        std::mem::take(&mut self.dropped)
    }

    pub(crate) fn is_focused(&self) -> bool {
        self.is_focused
    }

    pub(crate) fn push(&mut self, event: Event) {
        self.events.push(event);
    }

    pub(crate) fn has_pointer(&self) -> bool {
        self.pointer.is_some()
    }

    pub(crate) fn set_modifiers(&mut self, modifiers: Modifiers) {
        if modifiers != self.modifiers {
            self.modifiers = modifiers;
            self.events.push(Event::ModifiersChanged(modifiers));
        }
    }

    pub(crate) fn pointer_moved(&mut self, x: f64, y: f64) {
        let position = Pos2::new(x as f32, y as f32) / self.pixels_per_point;
        if self.pointer != Some(position) {
            self.pointer = Some(position);
            self.events.push(Event::PointerMoved(position));
        }
    }

    /// The pointer left the window; while a button is held it still belongs to it.
    pub(crate) fn pointer_left(&mut self) {
        if self.buttons_down == 0 && self.pointer.take().is_some() {
            self.events.push(Event::PointerGone);
        }
    }

    pub(crate) fn button(&mut self, button: PointerButton, pressed: bool) {
        let bit = 1 << button as u32;
        self.buttons_down = if pressed { self.buttons_down | bit } else { self.buttons_down & !bit };
        let Some(pos) = self.pointer else { return };
        self.events.push(Event::PointerButton { pos, button, pressed, modifiers: self.modifiers });
    }

    /// What the middle button pastes, on systems that have a primary selection.
    pub(crate) fn middle_click_paste(&mut self, text: String) {
        if let Some(pos) = self.pointer.filter(|_| !text.is_empty()) {
            self.events.push(Event::MiddleClickPaste { pos, text });
        }
    }

    /// Lines, or pixels from a device that is that exact; positive is up and left.
    pub(crate) fn wheel(&mut self, unit: MouseWheelUnit, delta: Vec2, phase: TouchPhase) {
        let (delta, source) = match unit {
            MouseWheelUnit::Point => (delta / self.pixels_per_point, MouseWheelSource::Trackpad),
            MouseWheelUnit::Line | MouseWheelUnit::Page => (delta, MouseWheelSource::Unknown),
        };
        let modifiers = self.modifiers;
        self.events.push(Event::MouseWheel { unit, delta, phase, source, modifiers });
    }

    /// A key, by what is printed on it and by where it is. Clipboard commands come back to the caller.
    pub(crate) fn key(&mut self, logical: Option<Key>, physical: Option<Key>, pressed: bool) -> Option<Clip> {
        // Where the layout is not Latin, shortcuts go by the place of the key.
        let key = logical.or(physical)?;
        if let Some(clip) = clip(self.modifiers, key).filter(|_| pressed) {
            return Some(clip);
        }
        let modifiers = self.modifiers;
        self.events.push(Event::Key { key, physical_key: physical, pressed, repeat: false, modifiers });
        None
    }

    /// Text that was typed; what commands and control keys leave behind is none.
    pub(crate) fn text(&mut self, text: &str) {
        let is_printable = |c: char| !c.is_control() && !matches!(c, '\u{e000}'..='\u{f8ff}');
        // AltGr is Ctrl+Alt on Windows, and types text.
        let is_command = (self.modifiers.command || self.modifiers.ctrl) && !self.modifiers.alt;
        if !text.is_empty() && !is_command && text.chars().all(is_printable) {
            self.events.push(Event::Text(text.to_owned()));
        }
    }

    /// Text that an input method is composing; empty when it has ended.
    pub(crate) fn preedit(&mut self, text: &str, cursor: Option<usize>) {
        if text.is_empty() && !std::mem::take(&mut self.is_composing) {
            return;
        }
        self.is_composing = !text.is_empty();
        let active_range_chars = cursor.map(|cursor| cursor..cursor);
        self.events.push(Event::Ime(egui::ImeEvent::Preedit { text: text.to_owned(), active_range_chars }));
    }

    /// Text that an input method is done with.
    pub(crate) fn commit(&mut self, text: &str) {
        if std::mem::take(&mut self.is_composing) {
            self.events.push(Event::Ime(egui::ImeEvent::Commit(text.to_owned())));
        } else {
            self.text(text);
        }
    }

    pub(crate) fn is_composing(&self) -> bool {
        self.is_composing
    }

    pub(crate) fn focus(&mut self, is_focused: bool) {
        if is_focused != self.is_focused {
            self.is_focused = is_focused;
            if !is_focused {
                // Their release goes to another window.
                self.set_modifiers(Modifiers::NONE);
                self.buttons_down = 0;
            }
            self.events.push(Event::WindowFocused(is_focused));
        }
    }

    pub(crate) fn hover_files(&mut self, paths: Vec<PathBuf>) {
        self.hovered = paths;
    }

    pub(crate) fn drop_files(&mut self, paths: Vec<PathBuf>) {
        self.hovered.clear();
        self.dropped.extend(paths);
    }
}

/// Whether what comes after this may be for something else.
fn moves_focus(event: &Event) -> bool {
    match event {
        Event::PointerButton { .. } => true,
        Event::Key { key, pressed: true, modifiers, .. } => {
            matches!(key, Key::Tab | Key::Enter | Key::Escape) || modifiers.command || modifiers.alt
        }
        _ => false,
    }
}

/// The clipboard command of a key, as each system has it.
fn clip(modifiers: Modifiers, key: Key) -> Option<Clip> {
    let has_old_keys = !cfg!(target_os = "macos");
    match key {
        Key::Cut => Some(Clip::Cut),
        Key::Copy => Some(Clip::Copy),
        Key::Paste => Some(Clip::Paste),
        Key::X if modifiers.command_only() => Some(Clip::Cut),
        Key::C if modifiers.command_only() => Some(Clip::Copy),
        Key::V if modifiers.command_only() => Some(Clip::Paste),
        Key::Delete if has_old_keys && modifiers.shift_only() => Some(Clip::Cut),
        Key::Insert if has_old_keys && modifiers.command_only() => Some(Clip::Copy),
        Key::Insert if has_old_keys && modifiers.shift_only() => Some(Clip::Paste),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CTRL: Modifiers = Modifiers { ctrl: true, command: true, ..Modifiers::NONE };

    fn events(act: impl FnOnce(&mut Input)) -> Vec<Event> {
        let mut input = Input::new();
        act(&mut input);
        input.take().events
    }

    #[test]
    fn typed_letters_are_text_and_commands_are_not() {
        assert_eq!(events(|input| input.text("é")), [Event::Text("é".to_owned())]);
        assert_eq!(events(|input| input.text("\u{8}")), []);
        let typed = events(|input| {
            input.set_modifiers(CTRL);
            input.text("a");
        });
        assert_eq!(typed, [Event::ModifiersChanged(CTRL)]);
    }

    #[test]
    fn alt_gr_types_on_windows_where_it_is_ctrl_and_alt() {
        let alt_gr = Modifiers { alt: true, ..CTRL };
        let typed = events(|input| {
            input.set_modifiers(alt_gr);
            input.text("@");
        });
        assert_eq!(typed.last(), Some(&Event::Text("@".to_owned())));
    }

    #[test]
    fn clipboard_keys_are_commands_in_any_layout() {
        let mut input = Input::new();
        input.set_modifiers(CTRL);
        assert_eq!(input.key(Some(Key::C), Some(Key::C), true), Some(Clip::Copy));
        assert_eq!(input.key(None, Some(Key::V), true), Some(Clip::Paste), "Cyrillic");
        assert_eq!(input.key(Some(Key::X), Some(Key::X), false), None, "released");
        input.set_modifiers(Modifiers { shift: true, ..CTRL });
        assert_eq!(input.key(Some(Key::V), Some(Key::V), true), None, "Ctrl+Shift+V is another shortcut");
    }

    #[test]
    fn a_lost_focus_lets_go_of_modifiers_and_buttons() {
        let mut input = Input::new();
        input.focus(true);
        input.set_modifiers(CTRL);
        input.pointer_moved(4.0, 4.0);
        input.button(PointerButton::Primary, true);
        input.focus(false);
        input.pointer_left();
        let mut events = input.take().events;
        events.extend(input.take().events);
        assert!(events.contains(&Event::ModifiersChanged(Modifiers::NONE)), "{events:?}");
        assert_eq!(events.last(), Some(&Event::PointerGone));
    }

    #[test]
    fn a_drag_keeps_the_pointer_outside_of_the_window() {
        let mut input = Input::new();
        input.pointer_moved(4.0, 4.0);
        input.button(PointerButton::Primary, true);
        input.pointer_left();
        assert!(input.has_pointer());
        input.button(PointerButton::Primary, false);
        input.pointer_left();
        assert!(!input.has_pointer());
    }

    #[test]
    fn a_press_is_told_where_it_happened_however_fast_the_pointer_goes_on() {
        let mut input = Input::new();
        input.pointer_moved(4.0, 4.0);
        input.button(PointerButton::Primary, true);
        input.pointer_moved(40.0, 4.0);
        input.pointer_moved(80.0, 4.0);
        input.button(PointerButton::Primary, false);
        input.pointer_moved(0.0, 0.0);
        let last = |events: &[Event]| match events.last() {
            Some(Event::PointerButton { pos, pressed, .. }) => Some((pos.x, *pressed)),
            _ => None,
        };
        assert_eq!(last(&input.take().events), Some((4.0, true)));
        assert_eq!(last(&input.take().events), Some((80.0, false)));
        assert!(input.has_more());
        assert_eq!(input.take().events, [Event::PointerMoved(Pos2::ZERO)]);
        assert!(!input.has_more());
    }

    #[test]
    fn what_is_typed_after_a_click_or_a_command_is_for_what_it_opened() {
        let mut input = Input::new();
        input.pointer_moved(4.0, 4.0);
        input.button(PointerButton::Primary, true);
        input.button(PointerButton::Primary, false);
        input.text("a");
        assert_eq!(input.take().events.len(), 3);
        input.set_modifiers(CTRL);
        input.key(Some(Key::K), None, true);
        input.key(Some(Key::K), None, false);
        input.set_modifiers(Modifiers::NONE);
        input.text("b");
        assert_eq!(input.take().events.first(), Some(&Event::Text("a".to_owned())));
        let rest = [Event::ModifiersChanged(Modifiers::NONE), Event::Text("b".to_owned())];
        assert_eq!(input.take().events, rest);
    }

    #[test]
    fn a_composition_is_shown_and_committed_once() {
        let events = events(|input| {
            input.preedit("", None);
            input.preedit("に", Some(1));
            input.commit("日");
        });
        assert!(
            matches!(
                events.as_slice(),
                [Event::Ime(egui::ImeEvent::Preedit { .. }), Event::Ime(egui::ImeEvent::Commit(text))] if text == "日"
            ),
            "{events:?}"
        );
    }

    #[test]
    fn pixels_become_points() {
        let events = events(|input| {
            input.set_pixels_per_point(2.0);
            input.pointer_moved(30.0, 50.0);
        });
        assert_eq!(events, [Event::PointerMoved(Pos2::new(15.0, 25.0))]);
    }
}
