//! Cases of the sentences: how they are found and told apart.

use super::*;

fn searched(text: &str) -> Option<&'static Saying> {
    ALL.iter().flat_map(|group| group.iter()).find(|saying| saying.is(text))
}

#[test]
fn the_quick_search_finds_what_a_search_for_each_finds() {
    let all = || ALL.iter().flat_map(|group| group.iter());
    assert!(all().all(|saying| saying.parts.first().is_some_and(|part| part.len() > 1)));
    for saying in all() {
        for text in [saying.parts.concat(), std::format!("x {} y", saying.parts.join(" "))] {
            let parts = |saying: Option<&Saying>| saying.map(|saying| saying.parts);
            assert!(searched(&text).is_some());
            assert_eq!(parts(of(&text)), parts(searched(&text)), "{text}");
        }
    }
}

#[test]
fn every_part_must_stand_there_in_its_order() {
    let text = "(EE) NVIDIA(GPU-0): Failed to initialize the NVIDIA GPU at PCI:82:0:0.  Please";
    assert!(X_NO_GPU.is(text));
    assert_eq!(of(text).map(|saying| saying.program), Some("Xorg"));
    assert!(!MATCHED.is("nvidia is one of the Kernel modules: "));
    assert!(of("my driver cannot be reached").is_none());
}

#[test]
fn a_sentence_begins_where_its_first_part_stands() {
    assert_eq!(HUNG_OWN.begins("x INFO: task nvidia-modeset/:7 blocked for more than 9"), Some(2));
    assert_eq!(HUNG_OWN.begins("x INFO: task nvidia-modeset/:7 sleeps"), None);
}

#[test]
fn a_wish_names_the_driver_and_shows_nothing() {
    let is_wish = |text: &str| of(text).is_some_and(Saying::is_wish);
    for wish in ["a report: names NVIDIA: x", "a report: uses nouveau", "nvidia-utils 550"] {
        assert!(is_wish(wish), "{wish}");
    }
    assert!(!is_wish("a report: tells of Xid 79") && !is_wish("nouveau 0000:01:00.0: fifo"));
}
