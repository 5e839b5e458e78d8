//! What pages put around a terminal's lines and into them: tags, colours, entities. Knows
//! nothing of logs.

use std::borrow::Cow;

/// Tags in front of a log; those of forums go wherever they stand.
const STARTS: [&str; 2] = ["<pre>", "<code>"];
/// Tags behind it.
const ENDS: [&str; 2] = ["</pre>", "</code>"];
/// Beginnings of the tags that colour a part of a line.
const COLOURS: [&str; 4] = ["<font", "</font", "<span", "</span"];

/// Tags of forums that stand anywhere in a line; in small letters too.
const FORUM: [&str; 14] = [
    "FONT", "COLOR", "SIZE", "INDENT", "LEFT", "CENTER", "HTML", "PHP", "B", "I", "U", "CODE",
    "QUOTE", "NOPARSE",
];

/// What follows a tag in front of a log; `None` where there is none.
pub(super) fn without_start(line: &str) -> Option<&str> {
    STARTS.iter().find_map(|tag| line.strip_prefix(tag))
}

/// The line without a tag behind a log.
pub(super) fn without_end(line: &str) -> &str {
    ENDS.iter().find_map(|tag| line.trim_end().strip_suffix(tag)).unwrap_or(line)
}

/// Takes out the tags that colour parts of a line. Reads each byte once.
pub(super) fn without_colours(line: &str) -> Cow<'_, str> {
    let coloured = |part: &str| COLOURS.iter().any(|tag| part.starts_with(tag));
    if !line.match_indices('<').any(|(at, _)| line.get(at..).is_some_and(coloured)) {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let end = if coloured(tag) { tag.find('>').map(|end| end + 1) } else { Some(1) };
        let Some(end) = end else {
            // A tag that nobody closes is text.
            rest = tag;
            break;
        };
        if !coloured(tag) {
            out.push('<');
        }
        rest = tag.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Takes out the tags of forums: `[FONT=Arial]`, `[/B]`. The kernel's own `[B]=BAD_PAGE`
/// stays.
pub(super) fn without_forum_tags(line: &str) -> Cow<'_, str> {
    let Some(first) = line.match_indices('[').find(|(at, _)| forum_tag(line, *at).is_some()) else {
        return Cow::Borrowed(line);
    };
    let mut out = String::with_capacity(line.len());
    let mut at = first.0;
    out.push_str(line.get(..at).unwrap_or_default());
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        match forum_tag(line, at) {
            Some(len) => at += len,
            None => {
                let next =
                    rest.get(1..).and_then(|rest| rest.find('[')).map_or(rest.len(), |n| n + 1);
                out.push_str(rest.get(..next).unwrap_or(rest));
                at += next;
            }
        }
    }
    Cow::Owned(out)
}

/// The bytes of a forum's tag that stands there.
fn forum_tag(line: &str, at: usize) -> Option<usize> {
    /// Longest one: a font's or a user's name.
    const LONGEST: usize = 80;
    let rest = line.get(at..)?.strip_prefix('[')?;
    let inside = rest.get(..rest.bytes().take(LONGEST).position(|b| b == b']')?)?;
    let name = inside.strip_prefix('/').unwrap_or(inside);
    let (name, valued) = name.split_once('=').map_or((name, false), |(name, _)| (name, true));
    let known = FORUM.iter().any(|tag| tag.eq_ignore_ascii_case(name));
    let kernels = !valued && rest.get(inside.len() + 1..)?.starts_with('=');
    (known && !kernels).then_some(inside.len() + 2)
}

/// Entities that trackers put for the characters of logs.
pub(super) fn unescaped(line: &str) -> Cow<'_, str> {
    if !line.contains('&') {
        return Cow::Borrowed(line);
    }
    let mut out = line.to_owned();
    for (entity, character) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ] {
        out = out.replace(entity, character);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_go_and_every_other_bracket_stays() {
        for (line, plain) in [
            ("<font color=\"red\">NVRM: x</font> <4>[ 1.0] y", "NVRM: x <4>[ 1.0] y"),
            ("<span>a</span>b", "ab"),
            ("1 < 2 and <b>", "1 < 2 and <b>"),
            ("a <span class", "a <span class"),
        ] {
            assert_eq!(without_colours(line), plain);
        }
    }

    #[test]
    fn tags_of_forums_go_and_what_the_kernel_prints_in_brackets_stays() {
        for (line, plain) in [
            ("[FONT=Arial Bold]nvidia: x[/FONT] y", "nvidia: x y"),
            ("[COLOR=#111][b]NVRM: x[/b][/COLOR]", "NVRM: x"),
            (
                "Tainted: [B]=BAD_PAGE, [E]=UNSIGNED_MODULE",
                "Tainted: [B]=BAD_PAGE, [E]=UNSIGNED_MODULE",
            ),
            ("[    4.1] [drm] x [mem size 0x1]", "[    4.1] [drm] x [mem size 0x1]"),
            ("[ä] [FONT", "[ä] [FONT"),
            ("", ""),
        ] {
            assert_eq!(without_forum_tags(line), plain);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_read_without_panic(line in "[\\[\\]/=bBä FONT]{0,40}") {
            let _ = without_forum_tags(&line);
        }
    }

    #[test]
    fn tags_around_a_log_and_entities_go() {
        assert_eq!(without_start("<code>NVRM"), Some("NVRM"));
        assert_eq!(without_forum_tags("[code]NVRM[/code][QUOTE=a b]x[/quote]"), "NVRMx");
        assert_eq!(without_end("NVRM</pre> "), "NVRM");
        assert_eq!(unescaped("&lt;4&gt;a &amp;lt;"), "<4>a &lt;");
    }
}
