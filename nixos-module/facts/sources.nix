# What modprobe and the kernel will read: the lines of nixos.conf, the words of
# the kernel command line, and the parameter values in both. Each entry carries
# `option`, `file`, `nixpkgs` and `shown`: where it stands and how.
{
  access,
  text,
  lib,
}:

let
  inherit (access) definitions get;
  inherit (text) norm;

  from = d: option: shown: {
    inherit option shown;
    inherit (d) file nixpkgs;
  };
in
rec {
  # boot.blacklistedKernelModules stands in front of it (nixos/modules/system/boot/modprobe.nix).
  lines = lib.concatMap (
    d: map (line: line // from d "boot.extraModprobeConfig" line.text) (text.modprobeLines d.value)
  ) (definitions "boot.extraModprobeConfig" "");
  ofKind = kind: lib.filter (line: line.kind == kind) lines;

  # One entry may hold several words.
  wordsGiven = lib.concatMap (
    d:
    map (word: { inherit word; } // from d "boot.kernelParams" word) (lib.concatMap text.words d.value)
  ) (definitions "boot.kernelParams" [ ]);
  words = map (w: w.word) wordsGiven;
  hasWord = word: lib.elem word words;

  # In the order in which the module gets them: modprobe.d first, the command
  # line last (libkmod-module.c, `kmod_module_get_options`).
  values =
    lib.concatMap (
      line: map (setting: setting // { inherit (line) option file nixpkgs; }) (text.settingsOfLine line)
    ) lines
    ++ lib.concatMap (
      given: map (setting: removeAttrs given [ "word" ] // setting) (text.settingsOfWord given.word)
    ) wordsGiven;

  valuesOf = module: name: lib.filter (v: v.module == module && v.name == name) values;

  # The value that wins, or `default` where nothing gives one.
  valueOf =
    module: name: default:
    let
      all = valuesOf module name;
      last = (lib.last all).value;
    in
    if all == [ ] then
      default
    else if last == null then
      "1"
    else
      last;

  # The number that wins, or null where nothing gives one.
  numberOf =
    module: name:
    let
      value = valueOf module name null;
    in
    if value == null then null else text.number value;

  blacklist =
    map norm (get "boot.blacklistedKernelModules" [ ])
    ++ map (line: norm line.name) (ofKind "blacklist");
}
