//! NVP418: the command line names a first program that is not there.

use crate::expect::Expectations;
use crate::facts::Facts;
use crate::finding::Findings;
use crate::reading::next_boot;
use crate::rule::rule;

rule! {
    /// ## What it checks
    /// Whether the image has the program that `rdinit=` names, and, with the root at
    /// hand, whether that has the one of `init=`.
    ///
    /// ## Why
    /// The kernel starts an initrd only when its first program is there. Without it the
    /// kernel tries to mount the root by itself, without any module, and panics: "Unable
    /// to mount root fs". Such a word stays behind when its file came with an added
    /// archive and the image was rebuilt. An absent `init=` ends in the initrd's shell.
    ///
    /// ## Fix
    /// Take the word off the command line, or put the file into what the image is
    /// built from.
    ///
    /// ## Sources
    /// Linux init/main.c (`kernel_init_freeable`: `init_eaccess` of
    /// `ramdisk_execute_command`; `rdinit_setup`); mkinitcpio init; a rebuilt
    /// mkinitcpio image under `rdinit=`, booted.
    418 first_program_missing {
        title: "rdinit= or init= names a program that does not exist",
        severity: Error,
        confidence: Certain,
        stages: [Image],
        needs: [IMAGE, CMDLINE],
        after: [415],
        fix: "take the word off the kernel command line (GRUB_CMDLINE_LINUX in /etc/default/grub, /etc/kernel/cmdline), or rebuild the image with the hook that adds the program",
        nixos: "take the word out of boot.kernelParams",
        change: [Drop],
    }
}

fn check(f: &Facts, _: &Expectations, out: &mut Findings<'_>) {
    let Some(image) = next_boot::image(f) else { return };
    let programs = image.first_programs.yes().map_or(&[][..], |programs| programs);
    for program in programs.iter().filter(|program| !program.exists) {
        let path = &program.path;
        let finding = if program.of_image {
            out.add(format_args!(
                "the image has no {path}, which rdinit= names: the kernel does not start the \
                 image and cannot mount the root"
            ))
        } else {
            out.add(format_args!(
                "the root has no {path}, which init= names: the initrd cannot hand over to it"
            ))
        };
        finding.word(program.word);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::facts::image::FirstProgram;
    use crate::seen::Seen;
    use crate::testing::{Case, fires, quiet, skips};

    fn case(of_image: bool, exists: bool) -> Case {
        let path = if of_image { "/nvpreflight-init" } else { "/usr/lib/systemd/systemd" };
        Case::image("proc/cmdline = quiet rdinit=/nvpreflight-init\n").holding(move |image| {
            let program = FirstProgram { path: path.into(), word: 2, of_image, exists };
            image.first_programs = Seen::Yes([program].to_vec());
        })
    }

    #[test]
    fn a_word_that_outlived_its_file_is_told() {
        fires(
            &RULE,
            case(true, false),
            "NVP418 error kernel command line, word 2: the image has no /nvpreflight-init, which \
             rdinit= names: the kernel does not start the image and cannot mount the root",
        );
        fires(
            &RULE,
            case(false, false),
            "NVP418 error kernel command line, word 2: the root has no /usr/lib/systemd/systemd, \
             which init= names: the initrd cannot hand over to it",
        );
    }

    #[test]
    fn a_program_that_is_there_is_quiet_and_no_command_line_is_not_judged() {
        quiet(&RULE, case(true, true));
        quiet(&RULE, case(false, true));
        skips(&RULE, Case::image(""), "/proc/cmdline was not checked");
    }
}
