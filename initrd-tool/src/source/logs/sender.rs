//! The sender's own words around a log: what they tell of the machine, and which of them only
//! tell what may be. No program and no kernel said them.

use super::record::Record;
use nvpreflight::reading::sayings::{HAS_CHOSEN, HAS_MISSED, NAMES_NVIDIA, SENDER, TELLS_OF_XID};

/// Whether a record is the sender's own words, and no line of a log.
#[must_use]
pub fn is_mention(record: &Record) -> bool {
    record.identifier.as_deref() == Some(SENDER)
}

/// Prose that speaks of NVIDIA or of one of its GPUs: where nothing else names a maker, the
/// sender's own words do.
#[must_use]
pub fn mention(line: &str) -> Option<Record> {
    const MAKER: [&str; 3] = ["nvidia", "geforce", "quadro"];
    let lower = line.to_ascii_lowercase();
    let named = MAKER.iter().any(|name| lower.contains(name));
    named.then(|| {
        let cut = (0..=MENTION_MAX.min(line.len())).rev().find(|at| line.is_char_boundary(*at));
        let words = line.get(..cut.unwrap_or(0)).unwrap_or_default().trim();
        Record::said_by(SENDER, format!("{NAMES_NVIDIA}{words}"))
    })
}

/// The sender's words that nouveau is used on purpose, in the first person: "it is using
/// nouveau" is a complaint.
#[must_use]
pub fn chosen(line: &str) -> Option<Record> {
    const CHOICES: [&str; 5] = [
        "i'm using nouveau",
        "i am using nouveau",
        "i use nouveau",
        "i prefer nouveau",
        "on nouveau on purpose",
    ];
    let lower = line.to_ascii_lowercase();
    let switched =
        lower.split_once("switched ").is_some_and(|(_, rest)| rest.contains("to nouveau"));
    let is = switched || CHOICES.iter().any(|words| lower.contains(words));
    is.then(|| Record::said_by(SENDER, HAS_CHOSEN.to_owned()))
}

/// Whether a sentence of the sender's speaks of errors of the GPU that nothing else in the
/// text may show: of its memory, of its signs of life, Xids without a number.
#[must_use]
pub fn worries(line: &str) -> bool {
    // Each needs the other word beside it, where it may be anything's.
    const OF: [(&str, &str); 9] = [
        ("ecc error", ""),
        ("uncorrectable", "ecc"),
        ("double bit", "error"),
        ("row remap", "fail"),
        ("remapped row", "fail"),
        ("heartbeat", "gpu"),
        ("heartbeat", "gsp"),
        ("memory error", "gpu"),
        ("xid", "error"),
    ];
    const WORDS: usize = 5;
    let lower = line.to_ascii_lowercase();
    let sentence = line.split_whitespace().count() >= WORDS && !line.contains(['|', '{', '=']);
    // "Volatile ECC Errors : 0" is a row of a table.
    let row = lower.split_once(" : ").is_some();
    let is_word = |word: &str| {
        lower.match_indices(word).any(|(at, _)| {
            !lower.get(..at).is_some_and(|text| text.ends_with(|c: char| c.is_alphanumeric()))
        })
    };
    let tells = || OF.iter().any(|(word, with)| is_word(word) && lower.contains(with));
    // A guide tells what to look for, and none is what a machine has that works.
    let calm = || {
        let none = ["no ecc error", "no xid", "no heartbeat", "without ", "no memory error"];
        GUIDES.iter().chain(&none).any(|words| lower.contains(words))
    };
    sentence && !row && tells() && !calm()
}

/// Words of a guide that tells what to look for, and tells of no machine.
const GUIDES: [&str; 6] =
    ["signatures", "look for", "watch for", "check for", "if you see", "abort on"];

/// Whether a sentence begins by calling the lines that it quotes harmless: they are no
/// finding, and are not understood either.
#[must_use]
pub fn is_harmless(line: &str) -> bool {
    const WORDS: [&str; 4] =
        ["expected harmless ", "harmless errors", "harmless messages", "harmless boot errors"];
    let lower = line.trim_start_matches(['-', '*', ' ', '>']).to_ascii_lowercase();
    WORDS.iter().any(|words| lower.starts_with(words))
}

/// Whether a sentence tells what may be, or what to look for, and of no machine.
#[must_use]
pub fn is_supposed(line: &str) -> bool {
    const WORDS: [&str; 10] = [
        "if ",
        "would ",
        "might ",
        " may ",
        "could be",
        "should ",
        "means ",
        "check that",
        "known messages",
        "look like",
    ];
    let lower = line.to_ascii_lowercase();
    WORDS.iter().chain(&GUIDES).any(|words| lower.contains(words))
}

/// Whether a sentence tells what a release mends, or on which machines something comes.
#[must_use]
pub fn is_note(line: &str) -> bool {
    const WORDS: [&str; 6] = ["fixed", "fixes", " when ", " where ", "no longer", " prints "];
    let lower = line.to_ascii_lowercase();
    WORDS.iter().any(|words| lower.contains(words))
}

/// An Xid that the sender, or a program of a cluster, tells of by its number: "Xid 62",
/// "XID: 31", "XidCriticalError: Xid=79 on Device=…" (k8s-device-plugin, internal/rm/health.go).
#[must_use]
pub fn told_xid(line: &str) -> Option<Record> {
    const BETWEEN: [&str; 5] = ["nvrm", "errors", "error", "code", "number"];
    let lower = line.to_ascii_lowercase();
    if GUIDES.iter().any(|words| lower.contains(words)) {
        return None;
    }
    let number = lower.match_indices("xid").find_map(|(at, word)| {
        let before = lower.get(..at)?.chars().next_back();
        let rest = without_marks(lower.get(at + word.len()..)?);
        // "Xid NVRM 31", "XID error 79".
        let between = BETWEEN.iter().find_map(|word| rest.strip_prefix(word));
        let rest = between.map_or(rest, without_marks);
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let is_word = before.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        rest.get(..digits).filter(|number| is_word && (1..4).contains(&number.len()))
    })?;
    Some(Record::said_by(SENDER, format!("{TELLS_OF_XID}{number}")))
}

fn without_marks(text: &str) -> &str {
    text.trim_start_matches([' ', ':', '=', '#', '*', '`', '"'])
}

/// An entry of a list of errors, as guides have them: "3. Error: Unable to …".
#[must_use]
pub fn is_listed(line: &str) -> bool {
    let rest = line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
    let entry = rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "));
    rest.len() < line.trim_start().len() && entry.is_some_and(|text| text.starts_with("Error: "))
}

/// What tells the rules that lines with the driver's words were not understood.
#[must_use]
pub fn missed(lines: usize) -> Option<Record> {
    (lines > 0).then(|| Record::said_by(SENDER, format!("{HAS_MISSED}{lines}")))
}

/// Bytes of such a line that are kept.
const MENTION_MAX: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guides_list_of_errors_is_prose_and_a_number_in_prose_is_told() {
        assert!(is_listed("3. Error: Unable to load the kernel module 'nvidia.ko'"));
        assert!(!is_listed("ERROR: Unable to load the kernel module 'nvidia.ko'."));
        assert!(!is_listed("12: [    4.1] NVRM: Error: x"));
        let told = |line| told_xid(line).map(|record| record.text);
        assert_eq!(told("it ends with XID: 62, then more").as_deref(), Some("tells of Xid 62"));
        assert_eq!(told("it crashes with Xid NVRM 31").as_deref(), Some("tells of Xid 31"));
        let plugin = "health.go:126] XidCriticalError: Xid=79 on Device=GPU-1d3b; marking device as unhealthy.";
        assert_eq!(told(plugin).as_deref(), Some("tells of Xid 79"));
        assert_eq!(told("we count xid errors since 2023"), None);
        assert_eq!(told("maxid 12"), None);
        assert_eq!(told("Signatures to abort on: `Xid 154` (GPU lost), a hung task"), None);
    }

    #[test]
    fn what_worries_a_person_is_told_from_tables_and_guides() {
        for line in [
            "It has shown uncorrectable ECC errors since Monday, nvidia-smi looks fine",
            "The GPU heartbeat is lost every few hours under load",
            "our node reports Xid errors and the job dies",
        ] {
            assert!(worries(line), "{line}");
        }
        for line in [
            "            Volatile Uncorr. ECC errors : 0",
            "| N/A   41C    P0    70W / 300W |  0 ECC errors  |",
            "There are no ECC errors on any GPU of it",
            "Watch for Xid errors in the kernel log first",
            "the heartbeat of the cluster is fine all day long",
            "ECC errors",
            "maxid error of the parser in our own code",
        ] {
            assert!(!worries(line), "{line}");
        }
    }
}
