//! Answers, read into plain values while librdkafka's memory is alive.

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char};
use std::ptr::NonNull;
use std::slice;

use rdkafka::bindings as ffi;
use rdkafka::error::KafkaResult;
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};

use super::checked;

/// What is asked of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum End {
    Low,
    High,
    /// The message with the latest time.
    LatestTime,
}

impl End {
    pub(super) fn spec(self) -> i64 {
        use ffi::rd_kafka_OffsetSpec_t as Spec;
        match self {
            Self::Low => Spec::RD_KAFKA_OFFSET_SPEC_EARLIEST as i64,
            Self::High => Spec::RD_KAFKA_OFFSET_SPEC_LATEST as i64,
            Self::LatestTime => Spec::RD_KAFKA_OFFSET_SPEC_MAX_TIMESTAMP as i64,
        }
    }
}

/// An end of a partition.
pub(in super::super) struct Found {
    pub(in super::super) topic: String,
    pub(in super::super) partition: i32,
    pub(in super::super) end: End,
    pub(in super::super) offset: i64,
    pub(in super::super) timestamp_ms: Option<i64>,
}

/// A group as its coordinator lists it.
pub(in super::super) struct Listed {
    pub(in super::super) group: String,
    pub(in super::super) state: String,
    pub(in super::super) protocol: String,
}

/// What a group has to do with a topic.
#[derive(Debug, Default)]
pub(in super::super) struct Described {
    pub(in super::super) state: Option<String>,
    pub(in super::super) members: usize,
    pub(in super::super) assigned: Vec<i32>,
    pub(in super::super) committed: Vec<(i32, i64)>,
    /// Why a part of it was not told.
    pub(in super::super) refused: Option<RDKafkaErrorCode>,
}

/// Where the value of a setting comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigSource {
    /// Set for this topic.
    Topic,
    /// Set for its broker, or for all brokers, while they run.
    Broker,
    /// In the broker's file.
    BrokerFile,
    /// Kafka's own.
    Default,
    Unknown,
}

/// A setting of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigEntry {
    pub name: String,
    /// `None` where it is sensitive.
    pub value: Option<String>,
    /// Whether it is Kafka's own value.
    pub is_default: bool,
    pub source: ConfigSource,
    pub is_read_only: bool,
}

/// An answer.
pub(super) struct Event(NonNull<ffi::rd_kafka_event_t>);

impl Event {
    /// Owns `event`.
    pub(super) fn new(event: NonNull<ffi::rd_kafka_event_t>) -> Self {
        Self(event)
    }

    /// Whether the request as a whole was answered.
    pub(super) fn check(&self) -> KafkaResult<()> {
        // SAFETY: the event is alive.
        checked(unsafe { ffi::rd_kafka_event_error(self.0.as_ptr()) })
    }

    /// The number that was given to the request.
    pub(super) fn opaque(&self) -> usize {
        // SAFETY: the event is alive; the pointer is the number that we put there.
        unsafe { ffi::rd_kafka_event_opaque(self.0.as_ptr()) }.addr()
    }

    /// Adds the ends that partitions told; those that failed are left out.
    pub(super) fn offsets(&self, end: End, found: &mut Vec<Found>) {
        // SAFETY: the event is alive, and with it all that its result points to; a result of another kind is null.
        unsafe {
            let result = ffi::rd_kafka_event_ListOffsets_result(self.0.as_ptr());
            for info in items(result, |result, count| ffi::rd_kafka_ListOffsets_result_infos(result, count)) {
                let partition = &*ffi::rd_kafka_ListOffsetsResultInfo_topic_partition(*info);
                if partition.err != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR || partition.offset < 0 {
                    continue;
                }
                let time_ms = ffi::rd_kafka_ListOffsetsResultInfo_timestamp(*info);
                found.push(Found {
                    topic: text(partition.topic),
                    partition: partition.partition,
                    end,
                    offset: partition.offset,
                    timestamp_ms: Some(time_ms).filter(|time_ms| *time_ms >= 0),
                });
            }
        }
    }

    /// Adds the settings of the topic that was asked about.
    pub(super) fn configuration(&self, entries: &mut Vec<ConfigEntry>) -> KafkaResult<()> {
        // SAFETY: as in `offsets`.
        unsafe {
            let result = ffi::rd_kafka_event_DescribeConfigs_result(self.0.as_ptr());
            let resources =
                items(result, |result, count| ffi::rd_kafka_DescribeConfigs_result_resources(result, count));
            for resource in resources {
                checked(ffi::rd_kafka_ConfigResource_error(*resource))?;
                let found =
                    items(*resource, |resource, count| ffi::rd_kafka_ConfigResource_configs(resource, count));
                entries.extend(found.iter().map(|entry| setting(*entry)));
            }
        }
        Ok(())
    }

    /// Adds the groups that were listed; an error when there is nothing else.
    pub(super) fn groups(&self, groups: &mut Vec<Listed>) -> KafkaResult<()> {
        // SAFETY: as in `offsets`; names of states and types are librdkafka's constants.
        unsafe {
            let result = ffi::rd_kafka_event_ListConsumerGroups_result(self.0.as_ptr());
            let valid =
                items(result, |result, count| ffi::rd_kafka_ListConsumerGroups_result_valid(result, count));
            for listed in valid {
                let state = ffi::rd_kafka_ConsumerGroupListing_state(*listed);
                let kind = ffi::rd_kafka_ConsumerGroupListing_type(*listed);
                let kind = text(ffi::rd_kafka_consumer_group_type_name(kind));
                groups.push(Listed {
                    group: text(ffi::rd_kafka_ConsumerGroupListing_group_id(*listed)),
                    state: text(ffi::rd_kafka_consumer_group_state_name(state)),
                    protocol: if kind == "Unknown" { String::new() } else { kind },
                });
            }
            let errors =
                items(result, |result, count| ffi::rd_kafka_ListConsumerGroups_result_errors(result, count));
            match errors.first() {
                Some(error) if valid.is_empty() => checked(ffi::rd_kafka_error_code(*error)),
                _ => Ok(()),
            }
        }
    }

    /// Adds what an answer about groups says of `topic`.
    pub(super) fn described(&self, topic: &str, groups: &mut BTreeMap<String, Described>) {
        // SAFETY: as in `offsets`; a null error is none, a null assignment is empty.
        unsafe {
            let result = ffi::rd_kafka_event_DescribeConsumerGroups_result(self.0.as_ptr());
            let found = items(result, |result, count| {
                ffi::rd_kafka_DescribeConsumerGroups_result_groups(result, count)
            });
            for group in found.iter().copied() {
                let name = text(ffi::rd_kafka_ConsumerGroupDescription_group_id(group));
                let entry = groups.entry(name).or_default();
                let error = ffi::rd_kafka_ConsumerGroupDescription_error(group);
                if failed(error, entry) {
                    continue;
                }
                let state = ffi::rd_kafka_ConsumerGroupDescription_state(group);
                entry.state = Some(text(ffi::rd_kafka_consumer_group_state_name(state)));
                entry.members = ffi::rd_kafka_ConsumerGroupDescription_member_count(group);
                for index in 0..entry.members {
                    let member = ffi::rd_kafka_ConsumerGroupDescription_member(group, index);
                    let assignment = ffi::rd_kafka_MemberDescription_assignment(member);
                    if !assignment.is_null() {
                        let list = ffi::rd_kafka_MemberAssignment_partitions(assignment);
                        entry.assigned.extend(of_topic(list, topic).map(|partition| partition.partition));
                    }
                }
            }
            let result = ffi::rd_kafka_event_ListConsumerGroupOffsets_result(self.0.as_ptr());
            let found = items(result, |result, count| {
                ffi::rd_kafka_ListConsumerGroupOffsets_result_groups(result, count)
            });
            for group in found.iter().copied() {
                let entry = groups.entry(text(ffi::rd_kafka_group_result_name(group))).or_default();
                if failed(ffi::rd_kafka_group_result_error(group), entry) {
                    continue;
                }
                for partition in of_topic(ffi::rd_kafka_group_result_partitions(group), topic) {
                    if partition.err != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
                        entry.refused = Some(partition.err.into());
                    } else if partition.offset >= 0 {
                        entry.committed.push((partition.partition, partition.offset));
                    }
                }
            }
        }
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        // SAFETY: we own the event; nothing that was read of it points into it.
        unsafe { ffi::rd_kafka_event_destroy(self.0.as_ptr()) };
    }
}

/// Notes why a group was not told.
///
/// # Safety
///
/// `error` is null or alive.
unsafe fn failed(error: *const ffi::rd_kafka_error_t, entry: &mut Described) -> bool {
    if error.is_null() {
        return false;
    }
    // SAFETY: it is alive.
    let code = unsafe { ffi::rd_kafka_error_code(error) };
    if code == RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
        return false;
    }
    entry.refused = Some(code.into());
    true
}

/// # Safety
///
/// `entry` is alive.
unsafe fn setting(entry: *const ffi::rd_kafka_ConfigEntry_t) -> ConfigEntry {
    // Newer brokers know more sources than the enum has, which Rust must never see.
    type Source = unsafe extern "C" fn(*const ffi::rd_kafka_ConfigEntry_t) -> u32;
    // SAFETY: the same function with the number that C gives back in place of the enum of the same size; the entry is
    // alive, a value is null or ends in a zero.
    unsafe {
        let source_of: Source = std::mem::transmute::<
            unsafe extern "C" fn(*const ffi::rd_kafka_ConfigEntry_t) -> ffi::rd_kafka_ConfigSource_t,
            Source,
        >(ffi::rd_kafka_ConfigEntry_source);
        let value = ffi::rd_kafka_ConfigEntry_value(entry);
        let hidden = value.is_null() || ffi::rd_kafka_ConfigEntry_is_sensitive(entry) > 0;
        let source = match source_of(entry) {
            1 => ConfigSource::Topic,
            2 | 3 => ConfigSource::Broker,
            4 => ConfigSource::BrokerFile,
            5 => ConfigSource::Default,
            _ => ConfigSource::Unknown,
        };
        ConfigEntry {
            name: text(ffi::rd_kafka_ConfigEntry_name(entry)),
            value: (!hidden).then(|| text(value)),
            is_default: source == ConfigSource::Default,
            source,
            is_read_only: ffi::rd_kafka_ConfigEntry_is_read_only(entry) > 0,
        }
    }
}

/// The things that a result holds; a null result holds none.
///
/// # Safety
///
/// `get` gives as many pointers as it says, which live as long as the result.
unsafe fn items<'r, R, T>(
    result: *const R,
    get: impl FnOnce(*const R, *mut usize) -> *mut *const T,
) -> &'r [*const T] {
    if result.is_null() {
        return &[];
    }
    let mut count = 0;
    let first = get(result, &raw mut count);
    if first.is_null() || count == 0 {
        return &[];
    }
    // SAFETY: the caller's word.
    unsafe { slice::from_raw_parts(first, count) }
}

/// The partitions of `topic` in a list, which may be null.
///
/// # Safety
///
/// The list lives as long as it is looked at.
unsafe fn of_topic<'l>(
    list: *const ffi::rd_kafka_topic_partition_list_t,
    topic: &str,
) -> impl Iterator<Item = &'l ffi::rd_kafka_topic_partition_t> {
    // SAFETY: a list has as many elements as it says, and each has a name.
    unsafe {
        let elements = match list.as_ref() {
            Some(list) if list.cnt > 0 => slice::from_raw_parts(list.elems, list.cnt as usize),
            _ => &[],
        };
        elements.iter().filter(move |element| text(element.topic) == topic)
    }
}

/// # Safety
///
/// `text` is null or ends in a zero.
unsafe fn text(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: the caller's word.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
