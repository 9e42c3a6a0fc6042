//! Tauri's resources, such as the icon that Windows shows; and on Linux a program that starts without the web engine.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use object::{Object as _, ObjectSymbol as _};
use tauri_build::Attributes;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // No window has a webview, so there is no frontend. Left to its default, Tauri watches a folder of capabilities
    // that does not exist, and cargo would build this program anew each time.
    let attributes = Attributes::new().capabilities_path_pattern("capabilities/*.json");
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo::error={error:#}");
    }
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux")
        && let Err(error) = leave_web_engine_out()
    {
        println!("cargo::warning=the program loads the web engine that it never uses: {error}");
    }
}

/// Packages of libraries that Tauri's runtime calls for webviews alone, and the libraries.
const WEB_ENGINE: [(&str, &str); 3] = [
    ("webkit2gtk-4.1", "libwebkit2gtk-4.1.so"),
    ("javascriptcoregtk-4.1", "libjavascriptcoregtk-4.1.so"),
    ("libsoup-3.0", "libsoup-3.0.so"),
];

const HEAD: &str = r#"#include <stdio.h>
#include <stdlib.h>
#define HIDDEN __attribute__((visibility("hidden")))
HIDDEN void flowloom_no_webview(void) {
  fputs("flowloom-studio: something asked for a webview, and there is none\n", stderr);
  abort();
}
"#;

/// Defines the web engine's functions in this program, as one that ends it. The linker then needs none of the
/// libraries: 98 of them would be loaded at each start, 35 MB of memory, though nothing here opens a webview.
fn leave_web_engine_out() -> Result<(), Box<dyn std::error::Error>> {
    let mut functions = BTreeSet::new();
    for (package, library) in WEB_ENGINE {
        let folder = pkg_config::get_variable(package, "libdir")?;
        exported(&Path::new(&folder).join(library), &mut functions)?;
    }
    let mut text = HEAD.to_owned();
    // Tauri asks for the version of its web engine at the start.
    for part in ["major", "minor", "micro"] {
        let name = format!("webkit_get_{part}_version");
        functions.remove(&name);
        writeln!(text, "HIDDEN unsigned {name}(void) {{ return 0; }}")?;
    }
    for name in functions {
        writeln!(text, "HIDDEN void {name}(void) __attribute__((alias(\"flowloom_no_webview\")));")?;
    }
    let source = PathBuf::from(env::var("OUT_DIR")?).join("no_webview.c");
    fs::write(&source, text)?;
    for object in cc::Build::new().file(&source).try_compile_intermediates()? {
        println!("cargo::rustc-link-arg-bins={}", object.display());
    }
    Ok(())
}

/// Adds the web engine's own functions among those that a library exports.
fn exported(library: &Path, functions: &mut BTreeSet<String>) -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={}", library.display());
    let bytes = fs::read(library)?;
    let symbols = object::File::parse(bytes.as_slice())?;
    let defined = symbols.dynamic_symbols().filter(object::ObjectSymbol::is_definition);
    let names = defined.filter_map(|symbol| symbol.name().ok());
    let is_ours = |name: &&str| ["webkit_", "jsc_", "soup_"].iter().any(|start| name.starts_with(start));
    functions.extend(names.filter(is_ours).map(str::to_owned));
    Ok(())
}
