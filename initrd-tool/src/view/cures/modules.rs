//! How the driver's kernel modules are built for a kernel: by akmods (akmods(1)) or DKMS
//! (dkms(8)), with the headers that they need; where a package brings them, in words.

use super::draft::has;
use super::machine::Loader;
use super::words::listed;
use super::{Safety, Steps};
use nvpreflight::facts::{Distribution, Facts};
use nvpreflight::reading::next_boot;
use nvpreflight::tree::Tree;

/// Plans the build for the kernel that runs, or that will run the image.
pub(super) fn build(steps: &mut Steps<'_, '_>) -> bool {
    let Some(release) = release(steps.facts) else { return false };
    if steps.machine.loader == Loader::RpmOstree {
        return false;
    }
    let tree = steps.draft.tree();
    let distribution = steps.facts.system.distribution();
    // The driver's sources lie below its name: nvidia-kmod, nvidia, nvidia-current.
    let holds = |folder: &str| {
        let names = listed(tree, folder, "");
        names.iter().any(|path| path.trim_start_matches(folder).starts_with("/nvidia"))
    };
    let akmods = has(tree, &["usr/sbin/akmods", "usr/bin/akmods"]) && holds("usr/src/akmods");
    let dkms = has(tree, &["usr/sbin/dkms", "usr/bin/dkms"]) && holds("var/lib/dkms");
    if !akmods && !dkms {
        steps.plan.instead = packaged(steps.facts, distribution, &release);
        return false;
    }
    // It installs a package, and compiles for minutes.
    steps.plan.weigh(Safety::Decide);
    steps.plan.rebuild |= next_boot::listed_any(steps.facts);
    let headers = match distribution {
        Some(distribution) => headers(tree, distribution, &release),
        None => None,
    };
    // Arch has no headers but the newest kernel's, and its hook builds for that one.
    let by_update = headers.is_some() && distribution == Some(Distribution::Arch);
    if let Some(install) = headers {
        steps.plan.run_once(install);
    }
    if !by_update {
        steps.plan.run_once(match akmods {
            true => format!("akmods --force --kernels {release}"),
            false => format!("dkms autoinstall -k {release}"),
        });
    }
    true
}

/// The release whose modules are missing or do not fit.
fn release(facts: &Facts) -> Option<String> {
    let image = facts.image.yes().and_then(|image| image.tree.yes());
    let release = match image {
        Some(tree) => tree.release.as_str(),
        None => facts.system.release.yes()?.as_str(),
    };
    // It becomes a word of a command.
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-+~".contains(c);
    release.chars().all(is_plain).then(|| release.to_owned()).filter(|r| !r.is_empty())
}

/// What installs the headers of a kernel, where they are not there.
fn headers(tree: &dyn Tree, distribution: Distribution, release: &str) -> Option<String> {
    let (folder, install) = match distribution {
        Distribution::Debian | Distribution::Ubuntu => (
            format!("usr/src/linux-headers-{release}"),
            format!("apt-get install linux-headers-{release}"),
        ),
        Distribution::Fedora => {
            (format!("usr/src/kernels/{release}"), format!("dnf install kernel-devel-{release}"))
        }
        Distribution::Arch => (
            format!("usr/lib/modules/{release}/build/Makefile"),
            format!("pacman -Syu --needed {}", of_arch(release)?),
        ),
        Distribution::Suse => {
            let flavour = release.rsplit('-').next()?;
            (
                format!("lib/modules/{release}/build/Makefile"),
                format!("zypper install kernel-{flavour}-devel"),
            )
        }
        Distribution::UniversalBlue => return None,
    };
    let there = [folder.clone(), format!("usr/{folder}")];
    (!there.iter().any(|path| has(tree, &[path]))).then_some(install)
}

/// The package of a kernel's headers, which has the name of the kernel's own.
fn of_arch(release: &str) -> Option<&'static str> {
    const BY_SUFFIX: [(&str, &str); 6] = [
        ("-lts", "linux-lts-headers"),
        ("-zen", "linux-zen-headers"),
        ("-hardened", "linux-hardened-headers"),
        ("-cachyos", "linux-cachyos-headers"),
        ("-rt", "linux-rt-headers"),
        ("-arch", "linux-headers"),
    ];
    BY_SUFFIX.iter().find(|(suffix, _)| release.contains(suffix)).map(|(_, package)| *package)
}

/// Where the modules come with a package: which one.
fn packaged(facts: &Facts, distribution: Option<Distribution>, release: &str) -> Option<String> {
    let version = facts.driver_version().or(facts.stage2.userspace_version.yes().map(|v| &**v));
    let branch = version.and_then(|version| version.split('.').next());
    Some(match (distribution?, branch) {
        (Distribution::Arch, _) => {
            "sudo pacman -Syu && sudo reboot    # nvidia and nvidia-open fit the kernel of the same \
             update; another kernel needs nvidia-open-dkms and its headers"
                .to_owned()
        }
        (Distribution::Ubuntu, Some(branch)) => format!(
            "sudo apt-get install linux-modules-nvidia-{branch}-{release}    # the open modules: \
             linux-modules-nvidia-{branch}-open-{release}"
        ),
        (Distribution::Debian, _) => {
            format!("sudo apt-get install nvidia-kernel-dkms linux-headers-{release}")
        }
        (Distribution::Fedora, _) => format!(
            "sudo dnf install akmod-nvidia kernel-devel-{release}    # of RPM Fusion; then wait \
             until modinfo nvidia answers, and reboot"
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::draft::Draft;
    use super::super::{Machine, Plan, Steps};
    use nvpreflight::capture::Capture;
    use nvpreflight::evidence;
    use nvpreflight::expect::Expectations;
    use nvpreflight::facts::{Facts, Phase};

    /// The commands, or the words in their place.
    fn planned(files: &str) -> Vec<String> {
        let files = format!("{files}proc/modules =\nproc/cmdline = quiet\n");
        let tree = Capture::new(files.as_bytes());
        let mut facts = Box::new(Facts::new(Phase::PreDisplay));
        evidence::collect(&tree, &Expectations::new(), &mut facts);
        let machine = Machine::look(&tree, &facts);
        let draft = &mut Draft::new(&tree);
        let mut steps =
            Steps { draft, machine: &machine, facts: &facts, report: None, plan: Plan::default() };
        match super::build(&mut steps) {
            true => steps.plan.commands,
            false => steps.plan.instead.into_iter().collect(),
        }
    }

    fn on(id: &str, release: &str, more: &str) -> Vec<String> {
        planned(&format!("etc/os-release = ID={id}\nproc/sys/kernel/osrelease = {release}\n{more}"))
    }

    const DKMS: &str = "usr/sbin/dkms = x\nvar/lib/dkms/nvidia/580.95.05/source = x\n";

    #[test]
    fn dkms_builds_for_this_kernel_once_its_headers_are_there() {
        let build = "dkms autoinstall -k 6.12.43+deb13-amd64";
        let debian = |more: &str| on("debian", "6.12.43+deb13-amd64", &format!("{DKMS}{more}"));
        assert_eq!(debian(""), ["apt-get install linux-headers-6.12.43+deb13-amd64", build]);
        assert_eq!(debian("usr/src/linux-headers-6.12.43+deb13-amd64/Makefile = x\n"), [build]);
        assert_eq!(
            on("fedora", "6.17.5-200.fc43.x86_64", DKMS)[0],
            "dnf install kernel-devel-6.17.5-200.fc43.x86_64"
        );
        assert_eq!(
            on("opensuse-leap", "6.4.0-150600.23-default", DKMS)[0],
            "zypper install kernel-default-devel"
        );
        // One that is not known is built as it is.
        assert_eq!(on("void", "6.12.1_1", DKMS), ["dkms autoinstall -k 6.12.1_1"]);
    }

    #[test]
    fn akmods_comes_before_dkms_and_arch_takes_the_newest_of_all() {
        let akmods = "usr/sbin/akmods = x\nusr/src/akmods/nvidia-kmod-580.95.05.src.rpm = x\n";
        assert_eq!(
            on("fedora", "6.17.5-200.fc43.x86_64", akmods),
            [
                "dnf install kernel-devel-6.17.5-200.fc43.x86_64",
                "akmods --force --kernels 6.17.5-200.fc43.x86_64"
            ]
        );
        let dkms = DKMS.replace("sbin", "bin");
        for (release, package) in [
            ("6.17.1-arch1-1", "linux-headers"),
            ("6.12.50-1-lts", "linux-lts-headers"),
            ("6.17.1-2-cachyos", "linux-cachyos-headers"),
        ] {
            assert_eq!(on("arch", release, &dkms), [format!("pacman -Syu --needed {package}")]);
        }
    }

    #[test]
    fn a_package_is_named_where_nothing_builds() {
        assert!(on("arch", "6.17.1-arch1-1", "")[0].starts_with("sudo pacman -Syu"));
        assert!(on("debian", "6.12.43+deb13-amd64", "")[0].contains("nvidia-kernel-dkms"));
        assert!(on("fedora", "6.17.5-200.fc43.x86_64", "")[0].contains("akmod-nvidia"));
        // Another module's sources are none of the driver's.
        let other = "usr/sbin/dkms = x\nvar/lib/dkms/v4l2loopback/0.13/source = x\n";
        assert!(on("debian", "6.12.43+deb13-amd64", other)[0].contains("nvidia-kernel-dkms"));
        assert_eq!(on("ubuntu", "6.8.0-31-generic", ""), [""; 0]);
        assert_eq!(on("void", "6.12.1_1", ""), [""; 0]);
        assert_eq!(
            on("bazzite", "6.17.5-200.fc43.x86_64", &format!("run/ostree-booted = x\n{DKMS}")),
            [""; 0]
        );
    }
}
