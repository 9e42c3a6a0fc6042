//! Keys of the platform in egui's words.

use egui::Key;
use tauri_runtime_wry::tao::keyboard::KeyCode;

/// The key at a place of the keyboard, named as on an American one.
pub(crate) fn physical(code: KeyCode) -> Option<Key> {
    // Both go by the names of the W3C.
    Key::from_name(&code.to_string())
}

#[cfg(target_os = "linux")]
pub(crate) use self::x11::{logical, of_hardware};

#[cfg(target_os = "linux")]
mod x11 {
    use egui::Key;
    use gtk::gdk;
    use tauri_runtime_wry::tao::keyboard::KeyCode;

    /// The key by what is printed on it.
    pub(crate) fn logical(key: gdk::keys::Key) -> Option<Key> {
        let name = key.name()?;
        let known = match name.as_str().strip_prefix("KP_").unwrap_or(&name) {
            "BackSpace" => Key::Backspace,
            "ISO_Left_Tab" => Key::Tab,
            "Page_Up" | "Prior" => Key::PageUp,
            "Page_Down" | "Next" => Key::PageDown,
            "Add" => Key::Plus,
            "Subtract" => Key::Minus,
            "Divide" => Key::Slash,
            "Shift_L" => Key::ShiftLeft,
            "Shift_R" => Key::ShiftRight,
            "Control_L" => Key::ControlLeft,
            "Control_R" => Key::ControlRight,
            "Alt_L" => Key::AltLeft,
            "Alt_R" | "ISO_Level3_Shift" => Key::AltRight,
            "Super_L" => Key::SuperLeft,
            "Super_R" => Key::SuperRight,
            "XF86Cut" => Key::Cut,
            "XF86Copy" => Key::Copy,
            "XF86Paste" => Key::Paste,
            name => {
                let printed = key.to_unicode().filter(|c| !c.is_control());
                let printed = printed.and_then(|c| Key::from_name(c.encode_utf8(&mut [0; 4])));
                return printed.or_else(|| Key::from_name(name));
            }
        };
        Some(known)
    }

    /// The key by its place.
    pub(crate) fn of_hardware(code: u16) -> Option<Key> {
        super::physical(KeyCode::from_scancode(u32::from(code)))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn keys_of_gdk_are_known_by_print_and_by_place() {
            use gdk::keys::constants as key;
            for (gdk, egui) in [
                (key::a, Key::A),
                (key::Z, Key::Z),
                (key::_5, Key::Num5),
                (key::KP_5, Key::Num5),
                (key::Return, Key::Enter),
                (key::KP_Enter, Key::Enter),
                (key::Escape, Key::Escape),
                (key::Delete, Key::Delete),
                (key::ISO_Left_Tab, Key::Tab),
                (key::Left, Key::ArrowLeft),
                (key::Page_Up, Key::PageUp),
                (key::F2, Key::F2),
                (key::plus, Key::Plus),
                (key::question, Key::Questionmark),
                (key::space, Key::Space),
            ] {
                assert_eq!(logical(gdk), Some(egui));
            }
            assert_eq!(logical(key::Cyrillic_es), None);
            assert_eq!(of_hardware(0x36), Some(Key::C), "the place of C, whatever is printed there");
        }
    }
}

/// The key by what is printed on it.
#[cfg(not(target_os = "linux"))]
pub(crate) fn logical(key: &tauri_runtime_wry::tao::keyboard::Key<'_>) -> Option<Key> {
    use tauri_runtime_wry::tao::keyboard::Key as Tao;
    match key {
        Tao::Character(printed) => Key::from_name(printed),
        Tao::Dead(_) | Tao::Unidentified(_) => None,
        // Left and right are told by the place.
        named => Key::from_name(&format!("{named:?}")),
    }
}
