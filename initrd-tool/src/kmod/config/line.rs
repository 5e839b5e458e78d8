//! One line of modprobe.d taken into the configuration (libkmod-config.c
//! `kmod_config_parse`, `kmod_config_add_softdep`).

use super::{Config, Deps, Item, Place};
use crate::kmod::names::underscores;
use nvpreflight::facts::Directive;
use nvpreflight::parse::modprobe_d::{self, Joiner, Side, softdep_targets, softdep_words};

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
            Directive::Alias => match underscores(rest) {
                Some(text) => self.aliases.push(Item { name, text, place }),
                None => self.ignored.push(Item { name, text: text.to_vec(), place }),
            },
            Directive::Blacklist => {
                self.blacklist.push(Item { name, text: Vec::new(), place });
            }
            Directive::Options => self.options.push(Item { name, text: rest.to_vec(), place }),
            Directive::Install => self.install.push(Item { name, text: rest.to_vec(), place }),
            Directive::Remove => self.remove.push(Item { name, text: rest.to_vec(), place }),
            Directive::Softdep => {
                let (mut pre, mut post) = (Vec::new(), Vec::new());
                for (side, target) in softdep_targets(rest) {
                    match side {
                        Side::Pre => pre.push(target.to_vec()),
                        Side::Post => post.push(target.to_vec()),
                    }
                }
                self.softdeps.push(Deps { name, pre, post, text: rest.to_vec(), place });
            }
            Directive::Weakdep => {
                let pre = softdep_words(rest).map(<[u8]>::to_vec).collect();
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
