//! Options and exit status.

use crate::machine::{Machine, PROGRAM, codes, json, status};
use std::process::{Command, Output};

fn bare(args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).output().unwrap()
}

#[test]
fn wrong_usage_is_64_and_says_what_is_wrong() {
    for (args, said) in [
        (&["--bogus"][..], "`--bogus` is not an option"),
        (&["stray"], "`stray` is not an option"),
        (&["--phase"], "`--phase` needs a value"),
        (&["--phase", "dinner"], "`dinner` is not a phase"),
        (&["--deadline-ms=61000"], "`61000` must be from 0 to 60000"),
        (&["--deadline-ms", "-1"], "`-1` must be from"),
        (&["--json=yes"], "`--json=yes` takes no value"),
        (&["--root="], "is empty"),
    ] {
        let output = bare(args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(status(&output), 64, "{args:?}");
        assert!(error.contains(said), "{args:?}: {error}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn help_names_every_option_and_status() {
    let output = bare(&["--help"]);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(status(&output), 0);
    for word in "--phase --root --expect --run-dir --deadline-ms --json --ktap --quiet --as-unit 64"
        .split(' ')
    {
        assert!(text.contains(word), "{word}");
    }
    assert_eq!(status(&bare(&["--version"])), 0);
}

#[test]
fn a_clean_machine_is_0_and_a_fault_is_1() {
    let output = Machine::new().run(&["--json"]);
    assert_eq!((status(&output), json(&output)["verdict"].as_str()), (0, Some("ok")));
    let output = Machine::without_modeset().run(&["--json"]);
    assert_eq!(status(&output), 1);
    assert!(codes(&json(&output)).contains(&"NVP201"));
}

#[test]
fn what_cannot_be_looked_at_is_2() {
    let machine = Machine::new();
    std::fs::remove_file(machine.path("proc/modules")).unwrap();
    assert_eq!(status(&machine.run(&["--quiet"])), 2);
    let mut nowhere = Command::new(PROGRAM);
    nowhere.args(["--json", "--root"]).arg(machine.path("not/there"));
    let output = nowhere.output().unwrap();
    assert_eq!(status(&output), 2);
    assert_eq!(json(&output)["skipped"][0]["reason"], "the root could not be opened");
}

#[test]
fn a_unit_fails_only_where_the_owner_says_so() {
    let machine = Machine::without_modeset();
    assert_eq!(status(&machine.run(&["--quiet", "--as-unit"])), 0);
    machine.expect(r#"{"version":1,"goals":["wayland"],"on_error":"fail-unit"}"#);
    assert_eq!(status(&machine.run(&["--quiet", "--as-unit"])), 1);
    let blind = Machine::new();
    blind.expect(r#"{"version":1,"on_error":"fail-unit"}"#);
    std::fs::remove_file(blind.path("proc/modules")).unwrap();
    assert_eq!(status(&blind.run(&["--quiet"])), 2);
    assert_eq!(status(&blind.run(&["--quiet", "--as-unit"])), 0);
}

#[test]
fn the_phase_follows_from_the_root() {
    let phase = |machine: &Machine| {
        let mut command = Command::new(PROGRAM);
        let output = command.args(["--json", "--root"]).arg(machine.path("")).output().unwrap();
        json(&output)["phase"].as_str().unwrap().to_owned()
    };
    let machine = Machine::new();
    assert_eq!(phase(&machine), "pre-display");
    machine.file("etc/initrd-release", "ID=dracut\n");
    assert_eq!(phase(&machine), "initrd");
}
