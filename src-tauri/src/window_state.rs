//! Where the window was the last time, in `window.json` beside the rest of a person's data.

use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tauri::{PhysicalPosition, PhysicalSize};

const FILE: &str = "window.json";
/// How much of a window must be on some monitor for a person to find and move it.
const GRIP: i32 = 100;

/// Place and size in pixels, as they are when the window is not maximized.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WindowState {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) is_maximized: bool,
}

/// A monitor's place and size in pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    x: i32,
    y: i32,
    width: u32,
    height: u32,
}

impl From<&tauri::Monitor> for Screen {
    fn from(monitor: &tauri::Monitor) -> Self {
        let (position, size) = (monitor.position(), monitor.size());
        Self { x: position.x, y: position.y, width: size.width, height: size.height }
    }
}

impl WindowState {
    /// What the file has, if it can be read.
    pub(crate) fn read() -> Option<Self> {
        let text = fs::read_to_string(path()?).ok()?;
        serde_json::from_str(&text).inspect_err(|error| tracing::warn!(%error, "{FILE} is not used")).ok()
    }

    pub(crate) fn write(&self) {
        let Some(path) = path() else { return };
        let written = serde_json::to_vec_pretty(self).map_err(std::io::Error::from).and_then(|text| {
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            fs::write(&path, text)
        });
        if let Err(error) = written {
            tracing::warn!(%error, path = %path.display(), "the window's place is not remembered");
        }
    }

    /// This window, moved and shrunk to where the screens of today can show it. `None`: nowhere.
    pub(crate) fn on(mut self, screens: &[Screen]) -> Option<Self> {
        let screen = screens.iter().max_by_key(|screen| self.shared_area(screen))?;
        (self.width, self.height) = (self.width.min(screen.width), self.height.min(screen.height));
        // The title bar is above: it must not be.
        let most = |from: i32, length: u32| from + (length as i32 - GRIP).max(0);
        self.x = self.x.max(screen.x - self.width as i32 + GRIP).min(most(screen.x, screen.width));
        self.y = self.y.max(screen.y).min(most(screen.y, screen.height));
        Some(self)
    }

    fn shared_area(&self, screen: &Screen) -> i64 {
        let overlap = |from: i32, length: u32, other: i32, other_length: u32| {
            let start = i64::from(from.max(other));
            let end = (i64::from(from) + i64::from(length)).min(i64::from(other) + i64::from(other_length));
            (end - start).max(0)
        };
        overlap(self.x, self.width, screen.x, screen.width)
            * overlap(self.y, self.height, screen.y, screen.height)
    }

    pub(crate) fn position(&self) -> PhysicalPosition<i32> {
        PhysicalPosition::new(self.x, self.y)
    }

    pub(crate) fn size(&self) -> PhysicalSize<u32> {
        PhysicalSize::new(self.width, self.height)
    }
}

fn path() -> Option<PathBuf> {
    Some(flowloom_studio::home().ok()?.join(FILE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: Screen = Screen { x: 0, y: 0, width: 1920, height: 1080 };
    const RIGHT: Screen = Screen { x: 1920, y: 0, width: 1280, height: 1024 };

    fn window(x: i32, y: i32, width: u32, height: u32) -> WindowState {
        WindowState { x, y, width, height, is_maximized: false }
    }

    #[test]
    fn a_window_that_is_seen_stays() {
        let state = window(2000, 50, 1000, 700);
        assert_eq!(state.on(&[LEFT, RIGHT]), Some(state));
    }

    #[test]
    fn a_window_of_a_monitor_that_is_gone_comes_back() {
        let back = window(2000, 50, 1000, 700).on(&[LEFT]).expect("a screen");
        assert!(back.x <= 1820 && back.x >= 0, "{back:?}");
        assert_eq!(window(-5000, -40, 1000, 700).on(&[LEFT]), Some(window(-900, 0, 1000, 700)));
    }

    #[test]
    fn a_window_is_no_larger_than_its_screen() {
        assert_eq!(window(0, 0, 9000, 9000).on(&[LEFT]), Some(window(0, 0, 1920, 1080)));
        assert_eq!(window(0, 0, 10, 10).on(&[]), None);
    }
}
