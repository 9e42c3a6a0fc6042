//! Keys, text, pointer and files on Windows and macOS, from tao's events.

use egui::{Modifiers, MouseWheelUnit, PointerButton, TouchPhase, Vec2};
use tauri_runtime_wry::tao::event::{
    ElementState, MouseButton, MouseScrollDelta, TouchPhase as Phase, WindowEvent,
};
use tauri_runtime_wry::tao::keyboard::ModifiersState;

use crate::clipboard::Clipboard;
use crate::input::Input;
use crate::keys;

/// Puts what happened into the input; `false` if it is nothing that a frame would show.
pub(crate) fn happened(
    event: &WindowEvent<'_>,
    input: &mut Input,
    clipboard: &Clipboard,
    label: &str,
) -> bool {
    match event {
        WindowEvent::CursorMoved { position, .. } => input.pointer_moved(position.x, position.y),
        WindowEvent::CursorLeft { .. } => input.pointer_left(),
        WindowEvent::MouseInput { state, button, .. } => {
            let Some(button) = pointer_button(*button) else { return false };
            input.button(button, *state == ElementState::Pressed);
        }
        WindowEvent::MouseWheel { delta, phase, .. } => {
            let (unit, delta) = match delta {
                MouseScrollDelta::LineDelta(x, y) => (MouseWheelUnit::Line, Vec2::new(*x, *y)),
                MouseScrollDelta::PixelDelta(by) => {
                    (MouseWheelUnit::Point, Vec2::new(by.x as f32, by.y as f32))
                }
                _ => return false,
            };
            input.wheel(unit, delta, touch_phase(*phase));
        }
        WindowEvent::ModifiersChanged(state) => input.set_modifiers(modifiers(*state)),
        WindowEvent::KeyboardInput { event, is_synthetic, .. } => {
            let pressed = event.state == ElementState::Pressed;
            // tao makes presses up when the window gains the focus.
            if *is_synthetic && pressed {
                return false;
            }
            let (logical, physical) = (keys::logical(&event.logical_key), keys::physical(event.physical_key));
            if let Some(clip) = input.key(logical, physical, pressed) {
                clipboard.carry_out(clip, input, label);
            }
        }
        // All text comes this way, plain letters included, and once more in the key's own event.
        WindowEvent::ReceivedImeText(text) => input.text(text),
        WindowEvent::HoveredFile(path) => input.hover_files(vec![path.clone()]),
        WindowEvent::HoveredFileCancelled => input.hover_files(Vec::new()),
        WindowEvent::DroppedFile(path) => input.drop_files(vec![path.clone()]),
        _ => return false,
    }
    true
}

fn pointer_button(button: MouseButton) -> Option<PointerButton> {
    Some(match button {
        MouseButton::Left => PointerButton::Primary,
        MouseButton::Right => PointerButton::Secondary,
        MouseButton::Middle => PointerButton::Middle,
        MouseButton::Other(1 | 8) => PointerButton::Extra1,
        MouseButton::Other(2 | 9) => PointerButton::Extra2,
        _ => return None,
    })
}

fn touch_phase(phase: Phase) -> TouchPhase {
    match phase {
        Phase::Started => TouchPhase::Start,
        Phase::Ended => TouchPhase::End,
        Phase::Cancelled => TouchPhase::Cancel,
        _ => TouchPhase::Move,
    }
}

fn modifiers(state: ModifiersState) -> Modifiers {
    let is_mac = cfg!(target_os = "macos");
    Modifiers {
        alt: state.alt_key(),
        ctrl: state.control_key(),
        shift: state.shift_key(),
        mac_cmd: is_mac && state.super_key(),
        command: if is_mac { state.super_key() } else { state.control_key() },
    }
}
