//! The words of the kernel command line by name. Words that name the boot files
//! themselves say nothing that the kernel's and the image's own sections do not.

use super::{Thing, Things};

/// Set by boot loaders, other for every entry.
const OF_THE_LOADER: [&str; 3] = ["BOOT_IMAGE", "initrd", "init"];

/// Words by name; several of one name are one thing, in their order.
pub(super) fn words(raw: &[u8]) -> Things {
    let mut out = Things::new();
    for word in nvpreflight::parse::cmdline::words(raw) {
        let text = crate::base::clean::line(word.raw);
        let (name, value) = text.split_once('=').unwrap_or((&text, ""));
        // The kernel takes - and _ for the same in names (kernel/params.c `dash2underscore`).
        let name = name.replace('-', "_");
        if OF_THE_LOADER.contains(&name.as_str()) {
            continue;
        }
        match out.get_mut(&name) {
            Some(thing) => {
                let both = format!("{} {value}", thing.shown);
                *thing = Thing::new(both.trim());
            }
            None => {
                out.insert(name, Thing::new(value));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_names_and_those_of_the_loader_are_left_out() {
        let words =
            words(b"BOOT_IMAGE=/vmlinuz quiet console=tty0 console=ttyS0 nvidia-drm.modeset=1");
        let shown: Vec<_> = words.iter().map(|(k, v)| format!("{k}={}", v.shown)).collect();
        assert_eq!(shown, ["console=tty0 ttyS0", "nvidia_drm.modeset=1", "quiet="]);
    }
}
