//! The judgement of a look, written.

use super::place::Sources;
use super::{Format, Judged};
use crate::facts::look::Look;
use nvpreflight::finding::Report;

impl Look {
    /// The judgement in a format.
    #[must_use]
    pub fn show(&self, report: &Report, format: Format, columns: usize, colours: bool) -> String {
        self.judged(report, |judged| judged.render(format, columns, colours))
    }

    /// Hands a judgement with its places to `f`.
    pub fn judged<R>(&self, report: &Report, f: impl FnOnce(&Judged<'_>) -> R) -> R {
        let segment = |path: &str| self.subject().segment(path);
        let cmdline = self.facts.config.cmdline.yes().map(|cmdline| cmdline.raw.as_slice());
        let sources = Sources { tree: self.tree(), root: self.root(), cmdline, segment: &segment };
        let mut judged = Judged::new(&self.label, &self.facts, report, &sources);
        judged.cannot_show = self.cannot_show();
        let here = match self.facts.look {
            nvpreflight::facts::Look::Live => true,
            nvpreflight::facts::Look::Image => self.label.root.as_deref() == Some("/"),
            _ => false,
        };
        judged.machine = self.machine().map(|root| (root, here));
        judged.input = self.log().filter(|_| self.explain_input).map(|log| log.balance.json());
        f(&judged)
    }
}
