//! The words of a fix, with what is known of the machine in the place of the words in
//! capitals. Plans no change of files.

use core::fmt;

/// What explains a placeholder in a rule's fix; nothing once it is filled.
const EXPLAINED: &str = "; VERSION is the driver's";

/// A fix in words, as somebody may paste it.
#[derive(Clone, Copy, Debug)]
pub struct Fix<'a> {
    words: &'a str,
    version: &'a str,
    module: &'a str,
}

impl<'a> Fix<'a> {
    /// `words` of a rule for a machine with this driver version and a finding about this
    /// module; empty where unknown. A name that a shell would read as more than a name is
    /// left out.
    #[must_use]
    pub fn new(words: &'a str, version: &'a str, module: &'a str) -> Self {
        let plain = |name: &'a str| {
            let is = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
            if name.bytes().all(is) { name } else { "" }
        };
        Self { words: words.trim_ascii_end(), version: plain(version), module: plain(module) }
    }

    /// Its lines, each filled in.
    pub fn lines(self) -> impl Iterator<Item = Self> + 'a {
        self.words.lines().map(move |line| Self { words: line.trim_ascii_end(), ..self })
    }

    /// The same without blanks before it.
    #[must_use]
    pub fn unindented(self) -> Self {
        Self { words: self.words.trim_ascii_start(), ..self }
    }

    /// What stands in capitals at the start of `rest`, and its value where it is known.
    fn known(&self, rest: &str) -> Option<(&'static str, &'a str)> {
        let words = [("VERSION", self.version), ("MODULE", self.module), ("NAME", self.module)];
        let found = words.into_iter().find(|(word, _)| rest.starts_with(word));
        found.filter(|(_, value)| !value.is_empty())
    }
}

impl fmt::Display for Fix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.words;
        // The character before: a word in capitals is no part of a longer one, and NAME is
        // a module's where a word gives it (`module_blacklist=NAME`).
        let mut before = '\n';
        while let Some(c) = rest.chars().next() {
            if !self.version.is_empty() && rest.starts_with(EXPLAINED) {
                rest = rest.get(EXPLAINED.len()..).unwrap_or("");
                continue;
            }
            let inner = |c: char| c.is_ascii_uppercase() || c == '_';
            let known = self.known(rest).filter(|(word, _)| {
                let next = rest.get(word.len()..).and_then(|after| after.chars().next());
                !inner(before) && !next.is_some_and(inner) && (*word != "NAME" || before == '=')
            });
            match known {
                Some((word, value)) => {
                    f.write_str(value)?;
                    rest = rest.get(word.len()..).unwrap_or("");
                    before = 'x';
                }
                None => {
                    fmt::Write::write_char(f, c)?;
                    rest = rest.get(c.len_utf8()..).unwrap_or("");
                    before = c;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    const FIRMWARE: &str = "install_items+=\" /nvidia/VERSION/gsp_*.bin \"    # dracut; VERSION is \
                            the driver's\n";

    #[test]
    fn what_is_known_stands_in_the_place_of_capitals() {
        let fix = |words, version, module| Fix::new(words, version, module).to_string();
        assert_eq!(
            fix(FIRMWARE, "595.45.04", ""),
            "install_items+=\" /nvidia/595.45.04/gsp_*.bin \"    # dracut"
        );
        assert_eq!(fix(FIRMWARE, "", ""), FIRMWARE.trim_end());
        assert_eq!(fix("module_blacklist=NAME", "", "nouveau"), "module_blacklist=nouveau");
        assert_eq!(fix("modprobe -v MODULE; x", "", "nvidia"), "modprobe -v nvidia; x");
    }

    #[test]
    fn longer_words_and_names_that_are_more_stay() {
        let fix = |words, module| Fix::new(words, "595", module).to_string();
        assert_eq!(fix("IS_VERSION VERSIONS MY_NAME", "x"), "IS_VERSION VERSIONS MY_NAME");
        assert_eq!(fix("edid/NAME.bin", "x"), "edid/NAME.bin");
        assert_eq!(fix("modprobe MODULE", "a;reboot"), "modprobe MODULE");
    }

    #[test]
    fn every_line_is_filled() {
        let lines: std::vec::Vec<_> =
            Fix::new("a VERSION \nb MODULE\n", "1.2", "m").lines().map(|l| l.to_string()).collect();
        assert_eq!(lines, ["a 1.2", "b m"]);
    }
}
