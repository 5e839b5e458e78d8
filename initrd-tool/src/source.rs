//! Where evidence comes from: images, directories, logs, saved facts, past boots.
//! Reads and says what could not be read; judges nothing.

pub mod bundle;
pub mod dir;
pub mod files;
pub mod history;
pub mod image;
pub mod image_or_dir;
pub mod logs;
pub mod releases;
pub mod report_v1;
pub mod subject;
