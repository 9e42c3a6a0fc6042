//! The keyboard's way through the areas of the window.

use egui::Key;
use flowloom_ui::action::Action;

use super::Studio;
use super::hands::{PLAIN, SHIFT};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Area {
    Toolbar,
    Nodes,
    Canvas,
    Data,
    Settings,
}

/// Where what has the keyboard is.
fn area(studio: &Studio) -> Area {
    let ctx = &studio.harness.ctx;
    let focused = ctx.memory(egui::Memory::focused).expect("something has the keyboard");
    let at = ctx.viewport(|window| window.prev_pass.widgets.get(focused).map(|widget| widget.rect));
    let (at, canvas) = (at.expect("it is shown"), studio.canvas());
    match at.center() {
        _ if at == canvas => Area::Canvas,
        at if at.y < canvas.top() && at.x > canvas.left() && at.x < canvas.right() => Area::Toolbar,
        at if at.y < 68.0 => Area::Toolbar,
        at if at.x < canvas.left() => Area::Nodes,
        at if at.x > canvas.right() => Area::Settings,
        _ => Area::Data,
    }
}

/// The keyboard goes from the canvas through `areas` and back; on the way Tab walks on and adds no node.
pub(super) fn walks(studio: &mut Studio, action: Action, areas: &[Area]) {
    studio.click_at(studio.nowhere(), PLAIN);
    assert_eq!(area(studio), Area::Canvas);
    for wanted in areas {
        studio.perform(action);
        assert_eq!(area(studio), *wanted);
        let before = studio.harness.ctx.memory(egui::Memory::focused);
        studio.press(PLAIN, Key::Tab);
        studio.frames(2);
        assert_ne!(studio.harness.ctx.memory(egui::Memory::focused), before, "Tab walks on in {wanted:?}");
        assert!(!studio.has("Find a node to add"), "Tab adds a node only on the canvas");
        studio.press(SHIFT, Key::Tab);
        studio.frames(2);
    }
    studio.perform(action);
    assert_eq!(area(studio), Area::Canvas);
}
