//! The segments of an image as the kernel meets them, and where it stops.

use super::{Given, Value, broken};
use crate::base::error::{Error, Result};
use crate::base::print::{Shown, Size};
use crate::source::image::Image;
use serde_json::json;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

pub(super) fn show(given: &Given<'_>, out: &mut dyn Write) -> Result<Value> {
    let Some(image) = given.opened.image() else {
        return Err(Error::new(format!(
            "{} is a directory, not an image: no segments",
            given.name()
        )));
    };
    if given.args.json {
        return Ok(value(image));
    }
    text(image, out).map_err(broken)?;
    Ok(Value::new())
}

fn text(image: &Image, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{:>12}  {:>10}  {:>10}  {:>7}  {:<5}  from",
        "offset", "packed", "unpacked", "entries", "form"
    )?;
    for segment in image.segments() {
        writeln!(
            out,
            "{:>12}  {:>10}  {:>10}  {:>7}  {:<5}  {}",
            segment.place.offset,
            Size(segment.packed),
            Size(segment.unpacked),
            segment.entries,
            segment.form.name(),
            origin(segment)
        )?;
    }
    if let Some(stop) = image.stop() {
        writeln!(out, "{:>12}  the kernel stops here: {}", stop.place.offset, stop.why)?;
        writeln!(out, "{:>12}  {} are never unpacked", "", Size(stop.unread))?;
    }
    Ok(())
}

fn origin(segment: &crate::source::image::Segment) -> String {
    let file = Shown(segment.place.path.as_os_str().as_bytes()).to_string();
    if segment.place.origin.is_empty() { file } else { format!("{file} {}", segment.place.origin) }
}

pub(super) fn value(image: &Image) -> Value {
    let segments: Vec<_> = image
        .segments()
        .iter()
        .map(|segment| {
            json!({
                "file": Shown(segment.place.path.as_os_str().as_bytes()).to_string(),
                "origin": *segment.place.origin,
                "offset": segment.place.offset,
                "packed": segment.packed,
                "unpacked": segment.unpacked,
                "entries": segment.entries,
                "form": segment.form.name(),
            })
        })
        .collect();
    let stop = image.stop().map(|stop| {
        json!({
            "offset": stop.place.offset, "why": stop.why, "message": stop.message,
            "unread": stop.unread,
        })
    });
    let dropped: Vec<_> = image
        .dropped()
        .iter()
        .map(|dropped| json!({ "path": Shown(&dropped.path).to_string(), "why": dropped.why }))
        .collect();
    let mut value = Value::new();
    value.insert("size".into(), image.size().into());
    value.insert("segments".into(), segments.into());
    value.insert("stop".into(), stop.into());
    value.insert("dropped".into(), dropped.into());
    value.insert("dropped_total".into(), image.dropped_total().into());
    value
}
