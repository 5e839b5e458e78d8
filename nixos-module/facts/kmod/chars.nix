# White space and the ends of texts, as C's isspace sees them. Reads strings only.
{ lib }:

let
  # Nix has no escape for the vertical tab and the form feed.
  json = text: builtins.fromJSON ''"${text}"'';
in
rec {
  blanks = [
    " "
    "\t"
  ];
  spaces = blanks ++ [
    "\n"
    "\r"
    (json "\\u000b")
    (json "\\f")
  ];
  isSpace = c: lib.elem c spaces;

  head = lib.substring 0 1;
  tail = lib.substring 1 (-1);
  trimStart = set: s: if s != "" && lib.elem (head s) set then trimStart set (tail s) else s;
  trimEnd =
    set: s:
    let
      last = lib.stringLength s - 1;
    in
    if s != "" && lib.elem (lib.substring last 1 s) set then
      trimEnd set (lib.substring 0 last s)
    else
      s;
  trim = set: s: trimEnd set (trimStart set s);

  # The text before the first of `stops`, and the rest from there on.
  upTo =
    stops: s:
    let
      n = lib.stringLength s;
      at = i: if i == n || lib.elem (lib.substring i 1 s) stops then i else at (i + 1);
      end = at 0;
    in
    {
      before = lib.substring 0 end s;
      after = lib.substring end (-1) s;
    };
  # How often a character stands in a text.
  count = c: s: lib.length (lib.filter (x: x == c) (lib.stringToCharacters s));
}
