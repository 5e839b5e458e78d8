//! The host tool's reader in the words of the recorded answers, so that it can
//! be held against the kernel's. It judges nothing.

use super::answer::Answer;
use super::listing::{self, CONTENT, Entry, Listing};
use super::newc::{self, kind};
use anyhow::Result;
use nvpreflight_tool::base::limits::Limits;
use nvpreflight_tool::source::image::{self, BUILTIN, Image, Keep, Source};
use std::collections::BTreeMap;

/// What the reader makes of `image` behind an empty archive: the guest's kernel
/// has unpacked a base before it too, and is in another state than at the start.
///
/// # Errors
/// An image that the reader refuses: it may do so only with a limit.
pub fn ask(image: &[u8]) -> Result<Answer> {
    let before = newc::archive(&[]);
    let source = Source::memory(&[&before, image].concat());
    let image = Image::read(source, Keep::Nothing, &Limits::DEFAULT, &mut |_| {})?;
    let mut listing = Listing::new();
    let mut inodes = Vec::new();
    if let Some(root) = image.root().filter(|root| root.segment != BUILTIN) {
        listing.insert(b".".to_vec(), found(&root));
    }
    image.entries(&mut |entry| {
        let found = found(entry);
        if found.mode & 0o170_000 == kind::FILE {
            inodes.push((entry.path.to_owned(), entry.inode));
        }
        listing.insert(entry.path.to_owned(), found);
        Ok(())
    })?;
    let mut contents: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    image.contents(
        &mut inodes.iter().map(|(_, inode)| *inode),
        &mut |inode, chunk| {
            let content = contents.entry(inode).or_default();
            let left = CONTENT.saturating_sub(content.len());
            content.extend(chunk.iter().take(left));
            Ok(())
        },
        &mut |_| {},
    )?;
    for (path, inode) in inodes {
        if let (Some(entry), Some(content)) = (listing.get_mut(&path), contents.get(&inode)) {
            entry.data.clone_from(content);
        }
    }
    let stop = image.stop().map(|stop| stop.message.to_owned()).filter(|text| !text.is_empty());
    Ok(Answer { stop, entries: listing::lines(&listing, &Listing::new()) })
}

/// An entry of the reader in the guest's words.
fn found(entry: &image::Entry<'_>) -> Entry {
    Entry {
        mode: entry.mode,
        user: entry.uid,
        group: entry.gid,
        time: entry.mtime.unwrap_or(listing::CLOCK.start),
        links: entry.nlink,
        size: if entry.mode & 0o170_000 == kind::FILE { entry.size } else { 0 },
        device: entry.rdev,
        data: entry.target.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::answer::{self, differences};
    use crate::corpus::case::Case;
    use crate::corpus::cases;
    use nvpreflight_harness::base::places::package_in_sources;

    fn recorded() -> std::path::PathBuf {
        package_in_sources().join("corpus")
    }

    /// Cases of which the reader is known to say something else, with why. A
    /// line that is no longer true is a failure too.
    fn known() -> BTreeMap<String, String> {
        let path = package_in_sources().join("corpus-differences.txt");
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, why)| (name.to_owned(), why.to_owned()))
            .collect()
    }

    fn differs(case: &Case) -> Vec<String> {
        let both = answer::read(&recorded(), case)
            .and_then(|recorded| Ok((recorded.answer, ask(&case.image)?)));
        match both {
            Ok((expected, seen)) => differences(&expected, &seen),
            Err(error) => vec![format!("{error:#}")],
        }
    }

    #[test]
    fn the_reader_says_of_every_case_what_the_kernel_said() {
        let mut known = known();
        let cases = cases::all().unwrap();
        assert!(cases.len() >= 80, "the corpus has only {} cases", cases.len());
        let mut wrong = Vec::new();
        for case in &cases {
            let found = differs(case);
            match known.remove(&case.name) {
                None if !found.is_empty() => {
                    wrong.push(format!("{}: {}\n  {}", case.name, case.says, found.join("\n  ")));
                }
                Some(_) if found.is_empty() => wrong.push(format!(
                    "{}: no difference any more; take it off corpus-differences.txt",
                    case.name
                )),
                _ => {}
            }
        }
        wrong.extend(known.into_keys().map(|name| format!("{name}: no such case")));
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    }

    #[test]
    fn every_answer_has_its_case() {
        let names: Vec<String> =
            cases::all().unwrap().iter().map(|case| format!("{}.txt", case.name)).collect();
        for file in std::fs::read_dir(recorded()).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            assert!(names.contains(&name), "{name} answers no case: delete it");
        }
    }
}
