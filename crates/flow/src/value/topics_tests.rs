use serde_json::{Value as Json, json};

use super::*;

fn read(json: Json) -> Topics {
    serde_json::from_value(json).expect("topics")
}

fn refused(json: Json) -> String {
    serde_json::from_value::<Topics>(json).expect_err("not topics").to_string()
}

#[test]
fn every_shape_reads_as_it_was_written() {
    for json in [
        json!(""),
        json!("orders"),
        json!([]),
        json!(["orders"]),
        json!(["orders", {"topic": "payments", "partitions": "0,2-5"}]),
        json!({"pattern": "orders-.*"}),
    ] {
        assert_eq!(serde_json::to_value(read(json.clone())).expect("written"), json);
    }
}

#[test]
fn looser_spellings_are_taken() {
    let part = |partitions: Json| json!([{"topic": "a", "partitions": partitions}]);
    assert_eq!(read(part(json!(3))), read(part(json!("3"))));
    assert_eq!(read(part(json!([0, 2]))), read(part(json!("0,2"))));
    assert_eq!(read(json!([{"topic": "a"}])), read(json!(["a"])));
}

#[test]
fn what_is_no_topic_is_refused_with_what_is_one() {
    assert_eq!(
        refused(json!(7)),
        "invalid type: integer `7`, expected a topic, a list of topics, or `{pattern: …}`"
    );
    assert!(refused(json!({"patern": "x"})).starts_with("unknown field `patern`, expected `pattern`"));
    assert!(refused(json!([["a"]])).contains("expected a topic or `{topic: …, partitions: \"0,2-5\"}`"));
    assert!(
        refused(json!([{"topic": "a", "partitions": {}}])).contains("partitions are written as `\"0,2-5\"`")
    );
    assert!(refused(json!([{"partitions": "0"}])).contains("missing field `topic`"));
}

fn told(json: Json) -> Vec<String> {
    read(json).problems().iter().map(ToString::to_string).collect()
}

#[test]
fn problems_stand_where_they_are() {
    assert_eq!(told(json!("orders")), [""; 0]);
    assert_eq!(told(json!("")), ["no topic is chosen"]);
    assert_eq!(told(json!([])), ["no topic is chosen"]);
    assert_eq!(
        told(json!("orders, payments")),
        ["`orders, payments` is not the name of a topic; write several topics as a list"]
    );
    assert_eq!(
        told(json!("orders-*")),
        [
            "`orders-*` is not the name of a topic; a name has no `*`; to read all topics that fit a pattern, choose a pattern"
        ]
    );
    assert_eq!(
        told(json!(["a", {"topic": "a", "partitions": "x"}, ""])),
        [
            "[1].topic: topic `a` stands twice; write its partitions in one row",
            "[1].partitions: `x` names no partitions; write numbers and ranges from 0, such as `0,2-5`",
            "[2].topic: no topic is chosen",
        ]
    );
    let [wrong] = &told(json!({"pattern": "orders-("}))[..] else { panic!("one problem") };
    assert_eq!(
        wrong,
        ".pattern: `orders-(` is no regular expression: unclosed group; write one such as `orders-.*`; it must fit a topic's whole name"
    );
    assert_eq!(told(json!({"pattern": " "})), [".pattern: no pattern is written"]);
}

#[test]
fn a_pattern_fits_whole_names() {
    let pattern = TopicPattern::new("a|b.*").expect("a pattern");
    let fits: Vec<bool> = ["a", "b", "bcd", "ab", "xa"].map(|name| pattern.fits(name)).into();
    assert_eq!(fits, [true, true, true, false, false]);
}

#[test]
fn what_is_chosen_can_be_asked_for() {
    let list = read(json!(["orders", {"topic": "payments", "partitions": "0,2-3"}]));
    assert_eq!(list.names(), ["orders", "payments"]);
    assert_eq!((list.single(), list.is_empty(), list.pattern()), (None, false, None));
    let parts = list.parts().expect("no pattern").expect("partitions");
    assert_eq!(parts, BTreeMap::from([("orders", None), ("payments", Some(BTreeSet::from([0, 2, 3])))]));
    assert_eq!(read(json!(["orders"])).single(), Some("orders"));
    assert_eq!(read(json!("orders")).single(), Some("orders"));
    assert!(read(json!([""])).is_empty() && read(json!({"pattern": ""})).is_empty());
    assert!(read(json!({"pattern": "a"})).parts().is_none());
}

#[test]
fn captions_are_short() {
    let shown = |json| read(json).caption();
    assert_eq!(shown(json!("")), "");
    assert_eq!(shown(json!("orders")), "orders");
    assert_eq!(shown(json!(["a", "b"])), "a and b");
    assert_eq!(shown(json!(["a", "b", "c"])), "a and 2 more");
    assert_eq!(shown(json!([{"topic": "a", "partitions": "0-2"}])), "a, partitions 0-2");
    assert_eq!(shown(json!({"pattern": "a.*"})), "topics like a.*");
}
