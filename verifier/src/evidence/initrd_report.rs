//! What the initrd phase left behind: its report, and the mark that it began.

use crate::facts::Facts;
use crate::parse::report_v1;
use crate::seen::{Errno, Seen};
use crate::text::Text;
use crate::tree::{Tree, TreeExt};

/// The folder of the reports; /run survives the switch-root.
const FOLDER: &str = "run/nvpreflight";

/// Fills the facts of this source from the usual folder.
pub fn collect(tree: &dyn Tree, facts: &mut Facts) {
    collect_from(tree, FOLDER, facts);
}

/// Fills the facts of this source from a folder below `tree`.
pub fn collect_from(tree: &dyn Tree, folder: &str, facts: &mut Facts) {
    let path = |name: &str| Text::<128>::of(format_args!("{folder}/{name}"));
    facts.initrd_begun = tree.exists(path("initrd.started").trim_start_matches('/'));
    let mut buf = [0u8; report_v1::SIZE_MAX];
    facts.initrd = tree.read(path("initrd.json").trim_start_matches('/'), &mut buf).and_then(|r| {
        let bytes = buf.get(..r.len).filter(|_| !r.cut);
        // A report that is not one is as unreadable as one behind a bad disk.
        bytes.and_then(report_v1::read).map_or(Seen::Unreadable(Errno::EINVAL), Seen::Yes)
    });
}

#[cfg(test)]
mod tests {
    use crate::facts::InitrdReport;
    use crate::seen::{Errno, Seen};
    use crate::testing::Case;

    fn seen(tree: &str) -> (Seen<InitrdReport>, Seen<bool>) {
        let facts = Case::pre_display(tree).facts();
        (facts.initrd.clone(), facts.initrd_begun)
    }

    #[test]
    fn a_phase_that_left_only_its_mark_did_not_end() {
        let (report, begun) = seen("run/nvpreflight/initrd.started = 1\n");
        assert!(report.is_absent());
        assert_eq!(begun, Seen::Yes(true));
    }

    #[test]
    fn half_a_report_is_unreadable_and_none_is_absent() {
        let (report, _) = seen("run/nvpreflight/initrd.json = {\"format\":\"nvpref\n");
        assert_eq!(report.status(), Seen::Unreadable(Errno::EINVAL));
        let (report, begun) = seen("");
        assert!(report.is_absent());
        assert_eq!(begun, Seen::Yes(false));
    }
}
