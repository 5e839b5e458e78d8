//! Servers and shares: what network file systems are mounted from, and users and
//! passwords in addresses.

use super::kept::is_kept;
use super::{Found, How};

/// Words that show a line to be of a network file system.
const SYSTEMS: [&str; 8] = ["nfs", "cifs", "smb", "ceph", "sshfs", "iscsi", "glusterfs", "nbd"];

pub(super) fn find(line: &str, found: &mut dyn FnMut(Found)) {
    logins(line, found);
    if !SYSTEMS.iter().any(|name| line.contains(name)) {
        return;
    }
    let mut from = 0;
    for word in line.split([' ', '\t', '"', '\'', ',', '=']) {
        let at = from;
        from += word.len() + 1;
        // "nfs:server:/path" of a root= names its kind first.
        let kind = SYSTEMS.iter().find_map(|name| {
            let rest = word.strip_prefix(name)?;
            let rest = rest.strip_prefix('4').unwrap_or(rest);
            let rest = rest.strip_prefix(':').or_else(|| rest.strip_prefix("://"))?;
            Some(word.len() - rest.len())
        });
        let start = kind.unwrap_or(0);
        let rest = word.get(start..).unwrap_or("");
        let share = rest.strip_prefix("//");
        let server = match share {
            Some(rest) => rest.split('/').next(),
            None => rest.split_once(":/").map(|(server, _)| server),
        };
        let plain = |c: char| c.is_alphanumeric() || "._-:[]@".contains(c);
        let Some(server) = server.filter(|s| !s.is_empty() && s.chars().all(plain)) else {
            continue;
        };
        let start = at + start + usize::from(share.is_some()) * 2;
        if !is_kept(server) {
            found(Found::everywhere(start..start + server.len(), How::Cross));
            let host = server.rsplit('@').next().unwrap_or("").split('.').next().unwrap_or("");
            let at = start + server.rfind('@').map_or(0, |at| at + 1);
            found(Found::everywhere(at..at + host.len(), How::Cross));
        }
        found(Found::everywhere(start..at + word.len(), How::Cross));
    }
}

/// "scheme://user:password@host/": everything up to the path.
fn logins(line: &str, found: &mut dyn FnMut(Found)) {
    for (at, _) in line.match_indices("://") {
        let start = at + 3;
        let rest = line.get(start..).unwrap_or("");
        let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'');
        let end = rest.find(ends).unwrap_or(rest.len());
        let text = rest.get(..end).unwrap_or("");
        if !text.contains('@') {
            continue;
        }
        found(Found::here(start..start + end, How::Cross));
        let mut from = start;
        for part in text.split([':', '@']) {
            if part.len() > 3 && !is_kept(part) {
                found(Found::everywhere(from..from + part.len(), How::Cross));
            }
            from += part.len() + 1;
        }
    }
}
