//! Keys, text, pointer and files on Linux, straight from GTK's signals.
//!
//! tao's own events are not enough here: its modifiers forget the first of two keys that are held, its input
//! method knows neither composition nor the system's method, it asks for the pointer's place instead of taking
//! the event's, and it takes no files.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use egui::{Modifiers, PointerButton};
use gtk::gdk::{self, EventMask, EventType, ModifierType, WindowState};
use gtk::glib::{self, Propagation};
use gtk::prelude::*;

use crate::bell::Repaint;
use crate::clipboard::Clipboard;
use crate::input::Input;
use crate::{keys, wheel};

/// What a signal needs.
#[derive(Clone)]
pub(crate) struct Wires {
    pub(crate) input: Rc<RefCell<Input>>,
    pub(crate) repaint: Arc<Repaint>,
    pub(crate) clipboard: Rc<Clipboard>,
    /// The window's label, for text that is pasted late.
    pub(crate) label: String,
}

impl Wires {
    /// Changes the input and asks for a frame.
    fn tell(&self, change: impl FnOnce(&mut Input)) -> Propagation {
        change(&mut self.input.borrow_mut());
        self.repaint.now();
        // Nobody else listens: tao would only say the same once more.
        Propagation::Stop
    }
}

/// Has everything that happens to `window` end up in the input.
pub(crate) fn connect(window: &gtk::ApplicationWindow, wires: &Wires) -> InputMethod {
    window.add_events(
        EventMask::KEY_PRESS_MASK
            | EventMask::KEY_RELEASE_MASK
            | EventMask::BUTTON_PRESS_MASK
            | EventMask::BUTTON_RELEASE_MASK
            | EventMask::POINTER_MOTION_MASK
            | EventMask::ENTER_NOTIFY_MASK
            | EventMask::LEAVE_NOTIFY_MASK
            | EventMask::SCROLL_MASK
            | EventMask::SMOOTH_SCROLL_MASK
            | EventMask::TOUCHPAD_GESTURE_MASK
            | EventMask::VISIBILITY_NOTIFY_MASK,
    );
    // wgpu paints all of it; GTK's own painting would only flicker through.
    window.set_app_paintable(true);
    let to = wires.clone();
    window.connect_draw(move |_, _| to.tell(|_| ()));
    connect_pointer(window, wires);
    connect_visibility(window, wires);
    connect_files(window, wires);
    InputMethod::connect(window, wires)
}

fn connect_pointer(window: &gtk::ApplicationWindow, wires: &Wires) {
    let to = wires.clone();
    window.connect_motion_notify_event(move |window, event| {
        let (x, y) = in_pixels(window, event.position());
        to.tell(|input| {
            input.set_modifiers(modifiers(event.state()));
            input.pointer_moved(x, y);
        })
    });
    let to = wires.clone();
    window.connect_enter_notify_event(move |window, event| {
        let (x, y) = in_pixels(window, event.position());
        to.tell(|input| input.pointer_moved(x, y))
    });
    let to = wires.clone();
    window.connect_leave_notify_event(move |_, _| to.tell(Input::pointer_left));
    for pressed in [true, false] {
        let to = wires.clone();
        let handle = move |window: &gtk::ApplicationWindow, event: &gdk::EventButton| {
            // A double click is told apart by egui.
            let is_one = matches!(event.event_type(), EventType::ButtonPress | EventType::ButtonRelease);
            let Some(button) = button(event.button()).filter(|_| is_one) else { return Propagation::Stop };
            let (x, y) = in_pixels(window, event.position());
            to.tell(|input| {
                input.set_modifiers(modifiers(event.state()));
                input.pointer_moved(x, y);
                input.button(button, pressed);
                if pressed && button == PointerButton::Middle {
                    input.middle_click_paste(to.clipboard.selected_text());
                }
            })
        };
        if pressed {
            window.connect_button_press_event(handle);
        } else {
            window.connect_button_release_event(handle);
        }
    }
    let to = wires.clone();
    window.connect_scroll_event(move |window, event| {
        let (x, y) = in_pixels(window, event.position());
        to.tell(|input| {
            input.set_modifiers(modifiers(event.state()));
            input.pointer_moved(x, y);
            wheel::scrolled(event, input);
        })
    });
    let to = wires.clone();
    let last_scale = Cell::new(1.0);
    window.connect_event(move |_, event| {
        let Some(pinch) = event.downcast_ref::<gdk::EventTouchpadPinch>() else {
            return Propagation::Proceed;
        };
        // The scale counts from the gesture's start, egui's from the last event.
        let scale = pinch.scale().max(f64::EPSILON);
        let ratio = scale / last_scale.replace(scale);
        if (0.5..2.0).contains(&ratio) {
            return to.tell(|input| input.push(egui::Event::Zoom(ratio as f32)));
        }
        Propagation::Stop
    });
}

/// A window that nobody sees is not painted.
fn connect_visibility(window: &gtk::ApplicationWindow, wires: &Wires) {
    let is_obscured = Rc::new(Cell::new(false));
    let is_iconified = Rc::new(Cell::new(false));
    let update = {
        let (wires, is_obscured, is_iconified) = (wires.clone(), is_obscured.clone(), is_iconified.clone());
        move || {
            let is_hidden = is_obscured.get() || is_iconified.get();
            wires.repaint.hide(is_hidden);
        }
    };
    let (seen, changed) = (is_obscured, update.clone());
    window.connect_event(move |_, event| {
        if let Some(event) = event.downcast_ref::<gdk::EventVisibility>() {
            seen.set(event.state() == gdk::VisibilityState::FullyObscured);
            changed();
        }
        Propagation::Proceed
    });
    window.connect_window_state_event(move |_, event| {
        is_iconified
            .set(event.new_window_state().intersects(WindowState::ICONIFIED | WindowState::WITHDRAWN));
        update();
        Propagation::Proceed
    });
}

fn connect_files(window: &gtk::ApplicationWindow, wires: &Wires) {
    let uris = [gtk::TargetEntry::new("text/uri-list", gtk::TargetFlags::OTHER_APP, 0)];
    window.drag_dest_set(gtk::DestDefaults::ALL, &uris, gdk::DragAction::COPY);
    let to = wires.clone();
    window.connect_drag_motion(move |_, _, _, _, _| {
        // What is dragged is known when it is dropped.
        to.tell(|input| input.hover_files(vec![PathBuf::new()]));
        true
    });
    let to = wires.clone();
    window.connect_drag_leave(move |_, _, _| {
        to.tell(|input| input.hover_files(Vec::new()));
    });
    let to = wires.clone();
    window.connect_drag_data_received(move |_, _, _, _, data, _, _| {
        let uris = data.uris();
        let paths = uris.iter().filter_map(|uri| Some(glib::filename_from_uri(uri).ok()?.0)).collect();
        to.tell(|input| input.drop_files(paths));
    });
}

/// The system's input method, such as ibus, or compose and dead keys where there is none.
pub(crate) struct InputMethod {
    context: gtk::IMMulticontext,
    is_on: Cell<bool>,
}

impl InputMethod {
    fn connect(window: &gtk::ApplicationWindow, wires: &Wires) -> Self {
        let context = gtk::IMMulticontext::new();
        context.set_client_window(window.window().as_ref());
        context.set_use_preedit(true);
        // What a key commits is told after the key itself.
        let committed = Rc::new(RefCell::new(None::<String>));
        let is_filtering = Rc::new(Cell::new(false));
        let (to, stash, filtering) = (wires.clone(), Rc::clone(&committed), Rc::clone(&is_filtering));
        context.connect_commit(move |_, text| {
            if filtering.get() {
                stash.borrow_mut().get_or_insert_default().push_str(text);
            } else {
                to.tell(|input| input.commit(text));
            }
        });
        let to = wires.clone();
        context.connect_preedit_changed(move |context| {
            let (text, _, cursor) = context.preedit_string();
            to.tell(|input| input.preedit(&text, usize::try_from(cursor).ok()));
        });
        for pressed in [true, false] {
            let (to, context) = (wires.clone(), context.clone());
            let (committed, is_filtering) = (Rc::clone(&committed), Rc::clone(&is_filtering));
            let handle = move |_: &gtk::ApplicationWindow, event: &gdk::EventKey| {
                to.input.borrow_mut().set_modifiers(after(event, pressed));
                let (wants_text, was_composing) = {
                    let input = to.input.borrow();
                    (input.wants_text, input.is_composing())
                };
                is_filtering.set(true);
                let is_taken = wants_text && context.filter_keypress(event);
                is_filtering.set(false);
                let committed = committed.take();
                // A letter is a key and text; a key that only moves a composition on is neither.
                if !is_taken || !pressed || (committed.is_some() && !was_composing) {
                    key(&to, event, pressed);
                }
                let is_letter = pressed && !is_taken && !event.state().contains(ModifierType::MOD1_MASK);
                to.tell(|input| match committed {
                    Some(text) => input.commit(&text),
                    None if is_letter => {
                        input.text(&event.keyval().to_unicode().map(String::from).unwrap_or_default());
                    }
                    None => {}
                })
            };
            if pressed {
                window.connect_key_press_event(handle);
            } else {
                window.connect_key_release_event(handle);
            }
        }
        Self { context, is_on: Cell::new(false) }
    }

    /// Follows what the last frame said: whether a text field has the focus, and where its cursor is.
    pub(crate) fn follow(&self, is_on: bool, cursor: Option<egui::Rect>, scale_factor: f64) {
        if is_on != self.is_on.replace(is_on) {
            if is_on {
                self.context.focus_in();
            } else {
                self.context.reset();
                self.context.focus_out();
            }
        }
        if let Some(cursor) = cursor.filter(|_| is_on) {
            let logical = |pixels: f32| (f64::from(pixels) / scale_factor) as i32;
            let (x, y) = (logical(cursor.min.x), logical(cursor.min.y));
            let (width, height) = (logical(cursor.width()).max(1), logical(cursor.height()).max(1));
            self.context.set_cursor_location(&gdk::Rectangle::new(x, y, width, height));
        }
    }

    /// Drops what is being composed: the cursor was put elsewhere.
    pub(crate) fn interrupt(&self) {
        self.context.reset();
    }
}

fn key(to: &Wires, event: &gdk::EventKey, pressed: bool) {
    let (logical, physical) = (keys::logical(event.keyval()), keys::of_hardware(event.hardware_keycode()));
    let mut input = to.input.borrow_mut();
    if let Some(clip) = input.key(logical, physical, pressed) {
        to.clipboard.carry_out(clip, &mut input, &to.label);
    }
}

fn in_pixels(window: &gtk::ApplicationWindow, (x, y): (f64, f64)) -> (f64, f64) {
    let scale = f64::from(window.scale_factor());
    (x * scale, y * scale)
}

fn button(number: u32) -> Option<PointerButton> {
    Some(match number {
        1 => PointerButton::Primary,
        2 => PointerButton::Middle,
        3 => PointerButton::Secondary,
        8 => PointerButton::Extra1,
        9 => PointerButton::Extra2,
        _ => return None,
    })
}

/// Alt Gr is none of them: it only chooses another letter.
fn modifiers(state: ModifierType) -> Modifiers {
    let ctrl = state.contains(ModifierType::CONTROL_MASK);
    Modifiers {
        alt: state.contains(ModifierType::MOD1_MASK),
        ctrl,
        shift: state.contains(ModifierType::SHIFT_MASK),
        mac_cmd: false,
        command: ctrl,
    }
}

/// The modifiers once a key is down or up; the event has them from before.
fn after(event: &gdk::EventKey, pressed: bool) -> Modifiers {
    let mut modifiers = modifiers(event.state());
    match event.keyval().name().as_deref() {
        Some("Shift_L" | "Shift_R") => modifiers.shift = pressed,
        Some("Control_L" | "Control_R") => (modifiers.ctrl, modifiers.command) = (pressed, pressed),
        Some("Alt_L" | "Alt_R" | "Meta_L" | "Meta_R") => modifiers.alt = pressed,
        _ => {}
    }
    modifiers
}
