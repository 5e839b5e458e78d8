//! Premise: the facts that rules, `check`, `options`, `inspect` and the doctor go by
//! and the configuration that `plan` goes by say the same of any root.

use crate::facts::{of_tree, testing::Memory};
use crate::kmod::config::{Config, Item};
use crate::view::inventory::options as inventory;
use crate::view::provenance::{self, Effect, Provenance};
use nvpreflight::expect::Expectations;
use nvpreflight::facts::STACK;
use nvpreflight::reading::blocks::{self, How};
use nvpreflight::reading::softdeps::{self, Side};
use nvpreflight::reading::{next_boot, options};
use proptest::prelude::*;
use proptest::sample::select;

const LINES: [&str; 25] = [
    "softdep nvidia post: nvidia-uvm",
    "softdep nv* pre: nvidia_drm",
    "softdep nvidia-drm  pre: nvidia",
    "softdep nvidia[-_]uvm pre: x",
    "softdep nv[",
    "options nvidia-drm modeset=1 fbdev=0",
    "options nvidia_drm modeset=0",
    "options nvidia_drm \"modeset=Y\" modeset",
    "options nvidia* modeset=1",
    "options nvidia \\",
    " NVreg_X=1",
    "# options nvidia_drm modeset=1 \\",
    "blacklist nvidia-drm",
    "blacklist nvidia",
    "blacklist NVIDIA",
    "install nv* /bin/false",
    "install nvidia /bin/true",
    "alias nvidia-uvm off",
    "alias nvidia off x",
    "options",
    "softdep nvidia\tpost:\x0bnvidia-uvm\0 nvidia-drm",
    "softdep nvidia  pre: nvidia-drm",
    "options nvidia_drm modeset=0\x0bfbdev=1\0modeset=1",
    "\0options nvidia_drm modeset=1",
    "alias nvidia off\tx",
];
const FILES: [&str; 7] = [
    "etc/modprobe.d/a.conf",
    "etc/modprobe.d/n.conf",
    "run/modprobe.d/a.conf",
    "usr/local/lib/modprobe.d/b.conf",
    "usr/lib/modprobe.d/z.conf",
    "lib/modprobe.d/b.conf",
    "etc/modprobe.d/n.conf.bak",
];
const WORDS: [&str; 13] = [
    "quiet",
    "modprobe.blacklist=nvidia,nvidia-drm",
    "modprobe.blacklist=nvidia_uvm",
    "nvidia_drm.modeset=0",
    "nvidia-drm.modeset=\"1\"",
    "\"nvidia_drm.modeset=N\"",
    "nvidia.x.y=1",
    "nvidia-drm.fbdev",
    "--",
    "modprobe.blacklist=\"nvidia,nvidia_uvm\"",
    "\"modprobe.blacklist=nvidia,nvidia_uvm\"",
    "nvidia_drm.modeset=0\x0bnvidia_drm.fbdev=1",
    "nvidia_drm.modeset=\"a b\"",
];

type Said = Option<(String, String)>;

/// The last setting of a parameter, quotes off.
fn last_of(lines: &[Item], module: &str, name: &str) -> Said {
    let of_module = lines.iter().filter(|l| l.name == module.as_bytes());
    let words = of_module.flat_map(|line| {
        let words: Vec<_> = nvpreflight::parse::cmdline::words(&line.text).collect();
        words.into_iter().map(move |word| (word.key_value(), &line.place))
    });
    let mut settings = words.filter_map(|((key, value), place)| {
        let value = String::from_utf8_lossy(value.unwrap_or_default()).into_owned();
        (key == name.as_bytes()).then(|| (value, place.to_string()))
    });
    settings.next_back()
}

fn agree(root: &[(&str, Vec<&str>)], masked: Option<&str>, words: &[&str]) {
    let mut files = Memory::default();
    for (path, lines) in root {
        files = files.file(path, lines.join("\n") + "\n");
    }
    if let Some(path) = masked {
        files = files.link(path, "/dev/null");
    }
    let cmdline = words.join(" ");
    let config = Config::read(&files, None, cmdline.as_bytes());
    let facts = of_tree(&files, None, Some(cmdline.as_bytes()), None, &Expectations::new());
    let shown = inventory::of(&facts);
    let tables = provenance::tables(&facts);
    for module in STACK {
        let line = config.softdep_of(module.as_bytes());
        assert_eq!(
            softdeps::in_force(&facts, module).map(|l| l.place.to_string()),
            line.map(|l| l.place.to_string()),
            "the softdep of {module}"
        );
        let targets = softdeps::in_force(&facts, module).map(|line| {
            let [mut pre, mut post] = [Vec::new(), Vec::new()];
            softdeps::targets(line).for_each(|(side, name)| match side {
                Side::Pre => pre.push(name.as_bytes().to_vec()),
                Side::Post => post.push(name.as_bytes().to_vec()),
            });
            [pre, post]
        });
        let expected = line.map(|line| [line.pre.clone(), line.post.clone()]);
        assert_eq!(targets, expected, "the targets of the softdep of {module}");
        let off = blocks::of(&facts, module).filter(|b| b.how == How::AliasOff);
        let aliases = config.aliases.iter().filter(|l| l.name == module.as_bytes());
        assert_eq!(
            off.map(|b| b.place.to_string()).collect::<Vec<_>>(),
            aliases.filter(|l| l.text == b"off").map(|l| l.place.to_string()).collect::<Vec<_>>(),
            "which alias leads {module} nowhere"
        );
        let places = |lines: &[Item]| -> Vec<String> {
            let named = lines.iter().filter(|l| l.name == module.as_bytes());
            named.map(|l| l.place.to_string()).collect()
        };
        let blacklists = blocks::of(&facts, module).filter(|b| b.how == How::Blacklist);
        assert_eq!(
            blacklists.map(|b| b.place.to_string()).collect::<Vec<_>>(),
            places(&config.blacklist),
            "who keeps {module} out"
        );
        for name in ["modeset", "fbdev"] {
            let expected = last_of(&config.options, module, name);
            let last = options::last(&facts, module, name);
            let last = last.map(|s| (s.value.to_string(), s.place.to_string()));
            assert_eq!(last, expected, "{module}.{name}");
            let key = (module.to_owned(), name.to_owned());
            let told = shown.yes().and_then(|shown| shown.get(&key));
            let told = told.map(|s| (s.value.clone(), s.place.clone()));
            assert_eq!(told, expected, "{module}.{name} as inspect tells it");
            // What a module has no such parameter for counts nowhere.
            if module == "nvidia_drm" {
                let of_it = |t: &&Provenance| t.module == module && t.parameter == name;
                let table = tables.iter().find(of_it);
                let counts =
                    table.and_then(|t| t.lines.iter().find(|l| l.effect == Effect::Counts));
                let told = counts.map(|l| (l.value.clone().unwrap_or_default(), l.place.clone()));
                assert_eq!(told, expected, "{module}.{name} as options tells it");
            }
            let next = match next_boot::value(&facts, module, name) {
                next_boot::Value::Set(set) => Some((set.value.to_string(), set.place.to_string())),
                _ => None,
            };
            assert_eq!(next, expected, "{module}.{name} at the next boot");
        }
    }
}

proptest! {
    #[test]
    fn facts_and_plan_take_the_same_lines_of_any_root(
        root in prop::collection::vec(
            (select(&FILES[..]), prop::collection::vec(select(&LINES[..]), 0..6)),
            0..5,
        ),
        masked in prop::option::of(select(&FILES[..3])),
        words in prop::collection::vec(select(&WORDS[..]), 0..4),
    ) {
        agree(&root, masked, &words);
    }
}
