//! NVP702 without the kernel's line: Secure Boot is on, the module is installed, and no
//! client reaches the driver.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::{Facts, LogRecord};
use crate::finding::Findings;
use crate::reading::attempts::{self, End};
use crate::reading::sayings::{INSTALLED, SECURE_BOOT, SIGNATURE, UNREACHED, said};

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    if f.modules.up("nvidia").is_some() || f.logged(&[nvidia::NVRM]).is_some() {
        return;
    }
    if let Some(record) = said(f, SIGNATURE) {
        out.add(format_args!(
            "nvidia is not loaded: the kernel does not trust the key that signed it"
        ))
        .module("nvidia")
        .logged(record.us, &record.text);
        return;
    }
    let (Some(_), Some(record)) = (said(f, SECURE_BOOT), without_driver(f)) else { return };
    out.add(format_args!(
        "nvidia is not loaded, and Secure Boot is on: the key that signed the module is probably \
         not enrolled"
    ))
    .module("nvidia")
    .logged(record.us, &record.text);
}

/// What shows that the driver is not in the kernel although its module is installed.
fn without_driver(f: &Facts) -> Option<&LogRecord> {
    // EPERM: lockdown, or a kernel that takes no module (NVP704 has its own words).
    let refused = attempts::failed(f)
        .find(|attempt| attempt.end == End::Refused("Operation not permitted"))
        .map(|attempt| attempt.record);
    let unreached = || said(f, UNREACHED).filter(|_| said(f, INSTALLED).is_some());
    refused.or_else(unreached)
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    const ON: &str = "<30>[    1.100000] mokutil: SecureBoot enabled\n";
    const FILE: &str =
        "<30>[    1.100000] modinfo: filename: /lib/modules/6.8.0/updates/dkms/nvidia.ko.zst\n";
    const UNREACHED: &str = "<30>[    1.100000] nvidia-smi: NVIDIA-SMI has failed because it \
                             couldn't communicate with the NVIDIA driver.\n";

    #[test]
    fn an_installed_module_that_is_not_there_under_secure_boot_is_told() {
        fires(
            &RULE,
            Case::journal(&[ON, FILE, UNREACHED].concat()),
            "NVP702 error: nvidia is not loaded, and Secure Boot is on: the key that signed the \
             module is probably not enrolled",
        );
    }

    #[test]
    fn secure_boot_alone_a_missing_module_and_a_driver_that_spoke_are_silent() {
        silent(&RULE, Case::journal(&[ON, FILE].concat()));
        silent(&RULE, Case::journal(&[ON, UNREACHED].concat()));
        let spoke = "[    9.100000] NVRM: loading NVIDIA UNIX\n";
        silent(&RULE, Case::journal(&[ON, FILE, UNREACHED, spoke].concat()));
    }

    #[test]
    fn a_load_that_was_not_permitted_under_secure_boot_is_told() {
        let tried = |why: &str| {
            Case::journal(&std::format!(
                "{ON}[    4.200000] modprobe: ERROR: could not insert 'nvidia': {why}\n"
            ))
        };
        fires(
            &RULE,
            tried("Operation not permitted"),
            "NVP702 error: nvidia is not loaded, and Secure Boot is on: the key that signed the \
             module is probably not enrolled",
        );
        silent(&RULE, tried("No such device"));
    }
}
