# Looks into the configuration that never fail on an option that this NixOS does
# not have.
{
  config,
  options,
  lib,
}:

let
  # "boot.initrd.enable" as a path; no option that is asked for has a dot in it.
  split = lib.splitString ".";
in
rec {
  get = name: default: lib.attrByPath (split name) default config;
  on = name: get name false == true;

  isDeclared = name: lib.hasAttrByPath (split name) options;
  # The definitions of an option with the file each stands in:
  # `{ value; file; nixpkgs; }`.
  definitions =
    name: default:
    map (d: { inherit (d) value; } // origin d.file) (
      lib.attrByPath (split name ++ [ "definitionsWithLocations" ]) [
        {
          file = null;
          value = get name default;
        }
      ] options
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
