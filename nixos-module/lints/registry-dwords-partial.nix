# NVreg_RegistryDwords is one text of keys, and the last one is in force whole: a key
# that only an earlier one has is lost, and so is one behind an unquoted blank
# (facts/kmod/registry.nix).
{ facts, lib }:

let
  name = "NVreg_RegistryDwords";
  given = lib.filter (v: v.module == "nvidia") facts.values;
  inForce = facts.valueOf "nvidia" name "";
in
{
  code = "NVP307";
  findings = lib.optionals facts.enabled (
    map (v: {
      says = "the registry key ${v.lostKey} does not reach nvidia: one ${name} is in force, and the kernel ends it at a blank outside quotes";
      at = [ (facts.place v) ];
      write = facts.setParameter "nvidia" name "Key1=0x1;Key2=0x2";
    }) (facts.text.registryLosses inForce given)
  );
}
