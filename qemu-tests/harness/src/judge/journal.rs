//! Reads `journalctl -o json` (one object a line) and looks for the verifier's
//! records and for the order of the display manager and the NVIDIA card.

use serde_json::{Map, Value};

/// Fields that every record of a finding carries besides NVPREFLIGHT_CODE.
const FIELDS: [&str; 4] = ["MESSAGE", "MESSAGE_ID", "NVPREFLIGHT_RULE", "NVPREFLIGHT_STAGE"];
const DISPLAY_MANAGER: &str = "nvpb: display manager starts";
/// What the DRM core says when the driver's device is registered
/// (drivers/gpu/drm/drm_drv.c, `drm_dev_register`).
const CARD: &str = "Initialized nvidia-drm";

/// The records of one boot.
pub struct Journal {
    records: Vec<Map<String, Value>>,
}

impl Journal {
    /// Reads an export; lines that are no JSON object are left out.
    pub fn read(bytes: &[u8]) -> Self {
        let records = bytes
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect();
        Self { records }
    }

    /// Whether a record shows `code` with all the fields a finding has, and
    /// came over the journal's own socket and not through the kernel log.
    pub fn shows(&self, code: &str) -> Result<(), String> {
        let record = self
            .records
            .iter()
            .find(|record| text(record, "NVPREFLIGHT_CODE") == Some(code))
            .ok_or("no record")?;
        match FIELDS.iter().find(|name| text(record, name).is_none()) {
            Some(name) => Err(format!("no field {name}")),
            None => Ok(()),
        }
    }

    /// The verifier's records, one a line: time since boot, code, message.
    pub fn verifier_records(&self) -> Vec<String> {
        self.records
            .iter()
            .filter_map(|record| {
                let code = text(record, "NVPREFLIGHT_CODE")?;
                let message = text(record, "MESSAGE").unwrap_or_default();
                let stage = text(record, "NVPREFLIGHT_STAGE").unwrap_or_default();
                let seconds = time(record).unwrap_or(0) as f64 / 1e6;
                Some(format!("{seconds:9.3} s  {stage}  {code}  {message}"))
            })
            .collect()
    }

    /// Whether the NVIDIA card was there when the display manager started.
    pub fn display_manager_after_card(&self) -> Result<(), String> {
        let display =
            self.first_time(DISPLAY_MANAGER).ok_or("the display manager did not start")?;
        let card = self.first_time(CARD).ok_or("the card never came")?;
        if card <= display {
            return Ok(());
        }
        Err(format!(
            "the display manager started {} ms before the card was there",
            (card - display) / 1000
        ))
    }

    /// Time of the first message with `part`, in microseconds since boot.
    /// Kernel messages carry the time the kernel gave them.
    fn first_time(&self, part: &str) -> Option<u64> {
        let record = self
            .records
            .iter()
            .find(|record| text(record, "MESSAGE").is_some_and(|message| message.contains(part)))?;
        time(record)
    }
}

fn time(record: &Map<String, Value>) -> Option<u64> {
    text(record, "_SOURCE_MONOTONIC_TIMESTAMP")
        .or_else(|| text(record, "__MONOTONIC_TIMESTAMP"))?
        .parse()
        .ok()
}

fn text<'a>(record: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    record.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"MESSAGE":"m","MESSAGE_ID":"0","NVPREFLIGHT_CODE":"NVP201","NVPREFLIGHT_RULE":"r","NVPREFLIGHT_STAGE":"initrd"}"#;

    #[test]
    fn a_record_without_its_fields_does_not_count() {
        assert!(Journal::read(RECORD.as_bytes()).shows("NVP201").is_ok());
        let bare = RECORD.replace("MESSAGE_ID", "OTHER");
        assert_eq!(
            Journal::read(bare.as_bytes()).shows("NVP201"),
            Err("no field MESSAGE_ID".to_owned())
        );
    }

    #[test]
    fn a_greeter_before_the_card_is_seen() {
        let text = format!(
            "{{\"MESSAGE\":\"{DISPLAY_MANAGER}\",\"__MONOTONIC_TIMESTAMP\":\"1000000\"}}\n\
             {{\"MESSAGE\":\"[drm] {CARD}\",\"_SOURCE_MONOTONIC_TIMESTAMP\":\"3500000\"}}\n"
        );
        let reason = Journal::read(text.as_bytes()).display_manager_after_card();
        assert!(reason.unwrap_err().contains("2500 ms"));
    }

    #[test]
    fn lines_that_are_no_records_are_left_out() {
        let journal = Journal::read(b"\xff\n[1]\n{\"MESSAGE\":1}\n");
        assert_eq!(journal.records.len(), 1);
    }
}
