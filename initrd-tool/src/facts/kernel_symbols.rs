//! Whether the stack's undefined symbols have somebody to provide them: the
//! kernel itself, a module of the image, or one that the image lacks.

use super::module_tree::Found;
use super::paths::canonical;
use crate::facts::modfile;
use crate::source::files::Files;
use nvpreflight::facts::image::{MissingSymbol, ModuleTree};
use nvpreflight::facts::{Facts, STACK};
use nvpreflight::seen::Seen;
use nvpreflight::text::{Name, kernel_name};
use nvpreflight::tree::Flow;
use std::collections::{HashMap, HashSet};

/// Examples kept of each module's missing symbols.
const EXAMPLE_MAX: usize = 8;
/// Names kept; kernels export some thirty thousand.
const NAME_MAX: usize = 1_000_000;
/// Bytes of a symbol list that are read; the largest have about 15 MB.
const LIST_MAX: u64 = 64 << 20;

/// Fills `missing` of the stack's modules. Without the kernel's own exports only
/// symbols that a module is known to provide are told.
pub(super) fn resolve(
    shown: &mut ModuleTree,
    own: &Found,
    files: &dyn Files,
    root: Option<(&dyn Files, Option<&Found>)>,
    facts: &Facts,
) {
    let stack = |name: &str| STACK.contains(&name);
    let mut wanted: HashSet<&[u8]> = HashSet::new();
    for (_, symbols) in own.symbols.iter().filter(|(name, _)| stack(name)) {
        wanted.extend(symbols.undefined.iter().map(Vec::as_slice));
    }
    for symbols in own.symbols.values() {
        wanted.retain(|name| !symbols.exports.contains(*name));
    }
    let release = shown.release.as_str();
    let trees = root.iter().map(|(root, _)| *root).chain([files]);
    let kernel = trees.clone().find_map(|tree| Kernel::read(tree, &own.folder, release));
    let mut providers: HashMap<Vec<u8>, String> = HashMap::new();
    for tree in trees {
        index(tree, &format!("{}/modules.symbols", own.folder), &wanted, &mut providers);
    }
    if let Some((_, Some(found))) = root {
        for (module, symbols) in &found.symbols {
            for name in symbols.exports.iter().filter(|n| wanted.contains(n.as_slice())) {
                providers.entry(name.clone()).or_insert_with(|| module.clone());
            }
        }
    }
    let built_in = |name: &str| facts.modules.get(name).is_some();
    for module in shown.modules.iter_mut().filter(|m| stack(&m.name)) {
        let Some(symbols) = own.symbols.get(module.name.as_str()) else { continue };
        let mut total = 0u32;
        for name in symbols.undefined.iter().filter(|n| wanted.contains(n.as_slice())) {
            let provider = providers.get(name).or_else(|| kernel.as_ref()?.modules.get(name));
            let missing = match (provider, &kernel) {
                (_, Some(kernel)) if kernel.own.contains(name) => false,
                (Some(provider), _) => !own.names.contains(provider) && !built_in(provider),
                (None, Some(_)) => true,
                (None, None) => false,
            };
            if missing {
                total = total.saturating_add(1);
                if module.missing_symbols.len() < EXAMPLE_MAX {
                    let provider = provider.map_or_else(Name::new, |p| Name::from(p.as_str()));
                    let name = Name::from_bytes(name);
                    module.missing_symbols.push(MissingSymbol { name, provider });
                }
            }
        }
        module.missing = if kernel.is_some() { Seen::Yes(total) } else { Seen::NotLooked };
    }
}

/// depmod's index: `alias symbol:NAME MODULE` (kmod tools/depmod.c).
fn index(
    tree: &dyn Files,
    path: &str,
    wanted: &HashSet<&[u8]>,
    providers: &mut HashMap<Vec<u8>, String>,
) {
    let _ = tree.as_tree().lines(path, &mut |line| {
        let mut words = line.split(|b| *b == b' ');
        if let (Some(b"alias"), Some(name), Some(module)) =
            (words.next(), words.next(), words.next())
        {
            let name = name.strip_prefix(b"symbol:").filter(|name| wanted.contains(name));
            if let Some(name) = name {
                let module = kernel_name(module).to_string();
                providers.entry(name.to_vec()).or_insert(module);
            }
        }
        Flow::More
    });
}

/// What a kernel exports.
#[derive(Default)]
struct Kernel {
    /// By itself.
    own: HashSet<Vec<u8>>,
    /// By its modules, where the list tells them.
    modules: HashMap<Vec<u8>, String>,
}

impl Kernel {
    /// From the first list of this release that names any export.
    fn read(tree: &dyn Files, folder: &str, release: &str) -> Option<Self> {
        let mut lists = Vec::new();
        for base in [
            format!("{folder}/build/Module.symvers"),
            format!("{folder}/symvers"),
            format!("boot/symvers-{release}"),
        ] {
            lists.extend(["", ".gz", ".xz", ".zst"].map(|suffix| format!("{base}{suffix}")));
        }
        lists.push(format!("{folder}/System.map"));
        lists.push(format!("boot/System.map-{release}"));
        // NixOS: the map lies beside the kernel in its store path.
        let image = canonical(tree, "run/booted-system/kernel");
        let beside = image.as_deref().and_then(|p| p.rsplit_once('/'));
        lists.extend(beside.map(|(folder, _)| format!("{folder}/System.map")));
        let from_list = lists.iter().find_map(|path| {
            let Seen::Yes(bytes) = tree.load(path.as_bytes()) else { return None };
            let plain = modfile::unpack(&bytes, LIST_MAX).ok()?;
            let mut kernel = Self::default();
            plain.split(|b| *b == b'\n').for_each(|line| kernel.take(line));
            (!kernel.own.is_empty()).then_some(kernel)
        });
        from_list.or_else(|| Self::running(tree, release))
    }

    /// The running kernel's own list, when it is the one in question.
    fn running(tree: &dyn Files, release: &str) -> Option<Self> {
        let tree = tree.as_tree();
        let mut runs = false;
        let _ = tree.lines("proc/sys/kernel/osrelease", &mut |line| {
            runs = line == release.as_bytes();
            Flow::Enough
        });
        let mut kernel = Self::default();
        if runs {
            let _ = tree.lines("proc/kallsyms", &mut |line| {
                // Symbols of modules stand behind those of the kernel, in brackets.
                if !line.ends_with(b"]") {
                    kernel.take(line);
                }
                Flow::More
            });
        }
        (!kernel.own.is_empty()).then_some(kernel)
    }

    /// A line of Module.symvers (`CRC NAME OWNER TYPE NAMESPACE`, tabs) or of a
    /// symbol map (`ADDRESS TYPE __ksymtab_NAME`, blanks).
    fn take(&mut self, line: &[u8]) {
        if self.own.len().saturating_add(self.modules.len()) >= NAME_MAX {
            return;
        }
        if line.starts_with(b"0x") {
            let mut fields = line.split(|b| *b == b'\t').skip(1);
            match (fields.next(), fields.next()) {
                (Some(name), Some(b"vmlinux")) => {
                    self.own.insert(name.to_vec());
                }
                (Some(name), Some(owner)) => {
                    let file = owner.rsplit(|b| *b == b'/').next().unwrap_or(owner);
                    self.modules.insert(name.to_vec(), kernel_name(file).to_string());
                }
                _ => {}
            }
        } else if let Some(name) = line.split(|b| *b == b' ').nth(2) {
            if let Some(name) = name.strip_prefix(b"__ksymtab_") {
                self.own.insert(name.to_vec());
            }
        }
    }
}
