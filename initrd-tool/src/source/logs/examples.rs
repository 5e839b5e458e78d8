//! Lines that tell of no machine: a fenced block below a heading such as "kmsg input:" is
//! what a program is given in a change of it; below "Examples", or a sentence on what may
//! be met, it is what others could see.

/// Why a line tells of no machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Example {
    /// A program is given it.
    Input,
    /// Only its writer's words make it one: it may be the sender's own.
    Told,
}

/// Where a text is among its blocks, headings and sentences.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Examples {
    state: State,
    /// Whether the lines are those of a fenced block.
    fenced: bool,
}

impl Examples {
    /// Takes the next line; what it is, where it is an example.
    pub fn line(&mut self, line: &str) -> Option<Example> {
        let fence = is_fence(line, self.fenced);
        let before = self.state;
        self.state = before.after(line, fence, self.fenced);
        self.fenced ^= fence;
        // Words before the end of a block are still in it.
        let glued = fence && !line.trim().starts_with("```");
        if glued { before.example() } else { self.state.example() }
    }
}

/// What the lines before make of the next one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    No,
    /// The heading was the last line that was not blank.
    Told,
    Inside,
    /// The same of a sentence.
    Supposed,
    Shown,
    /// A line of code that is one by itself.
    Line,
    /// One has ended: what the program makes of it may follow.
    Past,
    /// A chapter of examples, outside of a block.
    Chapter,
    /// A block of it.
    Sample,
}

impl State {
    /// What a line in this state is, where it is an example.
    const fn example(self) -> Option<Example> {
        match self {
            Self::Inside => Some(Example::Input),
            Self::Shown | Self::Line | Self::Sample => Some(Example::Told),
            _ => None,
        }
    }

    /// What holds of a line; `fence` for one that opens or closes a block, `fenced` inside of
    /// one, where nothing is a heading.
    fn after(self, line: &str, fence: bool, fenced: bool) -> Self {
        let line = line.trim();
        let bare = line.trim_matches(['*', '#', ' ']).to_ascii_lowercase();
        let heading = || {
            let made = |word: &&str| bare.starts_with(*word) && bare.ends_with(':');
            bare.ends_with(" input:") || self == Self::Past && MADE_OF_IT.iter().any(made)
        };
        let code = line.len() > 2 && line.starts_with('`') && line.ends_with('`');
        match self {
            Self::Inside | Self::Shown if fence => Self::Past,
            Self::Sample if fence => Self::Chapter,
            Self::Inside | Self::Shown | Self::Sample => self,
            Self::Told if fence => Self::Inside,
            Self::Supposed if fence => Self::Shown,
            Self::Chapter if fence => Self::Sample,
            Self::Told | Self::Supposed if code => Self::Line,
            Self::Told | Self::Supposed | Self::Past if line.is_empty() => self,
            _ if fenced || fence => Self::No,
            _ if line.starts_with('#') && bare.starts_with("example") => Self::Chapter,
            Self::Chapter if !line.starts_with('#') => self,
            _ if SUCH_AS.iter().any(|such| bare.contains(such)) && !is_own(&bare) => Self::Line,
            _ if line.len() < HEADING_MAX && heading() => Self::Told,
            _ if line.len() < SENTENCE_MAX && bare.ends_with(':') && is_supposed(&bare) => {
                Self::Supposed
            }
            _ if self == Self::Past && line.len() < HEADING_MAX && !bare.ends_with(':') => self,
            _ => Self::No,
        }
    }
}

/// Whether a sentence in small letters tells of what others may meet, not of what its
/// writer met.
fn is_supposed(sentence: &str) -> bool {
    const MAY: [&str; 12] = [
        "may fail with",
        "might fail with",
        "can fail with",
        "may see",
        "might see",
        "will see",
        "may show",
        "might show",
        "may report",
        "will contain",
        "may contain",
        "might contain",
    ];
    MAY.iter().any(|words| sentence.contains(words)) && !is_own(sentence)
}

/// Whether the writer of a sentence in small letters speaks of himself.
pub(super) fn is_own(sentence: &str) -> bool {
    let own = |word: &str| matches!(word, "i" | "my" | "we" | "our" | "me" | "mine");
    sentence.split(|c: char| !c.is_alphanumeric()).any(own)
}

/// How a sentence goes over to messages that are examples.
const SUCH_AS: [&str; 2] = ["(e.g., `", "(e.g. `"];
/// How a heading of what comes of an input begins.
const MADE_OF_IT: [&str; 4] = ["after", "before", "output", "expected"];
/// Longest line that is taken for a heading.
const HEADING_MAX: usize = 40;
/// The same for a sentence in front of an example.
const SENTENCE_MAX: usize = 200;

/// Whether a line opens or closes a fenced block; a block may end behind its last words.
fn is_fence(line: &str, fenced: bool) -> bool {
    let line = line.trim();
    match line.strip_prefix("```") {
        Some(rest) => !rest.trim_start_matches('`').contains("```"),
        None => fenced && line.ends_with("```"),
    }
}
