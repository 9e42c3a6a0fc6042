fn main() { let _app = tauri::generate_context!(); let _: Option<tauri::App> = None; }
