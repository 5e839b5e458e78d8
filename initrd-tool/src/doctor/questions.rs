//! The table of questions, in the order in which they are shown; one topic a file.

mod cards;
mod changes;
mod compute;
mod early;
mod images;
mod kms;
mod needed;
mod options;
mod owner;
mod screen;
mod sleep;
mod spelling;
mod support;
mod where_to_load;

use super::answer::Says;
use super::case::Case;

/// A question.
pub struct Question {
    /// A word that names it for good.
    pub id: &'static str,
    /// Two words for a table.
    pub title: &'static str,
    /// The question as people ask it.
    pub asks: &'static str,
    /// Its answer.
    pub ask: fn(&Case<'_>) -> Says,
}

const fn question(
    id: &'static str,
    title: &'static str,
    asks: &'static str,
    ask: fn(&Case<'_>) -> Says,
) -> Question {
    Question { id, title, asks, ask }
}

/// The fifteen.
pub const QUESTIONS: [Question; 15] = [
    question(
        "screen",
        "screen",
        "Black screen, machine running: which step failed?",
        screen::answer,
    ),
    question(
        "early",
        "early",
        "Was nvidia loaded from the initrd, and before the greeter?",
        early::answer,
    ),
    question(
        "kms",
        "mode setting",
        "Which values of modeset and fbdev are in force, and what set them?",
        kms::answer,
    ),
    question(
        "owner",
        "GPU owner",
        "Which driver owns the GPU, and which was first?",
        owner::answer,
    ),
    question(
        "cards",
        "cards",
        "Which card is which, and what is the \"Unknown\" monitor?",
        cards::answer,
    ),
    question("options", "options", "Did my options reach the modules?", options::answer),
    question(
        "spelling",
        "spelling",
        "Dash or underscore? Command line or modprobe.d?",
        spelling::answer,
    ),
    question(
        "needed",
        "still needed",
        "Do I still need modeset=1, fbdev=1 or MODULES= with my version?",
        needed::answer,
    ),
    question(
        "cuda",
        "CUDA",
        "Is CUDA ready, and if not: module, node or service?",
        compute::answer,
    ),
    question("sleep", "sleep", "Will suspend and hibernate work?", sleep::answer),
    question(
        "support",
        "support",
        "Is my GPU supported by this branch and flavour of the driver?",
        support::answer,
    ),
    question("next-boot", "next boot", "Will the next boot work?", images::next_boot),
    question("initrd", "initrd", "What is in my initrd?", images::content),
    question(
        "where",
        "early or late",
        "Should nvidia be in the initrd on this machine?",
        where_to_load::answer,
    ),
    question("changes", "changes", "What changed since it worked?", changes::answer),
];
