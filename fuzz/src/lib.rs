//! What the fuzz targets do; the crate's own tests run it over the seeds too.

pub mod bodies;
