//! Machines that people have, and what each choice does to their goals.

use super::machine::{Gpu, Initrd, Machine, Screen};
use super::surroundings::{Known, Surroundings};
use super::{Choice, Effect, advise, cell};
use crate::view::maker::Maker;
use nvpreflight::capture::Capture;
use nvpreflight::driver::gpu_names::Generation;
use nvpreflight::evidence;
use nvpreflight::expect::{Expectations, Goal};
use nvpreflight::facts::{Facts, Phase};

fn known(yes: bool) -> Option<Known> {
    Some(Known { yes, place: "a test".into() })
}

/// A desktop of one RTX 3080 that owns the firmware's screen.
fn desktop() -> Machine {
    Machine {
        bus_seen: true,
        gpus: vec![Gpu {
            bdf: "0000:01:00.0".into(),
            id: "10de:2206".into(),
            name: "GeForce RTX 3080".into(),
            generation: Some(Generation::Ampere),
            outputs: true,
        }],
        screen: Screen::Nvidia("0000:01:00.0".into()),
        other: None,
        panel_elsewhere: false,
        version: Some("595.45.04".into()),
        open: Some(true),
        preserve: Some("2".into()),
        notifiers: Some("0".into()),
        suspend_units: Some(true),
        modeset: known(true),
        initrd: Some(Initrd { size: 40 << 20, modules: 0, firmware: 0, brings: false }),
        early_now: Some(false),
        room: None,
        around: Surroundings {
            encrypted: known(true),
            resume: known(true),
            splash: known(true),
            simple_splash: false,
            persistenced: Some(false),
            maker: Maker::Dracut,
        },
    }
}

fn laptop() -> Machine {
    Machine {
        screen: Screen::Other("0000:00:02.0".into()),
        other: Some("0000:00:02.0 (i915)".into()),
        panel_elsewhere: true,
        ..desktop()
    }
}

fn effects(m: &Machine, goal: Goal) -> [Effect; 3] {
    Choice::ALL.map(|choice| cell(m, goal, choice).effect)
}

use Effect::{Breaks, NoMatter, Risk, Unknown, Works};

#[test]
fn a_desktop_with_one_gpu_gains_from_early_loading_and_cannot_hibernate_then() {
    let m = desktop();
    assert_eq!(effects(&m, Goal::LuksPrompt), [Works, Risk, Risk]);
    assert_eq!(effects(&m, Goal::Wayland), [Works, Risk, Works]);
    assert_eq!(effects(&m, Goal::Hibernate), [Breaks, Works, Works]);
    assert_eq!(effects(&m, Goal::Vfio), [Breaks, Works, Works]);
    assert_eq!(effects(&m, Goal::Cuda), [NoMatter; 3]);
    assert_eq!(effects(&m, Goal::Suspend), [NoMatter; 3]);
}

#[test]
fn on_a_hybrid_laptop_the_other_gpu_draws_prompt_and_greeter() {
    let m = laptop();
    assert_eq!(effects(&m, Goal::LuksPrompt), [NoMatter; 3]);
    assert_eq!(effects(&m, Goal::Wayland), [Works; 3]);
    assert_eq!(advise(&m, &[Goal::Wayland, Goal::Hibernate]).choice, Choice::Late);
}

#[test]
fn prompt_and_hibernation_pull_apart_and_the_advice_says_so() {
    let advice = advise(&desktop(), &[Goal::LuksPrompt, Goal::Hibernate]);
    assert!(advice.torn);
    assert_eq!(advice.choice, Choice::Late);
    assert_eq!(
        advice.why[0],
        "the goals conflict: luks-prompt wants early, in the initrd; hibernate \
         wants late, on the real root or late, the display manager waits"
    );
    assert!(advice.lines.others.iter().any(|l| l.contains("plymouth.use-simpledrm")));
    assert!(!advise(&desktop(), &[Goal::LuksPrompt, Goal::Wayland]).torn);
}

#[test]
fn one_gpu_is_not_given_away_and_used() {
    let torn = |m: &Machine, goals: &[Goal]| {
        let advice = advise(m, goals);
        advice.torn && advice.why.iter().any(|why| why.contains("one NVIDIA GPU"))
    };
    assert!(torn(&desktop(), &[Goal::Vfio, Goal::Wayland]));
    assert!(torn(&laptop(), &[Goal::Vfio, Goal::Cuda]));
    assert!(!torn(&laptop(), &[Goal::Vfio, Goal::Wayland]));
    let mut two = desktop();
    two.gpus.extend(two.gpus.clone());
    assert!(!torn(&two, &[Goal::Vfio, Goal::Wayland]));
}

#[test]
fn a_splash_that_may_use_the_firmwares_screen_ends_the_conflict() {
    let mut m = desktop();
    m.around.simple_splash = true;
    let advice = advise(&m, &[Goal::LuksPrompt, Goal::Hibernate, Goal::Wayland]);
    assert!(!advice.torn, "{:?}", advice.why);
    assert_eq!(advice.choice, Choice::LateAndHold);
}

#[test]
fn newer_drivers_are_not_known_to_resume() {
    let at = |version: &str| {
        let m = Machine { version: Some(version.into()), ..desktop() };
        effects(&m, Goal::Hibernate)[0]
    };
    assert_eq!((at("550.163.01"), at("610.57"), at("615.78.08")), (Breaks, Breaks, Unknown));
}

#[test]
fn half_a_sleep_configuration_breaks_sleep_everywhere() {
    let m = Machine { preserve: Some("1".into()), suspend_units: Some(false), ..desktop() };
    assert_eq!(effects(&m, Goal::Suspend), [Breaks; 3]);
    assert_eq!(effects(&m, Goal::Hibernate), [Breaks; 3]);
}

#[test]
fn mode_setting_off_defeats_every_picture() {
    let m = Machine { modeset: known(false), ..desktop() };
    assert_eq!(effects(&m, Goal::Wayland), [Breaks; 3]);
    assert_eq!(effects(&m, Goal::LuksPrompt)[0], Breaks);
}

#[test]
fn an_initrd_with_open_modules_and_no_firmware_kills_computing() {
    let m = Machine {
        initrd: Some(Initrd { size: 60 << 20, modules: 20 << 20, firmware: 0, brings: true }),
        ..desktop()
    };
    assert_eq!(effects(&m, Goal::Cuda), [Breaks, NoMatter, NoMatter]);
}

#[test]
fn what_works_today_is_left_alone() {
    let m = Machine { early_now: Some(true), ..desktop() };
    assert_eq!(advise(&m, &[Goal::Wayland]).choice, Choice::Early);
    assert_eq!(advise(&desktop(), &[Goal::Wayland]).choice, Choice::LateAndHold);
}

#[test]
fn without_a_gpu_nothing_matters_and_unseen_hardware_is_said() {
    let none = Machine { gpus: Vec::new(), ..desktop() };
    assert_eq!(effects(&none, Goal::Wayland), [NoMatter; 3]);
    let blind = Machine { gpus: Vec::new(), bus_seen: false, ..desktop() };
    assert!(advise(&blind, &[Goal::Wayland]).machine[0].contains("unknown"));
}

#[test]
fn a_nixos_option_is_set_once() {
    for goals in
        [[Goal::Wayland, Goal::Cuda, Goal::Vfio], [Goal::LuksPrompt, Goal::Vfio, Goal::X11]]
    {
        let lines = advise(&desktop(), &goals).lines.nixos;
        let options: Vec<&str> =
            lines.iter().filter_map(|line| Some(line.split_once(" = ")?.0)).collect();
        let mut once = options.clone();
        once.dedup();
        assert_eq!(options, once);
    }
}

/// The lines of an advice on a machine with these files beside its own facts.
fn on(files: &str, m: &Machine, goals: &[Goal]) -> Vec<String> {
    let capture = Capture::new(files.as_bytes());
    let mut facts = Facts::new(Phase::PreDisplay);
    evidence::collect(&capture, &Expectations::new(), &mut facts);
    let mut advice = advise(m, goals);
    advice.lines.settle(&capture, &facts);
    assert_eq!(advice.lines.nixos, [""; 0]);
    advice.lines.others
}

#[test]
fn lines_keep_what_the_machines_files_hold() {
    let m = Machine { early_now: Some(false), ..desktop() };
    let goals = [Goal::LuksPrompt, Goal::Suspend];
    let arch = "etc/mkinitcpio.conf = MODULES=(btrfs)\netc/os-release = ID=arch\n";
    assert_eq!(
        on(arch, &m, &goals),
        [
            "sudo sed -i -e '1c MODULES=(btrfs nvidia nvidia_modeset nvidia_drm)' \
             /etc/mkinitcpio.conf",
            "sudo mkinitcpio -P",
            "sudo systemctl enable nvidia-suspend.service nvidia-hibernate.service \
             nvidia-resume.service",
        ]
    );
    let fedora = "etc/dracut.conf.d/nvidia.conf = add_drivers+=\" btrfs \"\n\
                  etc/dracut.conf = #\netc/os-release = ID=fedora\n";
    let lines = on(fedora, &m, &goals);
    assert!(lines.iter().all(|line| !line.contains("nvidia.conf")), "{lines:?}");
}

#[test]
fn a_gpu_is_given_to_vfio_by_its_model_unless_a_twin_has_the_same() {
    let debian = "etc/initramfs-tools/modules = dm_mod\netc/os-release = ID=debian\n";
    let one = on(debian, &desktop(), &[Goal::Vfio]);
    assert_eq!(
        one.iter().filter(|line| line.contains("10de:2206")).collect::<Vec<_>>(),
        ["printf '%s\\n' 'options vfio-pci ids=10de:2206' | sudo tee \
          /etc/modprobe.d/nvpreflight.conf > /dev/null"]
    );
    assert!(one.contains(&"sudo sed -i -e '$a vfio_pci' /etc/initramfs-tools/modules".to_owned()));
    assert_eq!(one.last().map(String::as_str), Some("sudo update-initramfs -u -k all"));
    let mut twins = desktop();
    twins.gpus.push(twins.gpus[0].clone());
    let none = Machine { gpus: Vec::new(), ..desktop() };
    let words = on(debian, &none, &[Goal::Vfio]);
    assert!(words.iter().any(|line| line.contains("ids=VENDOR:DEVICE")), "{words:?}");
    let two = on(debian, &twins, &[Goal::Vfio]);
    assert!(two.iter().all(|line| line.contains("driverctl set-override 0000:")), "{two:?}");
}
