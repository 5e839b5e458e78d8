//! What the guest's kernel headers declare, as far as NVIDIA's sources have to be
//! patched for it. Pure functions over text.

/// Patches of `qemu-tests/patches/` that sources need with these headers:
/// `pci` is the kernel's include/linux/pci.h, `source` the driver's
/// nvidia/nv-pci.c.
pub fn patches(pci: &str, source: &str) -> Vec<&'static str> {
    let calls_with_three = arguments(source, "pci_resize_resource") == Some(3);
    let declares_four = arguments(pci, "pci_resize_resource") == Some(4);
    match calls_with_three && declares_four {
        true => vec!["pci-resize-resource.patch"],
        false => Vec::new(),
    }
}

/// How many arguments the first `function(…)` in C text has; None without one, or
/// where it does not end.
fn arguments(text: &str, function: &str) -> Option<usize> {
    let (before, after) = text.split_once(&format!("{function}("))?;
    if before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_') {
        return arguments(after, function);
    }
    let (mut depth, mut commas) = (0usize, 0);
    for letter in after.chars() {
        match letter {
            ')' if depth == 0 => return Some(commas + 1),
            ')' => depth -= 1,
            '(' => depth += 1,
            ',' if depth == 0 => commas += 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "int __must_check pci_resize_resource(struct pci_dev *dev, int i, int size);";
    const NEW: &str = "int __must_check pci_resize_resource(struct pci_dev *dev, int i,\n\
                       \t\t\t\t     int size, int exclude_bars);";
    const CALL: &str = "    r = pci_resize_resource(pci_dev, NV_GPU_BAR1, requested_size);";

    #[test]
    fn only_headers_with_four_arguments_need_the_patch() {
        assert_eq!(patches(NEW, CALL), ["pci-resize-resource.patch"]);
        assert!(patches(OLD, CALL).is_empty());
    }

    #[test]
    fn sources_that_know_of_the_fourth_argument_are_left_alone() {
        assert!(patches(NEW, &CALL.replace("size);", "size, 0);")).is_empty());
    }

    #[test]
    fn a_prototype_that_is_not_there_or_cut_off_needs_nothing() {
        assert!(patches("", CALL).is_empty());
        assert!(patches("int pci_resize_resource(struct pci_dev *dev, (", CALL).is_empty());
        assert!(patches(&NEW.replace(" pci_", " x_pci_"), CALL).is_empty());
    }

    #[test]
    fn an_argument_that_is_a_call_counts_once() {
        assert_eq!(arguments("x = f(a, g(b, c), d);", "f"), Some(3));
    }

    #[test]
    fn the_patch_of_the_project_changes_the_call_it_is_for() {
        let patch = include_str!("../../../patches/pci-resize-resource.patch");
        let line = |mark| patch.lines().filter_map(|line| line.strip_prefix(mark)).nth(1).unwrap();
        assert_eq!(patches(NEW, line('-')), ["pci-resize-resource.patch"]);
        assert!(patches(NEW, line('+')).is_empty());
    }
}
