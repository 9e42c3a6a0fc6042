//! What a setting's list offers, on a real broker.

use flowloom_studio::{Command, Outcome, Reply, Session, Values};

use crate::broker::Broker;
use crate::kafka_source::source_to_file;
use crate::topic::Topic;

#[test]
fn topics_of_the_broker_are_offered_without_kafkas_own() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "offered", 3);
    let mut session = Session::new(flowloom_studio::Limits::default());
    let recover = Command::Recover { text: source_to_file(&topic.name, &[]), path: None, folder: ".".into() };
    let Ok(Reply::Opened { flow, .. }) = session.send(recover) else { panic!("the flow opens") };
    let suggest = Command::Suggest {
        flow,
        node: "source".parse().expect("an id"),
        key: "topic".to_owned(),
        values: Values::from([("bootstrap".to_owned(), broker.bootstrap().into())]),
    };
    let Ok(Reply::Job(job)) = session.send(suggest) else { panic!("a job") };
    let found = match job.wait(|_| ()) {
        Outcome::Suggested(found) => found,
        other => panic!("{other:?}"),
    };
    let ours = found.iter().find(|each| each.value == topic.name).expect("the topic is offered");
    assert_eq!(ours.detail, "3 partitions");
    assert!(found.iter().all(|each| !each.value.starts_with("__")), "{found:?}");
}
