//! The host tool's reader in the words of the recorded answers, so that it can
//! be held against the kernel's. It judges nothing.

use super::answer::Answer;
use super::listing::{self, CONTENT, Entry, Listing};
use super::newc::kind;
use anyhow::Result;
use nvpreflight_tool::limits::Limits;
use nvpreflight_tool::read::{Image, Keep, Source};
use std::collections::BTreeMap;

/// What the reader makes of `image`.
///
/// # Errors
/// An image that the reader refuses: it may do so only with a limit.
pub fn ask(image: &[u8]) -> Result<Answer> {
    let source = Source::memory(image);
    let image = Image::read(source, Keep::Nothing, &Limits::DEFAULT, &mut |_| {})?;
    let mut listing = Listing::new();
    let mut inodes = Vec::new();
    image.entries(&mut |entry| {
        let found = Entry {
            mode: entry.mode,
            user: entry.uid,
            group: entry.gid,
            time: entry.mtime,
            links: entry.nlink,
            size: if entry.mode & 0o170_000 == kind::FILE { entry.size } else { 0 },
            device: entry.rdev,
            data: entry.target.to_owned(),
        };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::answer::{self, differences};
    use crate::corpus::{cases, shared};
    use std::path::Path;

    fn recorded() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
    }

    #[test]
    fn the_reader_says_of_every_case_what_the_kernel_said() {
        let mut wrong = Vec::new();
        let cases = cases::all().unwrap();
        assert!(cases.len() >= 80, "the corpus has only {} cases", cases.len());
        for case in &cases {
            let expected = answer::read(&recorded(), case).unwrap().answer;
            let found = match ask(&case.image) {
                Ok(seen) => differences(&expected, &seen),
                Err(error) => vec![format!("the reader failed: {error:#}")],
            };
            if !found.is_empty() {
                wrong.push(format!("{}: {}\n  {}", case.name, case.says, found.join("\n  ")));
            }
        }
        assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    }

    #[test]
    fn the_reader_says_the_same_of_cases_in_one_image() {
        let mut sharing = Vec::new();
        let mut answers = Vec::new();
        let cases = cases::all().unwrap();
        for case in &cases {
            let answer = answer::read(&recorded(), case).unwrap().answer;
            if shared::can_share(case, &answer) {
                sharing.push(case);
                answers.push(answer);
            }
        }
        let seen = ask(&shared::image(&sharing)).unwrap();
        let found = differences(&shared::answer(answers.iter()), &seen);
        assert!(found.is_empty(), "of {}:\n{}", sharing.len(), found.join("\n"));
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
