//! Exported programs that start, end and read as the settings beyond the usual ones say.

use crate::group::commit;
use crate::kafka_export::{Case, FIELDS, in_python, in_rust, orders, poison, transactions};
use crate::message::Message;
use crate::topic::Topic;

pub(crate) const STARTS_AND_ENDS: &[Case] = &[
    Case {
        name: "window",
        settings: &[
            FIELDS,
            "start: timestamp",
            "start_at: 2026-01-01T00:00:00.007Z",
            "end: timestamp",
            "end_at: 2026-01-01T00:00:00.215Z",
            "max_messages: 40",
        ],
        has_rejects: false,
        in_rust: true,
        fill: orders,
    },
    Case {
        name: "old_times",
        settings: &[FIELDS, "start: timestamp", "start_at: 2026-01-02"],
        has_rejects: false,
        in_rust: true,
        fill: markers,
    },
    Case {
        name: "between",
        settings: &[
            FIELDS,
            "start: offsets",
            r#"start_offsets: "0=3, 1=5, 2=1""#,
            "end: offsets",
            r#"end_offsets: "0=8, 1=2""#,
        ],
        has_rejects: false,
        in_rust: true,
        fill: orders,
    },
    Case {
        name: "up_to_group",
        settings: &[FIELDS, "end: committed", "end_group: export-auditor"],
        has_rejects: false,
        in_rust: true,
        fill: audited,
    },
    Case {
        name: "up_to_time",
        settings: &[FIELDS, "fallback: latest", "end: timestamp", "end_at: 2026-01-01T00:00:00.115Z"],
        has_rejects: false,
        in_rust: true,
        fill: orders,
    },
    Case {
        name: "some_partitions",
        settings: &[FIELDS, r#"topic: [{topic: TOPIC, partitions: "0,2"}]"#],
        has_rejects: false,
        in_rust: true,
        fill: orders,
    },
    Case {
        name: "near",
        settings: &[FIELDS, "rack: rack-1"],
        has_rejects: false,
        in_rust: false,
        fill: orders,
    },
];

pub(crate) const MESSAGES: &[Case] = &[
    Case {
        name: "lost_first",
        settings: &[FIELDS, "lost: earliest"],
        has_rejects: false,
        in_rust: true,
        fill: shortened,
    },
    Case {
        name: "lost_end",
        settings: &[FIELDS, "lost: latest"],
        has_rejects: false,
        in_rust: true,
        fill: shortened,
    },
    Case {
        name: "tombstone_rows",
        settings: &[
            FIELDS,
            "tombstones: nulls",
            "bad_messages: reject",
            "headers_column: true",
            "topic_column: true",
            "column_names: {_kafka_key: key, _kafka_timestamp: at, _kafka_headers: notes, _kafka_topic: topic}",
        ],
        has_rejects: true,
        in_rust: true,
        fill: poison,
    },
    Case {
        name: "tombstones_passed",
        settings: &[FIELDS, "tombstones: skip", "bad_messages: skip"],
        has_rejects: false,
        in_rust: true,
        fill: poison,
    },
    Case {
        name: "text",
        settings: &["fields: [{name: value, type: String}]", "format: text", "bad_messages: reject"],
        has_rejects: true,
        in_rust: true,
        fill: poison,
    },
    Case {
        name: "raw",
        settings: &[
            "fields: [{name: content, type: Binary, from: value}]",
            "format: raw",
            "tombstones: nulls",
            "key_column: bytes",
        ],
        has_rejects: false,
        in_rust: true,
        fill: poison,
    },
    Case {
        name: "paths",
        settings: &[
            "fields: [{name: id, type: Int64}, {name: again, type: Int64, from: id}, {name: city, type: String, from: who.address.city}, \
             {name: zip, type: Int64, from: who.address.zip}, {name: x, type: String, from: 'who.\"a.b\"'}, {name: who, type: \"Struct{name: String}\"}]",
            "bad_messages: reject",
        ],
        has_rejects: true,
        in_rust: true,
        fill: deep,
    },
    Case {
        name: "times",
        settings: &[
            "fields: [{name: us, type: \"Datetime(us, UTC)\"}, {name: ms, type: \"Datetime(ms)\", encoding: epoch_s}, \
             {name: ns, type: \"Datetime(ns, UTC)\", encoding: epoch_s, from: at.ns}, \
             {name: from_ns, type: \"Datetime(us, UTC)\", encoding: epoch_ns}, \
             {name: berlin, type: \"Datetime(ms, Europe/Berlin)\", encoding: rfc3339}]",
            "bad_messages: reject",
        ],
        has_rejects: true,
        in_rust: true,
        fill: times,
    },
];

/// Messages of long ago among markers of now.
fn markers(topic: &Topic<'_>, round: i64) {
    transactions(topic, round);
    topic.begin().send([Message::new(r#"{"id": 7}"#).timestamp_ms(1_767_225_600_000)]).commit();
}

/// Another group goes on with every round, and has not begun with one partition.
fn audited(topic: &Topic<'_>, round: i64) {
    orders(topic, round);
    commit(topic, "export-auditor", &[4 + round * 10, 5 + round * 8]);
}

/// Retention takes away more than was read.
fn shortened(topic: &Topic<'_>, round: i64) {
    orders(topic, round);
    if round > 0 {
        topic.delete_before(0, round * 10 + 4);
        topic.delete_before(1, round * 10 + 10);
    }
}

fn deep(topic: &Topic<'_>, round: i64) {
    let texts = [
        r#"{"id": 1, "who": {"name": "Ann", "a.b": {"c": [1.50]}, "address": {"city": "Ulm", "zip": 89073}}}"#,
        r#"{"id": 2, "who": {"name": null, "a.b": "x", "address": {"city": 1.50, "zip": 1e3}}}"#,
        r#"{"id": 3, "who": {"address": null}}"#,
        r#"{"id": 4, "who": null}"#,
        r#"{"id": 5}"#,
        r#"{"id": 6, "who": "Ann"}"#,
        r#"{"id": 7, "who": {"address": [1]}}"#,
        r#"{"id": 8, "who": {"address": {"city": null, "zip": "89073"}}}"#,
        "9",
    ];
    topic.send(texts.iter().zip(0..).map(|(text, i)| {
        Message::new(text).partition((i + round as i32) % 3).timestamp_ms(1_767_225_600_000)
    }));
}

fn times(topic: &Topic<'_>, round: i64) {
    let texts = [
        r#"{"us": 1767225600123456, "ms": 1767225600.1239, "at": {"ns": 1767225600.123456789}, "from_ns": 1767225600123456789, "berlin": 1767225600123}"#,
        r#"{"us": -1, "ms": -0.0005, "at": {"ns": 1.5e3}, "from_ns": -1, "berlin": "2026-07-01T12:00:00.5+02:00"}"#,
        r#"{"us": "2026-11-21T20:57:12.5+01:00", "ms": "2026-11-21 20:57Z", "at": {"ns": "1969-12-31T23:59:59.999999999Z"}, "from_ns": "2016-12-31t23:59:60z"}"#,
        r#"{"us": "2026-11-21T20:57:12,1234567890-0130", "ms": 2e-4, "at": {"ns": 0}, "from_ns": "2026-11-21T20:57:12+05", "berlin": "2026-01-01T00:00:00"}"#,
        r#"{"us": null, "at": null}"#,
        r#"{"us": "2026-11-21"}"#,
        r#"{"us": "2026-02-29T00:00:00Z"}"#,
        r#"{"us": "2026-11-21T24:00:00Z"}"#,
        r#"{"us": "2026-11-21T20:57:12.Z"}"#,
        r#"{"us": "2026-11-21T20:57:12+25:00"}"#,
        r#"{"us": "1767225600"}"#,
        r#"{"us": true}"#,
        r#"{"us": 1e30}"#,
        r#"{"us": [1]}"#,
    ];
    topic.send(texts.iter().zip(0..).map(|(text, i)| {
        Message::new(text).partition((i + round as i32) % 3).timestamp_ms(1_767_225_600_000)
    }));
}

#[test]
fn scripts_start_and_end_as_the_engine_does() {
    in_python(STARTS_AND_ENDS);
}

#[test]
fn scripts_read_messages_as_the_engine_does() {
    in_python(MESSAGES);
}

#[test]
fn programs_start_and_end_as_the_engine_does() {
    in_rust(STARTS_AND_ENDS);
}

#[test]
fn programs_read_messages_as_the_engine_does() {
    in_rust(MESSAGES);
}
