//! Compares what the emulated host handed over with what its cases expect, and the
//! guest within by its own report, as any boot. Pure functions.

use super::cases::{Case, Part};
use nvpreflight_harness::judge::verdict::{self, BootOutput, Verdict};
use nvpreflight_harness::machine::channel::{self, Frames};
use nvpreflight_harness::scenario::Scenario;

/// Frame that the guest's own channel comes in.
const GUEST: &str = "level2.channel";

/// The verdict on each case; where the boot went wrong, that verdict for the whole part.
pub fn judge(
    part: &Part,
    seen: &BootOutput,
    guest: &Scenario,
    token: &str,
) -> Vec<(String, Verdict)> {
    let whole = |verdict| vec![(part.name.to_owned(), verdict)];
    let frames = match verdict::whole(seen) {
        Ok(frames) => frames,
        Err(verdict) => return whole(verdict),
    };
    if let Some(reason) = stranger(part, frames) {
        return whole(Verdict::Error(reason));
    }
    let mut found = Vec::new();
    for case in part.cases {
        let name = format!("{}/{}", part.name, case.name);
        found.push((name, judge_case(case, frames)));
        if case.name == "passthrough" {
            found.push((format!("{}/guest", part.name), judge_guest(frames, guest, token)));
        }
        if case.name == "list" {
            found.push((format!("{}/list-is-right", part.name), judge_list(frames)));
        }
    }
    found
}

/// A case that nobody expects would pass unseen.
fn stranger(part: &Part, frames: &Frames) -> Option<String> {
    let known = |name: &str| part.cases.iter().any(|case| case.name == name);
    let names = frames.by_name.keys().filter_map(|name| name.strip_suffix(".status"));
    let strange = names.into_iter().find(|name| !known(name))?;
    Some(format!("the script ran the case `{strange}`, of which nothing is expected"))
}

fn judge_case(case: &Case, frames: &Frames) -> Verdict {
    let Some(status) = frames.text(&format!("{}.status", case.name)) else {
        return Verdict::Error("the script did not run it".to_owned());
    };
    let text = |kind: &str| {
        let bytes = frames.by_name.get(&format!("{}.{kind}", case.name));
        String::from_utf8_lossy(bytes.map_or(&[][..], Vec::as_slice)).into_owned()
    };
    let said = text("out") + &text("err");
    let mut wrong = Vec::new();
    if status != case.status.to_string() {
        wrong.push(format!("exit status {} expected, {status} found", case.status));
    }
    for words in case.says {
        if !said.contains(words) {
            wrong.push(format!("it does not say `{}`", words.trim_end()));
        }
    }
    if wrong.is_empty() {
        return Verdict::Ok;
    }
    wrong.extend(said.lines().take(20).map(|line| format!("said: {line}")));
    Verdict::NotOk(wrong)
}

fn judge_guest(frames: &Frames, guest: &Scenario, token: &str) -> Verdict {
    let Some(bytes) = frames.by_name.get(GUEST) else {
        return Verdict::Error("the guest handed nothing over".to_owned());
    };
    let seen = BootOutput {
        ended: Some(true),
        complaint: String::new(),
        console: frames.text("level2.console").unwrap_or_default(),
        // A frame of the host that carries the guest's frames; the token tells them apart.
        frames: channel::read(bytes, token),
        here: None,
    };
    verdict::judge(guest, &seen)
}

/// What `passthrough list --json` says of the emulated host.
fn judge_list(frames: &Frames) -> Verdict {
    let bytes = frames.by_name.get("list.out").map_or(&[][..], Vec::as_slice);
    let list: serde_json::Value = match serde_json::from_slice(bytes) {
        Ok(list) => list,
        Err(error) => return Verdict::NotOk(vec![format!("it is no JSON: {error}")]),
    };
    let expected = [
        ("/gpus/0/gpu", "0000:00:02.0"),
        ("/gpus/0/verdict", "no"),
        ("/gpus/0/reasons/0/item", "boot-vga"),
        ("/gpus/1/gpu", "0000:01:00.0"),
        ("/gpus/1/verdict", "only-if-you-insist"),
        ("/gpus/1/reasons/0/item", "modules"),
        ("/gpus/1/functions/0/driver", "nvidia"),
        ("/gpus/1/functions/1/address", "0000:01:00.1"),
        ("/gpus/1/functions/2/driver", "xhci_hcd"),
        ("/gpus/2/gpu", "0000:02:01.0"),
        ("/gpus/2/verdict", "no"),
        ("/gpus/2/reasons/0/item", "foreign-in-group"),
    ];
    let wrong: Vec<String> = expected
        .iter()
        .filter_map(|(at, wanted)| {
            let found = list.pointer(at).and_then(serde_json::Value::as_str);
            (found != Some(wanted)).then(|| format!("{at} is {found:?}, not `{wanted}`"))
        })
        .collect();
    if wrong.is_empty() { Verdict::Ok } else { Verdict::NotOk(wrong) }
}

#[cfg(test)]
mod tests {
    use super::super::cases::PARTS;
    use super::*;
    use nvpreflight_harness::base::places::package_in_sources;
    use std::collections::BTreeMap;

    fn seen(frames: &[(&str, &str)]) -> BootOutput {
        let by_name: BTreeMap<String, Vec<u8>> =
            frames.iter().map(|(name, data)| ((*name).to_owned(), (*data).into())).collect();
        BootOutput {
            ended: Some(true),
            complaint: String::new(),
            console: String::new(),
            frames: Ok(Frames { by_name, complete: true }),
            here: None,
        }
    }

    fn no_iommu() -> &'static Part {
        PARTS.iter().find(|part| part.name == "no-iommu").unwrap()
    }

    fn verdicts(frames: &[(&str, &str)]) -> Vec<(String, Verdict)> {
        let guest = super::super::machine::level2(package_in_sources()).unwrap();
        judge(no_iommu(), &seen(frames), &guest, "t")
    }

    const SAID: &str = "no IOMMU is in use: switch on VT-d or AMD-Vi";
    const BARE: &str = "0000:01:00.0 \n0000:01:00.1 \n0000:01:00.2 \n";

    #[test]
    fn a_case_passes_by_status_and_words() {
        let good = [
            ("refused.status", "2"),
            ("refused.err", SAID),
            ("untouched.status", "0"),
            ("untouched.out", BARE),
        ];
        assert!(verdicts(&good).iter().all(|(_, verdict)| *verdict == Verdict::Ok));
        let mut bad = good;
        bad[0].1 = "0";
        assert!(matches!(verdicts(&bad)[0].1, Verdict::NotOk(_)));
        bad = good;
        bad[1].1 = "";
        assert!(matches!(verdicts(&bad)[0].1, Verdict::NotOk(_)));
    }

    #[test]
    fn a_case_that_did_not_run_is_an_error() {
        assert!(verdicts(&[]).iter().all(|(_, verdict)| matches!(verdict, Verdict::Error(_))));
    }

    #[test]
    fn a_case_of_which_nothing_is_expected_is_an_error() {
        let found = verdicts(&[("odd.status", "0")]);
        assert!(matches!(&found[..], [(_, Verdict::Error(reason))] if reason.contains("`odd`")));
    }

    #[test]
    fn trouble_in_the_emulated_host_is_an_error_of_the_whole_part() {
        let found = verdicts(&[("trouble", "modprobe nvidia: no")]);
        assert!(matches!(&found[..], [(name, Verdict::Error(_))] if name == "no-iommu"));
    }

    #[test]
    fn a_guest_that_handed_nothing_over_did_not_pass() {
        let guest = super::super::machine::level2(package_in_sources()).unwrap();
        let frames = Frames { by_name: BTreeMap::new(), complete: true };
        assert!(matches!(judge_guest(&frames, &guest, "t"), Verdict::Error(_)));
    }
}
