# Names as kmod spells and compares them (shared/util.c `underscores`; fnmatch(3),
# which softdep and install lines are compared by). Reads strings only.
{ chars, lib }:

let
  inherit (chars) head tail;

  # The set behind a `[` of a pattern: whether `c` is in it, and what follows it;
  # null where nothing closes it.
  set =
    pattern: c:
    let
      inverted = lib.elem (head pattern) [
        "!"
        "^"
      ];
      element =
        p:
        if head p == "\\" then
          {
            low = head (tail p);
            rest = tail (tail p);
          }
        else
          {
            low = head p;
            rest = tail p;
          };
      walk =
        first: hit: p:
        let
          one = element p;
          range = head one.rest == "-" && head (tail one.rest) != "]" && tail one.rest != "";
          two = element (tail one.rest);
        in
        # A class would take the one bracket that closes.
        if p == "" || lib.hasPrefix "[:" p && lib.hasInfix ":]" p then
          null
        else if head p == "]" && !first then
          {
            hit = hit != inverted;
            rest = tail p;
          }
        else if range then
          walk false (hit || one.low <= c && c <= two.low) two.rest
        else
          walk false (hit || one.low == c) one.rest;
    in
    walk true false (if inverted then tail pattern else pattern);
in
rec {
  # Dashes are underscores outside brackets; null where a bracket has no partner,
  # which makes kmod ignore the line.
  underscores =
    name:
    let
      step =
        acc: c:
        if acc == null then
          null
        else if c == "]" && !acc.inside then
          null
        else
          {
            text = acc.text + (if c == "-" && !acc.inside then "_" else c);
            inside = c == "[" || acc.inside && c != "]";
          };
      end = lib.foldl' step {
        text = "";
        inside = false;
      } (lib.stringToCharacters name);
    in
    if end == null || end.inside then null else end.text;

  # Dash and underscore are one to the kernel's parameters and in module names.
  norm = lib.replaceStrings [ "-" ] [ "_" ];

  # Letters without their case.
  lower = lib.replaceStrings (lib.stringToCharacters "ABCDEFGHIJKLMNOPQRSTUVWXYZ") (
    lib.stringToCharacters "abcdefghijklmnopqrstuvwxyz"
  );
  trimmed = chars.trim chars.spaces;

  fnmatch =
    pattern: text:
    let
      p = head pattern;
      c = head text;
      go = fnmatch (tail pattern) (tail text);
      inSet = set (tail pattern) c;
    in
    if pattern == "" then
      text == ""
    else if p == "*" then
      fnmatch (tail pattern) text || text != "" && fnmatch pattern (tail text)
    else if text == "" then
      false
    else if p == "?" then
      go
    else if p == "\\" then
      tail pattern != "" && head (tail pattern) == c && fnmatch (tail (tail pattern)) (tail text)
    else if p == "[" && inSet != null then
      inSet.hit && fnmatch inSet.rest (tail text)
    else
      p == c && go;

  # Whether the first argument of a softdep or install line names the module.
  matches =
    pattern: module:
    let
      spelled = underscores pattern;
    in
    spelled != null && fnmatch spelled (norm module);
}
