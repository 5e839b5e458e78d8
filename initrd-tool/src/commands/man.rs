//! `man`: the manual pages, made from the command line itself and, for the
//! expectations file, from its page in `docs/`.

mod roff;

use crate::base::error::{Error, Result};
use crate::base::ui::Exit;
use clap::Command;
use clap_mangen::Man;
use std::io::Write;
use std::path::PathBuf;

/// The page of the expectations file, as people read it in the sources.
const EXPECTATIONS: &str = include_str!("../../../docs/expectations.md");

/// What every page says of exit statuses, where a command has nothing of its own.
const STATUS: &str = "Exit status: 0 nothing at or above the threshold, 1 findings at or above it, \
                      2 could not do the work, 64 wrong usage.";

/// Files that any command reads or writes without being told to.
const FILES: [(&str, &str); 5] = [
    ("/etc/nvpreflight/expect.json", "what the owner wants: nvpreflight-expect.json(5)"),
    ("/etc/nvpreflight/image-check.conf", "what the hooks do about a new initrd"),
    ("/run/nvpreflight/initrd.json", "the report of the initrd phase of this boot"),
    ("/run/nvpreflight/pre-display.json", "the report before the display manager"),
    ("/var/lib/nvpreflight", "recorded boots: nvpreflight-remember(1)"),
];

/// Variables that any command heeds.
const ENVIRONMENT: [(&str, &str); 2] =
    [("NO_COLOR", "no colours, whatever its value"), ("COLUMNS", "the width of prose, in columns")];

/// Arguments of `man`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  nvpreflight man | man -l -
  nvpreflight man /usr/share/man/man1")]
pub struct Args {
    /// Write nvpreflight.1, one page per command and nvpreflight-expect.json.5 into this
    /// directory
    dir: Option<PathBuf>,
}

/// Prints the main page, or writes all of them.
pub fn run(args: &Args, cli: Command) -> Result<Exit> {
    let Some(dir) = &args.dir else {
        let page = page(&built(cli)).map_err(Error::stdout)?;
        std::io::stdout().write_all(&page).map_err(Error::stdout)?;
        return Ok(Exit::Clean);
    };
    let failed = |e| Error::io("write to", dir, e);
    std::fs::create_dir_all(dir).map_err(|e| Error::io("create", dir, e))?;
    for (name, page) in pages(cli).map_err(failed)? {
        std::fs::write(dir.join(name), page).map_err(failed)?;
    }
    Ok(Exit::Clean)
}

fn built(cli: Command) -> Command {
    let mut cli = cli.disable_help_subcommand(true);
    cli.build();
    cli
}

/// All pages that are made here, by the names of their files.
///
/// # Errors
/// None but those of a writer in memory.
pub fn pages(cli: Command) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let cli = built(cli);
    let mut out = Vec::new();
    collect(&cli, &mut out)?;
    let version = cli.get_version().unwrap_or_default();
    let text = roff::of_markdown(
        "nvpreflight-expect.json",
        "5",
        version,
        "what the owner wants of a machine with an NVIDIA GPU",
        EXPECTATIONS,
    );
    out.push(("nvpreflight-expect.json.5".to_owned(), text.into_bytes()));
    Ok(out)
}

fn collect(command: &Command, out: &mut Vec<(String, Vec<u8>)>) -> std::io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        collect(below, out)?;
    }
    out.push((Man::new(command.clone()).get_filename(), page(command)?));
    Ok(())
}

/// One page: what clap knows, then the usual sections.
fn page(command: &Command) -> std::io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let man = Man::new(command.clone());
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;
    if command.get_subcommands().any(|below| !below.is_hide_set()) {
        man.render_subcommands_section(&mut out)?;
    }
    let help = command.get_after_long_help().or_else(|| command.get_after_help());
    out.extend(sections(&help.map(ToString::to_string).unwrap_or_default()).bytes());
    Ok(out)
}

/// The text behind a command's help as sections: its paragraphs by how they begin.
fn sections(help: &str) -> String {
    let mut status = STATUS.to_owned();
    let (mut notes, mut examples) = (Vec::new(), "");
    for part in help.split("\n\n").filter(|part| !part.trim().is_empty()) {
        match part.split_once(':') {
            Some(("Exit status", _)) => status = part.to_owned(),
            Some(("Examples" | "Example", lines)) => examples = lines,
            _ => notes.push(part.trim()),
        }
    }
    let mut out = String::new();
    if !notes.is_empty() {
        out.push_str(&roff::section("NOTES"));
        let notes: Vec<String> = notes.iter().map(|note| roff::prose(note)).collect();
        out.push_str(&notes.join(".PP\n"));
    }
    out.push_str(&roff::section("EXIT STATUS"));
    out.push_str(&roff::prose(status.split_once(": ").map_or(status.as_str(), |(_, rest)| rest)));
    out.push_str(&roff::section("FILES"));
    out.push_str(&roff::list(&FILES));
    out.push_str(&roff::section("ENVIRONMENT"));
    out.push_str(&roff::list(&ENVIRONMENT));
    if !examples.is_empty() {
        out.push_str(&roff::section("EXAMPLES"));
        out.push_str(&roff::verbatim(examples.trim_matches('\n')));
    }
    out.push_str(&roff::section("SEE ALSO"));
    out.push_str(&roff::prose(
        "nvpreflight(1), nvpreflight-verifier(8), nvpreflight-expect.json(5)",
    ));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn check() -> String {
        let mut cli = crate::cli::Cli::command();
        cli.build();
        let command = cli.find_subcommand("check").expect("check").clone();
        String::from_utf8(page(&command).expect("a page")).expect("UTF-8")
    }

    #[test]
    fn each_page_has_the_sections_that_people_look_for() {
        let page = check();
        for name in ["EXIT STATUS", "FILES", "ENVIRONMENT", "EXAMPLES", "SEE ALSO"] {
            assert_eq!(page.matches(&format!(".SH \"{name}\"\n")).count(), 1, "{name}: {page}");
        }
        assert!(!page.contains(".SH EXTRA"), "{page}");
    }

    #[test]
    fn examples_stand_as_they_are_typed() {
        let page = check();
        assert!(page.contains("\n\\&  nvpreflight check / "), "{page}");
        assert!(page.contains("check \\-\\-boot \\-1"), "{page}");
        assert!(page.contains("linux.efi \\-\\-goal wayland"), "{page}");
    }

    #[test]
    fn a_command_without_statuses_of_its_own_gets_the_usual_ones() {
        let text = sections("Examples:\n  nvpreflight x");
        assert!(text.contains("64 wrong usage."), "{text}");
        assert!(sections("Exit status: 0 shown.\n\nMore.").contains("\n0 shown.\n"));
    }
}
