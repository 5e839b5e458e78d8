//! What programs print, pasted without the log around it: each kind of fault keeps its
//! finding. The texts stand in `tests/logs/pastes.txt`, each with its right answer.

use super::tests::{chosen, judged};
use std::fmt::Write as _;

const PASTES: &str = include_str!("../../../tests/logs/pastes.txt");

#[test]
fn the_words_of_every_program_are_told_without_a_log_around_them() {
    let (mut seen, mut wrong) = (0, String::new());
    for paste in PASTES.split("\n== ").skip(1) {
        let (heading, text) = paste.split_once('\n').expect("a heading");
        let (wanted, name) = heading.split_once(' ').expect("an answer and a name");
        let got = match chosen(text.to_owned(), None) {
            Ok(log) => judged(&log).1.first().cloned().unwrap_or_else(|| "quiet".to_owned()),
            Err(_) if wanted == "refused" => wanted.to_owned(),
            Err(why) => why,
        };
        if got != wanted {
            let _ = writeln!(wrong, "{name}: wanted {wanted}, got {got}");
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(seen > 100, "{seen} pastes were found");
}
