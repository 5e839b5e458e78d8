//! NVP404 of an image: a module that the stack needs is not in it. Each lacking
//! provider is told once: what follows from it is one fault.

use crate::expect::Expectations;
use crate::facts::image::{ImageModule, MissingSymbol};
use crate::facts::{Facts, STACK};
use crate::finding::Findings;
use crate::reading::next_boot::{self, brings};
use crate::seen::Seen;
use crate::text::{Name, kernel_name};
use heapless::Vec;

pub(super) fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    if next_boot::image(f).is_none_or(|image| !image.tree.is_yes()) {
        return;
    }
    let mut told: Vec<Name, 16> = Vec::new();
    for module in STACK.iter().filter_map(|module| brings(f, module)) {
        let depends = module.modinfo.yes().map_or(&[][..], |info| &info.depends);
        for needed in depends.iter().map(|d| kernel_name(d.as_bytes())) {
            // modpost lists only what is a module of this kernel's configuration.
            if brings(f, &needed).is_none() && f.modules.get(&needed).is_none() {
                tell(out, &mut told, module, needed, None);
            }
        }
        for missing in &module.missing_symbols {
            if missing.provider.is_empty() {
                unprovided(out, module, missing);
                break;
            }
            tell(out, &mut told, module, missing.provider.clone(), Some(&missing.name));
        }
    }
}

fn tell(
    out: &mut Findings<'_>,
    told: &mut Vec<Name, 16>,
    module: &ImageModule,
    provider: Name,
    symbol: Option<&Name>,
) {
    if told.contains(&provider) {
        return;
    }
    let finding = match symbol {
        Some(symbol) => out.add(format_args!(
            "{} needs {symbol} from {provider}, which is not in the image",
            module.name
        )),
        None => out.add(format_args!(
            "{} needs the module {provider}, which is not in the image",
            module.name
        )),
    };
    finding.module(&module.name).path(&module.path);
    // More than sixteen are told again rather than lost.
    let _ = told.push(provider);
}

fn unprovided(out: &mut Findings<'_>, module: &ImageModule, missing: &MissingSymbol) {
    let Seen::Yes(total) = module.missing else { return };
    let finding = match total.saturating_sub(1) {
        0 => out.add(format_args!(
            "{} needs {}, which neither this kernel nor a module in the image exports",
            module.name, missing.name
        )),
        more => out.add(format_args!(
            "{} needs {} and {more} more symbols, which neither this kernel nor a \
             module in the image exports",
            module.name, missing.name
        )),
    };
    finding.module(&module.name).path(&module.path);
}

#[cfg(test)]
mod tests {
    use super::super::RULE;
    use crate::facts::image::MissingSymbol;
    use crate::seen::Seen;
    use crate::testing::{Case, fires, quiet};

    #[test]
    fn a_module_that_the_image_lacks_is_told_once() {
        fires(
            &RULE,
            Case::image_with_stack("").lacking("drm"),
            "NVP404 error lib/modules/6.12.1/updates/nvidia.ko: nvidia needs the module drm, which \
             is not in the image",
        );
    }

    #[test]
    fn a_symbol_names_the_module_that_provides_it() {
        let missing = |provider: &'static str, total| {
            Case::image_with_stack("").but("nvidia_modeset", move |m| {
                m.missing = Seen::Yes(total);
                m.missing_symbols.push(MissingSymbol {
                    name: "acpi_video_register_backlight".into(),
                    provider: provider.into(),
                });
            })
        };
        let place = "NVP404 error lib/modules/6.12.1/updates/nvidia-modeset.ko:";
        fires(
            &RULE,
            missing("acpi_video", 1),
            &std::format!(
                "{place} nvidia_modeset needs acpi_video_register_backlight from acpi_video, \
                 which is not in the image"
            ),
        );
        fires(
            &RULE,
            missing("", 3),
            &std::format!(
                "{place} nvidia_modeset needs acpi_video_register_backlight and 2 more symbols, \
                 which neither this kernel nor a module in the image exports"
            ),
        );
    }

    #[test]
    fn a_whole_image_and_what_the_kernel_has_built_in_are_quiet() {
        quiet(&RULE, Case::image_with_stack(""));
        let built_in = "lib/modules/6.12.1/modules.builtin = kernel/drivers/gpu/drm/drm.ko\n\
                        proc/sys/kernel/osrelease = 6.12.1\n";
        quiet(&RULE, Case::image_with_stack(built_in).lacking("drm"));
        quiet(&RULE, Case::image(""));
    }
}
