//! What of nvpreflight goes where, as verifier/dist/packages/layout says: the one table
//! that the packages and install.sh go by too. Reads no file and writes none.

use std::path::Path;

const LAYOUT: &str = include_str!("../../../verifier/dist/packages/layout");

/// How a file is changed on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum As {
    /// Not at all.
    Plain,
    /// The prefix stands in the paths of programs and of check-image.
    Paths,
    /// gzip, with `.gz` behind its name.
    Gzip,
}

/// A file and its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Item<'a> {
    /// Its name in the tarball.
    pub from: &'a str,
    /// Its path, without the root's slash.
    pub path: String,
    /// Permissions: 0o755 or 0o644.
    pub mode: u32,
    /// What is done to it.
    pub kind: As,
}

/// A `file` line of the table.
struct Row {
    whose: &'static str,
    mode: u32,
    kind: As,
    from: &'static str,
    to: &'static str,
}

/// The fields of the table's lines that begin with a word.
fn lines(word: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    LAYOUT.lines().filter_map(move |line| {
        let mut fields = line.split_ascii_whitespace();
        (fields.next() == Some(word)).then(|| fields.collect())
    })
}

fn rows() -> impl Iterator<Item = Row> {
    lines("file").filter_map(|fields| match *fields.as_slice() {
        [whose, mode, kind, from, to] => {
            let mode = u32::from_str_radix(mode, 8).ok()?;
            let kind = match kind {
                "plain" => As::Plain,
                "paths" => As::Paths,
                "gzip" => As::Gzip,
                _ => return None,
            };
            Some(Row { whose, mode, kind, from, to })
        }
        _ => None,
    })
}

/// The makers whose hooks there are, each with the path that shows it.
pub fn makers() -> impl Iterator<Item = (&'static str, &'static str)> {
    lines("maker").filter_map(|fields| match *fields.as_slice() {
        [name, mark] => Some((name, mark)),
        _ => None,
    })
}

/// True where the maker is installed below the root.
#[must_use]
pub fn is_there(root: &Path, maker: &str) -> bool {
    let mark = |(name, mark): (&str, &'static str)| (name == maker).then_some(mark);
    makers().find_map(mark).is_some_and(|mark| root.join(mark.trim_start_matches('/')).exists())
}

/// Where the files of these names go, with the hooks of these makers. Documents are the
/// packages' alone.
#[must_use]
pub fn items<'a>(prefix: &str, makers: &[&str], names: &[&'a str]) -> Vec<Item<'a>> {
    let wanted = |row: &Row| row.whose == "all" || makers.contains(&row.whose);
    rows()
        .filter(wanted)
        .flat_map(|row| {
            let names = names.iter().filter(move |name| matches(row.from, name));
            let to = resolved(row.to, prefix);
            names.map(move |from| Item {
                from,
                path: placed(&to, from, row.kind),
                mode: row.mode,
                kind: row.kind,
            })
        })
        .collect()
}

/// Where a file of this name may lie: of a package, or of an administrator.
#[must_use]
pub fn places(from: &str) -> Vec<String> {
    let mut out = Vec::new();
    for prefix in ["/usr", "/usr/local"] {
        for row in rows().filter(|row| row.from == from) {
            let path = placed(&resolved(row.to, prefix), from, row.kind);
            if !out.contains(&path) {
                out.push(path);
            }
        }
    }
    out
}

/// A pattern has one star at most, which stands for what has no slash in it.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name
            .strip_prefix(head)
            .and_then(|rest| rest.strip_suffix(tail))
            .is_some_and(|rest| !rest.contains('/')),
    }
}

/// The target with its `@place@` filled in.
fn resolved(to: &str, prefix: &str) -> String {
    let mut out = to.replace("@prefix@", prefix);
    for fields in lines("place") {
        if let [name, packages, administrators] = *fields.as_slice() {
            let place = if prefix == "/usr" { packages } else { administrators };
            out = out.replace(&format!("@{name}@"), place);
        }
    }
    out
}

fn placed(to: &str, from: &str, kind: As) -> String {
    let name = from.rsplit('/').next().unwrap_or(from);
    let name = if to.ends_with('/') { name } else { "" };
    let gz = if kind == As::Gzip { ".gz" } else { "" };
    format!("{}{name}{gz}", to.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_the_table_is_understood() {
        for line in LAYOUT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let word = line.split(' ').next().unwrap_or_default();
            let count = lines("file").count() + lines("maker").count() + lines("place").count();
            assert!(["file", "maker", "place"].contains(&word), "{line}");
            let lines_of_table = LAYOUT.lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
            assert_eq!(count, lines_of_table.count());
        }
        assert_eq!(rows().count(), lines("file").count(), "a mode or a kind is not known");
        assert_eq!(
            lines("place").filter(|fields| fields.len() == 3).count(),
            lines("place").count()
        );
        for row in rows() {
            assert!(!resolved(row.to, "/usr").contains('@'), "{}", row.to);
            let known = makers().any(|(name, _)| name == row.whose);
            assert!(known || ["all", "documents"].contains(&row.whose), "{}", row.whose);
        }
    }

    #[test]
    fn a_prefix_of_the_administrators_own_takes_its_folders() {
        let of = |prefix: &str| {
            let items = items(prefix, &["mkinitcpio"], &["mkinitcpio/install/nvpreflight"]);
            items.into_iter().map(|item| item.path).collect::<Vec<_>>()
        };
        assert_eq!(of("/usr"), ["usr/lib/initcpio/install/nvpreflight"]);
        assert_eq!(of("/usr/local"), ["etc/initcpio/install/nvpreflight"]);
        let page = items("/opt/x", &[], &["man/nvpreflight.1"]);
        assert_eq!(page[0].path, "opt/x/share/man/man1/nvpreflight.1.gz");
    }
}
