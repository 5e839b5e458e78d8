//! Boots told apart, joined and bounded.

use super::*;

fn kernel(us: u64, text: &str) -> Record {
    let time = Some((Clock::Kernel, us)).filter(|_| us > 0);
    Record { time, kernel: true, text: text.into(), ..Record::default() }
}

fn boots(records: &[(u64, &str)]) -> Vec<Vec<String>> {
    let mut boots = Boots::default();
    for (us, text) in records {
        boots.push(kernel(*us, text), None);
    }
    let texts = |boot: Boot| boot.records.into_iter().map(|record| record.text).collect();
    boots.finish().into_iter().map(texts).collect()
}

#[test]
fn a_boot_begins_with_the_banner_or_where_time_goes_back() {
    let log = [(0, "Linux version 6.1"), (9_000_000, "a"), (0, "Linux version 6.2"), (1, "b")];
    assert_eq!(boots(&log), [["Linux version 6.1", "a"], ["Linux version 6.2", "b"]]);
    let log = [(90_000_000, "NVRM: loading x"), (1_000_000, "NVRM: loading x")];
    assert_eq!(boots(&log), [["NVRM: loading x"], ["NVRM: loading x"]]);
}

#[test]
fn two_searches_of_one_log_are_one_boot_in_order_of_time() {
    let log = [(5_000_000, "NVRM: loading"), (9_000_000, "NVRM: x"), (1_000_000, "usb")];
    assert_eq!(boots(&log), [["usb", "NVRM: loading", "NVRM: x"]]);
    let rotated = [(9_000_000_000, "NVRM: x"), (0, "Linux version 6.1"), (1_000_000, "usb")];
    assert_eq!(boots(&rotated), [vec!["NVRM: x"], vec!["Linux version 6.1", "usb"]]);
    let mut said = Boots::default();
    said.push(kernel(5_000_000, "NVRM: x"), None);
    said.next_of(None);
    said.push(kernel(6_000_000, "NVRM: y"), None);
    assert_eq!(said.finish().len(), 2);
}

#[test]
fn a_small_step_back_is_no_boot() {
    assert_eq!(boots(&[(12_000_100, "a"), (12_000_000, "b")]).len(), 1);
}

#[test]
fn the_same_boot_pasted_twice_is_one() {
    let whole = [(0, "Linux version 6.1"), (2_000_000, "usb"), (9_000_000, "NVRM: x")];
    let again = [(9_000_000, "NVRM: x"), (9_500_000, "NVRM: y")];
    let both = [&again[..], &whole[..]].concat();
    assert_eq!(boots(&both), [["Linux version 6.1", "usb", "NVRM: x", "NVRM: y"]]);
    assert_eq!(boots(&[&whole[..], &whole[..]].concat()).len(), 1);
}

#[test]
fn equal_stamps_of_the_first_clock_make_no_two_boots_one() {
    let boot = |ends: u64| {
        [(0, "Linux version 6.1"), (3, "e820: update"), (ends, "tsc"), (ends * 9, "NVRM: x")]
    };
    let (one, two) = (boot(1_000_007), boot(1_000_009));
    assert_eq!(boots(&[one, two].concat()).len(), 2);
    let head = [(0, "Linux version 6.1"), (3, "e820: update"), (4_000, "tsc")];
    assert_eq!(boots(&[&head[..], &head[..]].concat()).len(), 1, "its beginning, twice");
}

#[test]
fn one_equal_stamp_makes_no_two_whole_boots_one() {
    let boot = |loads: u64| {
        let tsc = (1_200_000, "tsc: Refined TSC clocksource calibration: 2995.200 MHz");
        [(0, "Linux version 6.1"), tsc, (loads, "NVRM: loading"), (loads * 2, "usb")]
    };
    assert_eq!(boots(&[boot(5_123_456), boot(5_223_411)].concat()).len(), 2);
}

#[test]
fn what_a_service_says_in_a_kernel_log_concerns_the_stack_as_in_a_journal() {
    let (identifier, text) = (Some("systemd".into()), "Started sddm.service - SDDM.".into());
    let record = Record { identifier, pid: Some(1), text, ..Record::default() };
    assert!(concerns(&record));
    assert!(!concerns(&Record { text: "Started cups.service - CUPS.".into(), ..record }));
}

#[test]
fn of_a_very_long_log_what_concerns_the_stack_is_kept_and_the_rest_counted() {
    let mut boots = Boots::default();
    for n in 0..WHOLE as u64 + 10 {
        boots.push(kernel(n + 1, "usb 1-1: new device"), None);
    }
    boots.push(kernel(WHOLE as u64 + 20, "NVRM: GPU has fallen off the bus."), None);
    let boot = boots.finish().pop().expect("a boot");
    assert_eq!((boot.records.len(), boot.passed), (WHOLE + 1, 10));
    assert!(boot.records[WHOLE].says("NVRM"));
}

#[test]
fn the_last_of_many_long_boots_is_kept_whole_and_those_before_it_by_what_they_tell() {
    let mut boots = Boots::default();
    for id in ["a", "b", "c", "d", "e", "f"] {
        for n in 0..WHOLE as u64 / 2 {
            boots.push(kernel(n + 1, "usb 1-1: new device"), Some(id));
        }
        boots.push(kernel(90_000, "NVRM: GPU has fallen off"), Some(id));
    }
    let boots = boots.finish();
    let kept: Vec<_> = boots.iter().map(|boot| (boot.records.len(), boot.passed)).collect();
    let (whole, thin) = ((WHOLE / 2 + 1, 0), (1, WHOLE / 2));
    assert_eq!(kept, [thin, thin, thin, thin, thin, whole]);
}

#[test]
fn repeats_in_a_very_long_log_are_counted_and_what_is_new_is_kept() {
    let mut boots = Boots::default();
    for n in 0..WHOLE as u64 * 2 {
        let text = format!("NVRM: Xid (PCI:0000:01:00): 31, pid={n}");
        boots.push(kernel(n + 1, &text), None);
    }
    boots.push(kernel(WHOLE as u64 * 3, "NVRM: GPU has fallen off the bus."), None);
    let boot = boots.finish().pop().expect("a boot");
    let kept = WHOLE + REPEATS as usize;
    assert_eq!((boot.records.len(), boot.passed), (kept + 1, WHOLE - REPEATS as usize));
    assert!(boot.records[kept].says("NVRM: GPU has fallen"));
}

#[test]
fn ids_decide_where_the_form_has_them() {
    let mut boots = Boots::default();
    for (id, us) in [("a", 5), ("a", 1), ("b", 6)] {
        boots.push(kernel(us, "x"), Some(id));
    }
    let ids: Vec<_> = boots.finish().into_iter().map(|boot| boot.id).collect();
    assert_eq!(ids, [Some("a".to_owned()), Some("b".to_owned())]);
}
