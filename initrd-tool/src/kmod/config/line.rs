//! One line of modprobe.d taken into the configuration (libkmod-config.c
//! `kmod_config_parse`, `kmod_config_add_softdep`).

use super::{Config, Deps, Item, Place};
use crate::kmod::names::{is_space, underscores};
use nvpreflight::facts::Directive;
use nvpreflight::parse::modprobe_d::{self, Joiner};

/// Hands out the logical lines of a file with the number of their first line.
pub fn each(bytes: &[u8], take: &mut dyn FnMut(u32, &[u8])) {
    let mut joiner = Joiner::<Vec<u8>>::default();
    for physical in bytes.split(|b| *b == b'\n') {
        if let Some(line) = joiner.push(physical) {
            take(line.number, line.text);
        }
    }
    if let Some(line) = joiner.finish() {
        take(line.number, line.text);
    }
}

impl Config {
    pub(super) fn take(&mut self, text: &[u8], place: Place) {
        // To kmod a line is a C string.
        let text = text.split(|b| *b == 0).next().unwrap_or(text);
        let Some(parsed) = modprobe_d::line(text) else { return };
        let name = match parsed.directive {
            Directive::Unknown => None,
            _ => underscores(parsed.module),
        };
        let Some(name) = name else {
            let (name, text) = (parsed.module.to_vec(), parsed.rest.to_vec());
            self.ignored.push(Item { name, text, place });
            return;
        };
        let rest = parsed.rest;
        match parsed.directive {
            Directive::Alias => {
                let target = rest.split(|b| matches!(b, b' ' | b'\t')).next().unwrap_or(rest);
                match underscores(target) {
                    Some(text) => self.aliases.push(Item { name, text, place }),
                    None => self.ignored.push(Item { name, text: text.to_vec(), place }),
                }
            }
            Directive::Blacklist => {
                self.blacklist.push(Item { name, text: Vec::new(), place });
            }
            Directive::Options => self.options.push(Item { name, text: rest.to_vec(), place }),
            Directive::Install => self.install.push(Item { name, text: rest.to_vec(), place }),
            Directive::Remove => self.remove.push(Item { name, text: rest.to_vec(), place }),
            Directive::Softdep => {
                let (pre, post) = sides(rest);
                self.softdeps.push(Deps { name, pre, post, text: rest.to_vec(), place });
            }
            Directive::Weakdep => {
                let pre = soft_words(rest).into_iter().map(<[u8]>::to_vec).collect();
                self.weakdeps.push(Deps {
                    name,
                    pre,
                    post: Vec::new(),
                    text: rest.to_vec(),
                    place,
                });
            }
            Directive::Unknown => {}
        }
    }
}

fn sides(rest: &[u8]) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let (mut pre, mut post) = (Vec::new(), Vec::new());
    let mut side = None;
    for word in soft_words(rest) {
        match word {
            b"pre:" => side = Some(false),
            b"post:" => side = Some(true),
            name => match side {
                Some(true) => post.push(name.to_vec()),
                Some(false) => pre.push(name.to_vec()),
                None => {}
            },
        }
    }
    (pre, post)
}

/// Words as kmod's softdep parser cuts them: a blank in front of the first word
/// becomes part of it when it is the only one, for the start stays on it.
fn soft_words(text: &[u8]) -> Vec<&[u8]> {
    let mut words = Vec::new();
    let (mut start, mut was_space) = (0, false);
    for at in 0..=text.len() {
        if let Some(byte) = text.get(at) {
            if !is_space(byte) {
                was_space = false;
                continue;
            }
            if was_space {
                start = at + 1;
                continue;
            }
            was_space = true;
            if start >= at {
                continue;
            }
        }
        let word = text.get(start..at).unwrap_or(&[]);
        if at < text.len() || !was_space {
            words.push(word);
        }
        start = at + 1;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_blank_in_front_hides_the_first_keyword() {
        let names = |text: &str| {
            let (pre, post) = sides(text.as_bytes());
            format!("{} | {}", pre.join(&b' ').escape_ascii(), post.join(&b' ').escape_ascii())
        };
        assert_eq!(names("pre: a b post: c"), "a b | c");
        assert_eq!(names(" pre: a post: b"), " | b");
        assert_eq!(names("  pre: a\x0bb"), "a b | ");
        assert_eq!(names("pre: a,b"), "a,b | ");
    }
}
