# Looks into the configuration that never fail on an option that this NixOS does
# not have.
{
  config,
  options,
  lib,
}:

rec {
  get = path: default: lib.attrByPath path default config;
  on = path: get path false == true;

  isDeclared = path: lib.hasAttrByPath path options;
  # True when somebody wrote the option, and not only its default holds
  # (1500: lib/modules.nix, `mkOptionDefault`).
  isSet = path: lib.attrByPath (path ++ [ "highestPrio" ]) 1500 options < 1500;

  # The definitions of an option with the file each stands in:
  # `{ value; file; nixpkgs; }`.
  definitions =
    path: default:
    map (d: { inherit (d) value; } // origin d.file) (
      lib.attrByPath (path ++ [ "definitionsWithLocations" ]) [
        {
          file = null;
          value = get path default;
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
    v:
    "${v.option}${lib.optionalString (v.file or null != null) " (${toString v.file})"}: ${v.shown}";
}
