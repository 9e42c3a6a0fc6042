//! Against librdkafka's mock cluster, which knows watermarks and neither times, settings nor groups.

use super::*;
use crate::embedded::EmbeddedBroker;
use crate::topic::topics;

#[test]
fn the_watermarks_of_many_topics() {
    let broker = EmbeddedBroker::with_orders("orders", 300).unwrap();
    let cluster = broker.cluster();
    for index in 0..20 {
        broker.create_topic(&format!("empty-{index}"), 2).unwrap();
    }
    let cancel = Cancel::default();
    let all: Vec<_> = topics(&cluster, &cancel).unwrap();
    assert!(all.iter().all(|topic| topic.replicas == 1));
    let mut names: Vec<_> = all.into_iter().map(|topic| topic.name).collect();
    names.push("nowhere".to_owned());
    let facts = offsets(&cluster, &names, &cancel).unwrap();
    assert_eq!((facts.len(), facts.contains_key("nowhere")), (21, false));
    let count = |topic: &str| facts[topic].iter().filter_map(PartitionFacts::offsets).sum::<u64>();
    assert_eq!((count("orders"), count("empty-7")), (300, 0));
    let first = &facts["orders"][0];
    assert_eq!((first.partition, first.leader, first.low), (0, Some(1), Some(0)));
    assert_eq!((first.replicas.len(), first.in_sync.len(), first.last_timestamp_ms), (1, 1, None));
}

#[test]
fn an_unknown_topic_is_said_to_be_unknown() {
    let broker = EmbeddedBroker::with_orders("orders", 3).unwrap();
    let (cluster, cancel) = (broker.cluster(), Cancel::default());
    let unknown = offsets(&cluster, &["nowhere".to_owned()], &cancel).unwrap_err();
    assert!(matches!(unknown, Error::UnknownTopic { .. }), "{unknown}");
    let unknown = groups(&cluster, "nowhere", &cancel).unwrap_err();
    assert!(matches!(unknown, Error::UnknownTopic { .. }), "{unknown}");
    assert_eq!(groups(&cluster, "orders", &cancel).unwrap(), Groups::default());
}

#[test]
fn cancel_ends_a_look_at_a_silent_broker() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let cluster = Cluster::new(silent.local_addr().unwrap().to_string());
    for look in [
        |cluster: &Cluster, cancel: &Cancel| offsets(cluster, &["a".to_owned()], cancel).map(drop),
        |cluster: &Cluster, cancel: &Cancel| configuration(cluster, "a", cancel).map(drop),
        |cluster: &Cluster, cancel: &Cancel| groups(cluster, "a", cancel).map(drop),
    ] {
        let cancel = Cancel::default();
        let (stop, started) = (cancel.clone(), Instant::now());
        let outcome = std::thread::scope(|scope| {
            let looking = scope.spawn(|| look(&cluster, &cancel));
            stop.cancel();
            looking.join().unwrap()
        });
        assert!(matches!(outcome, Err(Error::Cancelled)), "{outcome:?}");
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }
}

#[test]
fn who_does_not_know_sizes_tells_none() {
    let broker = EmbeddedBroker::with_orders("orders", 3).unwrap();
    let (cluster, cancel) = (broker.cluster(), Cancel::default());
    let started = Instant::now();
    assert_eq!(
        sizes(&cluster, &["orders".to_owned(), "nowhere".to_owned()], &cancel).unwrap(),
        BTreeMap::new()
    );
    assert_eq!(sizes(&cluster, &[], &cancel).unwrap(), BTreeMap::new());
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    cancel.cancel();
    let cancelled = sizes(&cluster, &["orders".to_owned()], &cancel).unwrap_err();
    assert!(matches!(cancelled, Error::Cancelled), "{cancelled}");
}
