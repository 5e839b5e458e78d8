//! One fault is one headline: what follows from it is folded under it, and two
//! faults stay two.

mod common;

use nvpreflight::expect::Expectations;
use nvpreflight::facts::Phase;

/// The codes of the headlines, each with the codes folded under it, as printed.
fn families(tree: &str) -> String {
    let report = common::judge(tree, Phase::Initrd, &Expectations::new());
    let mut out = String::new();
    for finding in &report.findings {
        let glue = match finding.cause {
            Some(_) => " > ",
            None if out.is_empty() => "",
            None => "\n",
        };
        out.push_str(glue);
        out.push_str(&finding.rule.code.to_string());
    }
    out
}

fn log(lines: &str) -> String {
    format!("dmesg <<EOF\n{lines}EOF\nproc/modules =\n")
}

#[test]
fn missing_firmware_is_the_one_headline_of_its_cascade() {
    let boot = include_str!("trees/vfu-open.tree");
    assert_eq!(families(boot).split(" > ").next(), Some("NVP405"));
    assert!(!families(boot).contains('\n'), "{}", families(boot));
}

#[test]
fn the_same_step_without_a_known_cause_is_its_own_headline() {
    let boot = include_str!("trees/vfu-prop.tree");
    assert_eq!(families(boot).split(" > ").next(), Some("NVP506"));
    assert!(!families(boot).contains('\n'), "{}", families(boot));
}

#[test]
fn faults_of_two_gpus_do_not_explain_each_other() {
    let tree = log(
        "[    9.600000] nvidia 0000:01:00.0: Direct firmware load for nvidia/550.163.01/gsp_ga10x.bin failed with error -2\n\
         [    9.700000] NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x61:0x56:1705)\n\
         [    9.800000] NVRM: GPU 0000:02:00.0: RmInitAdapter failed! (0x62:0x25:1792)\n",
    );
    assert_eq!(families(&tree), "NVP405 > NVP506\nNVP506");
}

#[test]
fn a_cause_that_names_only_the_slot_still_explains() {
    let tree = log(
        "[    9.600000] NVRM: Xid (PCI:0000:01:00): 79, pid=1, name=x, GPU has fallen off the bus.\n\
         [    9.800000] NVRM: GPU 0000:01:00.0: RmInitAdapter failed! (0x23:0x65:1457)\n",
    );
    assert_eq!(families(&tree), "NVP509 > NVP506");
}

#[test]
fn a_warning_that_caused_an_error_stands_above_it() {
    let boot = include_str!("trees/mix-nvidiaprop-restopen550.tree");
    assert!(families(boot).starts_with("NVP413 > NVP404"), "{}", families(boot));
}
