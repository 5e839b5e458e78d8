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
        text(record, "_SOURCE_MONOTONIC_TIMESTAMP")
            .or_else(|| text(record, "__MONOTONIC_TIMESTAMP"))?
            .parse()
            .ok()
    }
}

fn text<'a>(record: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    record.get(name)?.as_str()
}
