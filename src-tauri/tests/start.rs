//! Starts that need no display. The window itself is tested in `tests/e2e/window`.

use std::process::{Command, Output};

fn studio(args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowloom-studio"));
    command.args(args).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let Output { status, stdout, stderr } = command.output().expect("flowloom-studio starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn it_says_what_it_is() {
    let (code, version, _) = studio(&["--version"]);
    assert_eq!((code, version.trim()), (Some(0), concat!("flowloom-studio ", env!("CARGO_PKG_VERSION"))));
    let (code, help, _) = studio(&["--help"]);
    assert_eq!(code, Some(0));
    assert!(help.contains("--demo") && help.contains("FLOW"), "{help}");
    assert_eq!(studio(&["--nonsense"]).0, Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn without_a_display_it_names_the_way_without_one() {
    let (code, _, error) = studio(&[]);
    assert_eq!(code, Some(1));
    assert!(error.contains("no display") && error.contains("`flowloom demo`"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}
