//! The fields of a journal entry (systemd.journal-fields(7)) as a record.

use super::record::{Clock, Record};
use nvpreflight::driver::said::programs;

/// Fields that a record is made of; `journalctl` is asked for no others.
pub const WANTED: &str = "MESSAGE,PRIORITY,_TRANSPORT,SYSLOG_IDENTIFIER,_COMM,_PID,SYSLOG_PID,\
                          _SYSTEMD_UNIT,UNIT,_SOURCE_MONOTONIC_TIMESTAMP,_BOOT_ID";

/// An entry that is being read.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    record: Record,
    source_us: Option<u64>,
    monotonic_us: Option<u64>,
    own_unit: Option<String>,
    command: Option<String>,
    boot: Option<String>,
    seen: bool,
}

impl Fields {
    /// Takes up a field; others than the wanted ones are passed over.
    pub fn put(&mut self, name: &str, value: &str) {
        self.seen = true;
        let text = || Some(value.to_owned());
        let number = || value.trim().parse::<u64>().ok();
        match name {
            "MESSAGE" => self.record.text = value.to_owned(),
            "PRIORITY" => self.record.priority = number().and_then(|n| u8::try_from(n & 7).ok()),
            "_TRANSPORT" => self.record.kernel = value == programs::KERNEL,
            "SYSLOG_IDENTIFIER" => self.record.identifier = text(),
            "_COMM" => self.command = text(),
            "_PID" => self.record.pid = number().and_then(|n| u32::try_from(n).ok()),
            "SYSLOG_PID" if self.record.pid.is_none() => {
                self.record.pid = number().and_then(|n| u32::try_from(n).ok());
            }
            "UNIT" => self.record.unit = text(),
            "_SYSTEMD_UNIT" => self.own_unit = text(),
            "_SOURCE_MONOTONIC_TIMESTAMP" => self.source_us = number(),
            "__MONOTONIC_TIMESTAMP" => self.monotonic_us = number(),
            "__REALTIME_TIMESTAMP" => self.record.wall_us = number(),
            "_BOOT_ID" => self.boot = text(),
            _ => {}
        }
    }

    /// The record and the id of its boot; `None` where no field was taken up.
    #[must_use]
    pub fn finish(self) -> Option<(Record, Option<String>)> {
        let Self { mut record, source_us, monotonic_us, own_unit, command, boot, seen } = self;
        if !seen {
            return None;
        }
        // Of what the kernel wrote, the source's time is the kernel log's own stamp.
        record.time = match (record.kernel, source_us, monotonic_us, record.wall_us) {
            (true, Some(us), ..) => Some((Clock::Kernel, us)),
            (_, _, Some(us), _) => Some((Clock::Monotonic, us)),
            (_, _, None, Some(us)) => Some((Clock::Wall, us)),
            (_, _, None, None) => None,
        };
        record.unit = record.unit.or(own_unit);
        record.identifier = match record.kernel {
            true => Some(programs::KERNEL.to_owned()),
            false => record.identifier.or(command),
        };
        Some((record, boot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(fields: &[(&str, &str)]) -> Record {
        let mut out = Fields::default();
        for (name, value) in fields {
            out.put(name, value);
        }
        out.finish().expect("fields").0
    }

    #[test]
    fn the_kernels_own_stamp_is_kept_apart_from_journalds() {
        let times = [("__MONOTONIC_TIMESTAMP", "5000"), ("_SOURCE_MONOTONIC_TIMESTAMP", "4000")];
        let kernel = record(&[&times[..], &[("_TRANSPORT", "kernel")]].concat());
        assert_eq!((kernel.kernel, kernel.time), (true, Some((Clock::Kernel, 4000))));
        let user = record(&[&times[..], &[("_TRANSPORT", "journal")]].concat());
        assert_eq!((user.kernel, user.time), (false, Some((Clock::Monotonic, 5000))));
    }

    #[test]
    fn a_message_about_a_unit_names_that_unit() {
        let about = [("_SYSTEMD_UNIT", "init.scope"), ("UNIT", "gdm.service")];
        assert_eq!(record(&about).unit.as_deref(), Some("gdm.service"));
        assert_eq!(record(&about[..1]).unit.as_deref(), Some("init.scope"));
    }
}
