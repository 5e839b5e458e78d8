# modprobe.d text as kmod reads it: continued lines and directives (shared/util.c
# `freadline_wrapped`; libkmod-config.c `kmod_config_parse`, `kmod_config_add_softdep`).
# Reads strings only, never the configuration.
{
  chars,
  names,
  lib,
}:

let
  inherit (chars) blanks spaces trim;

  # kmod's tokens end at blanks and tabs; the text behind one begins with its blank.
  token = text: chars.upTo blanks (chars.trimStart blanks text);
  closes = name: names.underscores name != null;

  # A backslash before a line feed takes both away, before anything else itself.
  joined = lib.replaceStrings [ "\\\n" "\\\\" "\\" ] [ "" "\\" "" ];

  # `{ kind; name; rest; text; }`: `kind` is the directive, or "ignored" for what kmod
  # ignores with a message, which has its first word in `name`.
  line =
    text:
    let
      first = token text;
      second = token first.after;
      kind = first.before;
      name = second.before;
      inherit (second) after;
      target = (token after).before;
      complete =
        if kind == "blacklist" then
          name != ""
        else if kind == "alias" then
          target != "" && closes target
        else
          lib.elem kind [
            "install"
            "options"
            "remove"
            "softdep"
            "weakdep"
          ]
          && lib.stringLength after > 1;
      rest =
        if kind == "softdep" || kind == "weakdep" then
          chars.trimEnd spaces (chars.tail after)
        else if kind == "alias" then
          target
        else
          trim spaces after;
      shown = trim spaces text;
    in
    lib.optional (!lib.hasPrefix "#" text && kind != "") (
      if complete && closes name then
        {
          inherit kind name rest;
          text = shown;
        }
      else
        {
          kind = "ignored";
          name = kind;
          rest = shown;
          text = shown;
        }
    );

  # A softdep's words. One blank more than the one behind the module's name becomes
  # part of the first word, which is then no keyword; two more do not.
  allWords = rest: lib.filter (w: w != "") (cut rest);
  firstIsLost =
    rest:
    let
      second = chars.head (chars.tail rest);
    in
    chars.isSpace (chars.head rest) && second != "" && !chars.isSpace second;
  softdepWords = rest: lib.drop (if firstIsLost rest then 1 else 0) (allWords rest);
  cut =
    s:
    let
      next = chars.upTo spaces s;
    in
    if s == "" then [ ] else [ next.before ] ++ cut (chars.tail next.after);
in
{
  # A store path in the text is no name to compare, and needs no build.
  modprobeLines =
    text: lib.concatMap line (lib.splitString "\n" (joined (builtins.unsafeDiscardStringContext text)));

  # The two lists of a softdep line: only the exact words `pre:` and `post:` open
  # one, and words before the first are dropped.
  softdep =
    rest:
    let
      step =
        acc: word:
        if word == "pre:" || word == "post:" then
          acc // { list = lib.removeSuffix ":" word; }
        else if acc.list == null then
          acc
        else
          acc // { ${acc.list} = acc.${acc.list} ++ [ word ]; };
    in
    removeAttrs (lib.foldl' step {
      list = null;
      pre = [ ];
      post = [ ];
    } (softdepWords rest)) [ "list" ];

  # The word `pre:` or `post:` that a second blank hides, or null.
  hiddenSide =
    rest:
    let
      first = lib.head (allWords rest ++ [ "" ]);
    in
    if
      firstIsLost rest
      && lib.elem first [
        "pre:"
        "post:"
      ]
    then
      first
    else
      null;

  # The line that kmod obeys for a module: the first whose pattern names it.
  softdepOf =
    lines: module: lib.findFirst (l: l.kind == "softdep" && names.matches l.name module) null lines;
}
