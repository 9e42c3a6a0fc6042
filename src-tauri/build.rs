//! Tauri's resources, such as the icon that Windows shows. No window has a webview, so there is no frontend.

fn main() {
    tauri_build::build();
}
