# Lines and words that block a module, as their readers compare its name
# (libkmod-module.c; kernel/module/main.c `blacklisted`). Never reads the configuration.
{
  chars,
  names,
  words,
  lib,
}:

let
  inherit (names) matches underscores;

  # Commands that load nothing: `/bin/false`, `/usr/bin/true`, `:`.
  refuses =
    command:
    let
      first = chars.upTo chars.spaces (chars.trimStart chars.spaces command);
    in
    lib.elem (lib.last (lib.splitString "/" first.before)) [
      "false"
      "true"
      ":"
    ];
in
{
  # Of lines in kmod's order: `{ how; line; }`, `how` being the directive. A blacklist
  # stops loads by alias only, an install line none where a softdep of the module is in
  # force, which has kmod insert it directly (kmod issue 446).
  blockedByLines =
    all: module:
    let
      ofKind = kind: lib.filter (l: l.kind == kind) all;
      by =
        how:
        map (line: {
          inherit how line;
        });
      # Of several only the first is run.
      install = lib.take 1 (lib.filter (l: matches l.name module) (ofKind "install"));
    in
    by "blacklist" (lib.filter (l: underscores l.name == module) (ofKind "blacklist"))
    ++ by "install" (lib.filter (l: refuses l.rest) install)
    ++ by "alias" (lib.filter (l: underscores l.name == module && l.rest == "off") (ofKind "alias"));

  # Of the words of a command line: `{ how; word; }`.
  blockedByWords =
    all: module:
    let
      by =
        how:
        map (word: {
          inherit how word;
        });
      names = rejected: lib.filter (word: lib.elem module (rejected word));
    in
    by "blacklist" (names words.rejectedByKmod all)
    ++ by "kernel" (names words.rejectedByKernel (words.kernelList all));
}
