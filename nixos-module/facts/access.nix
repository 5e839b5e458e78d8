# Looks into the configuration that never fail on an option that this NixOS does
# not have, or no longer has: a removed option throws when it is read, and a
# renamed one prints a trace (nixpkgs, lib/modules.nix, `mkRemovedOptionModule`
# and `mkRenamedOptionModule`). Both are declared, and not visible.
{
  config,
  options,
  lib,
}:

let
  # "boot.initrd.enable" as a path; no option that is asked for has a dot in it.
  split = lib.splitString ".";

  # Whether the path leads to, or through, an option that is declared and gone.
  gone =
    path: node:
    if (node._type or null) == "option" then
      (node.visible or true) == false
    else
      path != [ ] && node ? ${lib.head path} && gone (lib.drop 1 path) node.${lib.head path};
in
rec {
  get =
    name: default:
    let
      path = split name;
    in
    if gone path options then default else lib.attrByPath path default config;
  on = name: get name false == true;

  isDeclared =
    name:
    let
      path = split name;
    in
    !(gone path options) && lib.hasAttrByPath path options;
  # Whether somebody gave the option a value; a default is priority 1500
  # (lib/modules.nix, `mkOptionDefault`).
  isGiven =
    name: isDeclared name && (lib.attrByPath (split name) { } options).highestPrio or 1500 < 1500;

  # The definitions of an option with the file each stands in:
  # `{ value; file; nixpkgs; }`.
  definitions =
    name: default:
    let
      without = [
        {
          file = null;
          value = get name default;
        }
      ];
    in
    map (d: { inherit (d) value; } // origin d.file) (
      if isDeclared name then
        lib.attrByPath (split name ++ [ "definitionsWithLocations" ]) without options
      else
        without
    );

  origin =
    file:
    let
      inside = if file == null then null else builtins.match ".*/(nixos/modules/.*)" (toString file);
    in
    {
      nixpkgs = inside != null;
      file =
        if inside != null then
          "nixpkgs ${lib.head inside}"
        else if file == "<unknown-file>" then
          null
        else
          file;
    };

  # Where a line or a word stands, for people.
  place =
    v: "${v.option}${lib.optionalString (v.file or null != null) " (${toString v.file})"}: ${v.shown}";
}
