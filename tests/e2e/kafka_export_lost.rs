//! Exported programs where retention takes messages before they are read, or while they are.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::process::Command;

use flowloom_engine::Outcome;
use flowloom_flow::{Cancel, Target};

use crate::broker::Broker;
use crate::export::{at, project, said};
use crate::group::{commit, committed};
use crate::job::Job;
use crate::kafka_export::{Case, FIELDS, NOWHERE, orders, script};
use crate::message::Message;
use crate::producer::{producer, send};
use crate::rows::{left_over, written};
use crate::rust_export;
use crate::topic::Topic;

pub(crate) fn cases() -> impl Iterator<Item = &'static Case> {
    std::iter::once(&LOST).chain(GOING)
}

/// Retention took two messages that were not read.
const LOST: Case = Case {
    name: "lost_fail",
    settings: &[FIELDS, "lost: fail"],
    has_rejects: false,
    in_rust: true,
    fill: orders,
};

#[test]
fn lost_messages_fail_engine_and_programs_alike() {
    let broker = Broker::shared();
    for target in Target::ALL {
        let topic = Topic::create_named(broker, &LOST.topic(target), 3, &[]);
        orders(&topic, 0);
        commit(&topic, &format!("{}-program", topic.name), &[2, 2, 2]);
        topic.delete_before(1, 4);
        let flow = LOST.flow(target, "program");
        let folder = tempfile::tempdir().expect("a folder");
        let report = Job::with(&flow, folder.path(), broker.bootstrap()).run(&Cancel::default());
        assert_eq!(report.outcome, Outcome::Failed);
        let script = python(&LOST);
        let output = at(&mut program(&LOST, target, &script), broker)
            .current_dir(folder.path())
            .output()
            .expect("it starts");
        assert!(!output.status.success());
        let told = format!("partition 1 of {}: 2 offsets are lost", topic.name);
        assert!(said(&output).contains(&told), "{}", said(&output));
        assert!(written(folder.path()).is_empty() && left_over(folder.path()).is_empty());
    }
}

fn python(case: &Case) -> impl Fn() -> Command + use<> {
    let folder = tempfile::tempdir().expect("a folder");
    let flow = case.flow(Target::Python, "program");
    script(case.name, &project(&flow, folder.path(), NOWHERE, Target::Python))
}

fn program(case: &Case, target: Target, python: &impl Fn() -> Command) -> Command {
    match target {
        Target::Python => python(),
        Target::Rust => rust_export::program(&format!("kafka_{}", case.name)),
    }
}

/// Programs that say so much about bad messages that they wait for who reads it, and fetch little ahead.
macro_rules! going {
    ($name:literal, $lost:literal) => {
        Case {
            name: $name,
            settings: &[
                FIELDS,
                "bad_messages: skip",
                concat!("lost: ", $lost),
                "properties: {queued.min.messages: 1, queued.max.messages.kbytes: 1, fetch.message.max.bytes: 1000, \
                 fetch.queue.backoff.ms: 5}",
            ],
            has_rejects: false,
            in_rust: true,
            fill: most_are_bad,
        }
    };
}

const GOING: &[Case] =
    &[going!("going_first", "earliest"), going!("going_end", "latest"), going!("going_fail", "fail")];

/// Messages of the first partition, and the first of them that retention leaves.
const END: i64 = 3000;
const LEFT: i64 = 2500;

/// Of the first partition one message in ten is good, and the second partition has five good ones.
fn most_are_bad(topic: &Topic<'_>, _round: i64) {
    let first = (0..END).map(|id| {
        let text = if id % 10 == 0 { format!(r#"{{"id": {id}}}"#) } else { format!(r#"{{"id": {id}"#) };
        Message::new(text).partition(0)
    });
    let second = (END..END + 5).map(|id| Message::new(format!(r#"{{"id": {id}}}"#)).partition(1));
    send(&producer(topic.broker, &[("batch.num.messages", "5")]), &topic.name, first.chain(second));
}

/// Runs `program`, and takes messages away once it has begun to read; whether it succeeds, and what it says.
fn while_retention_goes_on(mut program: Command, topic: &Topic<'_>) -> (bool, String) {
    let (reader, writer) = io::pipe().expect("a pipe");
    program.stdout(writer.try_clone().expect("a pipe")).stderr(writer);
    let mut running = program.spawn().expect("it starts");
    // It holds the other end of the pipe as long as it lives.
    drop(program);
    let mut reader = BufReader::new(reader);
    let mut said = String::new();
    reader.read_line(&mut said).expect("text");
    assert!(said.starts_with("skipped offset 1 of partition 0"), "{said}");
    topic.delete_before(0, LEFT);
    reader.read_to_string(&mut said).expect("text");
    (running.wait().expect("it ends").success(), said)
}

#[test]
fn programs_follow_the_policy_while_retention_goes_on() {
    let broker = Broker::shared();
    for case in GOING {
        let python = python(case);
        for target in Target::ALL {
            let topic = Topic::create_named(broker, &case.topic(target), 2, &[]);
            (case.fill)(&topic, 0);
            let folder = tempfile::tempdir().expect("a folder");
            let mut program = program(case, target, &python);
            at(&mut program, broker).current_dir(folder.path());
            let (is_well, said) = while_retention_goes_on(program, &topic);
            let told = said.lines().find(|line| line.contains(" offsets are lost")).expect(&said);
            let begin = format!("partition 0 of {}: ", topic.name);
            let lost = told.split_once(&begin).and_then(|(_, rest)| rest.split_once(' ')).expect(told);
            let lost: i64 = lost.0.parse().expect("a number");
            let on = if case.name == "going_end" { END } else { LEFT };
            let before = on - lost;
            assert!(0 < before && before < LEFT, "{said}");
            let group = format!("{}-program", topic.name);
            if case.name == "going_fail" {
                assert!(!is_well && written(folder.path()).is_empty() && left_over(folder.path()).is_empty());
                assert_eq!(committed(&topic, &group), [None; 2]);
                continue;
            }
            assert!(is_well, "{said}");
            let rows = written(folder.path());
            let [(_, rows)] = rows.iter().collect::<Vec<_>>()[..] else { panic!("{:?}", rows.keys()) };
            let found: Vec<i64> = rows.iter().filter_map(|row| row["id"].as_i64()).collect();
            let expected = (0..before).chain(on..END).filter(|id| id % 10 == 0).chain(END..END + 5);
            assert_eq!(found, expected.collect::<Vec<_>>(), "{} in {}", case.name, target.name());
            assert_eq!(committed(&topic, &group), [Some(END), Some(5)]);
        }
    }
}
