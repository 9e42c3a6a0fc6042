//! The numbers of a run as metrics: names with their unit, base units, labels that are escaped.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use flowloom_flow::{NodeId, PartitionMetrics, SourceMetrics};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::Unit;

use super::{Exposed, Seen};

/// Partitions that are told of each flow; more would be more series than a scrape is meant for.
const PARTITIONS: usize = 2_000;

type Labels = Vec<(&'static str, String)>;

/// Writes families of one flow.
struct Families<'a, 'b> {
    flow: &'a str,
    encoder: &'a mut DescriptorEncoder<'b>,
}

impl Families<'_, '_> {
    fn counter<V: EncodeCounterValue>(
        &mut self,
        name: &str,
        unit: Option<&Unit>,
        help: &str,
        samples: Vec<(Labels, V)>,
    ) -> fmt::Result {
        if samples.is_empty() {
            return Ok(());
        }
        let mut family = self.encoder.encode_descriptor(name, help, unit, MetricType::Counter)?;
        for (labels, value) in samples {
            let labels = with_flow(self.flow, labels);
            family.encode_family(&labels)?.encode_counter(&value, None::<&Exemplar<NoLabelSet, f64>>)?;
        }
        Ok(())
    }

    fn gauge<V: EncodeGaugeValue>(
        &mut self,
        name: &str,
        unit: Option<&Unit>,
        help: &str,
        samples: Vec<(Labels, V)>,
    ) -> fmt::Result {
        if samples.is_empty() {
            return Ok(());
        }
        let mut family = self.encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?;
        for (labels, value) in samples {
            let labels = with_flow(self.flow, labels);
            family.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }
}

fn with_flow(flow: &str, labels: Labels) -> Labels {
    std::iter::once(("flow", flow.to_owned())).chain(labels).collect()
}

fn of(node: &NodeId) -> Labels {
    vec![("node", node.to_string())]
}

impl Collector for Exposed {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let seen = self.seen.lock();
        let mut out = Families { flow: &self.flow, encoder: &mut encoder };
        sources(&seen, &mut out)?;
        partitions(&seen, &mut out)?;
        let rows = seen.nodes.iter().flat_map(|(id, node)| {
            node.rows
                .iter()
                .map(move |(port, rows)| (vec![("node", id.to_string()), ("port", port.clone())], *rows))
        });
        let help = "Rows that passed an output of a node; of a writer: the rows that it took";
        out.counter("flowloom_node_rows", None, help, rows.collect())?;
        run(&seen, &mut out)
    }
}

fn sources(seen: &Seen, out: &mut Families<'_, '_>) -> fmt::Result {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    let measured = seen.nodes.iter().filter_map(|(id, node)| {
        let mut metrics = node.metrics.clone()?;
        metrics.look(now);
        Some((id, node, metrics))
    });
    let measured: Vec<_> = measured.collect();
    let reading = seen.nodes.iter().filter(|(_, node)| node.metrics.is_some() || node.records > 0);
    let reading: Vec<_> = reading.collect();
    let count = |value: fn(&super::Node) -> u64| -> Vec<(Labels, u64)> {
        reading.iter().map(|(id, node)| (of(id), value(node))).collect()
    };
    out.counter("flowloom_source_records", None, "Records read", count(|node| node.records))?;
    out.counter(
        "flowloom_source",
        Some(&Unit::Bytes),
        "Bytes of keys and values read",
        count(|node| node.bytes),
    )?;
    let help = "Messages that did not become rows: skipped and rejected";
    out.counter("flowloom_source_decode_errors", None, help, count(|node| node.decode_errors))?;
    let help = "Offsets that retention removed before they were read";
    out.counter("flowloom_source_lost_records", None, help, count(|node| node.lost))?;

    let commits = measured.iter().flat_map(|(id, _, metrics)| {
        [("succeeded", metrics.commits), ("failed", metrics.commits_failed)]
            .map(|(result, commits)| (vec![("node", id.to_string()), ("result", result.to_owned())], commits))
    });
    out.counter("flowloom_source_commits", None, "Commits of offsets", commits.collect())?;

    let gauge = |value: fn(&SourceMetrics) -> Option<f64>| -> Vec<(Labels, f64)> {
        measured.iter().filter_map(|(id, _, metrics)| Some((of(id), value(metrics)?))).collect()
    };
    let help = "Offsets that waited in all partitions when they were last looked up";
    out.gauge("flowloom_source_pending_records", None, help, gauge(|all| Some(all.pending() as f64)))?;
    let help = "Records read for each second of reading";
    out.gauge("flowloom_source_records_per_second", None, help, gauge(SourceMetrics::rate))?;
    let help = "Partitions that are read";
    out.gauge("flowloom_source_partitions", None, help, gauge(|all| Some(all.partitions.len() as f64)))?;
    let seconds = Some(&Unit::Seconds);
    let help = "From the request for messages to the first one, in the last read";
    let first = gauge(|all| Some(all.first_message_ms? / 1e3));
    out.gauge("flowloom_source_first_message", seconds, help, first)?;
    let help = "Round trip of a request to the brokers, the mean";
    let mean = gauge(|all| Some(all.round_trip?.mean_ms / 1e3));
    out.gauge("flowloom_source_fetch_latency", seconds, help, mean)?;
    let help = "Round trip of a request to the brokers, of 99 in 100 requests at most";
    let p99 = gauge(|all| Some(all.round_trip?.p99_ms / 1e3));
    out.gauge("flowloom_source_fetch_latency_p99", seconds, help, p99)?;
    let help = "How far the newest message read is behind the clock";
    let lag = gauge(|all| Some(all.event_lag_ms? as f64 / 1e3));
    out.gauge("flowloom_source_event_time_lag", seconds, help, lag)?;
    let help = "Time since a record last came";
    let idle = gauge(|all| Some(all.idle_ms? as f64 / 1e3));
    out.gauge("flowloom_source_idle", seconds, help, idle)
}

fn partitions(seen: &Seen, out: &mut Families<'_, '_>) -> fmt::Result {
    let all: Vec<(&NodeId, &PartitionMetrics)> = seen
        .nodes
        .iter()
        .filter_map(|(id, node)| Some((id, node.metrics.as_ref()?)))
        .flat_map(|(id, metrics)| metrics.partitions.iter().map(move |one| (id, one)))
        .take(PARTITIONS)
        .collect();
    let gauge = |value: fn(&PartitionMetrics) -> Option<i64>| -> Vec<(Labels, i64)> {
        let sample = |(id, one): &(&NodeId, &PartitionMetrics)| {
            let labels = vec![
                ("node", id.to_string()),
                ("topic", one.topic.clone()),
                ("partition", one.partition.to_string()),
            ];
            Some((labels, value(one)?))
        };
        all.iter().filter_map(sample).collect()
    };
    for (name, help, value) in PARTITION_GAUGES {
        out.gauge(name, None, help, gauge(*value))?;
    }
    Ok(())
}

type PartitionGauge = (&'static str, &'static str, fn(&PartitionMetrics) -> Option<i64>);

const PARTITION_GAUGES: &[PartitionGauge] = &[
    ("flowloom_source_current_offset", "Where the source goes on", |one| Some(one.position)),
    ("flowloom_source_committed_offset", "What is committed, as the next offset to read", |one| {
        one.committed
    }),
    ("flowloom_source_low_offset", "First offset that is kept", |one| Some(one.low)),
    ("flowloom_source_high_offset", "Where the next message will be", |one| Some(one.high)),
    ("flowloom_source_lag_records", "Offsets that were not read yet", |one| Some(one.lag() as i64)),
];

fn run(seen: &Seen, out: &mut Families<'_, '_>) -> fmt::Result {
    let Some(live) = &seen.live else { return Ok(()) };
    out.counter(
        "flowloom_run_batches",
        None,
        "Batches with something new",
        vec![(Labels::new(), live.batches)],
    )?;
    out.counter(
        "flowloom_run_empty_batches",
        None,
        "Batches without news",
        vec![(Labels::new(), live.empty)],
    )?;
    out.counter("flowloom_run_failures", None, "Attempts that failed", vec![(Labels::new(), seen.failures)])?;
    let help = "1 while the next attempt waits after trouble";
    let backing_off = vec![(Labels::new(), i64::from(seen.is_backing_off))];
    out.gauge("flowloom_run_backing_off", None, help, backing_off)?;
    let last = live.last_batch_ms.map(|ms| (Labels::new(), ms as f64 / 1e3));
    let help = "When the last batch with something new was over";
    out.gauge("flowloom_run_last_batch_timestamp", Some(&Unit::Seconds), help, last.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use flowloom_engine::RunEvent;
    use flowloom_flow::{Progress, RoundTrip};
    use parking_lot::Mutex;
    use prometheus_client::encoding::text;
    use prometheus_client::registry::Registry;

    use super::*;

    fn scrape(seen: Seen, flow: &str) -> String {
        let mut registry = Registry::default();
        let exposed = Exposed { flow: flow.to_owned(), seen: Mutex::new(seen) };
        registry.register_collector(Box::new(exposed));
        let mut text = String::new();
        text::encode(&mut text, &registry).expect("text");
        text
    }

    fn measured(partitions: i32) -> RunEvent {
        let one = |partition| PartitionMetrics {
            topic: "orders".to_owned(),
            partition,
            high: 12,
            position: 10,
            committed: Some(7),
            ..PartitionMetrics::default()
        };
        let metrics = SourceMetrics {
            records: 10,
            bytes: 100,
            round_trip: Some(RoundTrip { mean_ms: 1.5, p99_ms: 4.0 }),
            partitions: (0..partitions).map(one).collect(),
            ..SourceMetrics::default()
        };
        RunEvent::Measured { node: NodeId::nearest("orders"), metrics: Box::new(metrics) }
    }

    #[test]
    fn names_have_units_and_labels_are_escaped() {
        let mut seen = Seen::default();
        seen.take(&measured(1));
        let text = scrape(seen, "a \"b\"\n\\c");
        let flow = r#"flow="a \"b\"\n\\c",node="orders""#;
        for line in [
            "# TYPE flowloom_source_records counter".to_owned(),
            format!("flowloom_source_records_total{{{flow}}} 10"),
            "# UNIT flowloom_source_bytes bytes".to_owned(),
            format!("flowloom_source_bytes_total{{{flow}}} 100"),
            format!("flowloom_source_fetch_latency_seconds{{{flow}}} 0.0015"),
            format!("flowloom_source_lag_records{{{flow},topic=\"orders\",partition=\"0\"}} 2"),
            format!("flowloom_source_committed_offset{{{flow},topic=\"orders\",partition=\"0\"}} 7"),
            format!("flowloom_source_commits_total{{{flow},result=\"failed\"}} 0"),
        ] {
            assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"), "{text}");
    }

    #[test]
    fn counters_never_fall_and_series_are_bounded() {
        let mut seen = Seen::default();
        let node = NodeId::nearest("orders");
        let progress = Progress { records: 50, bytes: 1, target: None };
        seen.take(&RunEvent::Progress { node: node.clone(), progress });
        seen.take(&measured(5_000));
        assert_eq!(seen.nodes[&node].records, 50, "a batch that is read again is behind for a while");
        let text = scrape(seen, "f");
        let lags = text.lines().filter(|line| line.starts_with("flowloom_source_lag_records{")).count();
        assert_eq!(lags, PARTITIONS);
        assert!(text.contains("flowloom_source_partitions{flow=\"f\",node=\"orders\"} 5000"), "{text}");
    }
}
