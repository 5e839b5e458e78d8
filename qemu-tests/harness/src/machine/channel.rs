//! The port through which a guest hands over its reports, apart from the
//! console so that kernel noise can neither fake nor damage a verdict. A frame
//! is `NVPF TOKEN NAME LENGTH\n`, LENGTH bytes, `\n`. Every byte is distrusted.

use std::collections::BTreeMap;

const MAGIC: &str = "NVPF";
/// Name of the frame that ends the handover.
const END: &str = "end";

/// What came through the port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frames {
    /// The data of each name.
    pub by_name: BTreeMap<String, Vec<u8>>,
    /// True when the guest said that it had sent everything.
    pub complete: bool,
}

impl Frames {
    /// A frame as text without surrounding white space.
    pub fn text(&self, name: &str) -> Option<String> {
        let bytes = self.by_name.get(name)?;
        Some(String::from_utf8_lossy(bytes).trim().to_owned())
    }
}

/// How the header of a frame begins, whatever its length is. Its writers are the guest's
/// `lib.sh` and the carrier, which run elsewhere: boots hold them to this.
#[must_use]
pub fn begins(token: &str, name: &str) -> String {
    format!("{MAGIC} {token} {name} ")
}

/// The frame that ends the handover.
#[must_use]
pub fn last(token: &str) -> String {
    format!("{}0\n\n", begins(token, END))
}

/// Reads what the port left behind. A frame with another token, a length past
/// the end, a damaged header, a name that comes twice or anything after the end
/// is an error; a missing end is not (the guest
/// may have been cut off) and leaves `complete` false.
pub fn read(mut bytes: &[u8], token: &str) -> Result<Frames, String> {
    let mut frames = Frames::default();
    while !bytes.is_empty() {
        if frames.complete {
            return Err("something follows the end".to_owned());
        }
        let at =
            bytes.iter().position(|byte| *byte == b'\n').ok_or("a frame header does not end")?;
        let (head, rest) = bytes.split_at(at);
        let rest = rest.get(1..).unwrap_or_default();
        let (name, length) = header(head, token)?;
        if rest.len() <= length {
            return Err(format!("frame `{name}` says {length} bytes, {} came", rest.len()));
        }
        let (data, after) = rest.split_at(length);
        bytes = after
            .strip_prefix(b"\n")
            .ok_or_else(|| format!("frame `{name}` is longer than it says"))?;
        if name == END {
            frames.complete = true;
        } else if frames.by_name.insert(name.clone(), data.to_owned()).is_some() {
            return Err(format!("frame `{name}` came twice"));
        }
    }
    Ok(frames)
}

fn header(head: &[u8], token: &str) -> Result<(String, usize), String> {
    let text = std::str::from_utf8(head).map_err(|_| "a frame header is not text")?;
    let mut words = text.split(' ');
    if words.next() != Some(MAGIC) {
        return Err("a frame does not start with its mark".to_owned());
    }
    if words.next() != Some(token) {
        return Err("a frame carries the token of another boot".to_owned());
    }
    let name = words.next().unwrap_or_default();
    let length = words.next().and_then(|word| word.parse().ok());
    match (name, length, words.next()) {
        ("", ..) | (_, None, _) | (_, _, Some(_)) => Err(format!("damaged header `{text}`")),
        (name, Some(length), None) => Ok((name.to_owned(), length)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_that_looks_like_a_frame_stays_data() {
        let frames = read(b"NVPF t dmesg 13\nNVPF t end 0\n\nNVPF t end 0\n\n", "t").unwrap();
        assert_eq!(frames.by_name["dmesg"], b"NVPF t end 0\n");
        assert!(frames.complete);
    }

    #[test]
    fn a_boot_that_was_cut_off_is_not_complete() {
        let frames = read(b"NVPF t a 1\nx\n", "t").unwrap();
        assert!(!frames.complete);
    }

    #[test]
    fn a_foreign_token_is_an_error() {
        assert!(read(b"NVPF other a 1\nx\n", "t").is_err());
    }

    #[test]
    fn a_length_past_the_end_is_an_error() {
        assert!(read(b"NVPF t a 99999999999\nx\n", "t").is_err());
        assert!(read(b"NVPF t a 2\nx\n", "t").is_err());
        assert!(read(b"NVPF t a -1\nx\n", "t").is_err());
    }

    #[test]
    fn nothing_is_said_twice_or_after_the_end() {
        assert!(read(b"NVPF t a 1\nx\nNVPF t a 1\ny\n", "t").is_err());
        assert!(read(b"NVPF t end 0\n\nNVPF t a 1\nx\n", "t").is_err());
    }

    #[test]
    fn noise_before_a_frame_is_an_error() {
        assert!(read(b"[    0.0] Linux\nNVPF t end 0\n\n", "t").is_err());
    }
}
