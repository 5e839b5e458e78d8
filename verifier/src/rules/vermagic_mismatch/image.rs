//! NVP403 of an image: modules for another kernel than the one that will run it.

use crate::expect::Expectations;
use crate::facts::{Facts, in_stack};
use crate::finding::Findings;
use crate::reading::next_boot;
use crate::text::{Line, Value};

pub(super) fn check(f: &Facts, want: &Expectations, out: &mut Findings<'_>) {
    let Some(image) = next_boot::image(f) else { return };
    if let (Some(kernel), None) = (image.kernel.yes(), image.tree.yes()) {
        if let Some(other) = image.releases.first() {
            let more = image.releases.len() - 1;
            let more =
                if more > 0 { Line::of(format_args!(" and {more} more")) } else { Line::new() };
            let finding = out.add(format_args!(
                "the image is for kernel {kernel}, but has modules for {other}{more}: none can load"
            ));
            finding.values(kernel, other);
            if !next_boot::asked_any(f, want) {
                finding.confidence(crate::finding::Confidence::Likely);
            }
        }
        return;
    }
    let Some(tree) = image.tree.yes() else { return };
    for module in tree.modules.iter().filter(|m| in_stack(&m.name)) {
        let Some(info) = module.modinfo.yes() else { continue };
        let built_for = info.vermagic.split(' ').next().unwrap_or("");
        if !built_for.is_empty() && built_for != tree.release.as_str() {
            out.add(format_args!(
                "{} is built for kernel {built_for}, but is among the modules of {}",
                module.name, tree.release
            ))
            .module(&module.name)
            .path(&module.path)
            .values(&Value::from(tree.release.as_str()), built_for)
            .line(&info.vermagic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::seen::Seen;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_module_of_another_kernel_in_the_image_is_named() {
        fires(
            &RULE,
            Case::image_with_stack("").but("nvidia_drm", |m| {
                m.modinfo.yes_mut().unwrap().vermagic = "6.11.9 SMP mod_unload".into();
            }),
            "NVP403 error lib/modules/6.12.1/updates/nvidia-drm.ko: nvidia_drm is built for \
             kernel 6.11.9, but is among the modules of 6.12.1",
        );
    }

    #[test]
    fn an_image_with_the_modules_of_another_kernel_is_named() {
        fires(
            &RULE,
            Case::image("").holding(|image| {
                image.kernel = Seen::Yes("6.12.2".into());
                image.releases = ["6.12.1", "6.6.9"].map(Into::into).to_vec();
                image.tree = Seen::Absent;
            }),
            "NVP403 error: the image is for kernel 6.12.2, but has modules for 6.12.1 and 1 more: \
             none can load",
        );
    }

    #[test]
    fn modules_that_fit_and_a_kernel_without_any_are_quiet() {
        quiet(&RULE, Case::image_with_stack("").holding(|i| i.kernel = Seen::Yes("6.12.1".into())));
        quiet(
            &RULE,
            Case::image("").holding(|image| {
                image.kernel = Seen::Yes("6.12.2".into());
                image.tree = Seen::Absent;
            }),
        );
    }

    #[test]
    fn the_only_other_kernel_is_named_alone_and_sure_where_somebody_asks() {
        let case = |tree: &str| {
            Case::image(tree).holding(|image| {
                image.kernel = Seen::Yes("6.12.2".into());
                image.releases = ["6.12.1".into()].to_vec();
                image.tree = Seen::Absent;
            })
        };
        fires(
            &RULE,
            case(""),
            "NVP403 error: the image is for kernel 6.12.2, but has modules for 6.12.1: none can load",
        );
        let confidence = |tree: &str| case(tree).report(&[&RULE]).findings[0].confidence;
        use crate::finding::Confidence::{Certain, Likely};
        assert_eq!(confidence(""), Likely);
        assert_eq!(confidence("etc/modules-load.d/a.conf = nvidia_drm\n"), Certain);
    }
}
