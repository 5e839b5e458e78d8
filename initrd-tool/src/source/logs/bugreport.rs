//! The log that nvidia-bug-report.sh writes: sections between underlines, files
//! under their paths, outputs under their commands. Takes what the rules can read
//! and passes over the rest.

use super::boots::{Boot, Boots};
use super::evidence::{Entry, Evidence};
use super::record::Record;
use super::tree::CMDLINE;
use super::{lspci, paste, printed, programs, tree};
use nvpreflight::driver::said::kernel;
use std::collections::HashSet;

/// How every section begins.
const UNDERLINE: &str = "____________________________________________";
/// The first words of the report.
const TITLE: &str = "Start of NVIDIA bug report log file";
/// What stands before paths where the script ran in a container of Bottlerocket.
const HOST_ROOT: &str = "/.bottlerocket/rootfs";
/// Longest file that is kept; what rules read has some kilobytes.
const FILE_MAX: usize = 1 << 20;
/// The log of the X server that most display managers start.
const XORG_LOG: &str = "*** /var/log/Xorg.0.log";
/// How Xorg's log tells the boot that it is of.
const XORG_CMDLINE: &str = "Kernel command line: ";
/// How it tells when that server began.
const XORG_TIME: &str = ", Time: ";
/// How Xorg's driver names a GPU that is to help another one.
const X_HELPER: &str = "NVIDIA(G";
/// What it says once the screen is up that it was started for.
const X_SCREEN_UP: &str = "NVIDIA(0): Setting mode";
/// Lines before the first part of a report, and more.
const HEAD_LINES: usize = 40;
/// Sentences of programs that are kept of one boot.
const SAID_MAX: usize = 64;

/// True for a text that begins as a report does, or lacks only its title.
#[must_use]
pub fn looks_like_one(head: &str) -> bool {
    let script = "nvidia-bug-report.sh Version:";
    head.contains(UNDERLINE) && (head.contains(TITLE) || head.contains(script))
}

/// Reads a report: files into the tree, its logs as boots, the newest last.
pub fn read(text: &str, evidence: &mut Evidence) -> Vec<Boot> {
    let mut logs = Logs::default();
    for (body, first) in sections(text) {
        section(body, first, evidence, &mut logs);
    }
    let nvidia = "proc/driver/nvidia";
    if evidence.files.keys().any(|path| path.starts_with("proc/driver/nvidia/")) {
        match evidence.files.get("proc/driver/nvidia/version") {
            Some(Entry::File(_)) => {
                evidence.whole.insert(format!("{nvidia}/gpus"));
            }
            // The driver makes the folder with this file in it.
            Some(Entry::Absent) => {
                evidence.files.retain(|path, _| !path.starts_with("proc/driver/nvidia/"));
                evidence.files.insert(nvidia.to_owned(), Entry::Absent);
            }
            _ => {}
        }
    }
    if let Some(release) = evidence.text("proc/version").and_then(|text| {
        text.strip_prefix(kernel::BANNER).and_then(|rest| rest.split(' ').next()).map(str::to_owned)
    }) {
        evidence.put("proc/sys/kernel/osrelease", release);
    }
    let date = text.lines().take(HEAD_LINES).find_map(|line| line.strip_prefix("Date: "));
    if let Some(xorg) = logs.xorg.take() {
        // Each boot of a kernel has the same command line.
        let line = evidence.text(CMDLINE).unwrap_or_default().trim().to_owned();
        let same = !line.is_empty() && xorg.cmdline == line;
        if same && is_day(date.unwrap_or_default(), &xorg.time) {
            let [newest, ..] = &mut logs.clients;
            newest.extend(xorg.said);
        } else if !xorg.said.is_empty() {
            evidence.cannot_show.push("its Xorg.0.log is of another day or boot".to_owned());
        }
    }
    logs.finish()
}

/// Whether a date as date(1) prints it is the day of `Mon Jan  5 10:00:00 2026`; not of a
/// language other than English.
fn is_day(date: &str, time: &str) -> bool {
    let time: Vec<&str> = time.split_whitespace().collect();
    let [_, month, day, _, year] = time.as_slice() else { return false };
    let has = |is: &dyn Fn(&str) -> bool| date.split_whitespace().any(is);
    let day = day.trim_start_matches('0');
    has(&|word| word.starts_with(month))
        && has(&|word| word.trim_start_matches('0') == day)
        && has(&|word| word == *year)
}

/// What programs of user space say in a part of a report, as it is known without the log
/// around it.
fn said(body: &str, first: usize) -> Vec<Record> {
    // The driver tries each GPU for the screen that it has already, too.
    let up = body.contains(X_SCREEN_UP);
    let lines = body.lines().zip(first..).filter(|(line, _)| !(up && line.contains(X_HELPER)));
    let told = lines.filter_map(|(line, number)| {
        let record = programs::unmarked(line)?;
        (!record.kernel).then_some(Record { line: number, ..record })
    });
    told.take(SAID_MAX).collect()
}

/// The parts between underlines with the number of their first line.
fn sections(text: &str) -> Vec<(&str, usize)> {
    let mut out = Vec::new();
    let (mut start, mut first, mut at, mut number) = (0, 1, 0, 1);
    for line in text.split_inclusive('\n') {
        if line.starts_with(UNDERLINE) {
            out.push((text.get(start..at).unwrap_or(""), first));
            (start, first) = (at + line.len(), number + 1);
        }
        at += line.len();
        number += 1;
    }
    out.push((text.get(start..).unwrap_or(""), first));
    out
}

fn section(body: &str, first: usize, evidence: &mut Evidence, logs: &mut Logs) {
    let Some(head) = body.lines().find(|line| !line.trim().is_empty()) else { return };
    let command = head.rsplit('/').next().unwrap_or(head);
    if head.trim_end() == XORG_LOG {
        let behind = |mark| {
            let line = body.lines().find_map(|line| line.split_once(mark));
            line.map_or("", |(_, rest)| rest.trim()).to_owned()
        };
        logs.xorg = Some(Xorg {
            said: said(body, first),
            cmdline: behind(XORG_CMDLINE),
            time: behind(XORG_TIME),
        });
    } else if head.starts_with("*** ") {
        files(body, evidence);
    } else if let Some(client) = head.strip_prefix("journalctl -b -") {
        let boot = client.split(' ').next().and_then(|boot| boot.parse::<usize>().ok());
        if let Some(boot) = boot.and_then(|boot| logs.clients.get_mut(boot)) {
            boot.append(&mut said(body, first));
        }
    } else if command.starts_with("nvidia-smi ") {
        let [newest, ..] = &mut logs.clients;
        newest.append(&mut said(body, first));
    } else if head.trim() == "dmesg:" {
        paste::read_from(body, first, &mut logs.dmesg);
    } else if head.starts_with("Scanning kernel log files") {
        logs.scanned(body, first);
    } else if command.starts_with("lspci -nn") && !command.starts_with("lspci -nnt") {
        lspci::add(body.split_once(head).map_or(body, |(_, rest)| rest), evidence);
    } else if head.starts_with("/sys/module/") {
        for line in body.lines() {
            if let Some((path, value)) = line.split_once(':') {
                put(path, value.trim(), evidence);
            }
        }
    } else {
        // One section may hold several files without underlines between them.
        files(body, evidence);
    }
}

/// `*** /path`, `*** ls: …`, then the content; or `*** /path does not exist`.
fn files(body: &str, evidence: &mut Evidence) {
    let mut path: Option<&str> = None;
    let mut content = String::new();
    let mut give = |path: &mut Option<&str>, content: &mut String| {
        if let Some(path) = path.take() {
            put(path, &format!("{}\n", content.trim_end_matches('\n')), evidence);
        }
        content.clear();
    };
    let mut absent = Vec::new();
    for line in body.lines() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match line.strip_prefix("*** ") {
            Some(said) if said.starts_with("ls: ") => {}
            Some(said) => {
                give(&mut path, &mut content);
                if let Some(missing) = said.strip_suffix(" does not exist") {
                    absent.extend(kept(missing));
                } else if !said.ends_with(" is not readable") && !said.contains(' ') {
                    path = Some(said);
                }
            }
            None if path.is_some() && content.len() < FILE_MAX => {
                content.push_str(line);
                content.push('\n');
            }
            None => {}
        }
    }
    give(&mut path, &mut content);
    for path in absent {
        evidence.files.entry(path).or_insert(Entry::Absent);
    }
}

fn put(path: &str, content: &str, evidence: &mut Evidence) {
    if let Some(path) = kept(path) {
        evidence.put(&path, content);
    }
}

/// The path below the root, where it is one that rules may read.
fn kept(path: &str) -> Option<String> {
    let path = path.strip_prefix(HOST_ROOT).unwrap_or(path);
    // The script names instances of the driver by a folder, mostly `.`.
    let path = printed::below_root(&path.replace("/./", "/"))?;
    printed::is_evidence(&path).then_some(path)
}

/// The logs of a report by what they are worth.
#[derive(Default)]
struct Logs {
    /// The kernel's ring buffer.
    dmesg: Boots,
    /// Lines of the driver in the journal of this boot, and of the two before.
    journal: [Boots; 3],
    /// Lines of the driver in files below /var/log.
    files: Boots,
    /// What clients said in each of these boots.
    clients: [Vec<Record>; 3],
    /// The same of Xorg's log.
    xorg: Option<Xorg>,
}

/// Xorg's log: what it says, the command line of its boot, and when it began.
struct Xorg {
    said: Vec<Record>,
    cmdline: String,
    time: String,
}

impl Logs {
    /// `  journalctl -b -1:` or `  /var/log/messages:`, then lines that were searched
    /// for the driver's names.
    fn scanned(&mut self, body: &str, first: usize) {
        let mut into = None;
        let mut block = String::new();
        let mut began = first;
        for (line, number) in body.lines().zip(first..) {
            let title = line.strip_prefix("  ").and_then(|line| line.strip_suffix(':'));
            let next = title.and_then(|title| match title {
                "journalctl -b -0" => Some(0),
                "journalctl -b -1" => Some(1),
                "journalctl -b -2" => Some(2),
                title => title.starts_with('/').then_some(usize::MAX),
            });
            match next {
                Some(next) => {
                    self.scan(into, &block, began);
                    block.clear();
                    (into, began) = (Some(next), number + 1);
                }
                None => {
                    block.push_str(line);
                    block.push('\n');
                }
            }
        }
        self.scan(into, &block, began);
    }

    fn scan(&mut self, into: Option<usize>, block: &str, began: usize) {
        let Some(into) = into else { return };
        let boots = self.journal.get_mut(into).unwrap_or(&mut self.files);
        paste::read_from(block, began, boots);
    }

    /// The boots, the newest last. Of the newest the ring buffer tells most, unless
    /// it went round: then what the journal kept of the driver comes before it.
    fn finish(self) -> Vec<Boot> {
        let one = |boots: Boots| {
            let boots = boots.finish();
            let passed = boots.iter().map(|boot| boot.passed).sum();
            let records = boots.into_iter().flat_map(|boot| boot.records).collect();
            Some(Boot { id: None, records, apart: true, passed })
                .filter(|boot: &Boot| boot.kernel_records() > 0)
        };
        let [newest, mut before, mut oldest] = self.journal.map(one);
        let [mut now, mut before_said, mut oldest_said] = self.clients;
        for (boot, said) in [(&mut before, &mut before_said), (&mut oldest, &mut oldest_said)] {
            if let Some(boot) = boot {
                boot.records.append(said);
            }
        }
        if let Some(journal) = &newest {
            let is = |record: &&Record| !record.kernel && programs::is_said(record);
            now.extend(journal.records.iter().filter(is).cloned());
        }
        let mut dmesg = self.dmesg.finish();
        let mut out: Vec<Boot> = oldest.into_iter().chain(before).collect();
        let current = newest.is_some() || !dmesg.is_empty();
        match (dmesg.last_mut(), newest) {
            (Some(last), Some(journal)) if !tree::begins_at_the_beginning(last) => {
                let known: HashSet<&str> =
                    last.records.iter().map(|record| record.text.as_str()).collect();
                let mut records: Vec<_> = journal
                    .records
                    .into_iter()
                    .filter(|record| record.kernel && !known.contains(record.text.as_str()))
                    .collect();
                records.append(&mut last.records);
                last.records = records;
            }
            (None, Some(journal)) => out.push(journal),
            _ => {}
        }
        if let Some(first) = dmesg.first_mut() {
            first.apart = true;
        }
        out.append(&mut dmesg);
        if out.is_empty() {
            out = self.files.finish();
        }
        now.truncate(SAID_MAX);
        if !current && !now.is_empty() {
            // No line of the kernel is left of the boot of which they speak.
            let records = std::mem::take(&mut now);
            out.push(Boot { id: None, records, apart: true, passed: 0 });
        }
        if let Some(last) = out.last_mut().filter(|_| current) {
            let known: HashSet<String> =
                last.records.iter().map(|record| record.text.clone()).collect();
            now.retain(|record| !known.contains(&record.text));
            last.records.append(&mut now);
        }
        out
    }
}

#[cfg(test)]
mod tests;
