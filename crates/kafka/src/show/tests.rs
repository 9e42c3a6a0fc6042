//! Messages written by Confluent's own serializers for Python, with the schemas as Apicurio gave them.

use proptest::prelude::*;

use super::*;
use crate::registry::tests::serve;

const AVRO: &str = "00000000024831323334353637382d313233342d353637382d313233342d3536373831323334353637380582808080808080209a9999999999b93f0000c03f020645555204fb2e00040661226204c3bc0002027802000200ff10418cb502aafcd0bdd1028ad8e2cbbe6304010202027300";
const JSON: &str = "00000000037b226964223a226f31222c22717479223a337d";
const ORDER: &str = "000000000502020a026f3112150a017310021a0e0a034555521081808080808080101801220b08c0e381af0610c096b1022a0e0a017810ffffffffffffffffff01320201ff38ffffffffffffffffff01";
const LINE: &str = "00000000050402000a017310021a0e0a03455552108180808080808010";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn registry() -> Registry {
    let plain = |text: &str, references: &str| {
        let schema = serde_json::to_string(text).unwrap();
        format!(r#"{{"id":1,"schemaType":"PROTOBUF","schema":{schema},"references":[{references}]}}"#)
    };
    let common = r#"{"name":"common.proto","subject":"common.text","version":1}"#;
    serve(&[
        ("schemas/ids/2", 200, include_str!("golden/avro.json")),
        ("subjects/money-value/versions/1", 200, include_str!("golden/money-value.json")),
        ("schemas/ids/3", 200, r#"{"schemaType":"JSON","schema":"{}"}"#),
        ("schemas/ids/5", 200, include_str!("golden/protobuf.json")),
        ("subjects/common.proto/versions/1", 200, include_str!("golden/common.proto.json")),
        ("schemas/ids/6", 200, &plain(include_str!("golden/order.proto"), common)),
        ("subjects/common.text/versions/1", 200, &plain(include_str!("golden/common.proto"), "")),
        ("schemas/ids/8", 200, r#"{"schema":"{\"type\":\"nonsense\"}"}"#),
        ("schemas/ids/9", 404, r#"{"error_code":40403,"message":"-"}"#),
        (
            "schemas/ids/10",
            200,
            r#"{"schema":"{\"type\":\"record\",\"name\":\"N\",\"fields\":[{\"name\":\"n\",\"type\":[\"null\",\"N\"]}]}"}"#,
        ),
        ("schemas/ids/11", 200, r#"{"schema":"{\"type\":\"array\",\"items\":\"null\"}"}"#),
    ])
    .0
}

fn compact(text: &str) -> String {
    text.lines().map(str::trim_start).collect::<String>().replace("\": ", "\":")
}

#[test]
fn avro_of_the_reference_serializer() {
    let shown = show(Some(&bytes(AVRO)), Show::Auto, Some(&registry()));
    assert_eq!((shown.how, shown.note, shown.schema_id), (Show::Registry, None, Some(2)));
    let expected = concat!(
        r#"{"id":"12345678-1234-5678-1234-567812345678","qty":-3,"big":9007199254740993,"ratio":0.1,"small":1.5,"#,
        r#""paid":{"currency":"EUR","amount":-12.34},"note":null,"tags":["a\"b","ü"],"counts":{"x":1},"#,
        r#""state":"PAID","hash":"0x00ff1041","day":"2024-02-29","time":"12:34:56.000789","#,
        r#""at":"2024-02-29T12:00:00.005Z","raw":"0x0102","either":"s","next":null}"#
    );
    assert_eq!(compact(&shown.text), expected);
    assert!(shown.text.starts_with("{\n  \"id\": \"1234"), "{}", shown.text);
}

#[test]
fn protobuf_of_the_reference_serializer() {
    let registry = registry();
    let line = r#"{"sku":"s","qty":2,"price":{"currency":"EUR","cents":9007199254740993}}"#;
    let order = format!(
        concat!(
            r#"{{"id":"o1","lines":[{}],"state":"PAID","at":"2024-02-29T12:00:00.005Z","counts":{{"x":-1}},"#,
            r#""raw":"Af8=","big":18446744073709551615}}"#
        ),
        line
    );
    // Registered as a descriptor, and the same as source.
    for id in [5, 6] {
        for (message, expected) in [(ORDER, order.as_str()), (LINE, line)] {
            let mut message = bytes(message);
            message[4] = id;
            let shown = show(Some(&message), Show::Registry, Some(&registry));
            assert_eq!((shown.note.as_deref(), compact(&shown.text)), (None, expected.to_owned()));
        }
    }
    let unknown = [0, 0, 0, 0, 5, 0, 0x38, 1];
    let shown = show(Some(&unknown), Show::Registry, Some(&registry));
    assert_eq!(shown.note.as_deref(), Some("1 field is not in the schema"));
}

#[test]
fn json_of_the_reference_serializer() {
    let shown = show(Some(&bytes(JSON)), Show::Auto, Some(&registry()));
    assert_eq!(shown.text, "{\n  \"id\": \"o1\",\n  \"qty\": 3\n}");
    assert_eq!((shown.how, shown.schema_id), (Show::Registry, Some(3)));
}

#[test]
fn what_cannot_be_decoded_is_shown_with_the_reason() {
    let registry = registry();
    for (message, registry, note) in [
        (&[0, 0, 0, 0, 9, 1][..], Some(&registry), "schema 9 is not in the registry"),
        (&[0, 0, 0, 0, 7, 1], None, "schema 7 seems to be named here, and no schema registry is given"),
        (
            &[0, 0, 0, 0, 2, 1],
            Some(&registry),
            "schema 2 does not read these bytes: not valid Avro at byte 1: a length is negative",
        ),
        (&[0, 0, 0, 0, 3, b'{'], Some(&registry), "schema 3 does not read these bytes: not JSON"),
        (&[0, 0, 0, 0, 8, 1], Some(&registry), "schema 8 cannot be used: "),
        (
            &[0, 0, 0, 0, 5, 2, 8],
            Some(&registry),
            "schema 5 does not read these bytes: the schema has no message [4]",
        ),
    ] {
        for how in [Show::Auto, Show::Registry] {
            let shown = show(Some(message), how, registry);
            assert!(shown.note.as_deref().is_some_and(|found| found.starts_with(note)), "{shown:?}");
            assert_eq!((shown.how, shown.schema_id), (Show::Hex, Some(i32::from(message[4]))));
        }
    }
    let shown = show(Some(b"{}"), Show::Registry, Some(&registry));
    assert_eq!(shown.note.as_deref(), Some("no schema is named in front of these bytes"));
    assert_eq!((shown.how, shown.text.as_str()), (Show::Json, "{}"));
}

#[test]
fn depth_and_length_are_bounded() {
    let registry = registry();
    let mut deep = vec![0, 0, 0, 0, 10];
    deep.extend(vec![2; 1 << 20]);
    let shown = show(Some(&deep), Show::Registry, Some(&registry));
    assert!(shown.note.is_some_and(|note| note.ends_with("nested deeper than 128")), "{}", shown.text.len());
    // More nulls than there are atoms, in ten bytes.
    let mut long = vec![0, 0, 0, 0, 11];
    long.extend([0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    let shown = show(Some(&long), Show::Registry, Some(&registry));
    assert_eq!(shown.note.as_deref(), Some(SHORTENED));
    assert!(shown.text.len() <= MOST_TEXT + 100, "{}", shown.text.len());
}

#[test]
fn each_way_to_show() {
    let shown = |bytes: &[u8], how| {
        let shown = show(Some(bytes), how, None);
        (shown.text, shown.how, shown.note)
    };
    assert_eq!(shown(b"[1.0]", Show::Auto), ("[\n  1.0\n]".to_owned(), Show::Json, None));
    assert_eq!(shown(b"hi", Show::Auto), ("hi".to_owned(), Show::Text, None));
    assert_eq!(shown(b"", Show::Auto), (String::new(), Show::Text, None));
    assert_eq!(shown(&[1, 2], Show::Auto).1, Show::Hex);
    assert_eq!(shown(b"[1.0]", Show::Text), ("[1.0]".to_owned(), Show::Text, None));
    let (text, how, note) = shown(b"{\"a\":", Show::Json);
    assert_eq!((text.as_str(), how), ("{\"a\":", Show::Text));
    assert!(note.is_some_and(|note| note.starts_with("not JSON: EOF")));
    for how in [Show::Auto, Show::Json, Show::Text, Show::Hex, Show::Registry] {
        assert_eq!(show(None, how, None).text, "null");
    }
}

proptest! {
    #[test]
    fn random_bytes_are_always_shown(body in prop::collection::vec(any::<u8>(), 0..200), id in 1_u8..12) {
        thread_local!(static REGISTRY: Registry = registry());
        let mut message = vec![0, 0, 0, 0, id];
        message.extend(&body);
        REGISTRY.with(|registry| {
            for bytes in [&body, &message] {
                for how in [Show::Auto, Show::Json, Show::Text, Show::Hex, Show::Registry] {
                    let shown = show(Some(bytes), how, Some(registry));
                    assert_ne!(shown.how, Show::Auto);
                    assert!(shown.text.len() <= MOST_TEXT + 100);
                }
            }
        });
    }

    #[test]
    fn indenting_changes_white_space_only(text in "[\\[\\]{},:0-9a-z\" \\\\]{0,60}") {
        let (indented, cut) = indent::indent(&text, MOST_TEXT);
        let bare = |text: &str| text.split_whitespace().collect::<String>();
        prop_assert!(!cut);
        prop_assert_eq!(bare(&indented), bare(&text));
    }
}
