# The codes that options can name, and what is said of one that they cannot.
# generated/codes.json is written from the verifier's own table of rules: it refuses
# a whole file of expectations for a code that is not in there.
{ lib }:

let
  inherit (lib) elemAt length;
  table = builtins.fromJSON (builtins.readFile ./generated/codes.json);
  all = table.rules // table.lints;

  # One character differs, or two have changed places.
  near =
    a: b:
    let
      x = lib.stringToCharacters a;
      y = lib.stringToCharacters b;
      at = lib.filter (i: elemAt x i != elemAt y i) (builtins.genList (i: i) (length x));
      swapped =
        elemAt x (lib.head at) == elemAt y (lib.last at)
        && elemAt x (lib.last at) == elemAt y (lib.head at);
    in
    length x == length y && (length at < 2 || length at == 2 && swapped);

  message =
    known: option: code:
    let
      written = lib.replaceStrings [ "n" "v" "p" ] [ "N" "V" "P" ] code;
      others =
        if known ? ${written} then [ written ] else lib.filter (near written) (lib.attrNames known);
      suggestions = map (c: "  ${c}: ${known.${c}}") (lib.take 5 others);
    in
    lib.concatStringsSep "\n" (
      if table.others ? ${code} then
        [ "${option}: nothing reports ${code}: ${table.others.${code}}" ]
      else if table.lints ? ${code} then
        [ "${option}: ${code} is judged at evaluation alone (services.nvpreflight.lints)" ]
      else
        [ "${option}: there is no code ${code} (docs/rules/index.md)" ]
        ++ lib.optional (suggestions != [ ]) "Near it:"
        ++ suggestions
    );

  # Assertions that an option names only codes out of `known`.
  assertions =
    known: option:
    map (code: {
      assertion = known ? ${code};
      message = message known option code;
    });
in
{
  inherit (table) rules severities;
  # For what verifier and host tool judge, and for what evaluation can know too.
  ofRules = assertions table.rules;
  ofAll = assertions all;
}
