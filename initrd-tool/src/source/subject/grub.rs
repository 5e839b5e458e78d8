//! GRUB's menu, as grub-mkconfig or a person writes it: which entry the next boot takes, and
//! what that would boot (util/grub.d/00_header.in, 10_linux.in). What a condition decides
//! only when it runs is not known, and then nothing is said.

mod statements;
#[cfg(test)]
mod tests;

use super::entries::{Entry, is_main};
use statements::Statements;

/// Menus inside one another.
const DEEP: usize = 8;
/// Entries that are read.
const MOST: usize = 1024;
/// Variables on kernel command lines that hold no setting of a driver: Ubuntu's and
/// openSUSE's.
const HOOKS: [&str; 2] = ["$vt_handoff", "${extra_cmdline}"];

/// A menu, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Menu {
    items: Vec<Item>,
    /// What is given to `default`, but for the entry that was chosen for one boot.
    defaults: Vec<String>,
    /// Whether it asks for the entry that was chosen for one boot.
    once: bool,
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
    /// Whether a condition decides that it is there.
    maybe: bool,
    /// Whether a condition decides what it boots.
    unclear: bool,
    kernel: String,
    initrds: Vec<String>,
    options: String,
}

/// What a `{` began, and the `if` and loops that are open in it.
struct Scope {
    item: Option<usize>,
    conditions: usize,
}

impl Menu {
    /// Reads a grub.cfg.
    pub fn read(text: &str) -> Self {
        let mut menu = Self::default();
        let mut open: Vec<Scope> = Vec::new();
        let mut counts: Vec<usize> = vec![0];
        // Those outside of all braces.
        let mut conditions = 0_usize;
        let mut counter = false;
        for words in Statements::of(text) {
            let leads = |word: &&String| matches!(word.as_str(), "then" | "else" | "do" | "!");
            let words = words.get(words.iter().take_while(leads).count()..).unwrap_or_default();
            let Some(first) = words.first() else { continue };
            let conditions = open.last_mut().map_or(&mut conditions, |scope| &mut scope.conditions);
            let maybe = *conditions > 0;
            match first.as_str() {
                "if" | "while" | "until" | "for" => {
                    *conditions += 1;
                    // Fedora's way back from boots that failed (08_fallback_counting.in).
                    counter |= words.iter().any(|word| word.contains("boot_counter"));
                }
                "fi" | "done" => {
                    *conditions = conditions.saturating_sub(1);
                    counter &= *conditions > 0;
                }
                "menuentry" | "submenu" if menu.items.len() < MOST && open.len() < DEEP => {
                    let above = open.iter().rev().find_map(|scope| menu.items.get(scope.item?));
                    let mut at = above.map(|item| item.at.clone()).unwrap_or_default();
                    counts.resize(at.len() + 1, 0);
                    let count = counts.last_mut();
                    at.push(count.as_deref().copied().unwrap_or(0));
                    if let Some(count) = count {
                        *count += 1;
                    }
                    counts.push(0);
                    let submenu = first == "submenu";
                    menu.items.push(Item { at, submenu, maybe, ..Item::named(words) });
                    open.push(Scope { item: Some(menu.items.len() - 1), conditions: 0 });
                }
                "}" => {
                    open.pop();
                }
                "blscfg" => menu.has_bls = true,
                _ if words.last().is_some_and(|word| word == "{") => {
                    open.push(Scope { item: None, conditions: 0 });
                }
                _ if counter => {}
                _ => {
                    menu.set(words);
                    let inner = open.last().and_then(|scope| menu.items.get_mut(scope.item?));
                    if let Some(item) = inner.filter(|item| !item.submenu) {
                        item.line(first, words.get(1..).unwrap_or_default(), maybe);
                    }
                }
            }
        }
        menu
    }

    /// `set default=` and `default=`.
    fn set(&mut self, words: &[String]) {
        let word = words.get(usize::from(words.first().is_some_and(|word| word == "set")));
        let Some(value) = word.and_then(|word| word.strip_prefix("default=")) else { return };
        // The choice for one boot stands in grubenv, and is asked for there.
        if value.contains("next_entry") {
            self.once = true;
        } else if !self.defaults.iter().any(|known| known == value) {
            self.defaults.push(value.to_owned());
        }
    }

    /// What is taken with these values of grubenv, empty where it has none: a place, a
    /// title or an id, empty for the first; `None` where a condition decides.
    pub fn chosen<'a>(&'a self, once: &'a str, saved: &'a str) -> Option<&'a str> {
        let default = match self.defaults.as_slice() {
            [] => "",
            [one] => one.as_str(),
            _ => return None,
        };
        match default {
            _ if self.once && !once.is_empty() => Some(once),
            "${saved_entry}" | "$saved_entry" => Some(saved),
            default => Some(default),
        }
    }

    /// The entry that is taken with these values.
    pub fn next(&self, once: &str, saved: &str) -> Option<Entry> {
        let chosen = self.chosen(once, saved)?;
        // Of nothing, GRUB takes the first (grub-core/normal/menu.c, get_entry_number).
        let item = self.find(if chosen.is_empty() { "0" } else { chosen })?;
        // What a hook of the distribution puts in stands for no setting of a driver.
        let words = item.options.split(' ').filter(|word| !HOOKS.contains(word));
        let options = words.collect::<Vec<_>>().join(" ");
        // Another system's paths are not below this root (30_os-prober.in).
        let other = item.id.starts_with("osprober-");
        let known = !item.submenu && !item.kernel.is_empty() && !item.unclear && !other;
        known.then(|| Entry {
            id: if item.id.is_empty() { item.title.clone() } else { item.id.clone() },
            boot: "boot",
            kernel: item.kernel.clone(),
            initrds: item.initrds.clone(),
            options,
            ..Entry::default()
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
            // One that may not be there moves those behind it.
            let before = self.items.iter().take_while(|other| other.at != item.at);
            let moved = number.is_some()
                && before.into_iter().any(|other| {
                    other.maybe && other.at.split_last().is_some_and(|(_, rest)| rest == above)
                });
            if item.maybe || moved {
                return None;
            }
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

    fn line(&mut self, command: &str, words: &[String], maybe: bool) {
        match command {
            "linux" | "linux16" | "linuxefi" => {
                let Some((kernel, options)) = words.split_first() else { return };
                self.unclear |= maybe || !self.kernel.is_empty();
                self.kernel = path(kernel);
                self.options = options.join(" ");
            }
            "initrd" | "initrd16" | "initrdefi" => {
                self.unclear |= maybe;
                let images = words.iter().map(|word| path(word));
                self.initrds = images.filter(|path| is_main(path)).collect();
            }
            // What the entry goes on with is another file's.
            "configfile" | "chainloader" => self.unclear = true,
            _ => {}
        }
    }
}

/// The path without the device that GRUB may want before it, and without the subvolume
/// that it stands in, where it names the folder `boot`; a snapshot's is not this root's.
fn path(word: &str) -> String {
    let path = match word.starts_with('(') {
        true => word.split_once(')').map_or(word, |(_, path)| path),
        false => word,
    };
    let (before, after) = path.split_at(path.find("/boot/").unwrap_or(0));
    if before.contains("snapshot") { path.to_owned() } else { after.to_owned() }
}
