//! An installation as people and machines see it: a line a file, diffs, commands.

use super::refusal::Refusal;
use crate::base::clean;
use crate::base::print::Size;
use crate::change::edit::Edit;
use crate::change::install::{State, Step};
use crate::view::cures;
use serde_json::json;
use std::fmt::Write;
use std::path::Path;

/// All but the files.
pub struct Shown {
    /// `install` or `uninstall`.
    pub action: &'static str,
    /// The root's name, when it is not the running system's.
    root: String,
    prefix: String,
    /// Whose hooks are installed.
    pub makers: Vec<&'static str>,
    /// What has to be run afterwards.
    pub commands: Vec<String>,
    /// Whether it was made.
    pub applied: bool,
    /// Whether new files are shown as diffs too.
    pub diff: bool,
    /// Why nothing was done.
    pub refused: Option<Refusal>,
}

impl Shown {
    /// Nothing yet.
    pub fn new(action: &'static str, root: &Path, prefix: &str) -> Self {
        Self {
            action,
            root: clean::path(root),
            prefix: prefix.to_owned(),
            makers: Vec::new(),
            commands: Vec::new(),
            applied: false,
            diff: false,
            refused: None,
        }
    }

    /// For people.
    pub fn text(&self, steps: &[Step]) -> String {
        let mut out = String::new();
        for step in steps.iter().filter(|step| step.state != State::Unchanged) {
            let path = clean::line(step.path.as_bytes());
            let about = match step.state {
                State::Create => format!("  ({:o}, {})", step.mode, Size(step.after.len() as u64)),
                State::Kept if self.action == "install" => "  (another one is there)".to_owned(),
                State::Kept => "  (changed since it was installed)".to_owned(),
                State::Foreign => "  (not of an installation: move it away)".to_owned(),
                State::Change | State::Remove | State::Unchanged => String::new(),
            };
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{:7} /{path}{about}", self.word(step.state));
            if step.state == State::Change || step.state == State::Create && self.diff {
                out.push_str(&diff(step));
            }
        }
        if self.action == "install" && self.makers.is_empty() {
            out += "no hook: no program that makes initrds is known here; `nvpreflight inject` \
                    puts the verifier into an image\n";
        }
        if self.does(steps) {
            for command in &self.commands {
                let line = match self.root.as_str() {
                    "/" => (*command).to_owned(),
                    root => cures::in_root(Path::new(root), command),
                };
                let _ = writeln!(out, "run: {line}");
            }
        }
        out.push_str(&self.last(steps));
        out
    }

    fn word(&self, state: State) -> &'static str {
        match (state, self.applied) {
            (State::Create, false) => "create",
            (State::Create, true) => "created",
            (State::Change, false) => "change",
            (State::Change, true) => "changed",
            (State::Remove, false) => "remove",
            (State::Remove, true) => "removed",
            (State::Kept, _) => "kept",
            (State::Foreign, _) => "foreign",
            (State::Unchanged, _) => "",
        }
    }

    /// Whether there is anything to do.
    fn does(&self, steps: &[Step]) -> bool {
        let does =
            |step: &Step| matches!(step.state, State::Create | State::Change | State::Remove);
        steps.iter().any(does)
    }

    fn last(&self, steps: &[Step]) -> String {
        let verb = self.action;
        match (self.does(steps), self.applied) {
            (true, false) => {
                let root = match self.root.as_str() {
                    "/" => String::new(),
                    root => format!(" --root {root}"),
                };
                format!("sudo nvpreflight {verb}{root} --apply\n")
            }
            (true, true) => "changed\n".to_owned(),
            (false, _) if verb == "uninstall" && steps.is_empty() => {
                format!("unchanged: nothing is installed below {}\n", self.prefix)
            }
            (false, _) => "unchanged\n".to_owned(),
        }
    }

    /// For machines.
    pub fn json(&self, steps: &[Step]) -> String {
        let files: Vec<serde_json::Value> = steps
            .iter()
            .map(|step| {
                json!({
                    "path": format!("/{}", clean::line(step.path.as_bytes())),
                    "mode": format!("{:04o}", step.mode),
                    "state": step.state,
                })
            })
            .collect();
        let mut value = json!({
            "format": "nvpreflight-install",
            "version": 1,
            "action": self.action,
            "root": self.root,
            "prefix": self.prefix,
            "applied": self.applied,
            "changed": self.does(steps),
            "makers": self.makers,
            "files": files,
            "commands": self.commands,
        });
        if let (Some(refused), Some(object)) = (&self.refused, value.as_object_mut()) {
            object.insert("refused".into(), json!(refused));
        }
        format!("{value:#}\n")
    }
}

/// The change of a text; nothing of a program.
fn diff(step: &Step) -> String {
    let lines = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).ok()?;
        Some(text.lines().map(str::to_owned).collect::<Vec<_>>())
    };
    let before = step.before.as_ref().map(|(bytes, _)| lines(bytes));
    let (Some(after), None | Some(Some(_))) = (lines(&step.after), &before) else {
        return String::new();
    };
    let edit = Edit { path: step.path.clone(), before: before.flatten(), after };
    let line = |line: &str| format!("  {}\n", clean::line(line.as_bytes()));
    edit.diff().lines().map(line).collect()
}
