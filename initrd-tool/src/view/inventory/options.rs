//! Module options in force, each with the line that set it and the lines that it
//! beat. As kmod merges them; judged by nobody here.

use nvpreflight::evidence;
use nvpreflight::facts::{Facts, Origin, Phase};
use nvpreflight::reading::options;
use nvpreflight::seen::Seen;
use nvpreflight::text::kernel_name;
use nvpreflight::tree::Tree;
use std::collections::BTreeMap;

/// One parameter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    /// The value that the kernel keeps; "" for a bare word.
    pub value: String,
    /// Where it stands: "etc/modprobe.d/nvidia.conf:2".
    pub place: String,
    /// Whether it is on the kernel command line instead of in a file.
    pub cmdline: bool,
    /// Earlier values with their places, which lost.
    pub beaten: Vec<(String, String)>,
}

/// Parameters by module and name, in kernel spelling.
pub type Options = BTreeMap<(String, String), Setting>;

/// The facts of a tree's configuration, of nothing else.
#[must_use]
pub fn facts(tree: &dyn Tree) -> Box<Facts> {
    let mut facts = Box::new(Facts { phase: Phase::Image, ..Facts::default() });
    evidence::config::collect(tree, &mut facts);
    facts
}

/// Options in force; `Absent` where there is no configuration at all.
#[must_use]
pub fn of(facts: &Facts) -> Seen<Options> {
    facts.config.lines.status().map(|()| {
        let mut found = Options::new();
        for setting in options::all(facts) {
            let module = kernel_name(setting.module.as_bytes()).to_string();
            let key = (module, setting.name.replace('-', "_"));
            let new = Setting {
                value: setting.value.to_string(),
                place: setting.place.to_string(),
                cmdline: setting.origin == Origin::Cmdline,
                beaten: Vec::new(),
            };
            match found.remove(&key) {
                Some(old) => {
                    let mut beaten = old.beaten;
                    beaten.push((old.value, old.place));
                    found.insert(key, Setting { beaten, ..new });
                }
                None => {
                    found.insert(key, new);
                }
            }
        }
        found
    })
}
