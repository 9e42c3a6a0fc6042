//! Tauri's resources, such as the icon that Windows shows. No window has a webview, so there is no frontend.

use tauri_build::Attributes;

fn main() {
    // Capabilities are for web pages. Left to its default, Tauri watches a folder of them that does not exist, and
    // cargo would build this program anew each time.
    let attributes = Attributes::new().capabilities_path_pattern("capabilities/*.json");
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error={error:#}");
    }
}
