//! Ways to start: on a flow file, by the command line, beside a studio that runs.

use std::fs;
use std::path::Path;

use super::desktop::Desktop;
use super::reader::Reader;
use super::studio::Home;
use crate::eventually::eventually;
use crate::heaps;

fn write_flow(path: &Path) {
    let text = "flowloom: 1\nname: Numbers\nnodes:\n  numbers:\n    kind: table\n    at: [40, 80]\n";
    fs::write(path, text).expect("a flow file");
}

#[test]
fn a_flow_file_opens_and_a_second_start_hands_its_own_over() {
    let desktop = Desktop::start();
    let home = Home::new();
    for name in ["one.flow.yaml", "two.flow.yaml"] {
        write_flow(&home.path(name));
    }
    let reader = Reader::start(&desktop);
    let studio = home.start_shared(&desktop, &["one.flow.yaml"]);
    eventually("the title names the flow", || studio.title().starts_with("one").then_some(()));
    reader.wait_for_start("Numbers, Table");
    let loaded = studio.loaded();
    assert!(loaded.contains("libgtk-3") && !loaded.contains("webkit"), "no web engine is loaded");
    assert_eq!(heaps::of_threads(&loaded), 0);

    let mut second = home.shared(&desktop, "flowloom");
    let second = second.args(["open", "two.flow.yaml"]).current_dir(home.folder.path()).output();
    let second = second.expect("flowloom starts");
    assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stderr));
    eventually("the first has the second's flow", || studio.title().starts_with("two").then_some(()));
    reader.wait_for("one");
    assert_eq!(desktop.windows(), 1);

    studio.key("ctrl+shift+n");
    eventually("a second window opens", || (desktop.windows() == 2).then_some(()));
    reader.wait_for("Canvas, 0 nodes");
    studio.close();
    eventually("the second window closes, the first stays", || (desktop.windows() == 1).then_some(()));
}
