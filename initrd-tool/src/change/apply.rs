//! Writes edits of a machine's configuration, all or none, and takes them back. What was
//! there before is on the disk before the first file changes.

use crate::base::clean;
use crate::base::error::{Error, Result};
use crate::change::{below, edit::Edit};
use serde::{Deserialize, Serialize};
use std::fs::{self, Metadata, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where what was there before is kept, below the root.
const FOLDER: &str = "var/lib/nvpreflight/undo";
/// Bytes of a record that is read back, and of a file that is edited.
const RECORD_MAX: u64 = 16 << 20;

/// What one run changed.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record {
    format: String,
    version: u32,
    /// The codes of the findings that were fixed.
    pub codes: Vec<String>,
    /// What is to be run when the files are as they were.
    pub commands: Vec<String>,
    files: Vec<Changed>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Changed {
    path: String,
    /// The file's text before; none where there was no file.
    before: Option<String>,
    after: String,
}

impl Record {
    /// The files, without the root's slash.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| file.path.as_str())
    }
}

/// Makes the edits below `root`. Returns where the record lies.
///
/// # Errors
/// A file that is not as it was when the edit was planned, is a link, or lies outside
/// the root; a failed write, after which every file is as it was.
pub fn apply(
    root: &Path,
    codes: &[String],
    commands: &[String],
    edits: &[Edit],
) -> Result<PathBuf> {
    let mut files = Vec::new();
    for edit in merged(edits) {
        let now = read(root, &edit.path)?;
        let lines = now.as_ref().map(|text| text.split_terminator('\n').collect::<Vec<_>>());
        let planned =
            edit.before.as_ref().map(|b| b.iter().map(String::as_str).collect::<Vec<_>>());
        if lines != planned {
            let path = clean::line(edit.path.as_bytes());
            return Err(Error::new(format!(
                "/{path} changed meanwhile: run `nvpreflight fix` again"
            )));
        }
        let after = edit.after.iter().map(|line| format!("{line}\n")).collect();
        files.push(Changed { path: edit.path, before: now, after });
    }
    let record = Record {
        format: "nvpreflight-undo".into(),
        version: 1,
        codes: codes.to_vec(),
        commands: commands.to_vec(),
        files,
    };
    let kept = keep(root, &record)?;
    for (at, file) in record.files.iter().enumerate() {
        if let Err(e) = write(root, &file.path, Some(&file.after)) {
            for done in record.files.iter().take(at) {
                // The first failure is what is reported; the record still has it all.
                let _ = write(root, &done.path, done.before.as_deref());
            }
            let _ = fs::remove_file(&kept);
            return Err(e);
        }
    }
    Ok(kept)
}

/// Takes the last run's files back: what it had changed, and where its record lies, which
/// is to be forgotten when its commands were run. `None` where nothing is left to take
/// back. Files that are as they were before are left as they are.
///
/// # Errors
/// A file that was changed since; nothing is written then.
pub fn undo(root: &Path) -> Result<Option<(PathBuf, Record)>> {
    let Some((path, record)) = last(root)? else { return Ok(None) };
    let mut changed = Vec::new();
    for file in &record.files {
        let now = read(root, &file.path)?;
        if now.as_deref() == Some(&file.after) {
            changed.push(file);
        } else if now != file.before {
            let name = clean::line(file.path.as_bytes());
            return Err(Error::new(format!("/{name} was changed since: nothing was undone")));
        }
    }
    for file in changed {
        write(root, &file.path, file.before.as_deref())?;
    }
    Ok(Some((path, record)))
}

/// Removes the record of a run that was taken back.
///
/// # Errors
/// What the system refuses.
pub fn forget(record: &Path) -> Result<()> {
    fs::remove_file(record).map_err(|e| Error::io("remove", record, e))
}

/// Notes that of a record's commands only these are left to be run.
///
/// # Errors
/// What the system refuses; the record is as it was then.
pub fn leave(kept: &Path, mut record: Record, commands: Vec<String>) -> Result<()> {
    record.commands = commands;
    let folder = kept.parent().unwrap_or(Path::new("/"));
    let failed = |e| Error::io("write", kept, e);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(text(&record)?.as_bytes()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(kept).map_err(|e| failed(e.error))?;
    Ok(())
}

fn text(record: &Record) -> Result<String> {
    serde_json::to_string_pretty(record)
        .map_err(|e| Error::new(format!("cannot write the record of the change: {e}")))
}

/// Several edits of one file are one: the first one's before, the last one's after.
fn merged(edits: &[Edit]) -> Vec<Edit> {
    let mut out: Vec<Edit> = Vec::new();
    for edit in edits {
        match out.iter_mut().find(|known| known.path == edit.path) {
            Some(known) => known.after.clone_from(&edit.after),
            None => out.push(edit.clone()),
        }
    }
    out
}

fn read(root: &Path, path: &str) -> Result<Option<String>> {
    let Some(bytes) = below::read(root, path, RECORD_MAX)? else { return Ok(None) };
    let odd = |_| Error::new(format!("/{} is not UTF-8", clean::line(path.as_bytes())));
    String::from_utf8(bytes).map(Some).map_err(odd)
}

fn write(root: &Path, path: &str, text: Option<&str>) -> Result<()> {
    below::write(root, path, text.map(str::as_bytes), None)
}

/// Writes the record under the next number.
fn keep(root: &Path, record: &Record) -> Result<PathBuf> {
    let folder = below::path(root, &format!("{FOLDER}/x"))?;
    let folder = folder.parent().unwrap_or(root);
    fs::create_dir_all(folder).map_err(|e| Error::io("make", folder, e))?;
    let text = text(record)?;
    let mut number = numbers(folder)?.last().map_or(1, |last| last + 1);
    loop {
        let path = folder.join(format!("{number:06}.json"));
        let mut options = OpenOptions::new();
        match options.write(true).create_new(true).mode(0o600).open(&path) {
            Ok(mut file) => {
                let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
                return written.map(|()| path.clone()).map_err(|e| {
                    let _ = fs::remove_file(&path);
                    Error::io("write", &path, e)
                });
            }
            // Another run took the number.
            Err(e) if e.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(e) => return Err(Error::io("write", &path, e)),
        }
    }
}

/// The numbers of records, in order.
fn numbers(folder: &Path) -> Result<Vec<u64>> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|e| Error::io("read", folder, e))?,
    };
    let number = |entry: std::io::Result<fs::DirEntry>| {
        entry.ok()?.file_name().to_str()?.strip_suffix(".json")?.parse().ok()
    };
    let mut numbers: Vec<u64> = entries.filter_map(number).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn last(root: &Path) -> Result<Option<(PathBuf, Record)>> {
    let folder = below::path(root, &format!("{FOLDER}/x"))?;
    let folder = folder.parent().unwrap_or(root);
    let Some(number) = numbers(folder)?.last().copied() else { return Ok(None) };
    let path = folder.join(format!("{number:06}.json"));
    let failed = |e| Error::io("read", &path, e);
    let size = fs::symlink_metadata(&path).map_err(failed).and_then(|data: Metadata| {
        let odd = || Error::new(format!("{} is not a record of this program", clean::path(&path)));
        if data.is_file() { Ok(data.len()) } else { Err(odd()) }
    })?;
    if size > RECORD_MAX {
        return Err(Error::new(format!("{} is too large", clean::path(&path))));
    }
    let text = fs::read_to_string(&path).map_err(failed)?;
    let record: Record = serde_json::from_str(&text)
        .map_err(|e| Error::new(format!("{} cannot be read: {e}", clean::path(&path))))?;
    Ok(Some((path, record)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    fn edit(path: &str, before: Option<&str>, after: &str) -> Edit {
        let lines = |text: &str| text.lines().map(str::to_owned).collect();
        Edit { path: path.into(), before: before.map(lines), after: lines(after) }
    }

    fn root() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("etc/modprobe.d")).unwrap();
        fs::write(root.path().join("etc/modprobe.d/a.conf"), "one\ntwo").unwrap();
        root
    }

    #[test]
    fn undo_gives_every_byte_and_mode_back() {
        let root = root();
        let a = root.path().join("etc/modprobe.d/a.conf");
        fs::set_permissions(&a, Permissions::from_mode(0o640)).unwrap();
        let edits = [
            edit("etc/modprobe.d/a.conf", Some("one\ntwo"), "one\n2"),
            edit("etc/modules-load.d/new.conf", None, "nvidia_uvm"),
            edit("etc/modprobe.d/a.conf", Some("one\n2"), "one\n2\nthree"),
        ];
        apply(root.path(), &["NVP201".into()], &[], &edits).unwrap();
        assert_eq!(fs::read_to_string(&a).unwrap(), "one\n2\nthree\n");
        assert_eq!(fs::metadata(&a).unwrap().mode() & 0o777, 0o640);
        // Twice, as where a command failed in between.
        for _ in 0..2 {
            let (_, record) = undo(root.path()).unwrap().unwrap();
            assert_eq!(record.codes, ["NVP201"]);
            assert_eq!(fs::read_to_string(&a).unwrap(), "one\ntwo");
            assert!(!root.path().join("etc/modules-load.d/new.conf").exists());
        }
        forget(&undo(root.path()).unwrap().unwrap().0).unwrap();
        assert!(undo(root.path()).unwrap().is_none());
    }

    #[test]
    fn of_commands_that_were_run_only_the_rest_is_left() {
        let root = root();
        let edits = [edit("etc/modprobe.d/a.conf", Some("one\ntwo"), "1")];
        let commands = ["a", "b", "c"].map(str::to_owned);
        apply(root.path(), &["NVP201".into()], &commands, &edits).unwrap();
        let (kept, record) = undo(root.path()).unwrap().unwrap();
        leave(&kept, record, commands[1..].to_vec()).unwrap();
        let (again, record) = undo(root.path()).unwrap().unwrap();
        assert_eq!((&again, &record.commands[..]), (&kept, &commands[1..]));
        assert_eq!(fs::metadata(&again).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(again.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let root = root();
        let stale = [edit("etc/modprobe.d/a.conf", Some("one"), "1")];
        assert!(
            apply(root.path(), &[], &[], &stale).unwrap_err().to_string().contains("meanwhile")
        );
        let fresh = [edit("etc/modprobe.d/a.conf", Some("one\ntwo"), "1")];
        apply(root.path(), &[], &[], &fresh).unwrap();
        fs::write(root.path().join("etc/modprobe.d/a.conf"), "mine\n").unwrap();
        assert!(undo(root.path()).unwrap_err().to_string().contains("changed since"));
        assert_eq!(
            fs::read_to_string(root.path().join("etc/modprobe.d/a.conf")).unwrap(),
            "mine\n"
        );
    }

    #[test]
    fn a_file_with_dos_line_ends_is_taken_as_it_is() {
        let root = root();
        let path = root.path().join("etc/modprobe.d/dos.conf");
        fs::write(&path, "one\r\ntwo\r\n").unwrap();
        let lines = |text: &[&str]| text.iter().map(|l| (*l).to_owned()).collect::<Vec<_>>();
        let edit = Edit {
            path: "etc/modprobe.d/dos.conf".into(),
            before: Some(lines(&["one\r", "two\r"])),
            after: lines(&["one\r"]),
        };
        apply(root.path(), &[], &[], &[edit]).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\r\n");
    }

    #[test]
    fn one_failed_write_leaves_every_file_as_it_was() {
        let root = root();
        fs::write(root.path().join("etc/file"), "").unwrap();
        let edits = [
            edit("etc/modprobe.d/a.conf", Some("one\ntwo"), "1"),
            edit("etc/file/below.conf", None, "x"),
        ];
        assert!(apply(root.path(), &[], &[], &edits).is_err());
        assert_eq!(
            fs::read_to_string(root.path().join("etc/modprobe.d/a.conf")).unwrap(),
            "one\ntwo"
        );
        assert!(undo(root.path()).unwrap().is_none());
    }

    #[test]
    fn nothing_is_written_outside_the_root_or_through_a_link() {
        let (root, other) = (root(), tempfile::tempdir().unwrap());
        std::os::unix::fs::symlink(other.path(), root.path().join("etc/out")).unwrap();
        std::os::unix::fs::symlink("a.conf", root.path().join("etc/modprobe.d/b.conf")).unwrap();
        for path in ["etc/out/x.conf", "../x.conf", "/x.conf", "etc/modprobe.d/b.conf"] {
            assert!(apply(root.path(), &[], &[], &[edit(path, None, "x")]).is_err(), "{path}");
        }
        assert_eq!(fs::read_dir(other.path()).unwrap().count(), 0);
    }
}
