//! `explain`: a rule's own page, found by code or name; of a code without a rule,
//! what answers for it.

use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use crate::base::ui::{Exit, Ui};
use crate::render::findings::page::{self, Page};
use crate::source::dir::DirFiles;
use crate::view::cures;
use nvpreflight::evidence;
use nvpreflight::facts::{Facts, Phase};
use nvpreflight::rule::Code;
use nvpreflight::rules::{RULES, by_code, elsewhere};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Arguments of `explain`.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  nvpreflight explain NVP201
  nvpreflight explain modeset-off --format markdown
  nvpreflight explain --journal-catalog > /usr/lib/systemd/catalog/nvpreflight.catalog")]
pub struct Args {
    /// Codes or names of rules: NVP201, 201, modeset-off
    #[arg(required_unless_present = "journal_catalog", value_name = "CODE|NAME")]
    rules: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The machine whose own lines are shown
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    /// Print all pages as a journal catalog for `journalctl -x`
    #[arg(long, conflicts_with_all = ["rules", "format"])]
    journal_catalog: bool,
}

/// How a page is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
enum Format {
    /// Wrapped for a terminal
    #[default]
    Text,
    /// Markdown
    Markdown,
    /// For machines
    Json,
}

/// Prints the pages.
pub fn run(args: &Args, ui: Ui) -> Result<Exit> {
    if args.journal_catalog {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = nvpreflight::sink::catalog::write(RULES, &mut text);
        std::io::stdout().write_all(text.as_bytes()).map_err(Error::stdout)?;
        return Ok(Exit::Clean);
    }
    let pages: Vec<Page> = args.rules.iter().map(|asked| find(asked)).collect::<Result<_>>()?;
    let text = match args.format {
        Format::Text => {
            let here = Here::look(&args.root);
            let text = |page: &Page| {
                let lines = here.as_ref().and_then(|here| here.lines(page));
                page.text(ui.columns(), ui.colours(), lines.as_deref())
            };
            pages.iter().map(text).collect::<Vec<_>>().join("\n")
        }
        Format::Markdown => pages.iter().map(Page::markdown).collect::<Vec<_>>().join("\n"),
        Format::Json => page::json(&pages),
    };
    std::io::stdout().write_all(text.as_bytes()).map_err(Error::stdout)?;
    Ok(Exit::Clean)
}

/// The machine that asks.
struct Here {
    files: DirFiles,
    facts: Box<Facts>,
}

impl Here {
    /// A root that cannot be opened has no lines of its own.
    fn look(root: &Path) -> Option<Self> {
        let files = DirFiles::open(root, &Limits::DEFAULT).ok()?;
        let mut facts = Box::new(Facts::new(Phase::PreDisplay));
        evidence::system::collect(&files, &mut facts);
        evidence::config::collect(&files, &mut facts);
        Some(Self { files, facts })
    }

    fn lines(&self, page: &Page) -> Option<Vec<String>> {
        match page {
            Page::Rule(rule) => cures::in_general(rule, &self.files, &self.facts, cures::pasteable),
            Page::Elsewhere(_) => None,
        }
    }
}

/// The page of that code or name; dashes, underscores and case are alike.
fn find(asked: &str) -> Result<Page> {
    let name = asked.trim().to_ascii_lowercase().replace('-', "_");
    let number = name.strip_prefix("nvp").unwrap_or(&name);
    let code = Code::parse(&format!("NVP{number}"));
    let rule = code.and_then(|code| by_code(code.0));
    let rule = rule.or_else(|| RULES.iter().find(|rule| rule.name == name).copied());
    let elsewhere = || code.and_then(|code| elsewhere::by_code(code.0)).map(Page::Elsewhere);
    rule.map(Page::Rule).or_else(elsewhere).ok_or_else(|| {
        let near = nearest(&name);
        let hint = if near.is_empty() {
            "`nvpreflight rules` lists them".to_owned()
        } else {
            format!("did you mean {}?", near.join(" or "))
        };
        Error::usage(format!("there is no rule `{}`; {hint}", asked.escape_debug()))
    })
}

/// Codes and names that differ from `name` by a slip, the nearest first; at most
/// three.
fn nearest(name: &str) -> Vec<String> {
    // A longer word cannot be a slip of a rule's name, and would cost time.
    if name.len() > 64 {
        return Vec::new();
    }
    let mut near: Vec<(f64, String)> = RULES
        .iter()
        .map(|rule| {
            let code = rule.code.to_string().to_ascii_lowercase();
            let inside = if name.len() >= 4 && rule.name.contains(name) { 0.9 } else { 0.0 };
            let alike = strsim::jaro_winkler(rule.name, name).max(inside);
            let digits =
                strsim::osa_distance(&code, &format!("nvp{}", name.trim_start_matches("nvp")));
            let numeric = name.trim_start_matches("nvp").bytes().all(|b| b.is_ascii_digit());
            let by_code = if numeric && digits <= 1 { 0.95 } else { 0.0 };
            let shown = format!("{} ({})", rule.code, rule.name.replace('_', "-"));
            (alike.max(by_code), shown)
        })
        .filter(|(score, _)| *score >= 0.85)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().take(3).map(|(_, shown)| shown).collect()
}

#[cfg(test)]
mod tests {
    use super::{find, nearest};

    #[test]
    fn a_rule_is_found_by_every_spelling_of_its_code_and_name() {
        for asked in ["NVP201", "nvp201", "201", "modeset_off", "modeset-off", "Modeset-Off"] {
            assert_eq!(find(asked).map(|page| page.code().0).ok(), Some(201), "{asked}");
        }
    }

    #[test]
    fn a_code_without_a_rule_says_what_answers_for_it() {
        let page = find("310").expect("a page");
        assert_eq!(page.code().0, 310);
        let text = page.text(80, false, None);
        assert!(text.contains("nixos-module/lints/driver-not-enabled.nix"), "{text}");
        assert!(page.markdown().starts_with("# NVP310: hardware.nvidia does nothing"));
    }

    #[test]
    fn a_slip_is_answered_with_what_was_meant() {
        let error = find("modset-off").expect_err("no such rule");
        assert!(error.is_usage());
        assert_eq!(
            error.to_string(),
            "there is no rule `modset-off`; did you mean NVP201 (modeset-off)?"
        );
        assert!(find("NVP2O1").is_err());
        assert!(nearest("completely other").is_empty());
        assert!(find("\u{1b}[31m").expect_err("no rule").to_string().contains("\\u{1b}"));
    }
}
