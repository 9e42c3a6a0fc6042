//! Rights on a broker that asks for them.

use std::process::Command;

use crate::broker::Broker;
use crate::cache::python;

/// What a right is on.
#[derive(Clone, Copy)]
pub(crate) enum On<'a> {
    Cluster,
    Group(&'a str),
    Topic(&'a str),
}

impl Broker {
    /// Lets a principal such as `User:alice` do `operation`, such as `READ`. The rdkafka crate has no calls for ACLs.
    #[track_caller]
    pub(crate) fn allow(&self, principal: &str, operation: &str, on: On<'_>) {
        let (kind, name) = match on {
            On::Cluster => ("BROKER", "kafka-cluster"),
            On::Group(name) => ("GROUP", name),
            On::Topic(name) => ("TOPIC", name),
        };
        let program = "
import sys
from confluent_kafka.admin import *
bootstrap, principal, operation, kind, name = sys.argv[1:]
acl = AclBinding(ResourceType[kind], name, ResourcePatternType.LITERAL, principal, '*', AclOperation[operation],
                 AclPermissionType.ALLOW)
admin = AdminClient({'bootstrap.servers': bootstrap})
for future in admin.create_acls([acl]).values():
    future.result(20)
";
        let output = Command::new(python())
            .args(["-c", program, self.bootstrap(), principal, operation, kind, name])
            .output()
            .expect("Python runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
