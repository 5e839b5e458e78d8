//! NVP520 in a log: Fabric Manager is there in another version than the driver.

use crate::driver::said::nvidia;
use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::{Confidence, Findings, Severity};
use crate::reading::sayings::{
    FABRIC_DRIVERS, FABRIC_FAILED, FABRIC_ITS, FABRIC_MISSING, FABRIC_VERSION, FABRIC_WITHOUT_USE,
    said,
};

pub(super) fn check(f: &Facts, _want: &Expectations, out: &mut Findings<'_>) {
    // The driver's own word on it names the two in the other order.
    let [_, kernel, user] = nvidia::SWITCH_VERSIONS else { return };
    let (record, its, driver) = if let Some(record) = said(f, &[FABRIC_VERSION]) {
        (record, FABRIC_ITS, FABRIC_DRIVERS)
    } else if let Some(record) = f.logged(nvidia::SWITCH_VERSIONS) {
        (record, *user, *kernel)
    } else {
        return waits(f, out);
    };
    let version = |start: &str| {
        let (_, rest) = record.text.split_once(start).unwrap_or(("", "unknown"));
        rest.split([' ', '"']).next().unwrap_or(rest).trim_end_matches('.')
    };
    let (its, driver) = (version(its), version(driver));
    out.add(format_args!(
        "Fabric Manager {its} does not fit the driver {driver}: it will not start"
    ))
    .severity(Severity::Error)
    .values(driver, its)
    .fix("install nvidia-fabricmanager in the driver's exact version")
    .logged(record.us, &record.text);
}

/// A program of CUDA's waits for it, and nothing tells why it is not there.
fn waits(f: &Facts, out: &mut Findings<'_>) {
    let Some(record) = said(f, FABRIC_MISSING) else { return failed(f, out) };
    out.add(format_args!(
        "CUDA waits for Fabric Manager, which did not set up the switches: it is missing, does not run, \
         or has another version than the driver"
    ))
    .severity(Severity::Error)
    .confidence(Confidence::Likely)
    .fix("systemctl status nvidia-fabricmanager    # install it in the driver's exact version, enable it")
    .logged(record.us, &record.text);
}

/// The service did not start: there is no switch for it, or its own log tells why.
fn failed(f: &Facts, out: &mut Findings<'_>) {
    if let Some(record) = said(f, FABRIC_WITHOUT_USE) {
        out.add(format_args!("Fabric Manager found no NVSwitch, and needs one to start"))
            .fix("systemctl disable nvidia-fabricmanager    # where the machine has no NVSwitch, or a host manages it")
            .logged(record.us, &record.text);
    } else if let Some(record) = said(f, FABRIC_FAILED) {
        out.add(format_args!("Fabric Manager did not start"))
            .severity(Severity::Error)
            .confidence(Confidence::Likely)
            .fix("journalctl -u nvidia-fabricmanager; cat /var/log/fabricmanager.log    # its own lines tell why")
            .logged(record.us, &record.text);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::testing::{Case, fires, silent};

    #[test]
    fn a_program_that_waits_for_it_is_told() {
        fires(
            &RULE,
            Case::journal("<30>[   55.100000] python[9]: Error 802: system not yet initialized"),
            "NVP520 error: CUDA waits for Fabric Manager, which did not set up the switches: it is \
             missing, does not run, or has another version than the driver",
        );
    }

    #[test]
    fn both_versions_are_named() {
        fires(
            &RULE,
            Case::journal(
                "<30>[   55.100000] nv-fabricmanager[9]: fabric manager NVIDIA GPU driver interface \
                 version 530.30.02 don't match with driver version 530.41.03. Please update",
            ),
            "NVP520 error: Fabric Manager 530.30.02 does not fit the driver 530.41.03: it will not \
             start",
        );
        fires(
            &RULE,
            Case::journal(
                "[   55.100000] nvidia-nvswitch: Version mismatch, kernel version 450.80.02 user \
                 version 450.51.06\n",
            ),
            "NVP520 error: Fabric Manager 450.51.06 does not fit the driver 450.80.02: it will not \
             start",
        );
        silent(&RULE, Case::journal("<30>[   55.1] nv-fabricmanager[9]: Successfully configured"));
    }

    #[test]
    fn a_service_that_did_not_start_is_told() {
        let log = |text: &str| Case::journal(&std::format!("<30>[   55.100000] {text}"));
        fires(
            &RULE,
            log(
                "nv-fabricmanager[9]: request to query NVSwitch driver failed NV_WARN_NOTHING_TO_DO",
            ),
            "NVP520 warning: Fabric Manager found no NVSwitch, and needs one to start",
        );
        fires(
            &RULE,
            log("systemd[1]: nvidia-fabricmanager.service: Failed with result 'exit-code'."),
            "NVP520 error: Fabric Manager did not start",
        );
    }
}
