//! The window itself, whatever is drawn in it: it shows, follows its size, rests, and ends.

use std::fs;
use std::time::{Duration, Instant};

use super::desktop::Desktop;
use super::studio::Home;
use crate::eventually::eventually;

/// More colours than any fill or gradient of a stuck window has.
const FEW: usize = 12;

#[test]
fn the_window_shows_follows_its_size_and_comes_back() {
    let desktop = Desktop::start();
    let home = Home::new();
    let studio = home.start(&desktop, &["--demo"]);
    let first = studio.until("the first window is not blank", |picture| picture.colours() > FEW);
    assert!(first.plainness() < 0.98, "nearly all of the window is one colour");

    studio.resize([900, 640]);
    let small = studio.until("the window is painted in its new size", |picture| picture.width == 900);
    for corner in [[0, 0], [800, 540]] {
        let part = small.part([corner[0], corner[1], 100, 100]);
        assert!(part.plainness() < 1.0 || part.colours() == 1, "garbage in the corner {corner:?}");
    }
    studio.minimize();
    studio.restore();
    let back = studio.until("the window is painted again", |picture| picture.colours() > FEW);
    assert_eq!((back.width, back.height), (small.width, small.height));

    let before = studio.ticks();
    let start = Instant::now();
    eventually("two seconds pass", || (start.elapsed() > Duration::from_secs(2)).then_some(()));
    let used = studio.ticks() - before;
    assert!(used <= 20, "an idle window used {used} ticks of 10 ms in two seconds");
}

#[test]
fn the_window_remembers_its_place_and_ends_when_it_is_closed() {
    let desktop = Desktop::start();
    let home = Home::new();
    let mut studio = home.start(&desktop, &["--demo"]);
    studio.settled();
    studio.resize([1000, 700]);
    studio.until("the new size is painted", |picture| picture.width == 1000);
    studio.close();
    assert_eq!(studio.ended(), Some(0), "{}", studio.log());
    let place = fs::read_to_string(home.home.path().join("window.json")).expect("window.json");
    assert!(place.contains("\"width\": 1000") && place.contains("\"height\": 700"), "{place}");

    let again = home.start(&desktop, &["--demo"]);
    let picture = again.settled();
    assert_eq!((picture.width, picture.height), (1000, 700));
    again.kill();
    let after = home.start(&desktop, &["--demo"]);
    after.until("it starts after a kill -9", |picture| picture.colours() > FEW);
}

#[test]
fn opengl_is_enough() {
    let desktop = Desktop::start();
    let home = Home::new();
    let studio = home.start_with(&desktop, &["--demo"], &[("WGPU_BACKEND", "gl"), ("FLOWLOOM_LOG", "info")]);
    studio.until("the window is not blank", |picture| picture.colours() > FEW);
    assert!(studio.log().contains("backend=gl"), "{}", studio.log());
}
