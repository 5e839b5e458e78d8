//! The fifteen questions that people ask of a machine whose screen is black or
//! whose driver is odd, answered in plain words from one look: an answer, what it
//! was read from, or why it could not be told. Reads only; judges by the rules.
//!
//! `Saved look (live, or a file) → Case → Answer × 15 → text, JSON`.

mod answer;
mod case;
pub mod collect;
mod examination;
mod hang_guard;
mod headline;
pub mod json;
pub mod live;
mod questions;
mod since;
#[cfg(test)]
mod tests;
pub mod text;

pub use answer::{Answer, Evidence, Says, Tone};
pub use case::{Beside, Case};
pub use examination::Examination;
pub use headline::Headline;
pub use questions::QUESTIONS;

/// Everything that a doctor says of a case.
pub struct Sheet {
    /// What is the matter, first cause first.
    pub headline: Headline,
    /// The answers in the order of the questions.
    pub answers: Vec<Answer>,
    /// What to do next, a line each.
    pub next: Vec<String>,
    /// What could not be checked, and what root would add.
    pub unseen: Vec<String>,
}

impl Sheet {
    /// Answers everything.
    #[must_use]
    pub fn of(case: &Case<'_>) -> Self {
        let answers = QUESTIONS
            .iter()
            .map(|question| {
                let says = (question.ask)(case);
                Answer {
                    id: question.id,
                    question: question.asks,
                    tone: says.tone,
                    says: says.says,
                    because: says.because,
                }
            })
            .collect();
        Self {
            headline: Headline::of(case),
            answers,
            next: headline::next(case),
            unseen: headline::unseen(case),
        }
    }
}
