//! Lines of tracefs' `trace` file: module_load and module_free events (kernel
//! include/trace/events/module.h). Says what stands there, orders nothing.
//!
//! `        modprobe-151     [001] .....    11.382915: module_load: nvidia OE`

use super::kmsg::microseconds;
use crate::text::{decimal, find, trim, words};

/// What an event tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The module's code is in and its init comes next. Emitted before init, so
    /// that a load that fails shows too.
    Load,
    /// Its memory is freed: its init failed or it was removed.
    Free,
}

/// One event of a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event<'a> {
    /// Load or free.
    pub kind: Kind,
    /// Microseconds in the trace's own clock, which is not the log's.
    pub us: u64,
    /// Task and its number as printed: "modprobe-151", "(udev-worker)-98".
    pub task: &'a [u8],
    /// Name in kernel spelling.
    pub module: &'a [u8],
}

/// What a line of the file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Line<'a> {
    /// A module's load or free.
    Event(Event<'a>),
    /// So many events were overwritten or dropped.
    Lost(u64),
    /// Another event, or a comment.
    Other,
}

/// Reads a line. An event of a clock that does not count seconds is `Other`.
#[must_use]
pub fn line(line: &[u8]) -> Line<'_> {
    if line.starts_with(b"#") {
        return header(line).map_or(Line::Other, Line::Lost);
    }
    if let Some(n) = dropped(line) {
        return Line::Lost(n);
    }
    event(line).map_or(Line::Other, Line::Event)
}

/// `# entries-in-buffer/entries-written: 140/146   #P:2`.
fn header(line: &[u8]) -> Option<u64> {
    let at = find(line, b"entries-in-buffer/entries-written:")?;
    let counts = words(line.get(at..)?).nth(1)?;
    let slash = counts.iter().position(|b| *b == b'/')?;
    let kept = decimal(counts.get(..slash)?)?;
    let written = decimal(counts.get(slash + 1..)?)?;
    Some(written.saturating_sub(kept)).filter(|n| *n > 0)
}

/// `CPU:1 [LOST 12 EVENTS]`.
fn dropped(line: &[u8]) -> Option<u64> {
    let rest = trim(line).strip_prefix(b"CPU:")?;
    let at = find(rest, b"[LOST ")?;
    decimal(words(rest.get(at + 6..)?).next()?)
}

fn event(line: &[u8]) -> Option<Event<'_>> {
    // The task's own name may hold blanks and brackets; the event's name with
    // its colons cannot stand in the fields before it.
    let (at, kind, skip) =
        [(&b": module_load: "[..], Kind::Load), (b": module_free: ", Kind::Free)]
            .into_iter()
            .find_map(|(mark, kind)| find(line, mark).map(|at| (at, kind, mark.len())))?;
    let module = words(line.get(at + skip..)?).next()?;
    let head = line.get(..at)?;
    let us = microseconds(words(head).last()?)?;
    Some(Event { kind, us, task: task(head)?, module })
}

/// What stands before ` [CPU]`, without the thread group that the option
/// record-tgid puts behind it.
fn task(head: &[u8]) -> Option<&[u8]> {
    let open = head.windows(2).rposition(|w| w == b" [")?;
    let task = trim(head.get(..open)?);
    let group = || {
        let inside = task.strip_suffix(b")")?;
        let at = inside.windows(2).rposition(|w| w == b" (")?;
        decimal(trim(inside.get(at + 2..)?)).and_then(|_| inside.get(..at))
    };
    Some(trim(group().unwrap_or(task)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn load<'a>(us: u64, task: &'a [u8], module: &'a [u8]) -> Line<'a> {
        Line::Event(Event { kind: Kind::Load, us, task, module })
    }

    #[test]
    fn a_load_gives_time_task_and_module() {
        let text = b"        modprobe-151     [001] .....    11.382915: module_load: nvidia OE";
        assert_eq!(line(text), load(11_382_915, b"modprobe-151", b"nvidia"));
        let text = b"        modprobe-150     [000] .....    11.310675: module_load: drm ";
        assert_eq!(line(text), load(11_310_675, b"modprobe-150", b"drm"));
    }

    #[test]
    fn odd_task_names_and_thread_groups_are_read() {
        let text = b"   (udev-worker)-98  (     98) [000] d..1.     4.000001: module_free: nvidia";
        let Line::Event(e) = line(text) else { panic!("{text:?}") };
        assert_eq!((e.kind, e.task, e.us), (Kind::Free, &b"(udev-worker)-98"[..], 4_000_001));
        let text = b" my [0] task-9 [003] ..... 1.000000: module_load: nvidia_drm OE";
        assert_eq!(line(text), load(1_000_000, b"my [0] task-9", b"nvidia_drm"));
    }

    #[test]
    fn losses_are_told_in_both_forms() {
        assert_eq!(line(b"# entries-in-buffer/entries-written: 140/146   #P:2"), Line::Lost(6));
        assert_eq!(line(b"# entries-in-buffer/entries-written: 146/146   #P:2"), Line::Other);
        assert_eq!(line(b"CPU:1 [LOST 12 EVENTS]"), Line::Lost(12));
    }

    #[test]
    fn other_events_and_clocks_without_seconds_are_no_module_events() {
        for other in [
            &b"# tracer: nop"[..],
            b"",
            b" modprobe-151 [001] ..... 11.392066: module_put: nvidia call_site=x refcnt=1",
            b" modprobe-151 [001] ..... 8123456: module_load: nvidia OE",
            b": module_load: nvidia",
        ] {
            assert_eq!(line(other), Line::Other);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = line(&bytes);
            let mut event = bytes.clone();
            event.extend_from_slice(b" [001] 1.000000: module_load: nvidia");
            let _ = line(&event);
        }
    }
}
