# One parameter, two values: modprobe.d comes first and the command line last,
# and the last one is in force. A command line against modprobe.d is told too, as one
# configuration holds both; at boot it counts as an override that is meant.
{ facts, lib }:

let
  shown = v: if v.value == null then "1" else v.value;
  drop = v: "# drop from ${v.option}: ${v.shown}";

  # The lines for a value by hand that nixpkgs' own stands against: a plain one
  # cannot take its place.
  fix =
    p:
    let
      byHand = lib.filter (v: !v.nixpkgs) p.given;
      nixpkgs = lib.filter (v: v.nixpkgs) p.given;
      mine = lib.last byHand;
    in
    if byHand == [ ] || nixpkgs == [ ] then
      [ "# keep one of them:" ] ++ map drop p.given
    else
      [ "# for ${shown mine}:" ]
      ++ [ (facts.forceParameter p.module p.name (shown mine)) ]
      ++ map drop byHand
      ++ [ "# or, for ${shown (lib.last nixpkgs)} as hardware.nvidia has it, only drop" ];
in
{
  code = "NVP302";
  findings = map (p: {
    says = "${p.module}.${p.name} is given two values; the last one is in force: ${
      facts.valueOf p.module p.name null
    }";
    at = map facts.place p.given;
    write = lib.concatStringsSep "\n" (fix p);
  }) (lib.filter facts.text.inConflict facts.parameters);
}
