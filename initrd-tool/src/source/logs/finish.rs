//! The end of every way to read a log: one boot chosen of those that were found, its
//! tree, and what it cannot show.

use super::boots::{Boot, distinct};
use super::choice::Choice;
use super::evidence::Evidence;
use super::{gaps, sender, tree};
use crate::base::error::{Error, Result};

/// Boots before the chosen one that are kept.
const EARLIER: usize = 4;

/// One boot alone, such as an earlier one, and nothing that lies beside the log.
#[must_use]
pub fn alone(boot: &Boot) -> Evidence {
    let mut evidence = Evidence { kind: "log".to_owned(), ..Evidence::default() };
    tree::add(boot, &mut evidence);
    evidence
}

/// Chooses the boot and makes the tree.
///
/// # Errors
/// Boots without a line of the kernel, or without the one that was chosen.
pub(super) fn finished(
    mut evidence: Evidence,
    boots: Vec<Boot>,
    choice: &Choice,
) -> Result<Evidence> {
    let mut boots = distinct(boots);
    let records = boots.iter().flat_map(|boot| &boot.records);
    let lines = records.filter(|record| !sender::is_mention(record)).count();
    boots.retain(Boot::tells);
    if boots.is_empty() && !(evidence.files.is_empty() && evidence.next.is_empty()) {
        // Outputs alone, such as lspci's: what they show can be judged.
        boots.push(Boot::default());
        evidence.kind = "outputs".to_owned();
    }
    if boots.is_empty() {
        return Err(Error::new(match lines {
            0 => "nothing in it is known: neither a line of a kernel log or journal nor the \
                  output of a program that was looked for; send the whole kernel log of the boot \
                  (journalctl -b -k)"
                .to_owned(),
            1 => "it holds one line of a log, which tells nothing of the driver".to_owned(),
            n => format!("it holds {n} lines of a log, of which none tells of the driver"),
        }));
    }
    let ids: Vec<Option<String>> = boots.iter().map(|boot| boot.id.clone()).collect();
    let index = choice.of(&ids)?;
    (evidence.boots, evidence.boot) = (boots.len(), index + 1);
    if index + 1 < boots.len() {
        // What was noted down beside a log shows the machine of its last boot.
        evidence.files.clear();
        evidence.whole.clear();
        evidence.cannot_show.clear();
        evidence.next.clear();
    }
    let boot = boots.remove(index);
    evidence.earlier = boots.drain(index.saturating_sub(EARLIER)..index).rev().collect();
    tree::add(&boot, &mut evidence);
    if evidence.text(tree::CMDLINE).is_none() && !evidence.next.is_empty() {
        let next = std::mem::take(&mut evidence.next);
        evidence.put(tree::CMDLINE, next);
    }
    let mut gaps = gaps::of(&evidence, &boot);
    gaps.append(&mut evidence.cannot_show);
    evidence.cannot_show = gaps;
    evidence.records = boot.records;
    Ok(evidence)
}
