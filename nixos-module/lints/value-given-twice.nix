# One parameter given the same value several times: harmless today, and a
# conflict the day one of them is changed.
{ facts, lib }:

let
  byHand = p: lib.filter (v: !v.nixpkgs) p.given;
  twice =
    p:
    lib.length p.given > 1
    && byHand p != [ ]
    && lib.all (v: facts.text.same p.module p.name v.value (lib.last p.given).value == true) p.given;
  fix =
    p:
    let
      extra = if lib.any (v: v.nixpkgs) p.given then byHand p else lib.drop 1 p.given;
    in
    lib.concatMapStringsSep "\n" (v: "# drop from ${v.option}: ${v.shown}") extra;
in
{
  code = "NVP312";
  severity = "note";
  findings = map (p: {
    says = "${p.module}.${p.name} is given ${toString (lib.length p.given)} times${
      lib.optionalString (lib.any (v: v.nixpkgs) p.given) ", once by hardware.nvidia already"
    }";
    at = map facts.place p.given;
    write = fix p;
  }) (lib.filter twice facts.parameters);
}
