//! The menu that grub-mkconfig writes: which entry the next boot takes, and what that
//! would boot. Knows the form of `util/grub.d/00_header.in` and `10_linux.in` alone; what
//! a script would decide only when it runs is not known, and then nothing is said.

use super::entries::Entry;

/// Menus inside one another.
const DEEP: usize = 8;
/// Entries that are read.
const MOST: usize = 1024;

/// A menu, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Menu {
    items: Vec<Item>,
    /// What `set default=` gives where no entry was chosen for one boot.
    default: Option<String>,
    /// Whether the entries are those of the Boot Loader Specification.
    pub has_bls: bool,
}

#[derive(Debug, Default)]
struct Item {
    /// Its place in each menu above it and in its own, from 0.
    at: Vec<usize>,
    title: String,
    /// The value of `--id`, or what stands for it.
    id: String,
    submenu: bool,
    kernel: String,
    initrds: Vec<String>,
    options: String,
}

/// What a `{` began.
enum Scope {
    Item(usize),
    Other,
}

impl Menu {
    /// Reads a grub.cfg.
    pub fn read(text: &str) -> Self {
        let mut menu = Self::default();
        let mut open: Vec<Scope> = Vec::new();
        let mut counts: Vec<usize> = vec![0];
        for line in text.lines() {
            let words = words(line);
            let Some(first) = words.first() else { continue };
            match first.as_str() {
                "menuentry" | "submenu" if menu.items.len() < MOST && open.len() < DEEP => {
                    let above = open.iter().rev().find_map(|scope| match scope {
                        Scope::Item(at) => menu.items.get(*at).map(|item| item.at.clone()),
                        Scope::Other => None,
                    });
                    let mut at = above.unwrap_or_default();
                    counts.resize(at.len() + 1, 0);
                    let count = counts.last_mut();
                    at.push(count.as_deref().copied().unwrap_or(0));
                    if let Some(count) = count {
                        *count += 1;
                    }
                    counts.push(0);
                    let submenu = first == "submenu";
                    menu.items.push(Item { at, submenu, ..Item::named(&words) });
                    open.push(Scope::Item(menu.items.len() - 1));
                }
                "}" => {
                    open.pop();
                }
                "blscfg" => menu.has_bls = true,
                "set" => menu.set(&words),
                _ if words.last().is_some_and(|word| word == "{") => open.push(Scope::Other),
                _ => {
                    let inner = open.last().and_then(|scope| match scope {
                        Scope::Item(at) => menu.items.get_mut(*at),
                        Scope::Other => None,
                    });
                    if let Some(item) = inner.filter(|item| !item.submenu) {
                        item.line(first, words.get(1..).unwrap_or_default());
                    }
                }
            }
        }
        menu
    }

    fn set(&mut self, words: &[String]) {
        let value = words.get(1).and_then(|word| word.strip_prefix("default="));
        // The choice for one boot stands in grubenv, and is asked for there.
        if let Some(value) = value.filter(|value| !value.contains("next_entry")) {
            self.default = Some(value.to_owned());
        }
    }

    /// The entry that is taken with these values of grubenv, empty where it has none.
    pub fn next(&self, once: &str, saved: &str) -> Option<Entry> {
        let default = self.default.as_deref().unwrap_or_default();
        let chosen = match default {
            _ if !once.is_empty() => once,
            "${saved_entry}" | "$saved_entry" => saved,
            default => default,
        };
        // Of nothing, GRUB takes the first (grub-core/normal/menu.c, get_entry_number).
        let item = self.find(if chosen.is_empty() { "0" } else { chosen })?;
        // What a hook of the distribution puts in stands for no setting of a driver.
        let words = item.options.split(' ').filter(|word| *word != "$vt_handoff");
        let options = words.collect::<Vec<_>>().join(" ");
        let known = !item.submenu && !item.kernel.is_empty();
        known.then(|| Entry {
            id: if item.id.is_empty() { item.title.clone() } else { item.id.clone() },
            boot: "boot",
            version: String::new(),
            kernel: item.kernel.clone(),
            initrds: item.initrds.clone(),
            options,
        })
    }

    /// Whether some entry boots Linux: not so of a menu that only hands over.
    pub fn boots_linux(&self) -> bool {
        self.items.iter().any(|item| !item.kernel.is_empty())
    }

    /// By place, title or id; `A>B` is B in the menu A (GRUB manual, "default").
    fn find(&self, spec: &str) -> Option<&Item> {
        let mut above: &[usize] = &[];
        let mut found = None;
        for part in spec.split('>') {
            let number = part.parse::<usize>().ok();
            let is = |item: &&Item| {
                let (last, rest) =
                    item.at.split_last().map_or((None, above), |(l, r)| (Some(l), r));
                rest == above
                    && (last.copied() == number && number.is_some()
                        || item.title == part
                        || item.id == part && !part.is_empty())
            };
            let item = self.items.iter().find(is)?;
            (above, found) = (&item.at, Some(item));
        }
        found
    }
}

impl Item {
    fn named(words: &[String]) -> Self {
        let mut rest = words.iter().skip(1);
        let title = rest.next().cloned().unwrap_or_default();
        let mut id = String::new();
        while let Some(word) = rest.next() {
            if word == "--id" || word == "$menuentry_id_option" {
                id = rest.next().cloned().unwrap_or_default();
            }
        }
        Self { title, id, ..Self::default() }
    }

    fn line(&mut self, command: &str, words: &[String]) {
        match command {
            "linux" | "linux16" | "linuxefi" => {
                let Some((kernel, options)) = words.split_first() else { return };
                self.kernel = path(kernel);
                self.options = options.join(" ");
            }
            "initrd" | "initrd16" | "initrdefi" => {
                let images = words.iter().filter(|word| !word.contains("ucode"));
                self.initrds.extend(images.map(|word| path(word)));
            }
            _ => {}
        }
    }
}

/// The path without the device that GRUB may want before it, and without the subvolume
/// that it stands in, where it names the folder `boot`.
fn path(word: &str) -> String {
    let path = match word.starts_with('(') {
        true => word.split_once(')').map_or(word, |(_, path)| path),
        false => word,
    };
    path.find("/boot/").and_then(|at| path.get(at..)).unwrap_or(path).to_owned()
}

/// Words as GRUB's shell splits them (grub-core/script/lexer.c): quotes of both kinds and
/// backslashes; a comment ends the line. Variables stay as they are.
fn words(line: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (Some('"') | None, '\\') => word.get_or_insert_default().extend(chars.next()),
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() || c == ';' => out.extend(word.take()),
            (None, '#') if word.is_none() => break,
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    out.extend(word);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form of 10_linux, in our own words: a menu with a submenu of all kernels.
    const MENU: &str = r#"
if [ "${next_entry}" ] ; then
   set default="${next_entry}"
   set next_entry=
else
   set default="DEFAULT"
fi
function load_video {
  insmod all_video
}
menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple-1' {
	load_video
	if [ x$grub_platform = xxen ]; then insmod xzio; fi
	linux	/boot/vmlinuz-6.12.9-amd64 root=UUID=1 ro  quiet "a=b c" $vt_handoff
	initrd	/boot/amd-ucode.img /boot/initrd.img-6.12.9-amd64
}
submenu 'Advanced options' $menuentry_id_option 'gnulinux-advanced-1' {
	menuentry 'Linux 6.12.9' --class os $menuentry_id_option 'gnulinux-6.12.9-advanced-1' {
		linux	/boot/vmlinuz-6.12.9-amd64 root=UUID=1
		initrd	/boot/initrd.img-6.12.9-amd64
	}
	menuentry 'Linux 6.1.0' --id six {
		linux	($root)/@/boot/vmlinuz-6.1.0-amd64 root=UUID=1 single
		initrd	($root)/@/boot/initrd.img-6.1.0-amd64
	}
}
menuentry 'Firmware' $menuentry_id_option 'uefi-firmware' {
	fwsetup
}
"#;

    fn taken(default: &str, once: &str, saved: &str) -> Option<String> {
        let entry = Menu::read(&MENU.replace("DEFAULT", default)).next(once, saved)?;
        Some(format!("{} {}: {}", entry.images().join(" "), entry.id, entry.options))
    }

    const FIRST: &str =
        "boot/initrd.img-6.12.9-amd64 gnulinux-simple-1: root=UUID=1 ro quiet a=b c";
    const SIX: &str = "boot/initrd.img-6.1.0-amd64 six: root=UUID=1 single";

    #[test]
    fn the_entry_is_found_by_place_title_and_id_in_any_menu() {
        for (default, once, saved, wanted) in [
            ("0", "", "", FIRST),
            ("0", "", "six", FIRST),
            ("0", "gnulinux-advanced-1>six", "", SIX),
            ("1>1", "", "", SIX),
            ("${saved_entry}", "", "", FIRST),
            ("${saved_entry}", "", "Advanced options>Linux 6.1.0", SIX),
            ("Debian GNU/Linux", "", "", FIRST),
        ] {
            let got = taken(default, once, saved);
            assert_eq!(got.as_deref(), Some(wanted), "{default} {once} {saved}");
        }
    }

    #[test]
    fn what_boots_no_kernel_or_is_decided_by_a_script_is_not_guessed() {
        for default in ["2", "1", "9", "gone", "${mine}", "1>9"] {
            assert_eq!(taken(default, "", ""), None, "{default}");
        }
        assert!(Menu::read("insmod blscfg\nblscfg\n").has_bls);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic(
            text in "((menuentry|submenu|linux|initrd|set default=|\\}|f \\{)[ '\"\\\\a-z0-9/>{}]{0,16}\n|.{0,20}\n){0,12}",
            once in "[0-9a>]{0,6}",
        ) {
            let _ = Menu::read(&text).next(&once, "");
        }
    }
}
