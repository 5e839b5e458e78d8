//! Sinks: each takes a `&Report` and a writer. The only part that speaks.
