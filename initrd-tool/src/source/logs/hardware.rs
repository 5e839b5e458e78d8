//! What inxi(1) and lshw(1) print of a GPU, over several lines: one record for each of
//! NVIDIA's, with the driver that it has. Never judges one.

use super::record::Record;
use nvpreflight::reading::sayings;

/// Lines over which they tell of one device.
const LINES_MAX: usize = 14;
/// How the name of the maker begins that pci.ids gives.
const MAKER: &str = "NVIDIA";

/// Puts a device's lines together.
#[derive(Clone, Debug, Default)]
pub struct Hardware {
    open: Option<Device>,
}

#[derive(Clone, Debug)]
struct Device {
    program: &'static str,
    text: String,
    lines: usize,
}

impl Hardware {
    /// Whether a device has begun of which no driver was told yet.
    pub const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Takes a line; a record where an NVIDIA GPU's driver stands in it.
    pub fn line(&mut self, line: &str) -> Option<Record> {
        let line = line.trim_start_matches(['>', '`', '|', ' ', '\t']).trim_end();
        if let Some(program) = begins(line) {
            self.open = Some(Device { program, text: line.to_owned(), lines: 1 });
        } else if let Some(device) = &mut self.open {
            device.text.push(' ');
            device.text.push_str(line);
            device.lines += 1;
        }
        let device = self.open.as_ref()?;
        let Some(driver) = device.driver() else {
            let ends = device.lines >= LINES_MAX || line.is_empty();
            self.open = self.open.take().filter(|_| !ends);
            return None;
        };
        let text = format!("{MAKER} GPU, driver: {driver}");
        let program = device.program;
        let is_ours = device.text.contains(MAKER);
        self.open = None;
        let record = Record::said_by(program, text);
        (is_ours && sayings::of(&record.text).is_some()).then_some(record)
    }
}

impl Device {
    /// The driver's name and what follows: "nvidia v: 550.54", "N/A alternate: nvidia".
    fn driver(&self) -> Option<&str> {
        if self.program == "lshw" {
            let unclaimed = self.text.contains("UNCLAIMED").then_some("N/A");
            return unclaimed.or_else(|| self.after("driver="));
        }
        self.after("driver: ").or_else(|| self.after("drivers: "))
    }

    fn after(&self, words: &str) -> Option<&str> {
        self.text.split_once(words).map(|(_, rest)| rest)
    }
}

/// Whose entry of a device begins with this line: `Graphics: Device-1: NVIDIA GA104`,
/// `Card: NVIDIA GT215M` of inxi before 3.0; `*-display` of lshw.
fn begins(line: &str) -> Option<&'static str> {
    if line.starts_with("*-display") {
        return Some("lshw");
    }
    let numbered = |word: &str| {
        let name = word.trim_end_matches(|c: char| c.is_ascii_digit());
        matches!(name, "Device-" | "Card-" | "Card")
    };
    let device = line.strip_prefix("Graphics:").unwrap_or(line).trim_start().split(": ").next();
    device.is_some_and(|device| numbered(device.trim_end())).then_some("inxi")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let mut hardware = Hardware::default();
        text.lines().filter_map(|line| hardware.line(line)).map(|record| record.text).collect()
    }

    #[test]
    fn a_gpu_and_its_driver_are_one_record_however_they_are_wrapped() {
        let whole = "NVIDIA GPU, driver: N/A alternate: nouveau, nvidia_drm, nvidia";
        for text in [
            "Graphics:  Device-1: NVIDIA GA104 driver: N/A alternate: nouveau, nvidia_drm, nvidia",
            "  Device-1: NVIDIA GA104\n    driver: N/A alternate: nouveau, nvidia_drm, nvidia",
        ] {
            assert_eq!(said(text), [whole]);
        }
        assert_eq!(
            said(
                "Graphics:  Card: NVIDIA GT215M\n  Display Server: X.org drivers: nvidia (unloaded: vesa)"
            ),
            ["NVIDIA GPU, driver: nvidia (unloaded: vesa)"]
        );
        assert_eq!(
            said(
                "  *-display\n  product: C67\n  vendor: NVIDIA Corporation\n  configuration: driver=nouveau latency=0"
            ),
            ["NVIDIA GPU, driver: nouveau latency=0"]
        );
    }

    #[test]
    fn sound_and_other_makers_are_none() {
        assert!(
            said("  Device-1: NVIDIA GA104 High Definition Audio driver: snd_hda_intel").is_empty()
        );
        assert!(said("  Device-1: AMD Cezanne driver: amdgpu v: kernel").is_empty());
        assert!(said("  Device-1: NVIDIA GA104\n  Display: x11\n\n\n  driver: nouveau").is_empty());
    }
}
