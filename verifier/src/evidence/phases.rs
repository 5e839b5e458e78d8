//! Whether the initrd phase began: it leaves a marker before it looks at
//! anything, so that a phase that was cut short shows.

use crate::facts::Facts;
use crate::tree::{Tree, TreeExt};

/// Looks for run/nvpreflight/initrd.started.
pub fn collect(tree: &dyn Tree, facts: &mut Facts) {
    facts.initrd_begun = tree.exists("run/nvpreflight/initrd.started");
}
