//! NVP415: the kernel does not unpack the whole image.

use crate::expect::Expectations;
use crate::facts::{Facts, Place};
use crate::finding::Findings;
use crate::reading::next_boot;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Whether the kernel's unpacking of the image would stop before its end, and
    /// which entries it would leave out on the way.
    ///
    /// ## Why
    /// The kernel unpacks an initrd archive by archive and stops at the first
    /// thing it does not understand: what follows is not there, and the boot goes
    /// on with half an image. Most tools list such an image without a warning, and
    /// others list less than the kernel loads.
    ///
    /// ## Fix
    /// Rebuild the image; if it is assembled from several, check the
    /// one that starts where the kernel stops: `nvpreflight inspect IMAGE`.
    ///
    /// ## Sources
    /// Linux init/initramfs.c (`unpack_to_rootfs`, `do_header`, `do_name`);
    /// Documentation/driver-api/early-userspace/buffer-format.rst; incus-os#543;
    /// mkosi#4040, #4067.
    415 image_incomplete {
        title: "the kernel does not unpack the whole image",
        severity: Error,
        confidence: Certain,
        stages: [Image],
        needs: [IMAGE],
        after: [],
        fix: "rebuild the image: update-initramfs -u    # or: dracut --force, mkinitcpio -P",
        nixos: "nixos-rebuild boot    # then check again; boot.initrd.secrets appends its own archive",
        change: [Rebuild],
    }
}

/// Dropped entries that are told one by one.
const TOLD: usize = 4;

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    let Some(image) = next_boot::image(f) else { return };
    if let Some(stop) = &image.stop {
        let finding = out.add(format_args!(
            "the kernel stops unpacking at byte {}: {}; the rest is not loaded",
            stop.offset, stop.why
        ));
        finding.at(&Place::Byte(stop.offset));
        if !stop.message.is_empty() {
            finding.line(&stop.message);
        }
    }
    for dropped in image.dropped.iter().take(TOLD) {
        out.add(format_args!("the kernel skips {}: {}", dropped.path, dropped.why))
            .path(&dropped.path);
    }
    let told = u32::try_from(image.dropped.len().min(TOLD)).unwrap_or(u32::MAX);
    let more = image.dropped_total.saturating_sub(told);
    if more > 0 {
        out.add(format_args!("the kernel skips {more} more entries of the image"));
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::facts::image::{Dropped, Stop};
    use crate::testing::{Case, fires, quiet};

    fn dropped(path: &str, why: &str, offset: u64) -> Dropped {
        Dropped { path: path.into(), why: why.into(), offset }
    }

    fn stop(message: &str, why: &str, offset: u64) -> Stop {
        Stop { message: message.into(), why: why.into(), offset }
    }

    #[test]
    fn the_place_where_the_kernel_stops_is_told() {
        fires(
            &RULE,
            Case::image("").holding(|image| {
                image.stop = Some(stop("", "junk within compressed archive", 4096));
            }),
            "NVP415 error byte 4096: the kernel stops unpacking at byte 4096: junk within \
             compressed archive; the rest is not loaded",
        );
    }

    #[test]
    fn dropped_entries_are_told_and_the_rest_is_counted() {
        fires(
            &RULE,
            Case::image("").holding(|image| {
                let why = "its folder is not there";
                image.dropped = (0..6).map(|i| dropped(&std::format!("a/{i}"), why, i)).collect();
                image.dropped_total = 9;
            }),
            "NVP415 error a/0: the kernel skips a/0: its folder is not there\n\
             NVP415 error a/1: the kernel skips a/1: its folder is not there\n\
             NVP415 error a/2: the kernel skips a/2: its folder is not there\n\
             NVP415 error a/3: the kernel skips a/3: its folder is not there\n\
             NVP415 error: the kernel skips 5 more entries of the image",
        );
    }

    #[test]
    fn an_image_that_the_kernel_takes_whole_is_quiet() {
        quiet(&RULE, Case::image(""));
        quiet(&RULE, Case::image_with_stack(""));
    }

    #[test]
    fn what_the_kernel_says_where_it_stops_is_shown() {
        let case = Case::image("").holding(|image| {
            image.stop = Some(stop("write error", "no room", 4096));
        });
        assert_eq!(case.report(&[&RULE]).findings[0].evidence.as_str(), "write error");
    }
}
