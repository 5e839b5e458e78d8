//! Strings of a program's source that quote a log: a test's samples, a table of messages, a
//! script's own warnings; and the driver's own README. They tell of no machine. Never takes a
//! log for source.

/// Commands of scripts that print what follows.
const PRINTS: [&str; 12] = [
    "echo", "printf", "print", "warn", "warning", "log", "info", "err", "error", "die", "fail",
    "say",
];
/// How a string ends that is an argument, an entry or a value, behind its quote.
const ENDS: [&str; 9] = [",", ")", ");", "):", "]", "],", ";", " \\", " {"];

/// How the driver's README begins its chapter on common problems, which quotes the driver.
const README: &str =
    "This section provides solutions to common problems associated with the NVIDIA";

/// Reads a text line by line and tells which are strings of a source.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Whether a string on a line of its own is one more entry or argument.
    open: bool,
    /// Whether the text is the driver's README, up to a line of a log.
    readme: bool,
}

impl Source {
    /// Whether the line is a string of a source, or holds one that quotes something.
    pub fn is(&mut self, line: &str) -> bool {
        let text = line.trim();
        // A log's stamp ends it: it is pasted below.
        self.readme &= !super::stamp::begins(text);
        self.readme |= text.starts_with(README);
        if self.readme {
            return true;
        }
        // Nearly every line of a log ends here.
        if !text.contains(['"', '\'']) {
            let is = self.open && is_fields(text);
            self.open = is || text.ends_with(['(', '[', '{']);
            return is;
        }
        let is =
            is_entry(text, self.open) || is_argument(text) || is_field(text) || is_printed(text);
        self.open = is || text.ends_with(['(', '[', '{']);
        is
    }
}

/// A string on a line of its own, with what stands behind an entry; `"key": …` is data.
fn is_entry(text: &str, open: bool) -> bool {
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return false;
    };
    let rest = text.get(1..).unwrap_or_default();
    let is_key =
        rest.split_once(quote).is_some_and(|(_, after)| after.trim_start().starts_with(':'));
    let ended = || {
        text.ends_with(&format!("\\n{quote}"))
            || ENDS.iter().any(|end| text.ends_with(&format!("{quote}{end}")))
    };
    !is_key && (ended() || open && rest.ends_with(quote))
}

/// An argument of a call, or a value that is compared or assigned.
fn is_argument(text: &str) -> bool {
    ['"', '\''].into_iter().any(|quote| {
        let opens = ["(", "= ", "+ "].iter().filter_map(|before| {
            text.find(&format!("{before}{quote}")).map(|at| at + before.len() + 1)
        });
        // `name="…",` is an argument by name; `msg="…"` is a logger's field.
        let named = text.split_once(&format!("={quote}")).is_some_and(|(name, string)| {
            name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && string.ends_with(&format!("{quote},"))
        });
        if named {
            return true;
        }
        let Some(string) = opens.min().and_then(|at| text.get(at..)) else { return false };
        ENDS.iter().any(|end| string.contains(&format!("{quote}{end}")))
    })
}

/// A field of a value: `Raw: "…",`, and in a tuple, `(0, "…"),`. A key of JSON is a string.
fn is_field(text: &str) -> bool {
    let is_word = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    ['"', '\''].into_iter().any(|quote| {
        let field = text.split_once(&format!(": {quote}")).is_some_and(|(name, string)| {
            let next = string.split_once(&format!("{quote}, ")).map(|(_, next)| next);
            let goes_on = next.and_then(|next| next.split_once(':'));
            is_word(name)
                && (string.ends_with(&format!("{quote},"))
                    || goes_on.is_some_and(|(name, _)| is_word(name)))
        });
        let tuple = text.starts_with('(')
            && text.split_once(&format!(", {quote}")).is_some_and(|(_, string)| {
                [")", ","].iter().any(|end| string.contains(&format!("{quote}{end}")))
            });
        field || tuple
    })
}

/// Fields of a value without a string, `Xid: 79,` or `At: now(), Xid: 79,`.
fn is_fields(text: &str) -> bool {
    let is_field = |field: &str| {
        let name = field.split_once(": ").or_else(|| field.split_once(" = ")).map(|(name, _)| name);
        name.is_some_and(|name| {
            let name = name.strip_prefix('.').unwrap_or(name);
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
    };
    text.strip_suffix(',').is_some_and(|fields| fields.split(", ").all(is_field))
}

/// What a script prints, `warn "…"`, or hands to a function of its own over several lines.
fn is_printed(text: &str) -> bool {
    let Some((command, string)) = text.split_once(' ') else { return false };
    let string = string.trim_start();
    let quote = string.chars().next().filter(|c| matches!(c, '"' | '\''));
    if quote.is_some_and(|quote| text.ends_with(&format!("{quote} \\"))) {
        return true;
    }
    PRINTS.contains(&command)
        && quote.is_some_and(|quote| string.len() > 1 && string.ends_with(quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<bool> {
        let mut source = Source::default();
        text.lines().map(|line| source.is(line)).collect()
    }

    #[test]
    fn strings_of_every_language_are_source() {
        for line in [
            "    \"NVRM: Xid (PCI:0000:01:00): 62, payload\",",
            "    'NVRM: GPU at PCI:0000:01:00: GPU-0902c3a5',",
            "\"NVRM: components have the same version.\\n\"",
            "msg := Parse(\"<30>Sep 22 00:19:40 box kernel: NVRM: GPU 0 is bound.\", \"192.0.2.1\")",
            "if msg.Message != \"NVRM: GPU 0 is bound.\" {",
            "    stderr=\"modprobe: ERROR: could not insert 'nvidia': Key was rejected by service\",",
            "RawMessage: \"NVRM: Xid (PCI:0000:0a:00): 79, x\", Severity: \"err\",",
            "(_sections(), (0, \"0, No\"), (0, \"[Mon] NVRM: Xid (PCI:0000:0a:00): 79, x\"), \"Xid\"),",
            "classify 'NVRM: Xid (PCI:0000:0a:00): 79, pid=1, GPU has fallen off the bus.' \\",
            "assert parse_xid(\"NVRM: loading NVIDIA UNIX Open Kernel Module\") is None",
            "  warn \"       modprobe: ERROR: could not insert 'nvidia': Key was rejected by service\"",
        ] {
            let ends = line.contains(") is None");
            assert!(told(line)[0] || ends, "{line}");
        }
        let call = "d = parse(\n    \"NVRM: Xid: 79, \"\n    \"GPU has fallen off the bus.\"\n)\n";
        assert_eq!(told(call), [false, true, true, false]);
        let value = "Events: []*Event{{\n    At: now(), Xid: 79,\n}},\n";
        assert_eq!(told(value), [false, true, false]);
        assert_eq!(told("it began with Xid: 79,\n"), [false]);
        let readme = "This section provides solutions to common problems associated with the NVIDIA \
                      Linux Driver.\n(EE) NVIDIA(0): The NVIDIA kernel module does not appear to\n";
        assert_eq!(told(readme), [true, true]);
    }

    #[test]
    fn logs_data_and_what_people_quote_are_none() {
        for line in [
            "[    9.100000] NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x62:0x40:2168)",
            "\"dmesg\": \"[  124.512014] nvidia: version magic 'a' should be 'b'\",",
            "{\"MESSAGE\":\"NVRM: x\",\"PRIORITY\":\"3\"}",
            "time=\"2025\" level=error msg=\"failed to initialize NVML: ERROR_DRIVER_NOT_LOADED\"",
            "when I run nvidia-smi it says \"No devices were found\"",
            "\"GPU has fallen off the bus.\"",
            "then I get \"No devices were found\", and after that nothing",
            "nvidia-smi: \"No devices were found\", as it says",
            "modprobe: ERROR: could not insert 'nvidia': No such device",
            "[    3.100000] nvidia: version magic '6.5.0' should be '6.8.0'",
            "options nvidia NVreg_RegistryDwords=\"PerfLevelSrc=0x2222\"",
        ] {
            assert!(!told(line)[0], "{line}");
        }
    }
}
