//! The panels around the canvas: each reads the document and asks for what it wants by requests.

pub mod palette;
pub mod settings;
pub mod right {
    #[derive(Default)]
    pub struct RightState {
        s: crate::panel::settings::SettingsState,
    }
    impl RightState {
        pub fn show_settings(&mut self) {}
    }
    pub fn show(
        ui: &mut egui::Ui,
        d: &crate::doc::Doc,
        s: &mut RightState,
        o: &mut crate::request::Requests,
    ) {
        crate::panel::settings::show(ui, d, &mut s.s, o)
    }
}
pub mod bottom {
    #[derive(Default)]
    pub struct BottomState {}
    #[derive(Clone, Copy)]
    pub enum Tab {
        Data,
        Profile,
        Log,
        Runs,
    }
    impl BottomState {
        pub fn show_tab(&mut self, _t: Tab) {}
        pub fn owns_clipboard(&self) -> bool {
            false
        }
    }
    pub fn show(
        _ui: &mut egui::Ui,
        _d: &crate::doc::Doc,
        _s: &mut BottomState,
        _o: &mut crate::request::Requests,
    ) {
    }
}
