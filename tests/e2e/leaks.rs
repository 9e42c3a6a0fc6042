//! No secret of the tests' services is ever seen: every output of the program and every file that it wrote is looked
//! through, in whatever test.

use std::fs;
use std::path::Path;

use crate::passwords;

/// `text` holds none of them, in no usual encoding. `place` says whose text it is.
#[track_caller]
pub(crate) fn none_in(place: &str, bytes: &[u8]) {
    for secret in passwords::ALL {
        for form in forms(secret) {
            let found = bytes.windows(form.len()).any(|window| window == form.as_bytes());
            assert!(!found, "the secret `{secret}` (as `{form}`) is in {place}");
        }
    }
}

/// No file below `folder` holds one.
#[track_caller]
pub(crate) fn none_below(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            none_below(&path);
        } else if let Ok(bytes) = fs::read(&path) {
            none_in(&path.display().to_string(), &bytes);
        }
    }
}

/// As it is, and as Base64 and percent-encoding write it.
fn forms(secret: &str) -> [String; 3] {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(secret);
    [secret.to_owned(), encoded, secret.replace('-', "%2D")]
}

#[test]
fn the_scan_finds_what_it_looks_for() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("below")).expect("a folder");
    none_below(folder.path());
    for text in [b"x alice-secret y".as_slice(), b"YWxpY2Utc2VjcmV0", b"alice%2Dsecret"] {
        fs::write(folder.path().join("below/file"), text).expect("written");
        let found = std::panic::catch_unwind(|| none_below(folder.path()));
        found.expect_err("it is found");
    }
}
