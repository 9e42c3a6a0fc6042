//! How the providers' clusters are usually reached.

use crate::Preset;

pub(super) const ALL: &[Preset] = &[
    Preset {
        id: "local",
        name: "Local broker",
        note: "A broker on this machine without security, as its quick start runs it.",
        settings: r#"{"bootstrap_servers": "localhost:9092"}"#,
    },
    Preset {
        id: "confluent_cloud",
        name: "Confluent Cloud",
        note: "User name and password are an API key of the cluster and its secret; the bootstrap server stands under \
               Cluster settings.",
        settings: r#"{"security": "sasl_ssl", "mechanism": "plain",
            "bootstrap_servers": "pkc-XXXXX.REGION.PROVIDER.confluent.cloud:9092"}"#,
    },
    Preset {
        id: "redpanda",
        name: "Redpanda",
        note: "User and password are made under Security; bootstrap servers stand under Overview, Kafka API.",
        settings: r#"{"security": "sasl_ssl", "mechanism": "scram_sha_256",
            "bootstrap_servers": "CLUSTER.cloud.redpanda.com:9092"}"#,
    },
    Preset {
        id: "amazon_msk",
        name: "Amazon MSK (IAM)",
        note: "Bootstrap servers for IAM have port 9098 (9198 from outside of the VPC). Without an access key AWS's own \
               places for credentials count.",
        settings: r#"{"security": "sasl_ssl", "mechanism": "oauthbearer", "token": "aws_msk_iam",
            "bootstrap_servers": "b-1.CLUSTER.kafka.REGION.amazonaws.com:9098"}"#,
    },
    Preset {
        id: "warpstream",
        name: "WarpStream",
        note: "User name and password are credentials of the virtual cluster; agents in your own network may need \
               neither.",
        settings: r#"{"security": "sasl_ssl", "mechanism": "plain",
            "bootstrap_servers": "serverless.warpstream.com:9092"}"#,
    },
    Preset {
        id: "aiven",
        name: "Aiven",
        note: "Download the project's CA certificate, the access certificate and the access key from the service's \
               Overview.",
        settings: r#"{"security": "ssl", "bootstrap_servers": "SERVICE-PROJECT.aivencloud.com:12345"}"#,
    },
    Preset {
        id: "azure_event_hubs",
        name: "Azure Event Hubs",
        note: "The user name is literally `$ConnectionString`; the password is a connection string of the namespace's \
               shared access policies. Basic tier has no Kafka.",
        settings: r#"{"security": "sasl_ssl", "mechanism": "plain", "username": "$ConnectionString",
            "bootstrap_servers": "NAMESPACE.servicebus.windows.net:9093",
            "properties": {"socket.keepalive.enable": "true", "metadata.max.age.ms": "180000"}}"#,
    },
];
