//! Chunks back into order, in memory as long as they fit and in Arrow IPC files beyond.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::writer::FileWriter;
use tempfile::TempDir;

use super::reading::{Batches, Held, SpillFiles};
use crate::error::{Error, Result};

/// Takes the numbered chunks of each partition as they come and keeps them in order.
pub(super) struct Gather {
    name: &'static str,
    schema: SchemaRef,
    lanes: BTreeMap<usize, Lane>,
    rows: usize,
    held_bytes: usize,
    budget_bytes: usize,
    parent: Option<PathBuf>,
    folder: Option<Arc<TempDir>>,
}

/// One partition's chunks.
#[derive(Default)]
struct Lane {
    /// The number of the chunk that comes next.
    next: u64,
    /// Chunks that came before their turn; none where a chunk is empty. And whether they are the last.
    early: BTreeMap<u64, (Option<RecordBatch>, bool)>,
    held: Vec<RecordBatch>,
    /// Whether the last chunk has come.
    is_complete: bool,
    file: Option<Spill>,
}

/// Which chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The index of the partition's span.
    pub(super) lane: usize,
    /// Counts the chunks of the partition.
    pub(super) number: u64,
    /// Whether no other follows.
    pub(super) is_last: bool,
}

/// The file of one partition.
struct Spill {
    path: PathBuf,
    /// None once it is complete.
    writer: Option<FileWriter<BufWriter<File>>>,
}

impl Spill {
    fn finish(&mut self) -> Result<()> {
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        writer.finish().map_err(|error| failed("finish", &self.path, error))
    }
}

impl Gather {
    /// Keeps up to `budget_bytes` in memory, else files whose names begin with `name`, in a new folder
    /// inside `parent`.
    pub(super) fn new(
        name: &'static str,
        schema: SchemaRef,
        budget_bytes: usize,
        parent: Option<PathBuf>,
    ) -> Self {
        Self {
            name,
            schema,
            lanes: BTreeMap::new(),
            rows: 0,
            held_bytes: 0,
            budget_bytes,
            parent,
            folder: None,
        }
    }

    /// Takes the chunk of a place; each comes once, in any order.
    pub(super) fn add(&mut self, place: Place, batch: Option<RecordBatch>) -> Result<()> {
        let Place { lane, number, is_last } = place;
        let batch = batch.filter(|batch| batch.num_rows() > 0);
        let chunks = self.lanes.entry(lane).or_default();
        chunks.early.insert(number, (batch, is_last));
        let mut ready = Vec::new();
        while let Some((batch, is_last)) = chunks.early.remove(&chunks.next) {
            chunks.next += 1;
            chunks.is_complete = is_last;
            ready.extend(batch);
        }
        for batch in ready {
            self.rows += batch.num_rows();
            if self.folder.is_some() {
                self.write(lane, &batch)?;
            } else {
                self.held_bytes += batch.get_array_memory_size();
                self.lanes.entry(lane).or_default().held.push(batch);
            }
        }
        if self.held_bytes > self.budget_bytes && self.folder.is_none() {
            self.spill()?;
        }
        match self.lanes.get_mut(&lane) {
            Some(Lane { is_complete: true, file: Some(file), .. }) => file.finish(),
            _ => Ok(()),
        }
    }

    /// Everything, by span and number.
    pub(super) fn finish(mut self) -> Result<Batches> {
        debug_assert!(self.lanes.values().all(|lane| lane.early.is_empty()), "a chunk is missing");
        let lanes = std::mem::take(&mut self.lanes);
        let held = match self.folder.take() {
            None => Held::Memory(lanes.into_values().flat_map(|lane| lane.held).collect()),
            Some(folder) => {
                let mut paths = Vec::new();
                for mut file in lanes.into_values().filter_map(|lane| lane.file) {
                    file.finish()?;
                    paths.push(file.path);
                }
                Held::Files(SpillFiles { paths, folder })
            }
        };
        Ok(Batches { schema: self.schema, rows: self.rows, held })
    }

    /// Moves what is held into files, where all that follows goes too.
    fn spill(&mut self) -> Result<()> {
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix("flowloom-kafka-");
        let folder = match &self.parent {
            Some(parent) => builder.tempdir_in(parent),
            None => builder.tempdir(),
        };
        let folder = folder.map_err(|source| {
            let path = self.parent.clone().unwrap_or_else(std::env::temp_dir);
            Error::Spill { action: "create a folder for", path, source }
        })?;
        tracing::debug!(path = %folder.path().display(), bytes = self.held_bytes, "spilling {}", self.name);
        self.folder = Some(Arc::new(folder));
        self.held_bytes = 0;
        for lane in self.lanes.keys().copied().collect::<Vec<_>>() {
            let held = self.lanes.get_mut(&lane).map(|lane| std::mem::take(&mut lane.held));
            for batch in held.unwrap_or_default() {
                self.write(lane, &batch)?;
            }
            let chunks = self.lanes.get_mut(&lane);
            if let Some(Lane { is_complete: true, file: Some(file), .. }) = chunks {
                file.finish()?;
            }
        }
        Ok(())
    }

    fn write(&mut self, lane: usize, batch: &RecordBatch) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let chunks = self.lanes.entry(lane).or_default();
        if chunks.file.is_none() {
            let path = folder.path().join(format!("{}-{lane:06}.arrow", self.name));
            let file = File::create(&path).map_err(|source| Error::Spill {
                action: "create",
                path: path.clone(),
                source,
            })?;
            let writer = FileWriter::try_new(BufWriter::with_capacity(1 << 15, file), &self.schema)
                .map_err(|error| failed("start", &path, error))?;
            chunks.file = Some(Spill { path, writer: Some(writer) });
        }
        match &mut chunks.file {
            Some(Spill { path, writer: Some(writer) }) => {
                writer.write(batch).map_err(|error| failed("write", path, error))
            }
            _ => Ok(()),
        }
    }
}

fn failed(action: &'static str, path: &Path, error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, source) => Error::Spill { action, path: path.to_owned(), source },
        source => Error::Arrow { doing: "writing a spill file", source },
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array as _, AsArray as _, Int64Array, StringViewArray};
    use arrow::datatypes::{DataType, Field, Int64Type, Schema};

    use super::*;

    fn schema() -> SchemaRef {
        Arc::new(Schema::new(vec![
            Field::new("n", DataType::Int64, true),
            Field::new("text", DataType::Utf8View, true),
        ]))
    }

    fn batch(numbers: std::ops::Range<i64>) -> RecordBatch {
        let text = |n: i64| (n % 3 > 0).then(|| format!("a text of some length {n}"));
        let texts: StringViewArray = numbers.clone().map(text).collect();
        let numbers = Int64Array::from_iter_values(numbers);
        RecordBatch::try_new(schema(), vec![Arc::new(numbers), Arc::new(texts)]).unwrap()
    }

    fn numbers(batches: &Batches) -> Vec<i64> {
        batches
            .collect()
            .unwrap()
            .iter()
            .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec())
            .collect()
    }

    fn at(lane: usize, number: u64) -> Place {
        Place { lane, number, is_last: false }
    }

    #[test]
    fn only_partitions_that_are_not_complete_have_open_files() {
        let mut gather = Gather::new("rows", schema(), 1000, None);
        let open = |gather: &Gather| {
            let files = gather.lanes.values().filter_map(|lane| lane.file.as_ref());
            files.filter(|file| file.writer.is_some()).count()
        };
        let last = |lane, number| Place { is_last: true, ..at(lane, number) };
        gather.add(last(0, 0), Some(batch(0..10))).unwrap();
        gather.add(last(1, 1), None).unwrap();
        gather.add(at(1, 0), Some(batch(10..40))).unwrap();
        gather.add(at(2, 0), Some(batch(40..50))).unwrap();
        gather.add(last(3, 0), Some(batch(50..60))).unwrap();
        assert!(gather.folder.is_some());
        assert_eq!(open(&gather), 1);
        assert_eq!(numbers(&gather.finish().unwrap()), (0..60).collect::<Vec<_>>());
    }

    fn gather(budget_bytes: usize) -> Result<Batches> {
        let mut gather = Gather::new("rows", schema(), budget_bytes, None);
        gather.add(at(1, 1), Some(batch(30..40)))?;
        gather.add(at(0, 1), None)?;
        gather.add(at(0, 2), Some(batch(10..20)))?;
        gather.add(at(1, 0), Some(batch(20..30)))?;
        gather.add(at(0, 0), Some(batch(0..10)))?;
        gather.add(at(2, 0), Some(batch(40..40)))?;
        gather.add(at(1, 2), Some(batch(40..50)))?;
        gather.finish()
    }

    #[test]
    fn order_is_by_partition_and_number_wherever_the_rows_are() {
        let expected: Vec<_> = (0..50).collect();
        let memory = gather(usize::MAX).unwrap();
        assert!(matches!(memory.held, Held::Memory(_)));
        assert_eq!((numbers(&memory), memory.rows), (expected.clone(), 50));
        for budget in [0, 2000] {
            let spilled = gather(budget).unwrap();
            assert_eq!((numbers(&spilled), spilled.rows), (expected.clone(), 50));
            let Held::Files(files) = &spilled.held else { panic!("not spilled") };
            assert_eq!(files.paths.len(), 2);
            let texts = |batches: &Batches| {
                batches.collect().unwrap().iter().map(|batch| batch.column(1).null_count()).sum::<usize>()
            };
            assert_eq!(texts(&spilled), texts(&memory));
        }
    }

    #[test]
    fn files_go_with_the_last_clone() {
        let spilled = gather(0).unwrap();
        let Held::Files(files) = &spilled.held else { panic!("not spilled") };
        let folder = files.folder().to_owned();
        let clone = spilled.clone();
        drop(spilled);
        assert!(folder.exists());
        drop(clone);
        assert!(!folder.exists());
    }

    #[test]
    fn files_go_when_the_read_fails() {
        let parent = tempfile::tempdir().unwrap();
        let mut gather = Gather::new("rows", schema(), 0, Some(parent.path().to_owned()));
        gather.add(at(0, 0), Some(batch(0..10))).unwrap();
        assert_eq!(parent.path().read_dir().unwrap().count(), 1);
        drop(gather);
        assert_eq!(parent.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let mut gather = Gather::new("rows", schema(), 0, Some("/nowhere/at/all".into()));
        let error = gather.add(at(0, 0), Some(batch(0..10))).unwrap_err().to_string();
        assert!(
            error.contains("create a folder for a spill file") && error.ends_with("/nowhere/at/all"),
            "{error}"
        );
    }
}
