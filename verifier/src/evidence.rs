//! Collectors: a `Tree` and the parsers make `Facts`. One file a source.
//!
//! Collectors never judge and never fail: what they cannot see they say so.

pub mod conf_files;
pub mod config;
pub mod drm;
pub mod expectations;
pub mod initrd_report;
pub mod kmsg;
pub mod modules;
pub mod nv_proc;
pub mod params;
pub mod pci;
pub mod refused;
pub mod root_config;
pub mod stage2;
pub mod system;
pub mod trace;

use crate::expect::Expectations;
use crate::facts::{Facts, Phase};
use crate::tree::Tree;

/// Looks at everything a phase can show. `want` tells which further modules and
/// parameters are of interest.
pub fn collect(tree: &dyn Tree, want: &Expectations, facts: &mut Facts) {
    let counting = refused::Counting::new(tree);
    let tree = &counting;
    system::collect(tree, facts);
    config::collect(tree, facts);
    modules::collect(tree, want, facts);
    trace::collect(tree, want, facts);
    kmsg::collect(tree, facts);
    nv_proc::collect(tree, facts);
    params::collect(tree, want, facts);
    pci::collect(tree, facts);
    drm::collect(tree, facts);
    if facts.phase == Phase::PreDisplay {
        stage2::collect(tree, facts);
        initrd_report::collect(tree, facts);
    }
    counting.tell(&mut facts.lost);
}
