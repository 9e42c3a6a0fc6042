//! The file formats: how each is recognised, and what it can hold.

use std::path::Path;
use std::sync::Arc;

use flowloom_flow::{Choice, Choices, Problem, form};
use polars::io::csv::write::{CsvWriterOptions, SerializeOptions};
use polars::io::ipc::IpcWriterOptions;
use polars::io::ndjson::NDJsonWriterOptions;
use polars::io::parquet::write::ParquetWriteOptions;
use polars::prelude::{DataType, FileWriteFormat, ParquetCompression, Schema};
use serde::{Deserialize, Serialize};

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Format {
    Parquet,
    Csv,
    Jsonl,
    Ipc,
}

/// The setting `format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FormatChoice {
    /// By the file's extension.
    #[default]
    Auto,
    Parquet,
    Csv,
    Jsonl,
    Ipc,
}

impl form::Choices for FormatChoice {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Auto, Choice { key: "auto", label: "By extension" }),
        (Self::Parquet, Choice { key: "parquet", label: "Parquet" }),
        (Self::Csv, Choice { key: "csv", label: "CSV" }),
        (Self::Jsonl, Choice { key: "jsonl", label: "JSON lines" }),
        (Self::Ipc, Choice { key: "ipc", label: "Arrow IPC" }),
    ];
}

impl FormatChoice {
    /// The format, unless it depends on the extension.
    pub(crate) fn fixed(self) -> Option<Format> {
        match self {
            Self::Auto => None,
            Self::Parquet => Some(Format::Parquet),
            Self::Csv => Some(Format::Csv),
            Self::Jsonl => Some(Format::Jsonl),
            Self::Ipc => Some(Format::Ipc),
        }
    }

    /// The format of the file `path`.
    pub(crate) fn of_file(self, path: &Path) -> Result<Format, Problem> {
        self.fixed().or_else(|| Format::by_extension(path)).ok_or_else(|| {
            Problem::user(format!("the extension does not tell the format: `{}`", path.display()))
                .hint("choose Parquet, CSV, JSON lines or Arrow IPC")
                .at_field("format")
        })
    }
}

impl Format {
    /// The extensions of this format; the first is the one that we write.
    fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Parquet => &["parquet", "pq"],
            Self::Csv => &["csv", "tsv", "txt"],
            Self::Jsonl => &["jsonl", "ndjson", "json"],
            Self::Ipc => &["arrow", "ipc", "feather"],
        }
    }

    pub(crate) fn extension(self) -> &'static str {
        self.extensions()[0]
    }

    pub(crate) fn by_extension(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        [Self::Parquet, Self::Csv, Self::Jsonl, Self::Ipc]
            .into_iter()
            .find(|format| format.extensions().contains(&extension.as_str()))
    }

    /// The format that a file's first bytes prove.
    pub(crate) fn by_magic(first_bytes: &[u8]) -> Option<Self> {
        match first_bytes {
            [b'P', b'A', b'R', b'1', ..] => Some(Self::Parquet),
            [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Some(Self::Ipc),
            _ => None,
        }
    }

    /// What the user reads.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Parquet => "Parquet",
            Self::Csv => "CSV",
            Self::Jsonl => "JSON lines",
            Self::Ipc => "Arrow IPC",
        }
    }

    /// The columns of `schema` that this format cannot hold.
    pub(crate) fn unfit(self, schema: &Schema) -> Vec<(&str, &DataType)> {
        let fits = |dtype: &DataType| match self {
            Self::Parquet | Self::Ipc => true,
            Self::Csv => !dtype.is_nested() && !matches!(dtype, DataType::Binary | DataType::Duration(_)),
            Self::Jsonl => !has_binary(dtype),
        };
        schema.iter().filter(|(_, dtype)| !fits(dtype)).map(|(name, dtype)| (name.as_str(), dtype)).collect()
    }
}

fn has_binary(dtype: &DataType) -> bool {
    match dtype {
        DataType::Binary => true,
        DataType::List(inner) => has_binary(inner),
        DataType::Struct(fields) => fields.iter().any(|field| has_binary(field.dtype())),
        _ => false,
    }
}

/// How Parquet pages are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Compression {
    #[default]
    Zstd,
    Snappy,
    Lz4,
    Gzip,
    None,
}

impl Choices for Compression {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Zstd, Choice { key: "zstd", label: "Zstandard" }),
        (Self::Snappy, Choice { key: "snappy", label: "Snappy" }),
        (Self::Lz4, Choice { key: "lz4", label: "LZ4" }),
        (Self::Gzip, Choice { key: "gzip", label: "Gzip" }),
        (Self::None, Choice { key: "none", label: "None" }),
    ];
}

/// How rows become bytes.
pub(crate) struct Writing {
    pub(crate) compression: Compression,
    pub(crate) delimiter: u8,
    pub(crate) has_header: bool,
}

impl Writing {
    /// The options of Polars' sink; the staged name need not have the format's extension.
    pub(crate) fn options(&self, format: Format) -> FileWriteFormat {
        match format {
            Format::Parquet => FileWriteFormat::Parquet(Arc::new(ParquetWriteOptions {
                compression: match self.compression {
                    Compression::Zstd => ParquetCompression::Zstd(None),
                    Compression::Snappy => ParquetCompression::Snappy,
                    Compression::Lz4 => ParquetCompression::Lz4Raw,
                    Compression::Gzip => ParquetCompression::Gzip(None),
                    Compression::None => ParquetCompression::Uncompressed,
                },
                ..ParquetWriteOptions::default()
            })),
            Format::Csv => FileWriteFormat::Csv(CsvWriterOptions {
                include_header: self.has_header,
                serialize_options: Arc::new(SerializeOptions {
                    separator: self.delimiter,
                    ..SerializeOptions::default()
                }),
                ..CsvWriterOptions::default()
            }),
            Format::Jsonl => FileWriteFormat::NDJson(NDJsonWriterOptions::default()),
            Format::Ipc => FileWriteFormat::Ipc(IpcWriterOptions::default()),
        }
    }
}
