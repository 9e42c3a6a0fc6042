//! What the fuzz targets do (`make fuzz`), over their seeds and over each seed cut short and garbled.

#[path = "../../../fuzz/src/bodies.rs"]
#[expect(unreachable_pub, reason = "the fuzz targets use it as a crate")]
mod bodies;

use std::path::Path;

/// A target and its body.
type Target = (&'static str, fn(&[u8]));

/// A new target needs a line here.
const TARGETS: [Target; 8] = [
    ("avro", bodies::avro),
    ("cbor", bodies::cbor),
    ("csv", bodies::csv),
    ("json", bodies::json),
    ("json_schema", bodies::json_schema),
    ("messagepack", bodies::messagepack),
    ("protobuf", bodies::protobuf),
    ("text", bodies::text),
];

#[test]
fn every_target_keeps_its_promises_over_its_seeds() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    for (name, body) in TARGETS {
        let seeds = std::fs::read_dir(fuzz.join("seeds").join(name)).expect("a folder of seeds");
        for seed in seeds {
            let seed = std::fs::read(seed.expect("a seed").path()).expect("a seed");
            body(&seed);
            for at in 0..seed.len() {
                body(&seed[..at]);
                for with in [0, b'"', b'{', b'9', 0xff] {
                    let mut garbled = seed.clone();
                    garbled[at] = with;
                    body(&garbled);
                }
            }
        }
    }
    let targets = std::fs::read_dir(fuzz.join("fuzz_targets")).expect("a folder of targets");
    for target in targets {
        let target = target.expect("a target").path();
        let name = target.file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        assert!(TARGETS.iter().any(|(known, _)| *known == name), "`{name}` is not among the targets here");
    }
}
