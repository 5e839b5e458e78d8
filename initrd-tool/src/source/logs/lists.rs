//! Lists of modules in the configuration of an initrd's generator, as a file or as people
//! paste them: mkinitcpio.conf, dracut.conf, initramfs-tools, configuration.nix. Each list
//! is one record, whatever lines it takes; nothing here judges one.

use super::record::Record;

/// How lines of those files begin, behind blanks, and whose they are.
const BEGINS: [(&str, &str); 8] = [
    ("MODULES=", "mkinitcpio.conf"),
    ("HOOKS=", "mkinitcpio.conf"),
    ("force_drivers+=", "dracut.conf"),
    ("force_drivers=", "dracut.conf"),
    ("add_drivers+=", "dracut.conf"),
    ("omit_drivers+=", "dracut.conf"),
    ("boot.initrd.kernelModules = ", "configuration.nix"),
    ("boot.kernelModules = ", "configuration.nix"),
];
/// Lines that one list may take.
const LINES_MAX: usize = 24;

/// Puts lists together.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    open: Option<Open>,
}

#[derive(Clone, Debug)]
struct Open {
    file: &'static str,
    text: String,
    closes: char,
    lines: usize,
}

impl Lists {
    /// Whether a list has begun that has not ended.
    pub const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Takes a line; a record where a list ends with it.
    pub fn line(&mut self, line: &str) -> Option<Record> {
        let line = line.trim_start_matches(['>', '`', '+', '$', ' ', '\t']).trim_end();
        let bare = line.split(" #").next().unwrap_or(line).trim_end_matches(['`', ' ']);
        if let Some(mut open) = self.open.take() {
            open.lines += 1;
            if !bare.starts_with('#') {
                open.text.push(' ');
                open.text.push_str(bare);
            }
            return self.ended(open);
        }
        // `/etc/mkinitcpio.conf:MODULES=…`, as grep prints it.
        let found = bare.split_once(".conf:").filter(|(path, _)| path.starts_with('/'));
        let bare = found.map_or(bare, |(_, rest)| rest);
        let (start, file) = BEGINS.iter().find(|(start, _)| bare.starts_with(start))?;
        let value = bare.get(start.len()..).unwrap_or_default();
        let closes = match value.chars().next()? {
            '(' => ')',
            '[' => ']',
            quote @ ('"' | '\'') => quote,
            // initramfs-tools' `MODULES=most`, a shell's variable.
            _ => return None,
        };
        self.ended(Open { file, text: bare.to_owned(), closes, lines: 1 })
    }

    fn ended(&mut self, open: Open) -> Option<Record> {
        let opens = if matches!(open.closes, '"' | '\'') { 2 } else { 1 };
        if open.text.matches(open.closes).count() >= opens {
            return Some(Record::said_by(open.file, open.text));
        }
        self.open = Some(open).filter(|open| open.lines < LINES_MAX);
        None
    }
}

/// initramfs-tools' own list: a module a line.
#[must_use]
pub fn initramfs_tools(text: &str) -> Record {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let names: Vec<&str> = lines.filter_map(|line| line.split_whitespace().next()).collect();
    Record::said_by("initramfs-tools/modules", format!("MODULES=({})", names.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists(text: &str) -> Vec<(String, String)> {
        let mut lists = Lists::default();
        let of = |record: Record| (record.identifier.unwrap_or_default(), record.text);
        text.lines().filter_map(|line| lists.line(line)).map(of).collect()
    }

    #[test]
    fn a_list_is_one_record_whatever_lines_it_takes() {
        let one = "MODULES=(nvidia nvidia_drm)";
        for text in [
            "MODULES=(nvidia nvidia_drm)\n",
            "> `MODULES=(nvidia nvidia_drm)`\n",
            "/etc/mkinitcpio.conf:MODULES=(nvidia nvidia_drm)\n",
            "#MODULES=(btrfs)\nMODULES=(nvidia nvidia_drm) # early\n",
        ] {
            assert_eq!(lists(text), [("mkinitcpio.conf".to_owned(), one.to_owned())], "{text}");
        }
        let nix =
            "boot.initrd.kernelModules = [\n  \"nvidia\"  # first\n  # \"nouveau\"\n];\nx = 1;\n";
        assert_eq!(
            lists(nix),
            [(
                "configuration.nix".to_owned(),
                "boot.initrd.kernelModules = [ \"nvidia\" ];".to_owned()
            )]
        );
    }

    #[test]
    fn other_settings_and_lists_without_an_end_are_none() {
        let endless = format!("MODULES=(\n{}", "nvidia\n".repeat(100));
        for text in ["MODULES=most\n", "modules=(nvidia)\n", "I set MODULES=(nvidia)\n", &endless] {
            assert_eq!(lists(text), [], "{text}");
        }
    }

    #[test]
    fn initramfs_tools_has_a_module_a_line() {
        let record = initramfs_tools("# modules\nnvidia\nnvidia-drm modeset=1\n");
        assert_eq!(record.text, "MODULES=(nvidia nvidia-drm)");
    }
}
