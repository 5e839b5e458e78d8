//! Which of many short texts stand in a line: one pass over its bytes, where a search for
//! each in turn would be most of a run over a log. Knows nothing of what they mean.

/// Folded pairs of bytes: enough that few pairs meet by chance.
const FOLDS: usize = 1024;
/// Bits for folded triples of bytes; of three hundred needles one in fourteen is taken.
const TRIPLES: usize = 4096;

/// Two lists of needles as one; `N` is their length together.
#[must_use]
#[expect(clippy::indexing_slicing, reason = "a constant function can do nothing else")]
pub const fn joined<const A: usize, const B: usize, const N: usize>(
    first: [&'static str; A],
    second: [&'static str; B],
) -> [&'static str; N] {
    assert!(A + B == N, "every needle has its place, and no place is empty");
    let mut out = [""; N];
    let mut at = 0;
    while at < N {
        out[at] = if at < A { first[at] } else { second[at - A] };
        at += 1;
    }
    out
}

/// The first bytes of `N` needles, by which a position in a line tells the few that
/// may begin there. Building it takes a step for each needle.
#[derive(Clone, Debug)]
pub struct Screen<const N: usize> {
    /// By folded triple of bytes: whether a needle begins so. Nearly every position of a
    /// line ends here.
    triples: [u64; TRIPLES / 64],
    /// By folded pair of bytes: the number, from 1, of a needle that begins so.
    starts: [u16; FOLDS],
    /// By needle: the number of another one whose first two bytes fold alike.
    next: [u16; N],
    /// By needle: its third byte, which most positions that fold alike do not have; 0 for
    /// a needle that has none.
    thirds: [u8; N],
}

impl<const N: usize> Screen<N> {
    /// Of these needles; one of less than two bytes is never found.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "a constant function can do nothing else")]
    pub const fn of(needles: &[&str; N]) -> Self {
        let mut screen = Self::empty();
        let mut at = 0;
        while at < N {
            screen.put(at, needles[at].as_bytes());
            at += 1;
        }
        screen
    }

    /// Of the first part of each of `N` needles.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "a constant function can do nothing else")]
    pub const fn of_firsts(needles: &[&[&str]]) -> Self {
        let mut screen = Self::empty();
        let mut at = 0;
        while at < N {
            screen.put(at, needles[at][0].as_bytes());
            at += 1;
        }
        screen
    }

    const fn empty() -> Self {
        assert!(N < u16::MAX as usize, "a needle's number fits");
        Self { triples: [0; TRIPLES / 64], starts: [0; FOLDS], next: [0; N], thirds: [0; N] }
    }

    #[expect(clippy::indexing_slicing, reason = "a constant function can do nothing else")]
    const fn put_triple(&mut self, bytes: [u8; 3]) {
        let bit = triple(bytes);
        self.triples[bit / 64] |= 1 << (bit % 64);
    }

    #[expect(clippy::indexing_slicing, reason = "a constant function can do nothing else")]
    const fn put(&mut self, at: usize, needle: &[u8]) {
        if let [a, b, rest @ ..] = needle {
            let fold = fold(*a, *b);
            self.next[at] = self.starts[fold];
            self.starts[fold] = at as u16 + 1;
            if let [third, ..] = rest {
                self.thirds[at] = *third;
                self.put_triple([*a, *b, *third]);
                return;
            }
            // What follows a needle of two bytes may be anything.
            let mut third = 0;
            while third <= u8::MAX as u16 {
                self.put_triple([*a, *b, third as u8]);
                third += 1;
            }
        }
    }

    /// Whether a needle may begin with these bytes.
    fn may_begin(&self, bytes: [u8; 3]) -> bool {
        let bit = triple(bytes);
        self.triples.get(bit / 64).is_some_and(|bits| bits >> (bit % 64) & 1 == 1)
    }

    /// Calls `f` with each needle that may begin at a place of `text`, by its index, and
    /// with the text from there on, until it returns true; whether it did.
    pub fn any<'t>(&self, text: &'t [u8], mut f: impl FnMut(usize, &'t [u8]) -> bool) -> bool {
        let mut begins = |at: usize, a: u8, b: u8| {
            let mut number = self.starts.get(fold(a, b)).copied().unwrap_or(0);
            while let Some(needle) = usize::from(number).checked_sub(1) {
                let third = self.thirds.get(needle).copied().unwrap_or(0);
                let may = third == 0 || text.get(at + 2) == Some(&third);
                if may && text.get(at..).is_some_and(|rest| f(needle, rest)) {
                    return true;
                }
                number = self.next.get(needle).copied().unwrap_or(0);
            }
            false
        };
        let triples = text.windows(3).filter_map(|three| three.first_chunk::<3>());
        let within = triples
            .enumerate()
            .any(|(at, &[a, b, c])| self.may_begin([a, b, c]) && begins(at, a, b));
        within || text.last_chunk::<2>().is_some_and(|&[a, b]| begins(text.len() - 2, a, b))
    }

    /// Whether one of `needles`, of which the screen was made, stands in `text`.
    pub fn holds(&self, needles: &[&str; N], text: &str) -> bool {
        self.any(text.as_bytes(), |needle, rest| {
            needles.get(needle).is_some_and(|needle| rest.starts_with(needle.as_bytes()))
        })
    }
}

const fn triple([a, b, c]: [u8; 3]) -> usize {
    let all = u32::from_le_bytes([a, b, c, 0]);
    all.wrapping_mul(0x9e37_79b1) as usize >> 20 & (TRIPLES - 1)
}

const fn fold(a: u8, b: u8) -> usize {
    ((a as usize) << 5 ^ b as usize) % FOLDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    proptest::proptest! {
        #[test]
        fn it_finds_what_a_search_for_each_finds(
            needles in proptest::array::uniform8("[ab ]{0,4}"),
            text in "[ab ]{0,24}",
        ) {
            let needles: [&str; 8] = needles.each_ref().map(String::as_str);
            let mut found = [false; 8];
            Screen::of(&needles).any(text.as_bytes(), |n, rest| {
                found[n] |= rest.starts_with(needles[n].as_bytes());
                false
            });
            let wanted: Vec<bool> =
                needles.iter().map(|n| n.len() > 1 && text.contains(n)).collect();
            proptest::prop_assert_eq!(&found[..], wanted);
        }
    }
}
