//! The boot configuration of an image on the command line that it will get: whether the
//! kernel takes it, and where its words stand.

use crate::base::clean;
use crate::source::image::BootConfig;
use nvpreflight::parse::cmdline;

/// The whole command line, and what a person should know of it. The kernel takes the
/// configuration where `bootconfig` stands before any `--`, and puts its words before the
/// boot loader's (init/main.c, setup_boot_config, setup_command_line, Linux 6.12). A
/// kernel with CONFIG_BOOT_CONFIG_FORCE needs no word; its file does not tell that.
pub(crate) fn applied(
    line: Option<Vec<u8>>,
    config: Option<&BootConfig>,
) -> (Option<Vec<u8>>, Option<String>) {
    let Some(config) = config else { return (line, None) };
    let words = match &config.words {
        Ok(words) => words,
        Err(why) => {
            let why = clean::line(why.as_bytes());
            let note = format!("the kernel takes no boot configuration from this image: {why}");
            return (line, Some(note));
        }
    };
    let shown = clean::line(words);
    let Some(line) = line else {
        let note = format!(
            "the image has a boot configuration, which counts with `bootconfig` on the command \
             line; that is not known: {shown}"
        );
        return (None, Some(note));
    };
    let asked = cmdline::kernel_words(&line).any(|word| word.key_value().0 == b"bootconfig");
    if !asked {
        let note = format!(
            "the image has a boot configuration, which is ignored without `bootconfig` on the \
             command line: {shown}"
        );
        return (Some(line), Some(note));
    }
    let note = format!("the image's boot configuration stands before the command line: {shown}");
    (Some([words.as_slice(), b" ", &line].concat()), Some(note))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(words: Result<&str, &str>) -> BootConfig {
        let words = words.map(|text| text.as_bytes().to_vec()).map_err(str::to_owned);
        BootConfig { at: 0, words }
    }

    fn line(given: Option<&str>, words: Result<&str, &str>) -> (Option<String>, String) {
        let config = config(words);
        let (line, note) = applied(given.map(|l| l.as_bytes().to_vec()), Some(&config));
        (line.map(|l| String::from_utf8_lossy(&l).into_owned()), note.unwrap_or_default())
    }

    #[test]
    fn its_words_stand_first_where_the_kernel_is_asked_to_take_them() {
        let (whole, note) = line(Some("quiet bootconfig"), Ok("nvidia_drm.modeset=0"));
        assert_eq!(whole.as_deref(), Some("nvidia_drm.modeset=0 quiet bootconfig"));
        assert!(note.ends_with("stands before the command line: nvidia_drm.modeset=0"), "{note}");
    }

    #[test]
    fn without_the_word_or_with_an_error_the_line_stays_and_that_is_said() {
        for given in ["quiet", "quiet -- bootconfig", "bootconfigs"] {
            let (whole, note) = line(Some(given), Ok("a=1"));
            assert_eq!(whole.as_deref(), Some(given));
            assert!(note.contains("ignored without `bootconfig`"), "{note}");
        }
        let (whole, note) = line(Some("bootconfig"), Err("bootconfig checksum failed"));
        assert_eq!(whole.as_deref(), Some("bootconfig"));
        assert!(note.ends_with("from this image: bootconfig checksum failed"), "{note}");
        assert_eq!(line(None, Ok("a=1")).0, None);
        assert_eq!(applied(None, None), (None, None));
    }
}
