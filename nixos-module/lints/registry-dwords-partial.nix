# NVreg_RegistryDwords is one text of keys, and the last one is in force whole: a key
# that only an earlier one has is lost, and so is one behind an unquoted blank, which is a
# parameter of its own to the kernel (kernel/params.c `parse_args`; nvidia/nv-reg.h).
{ facts, lib }:

let
  inherit (facts) text;
  name = "NVreg_RegistryDwords";
  keys =
    value:
    lib.filter (key: key != "") (
      map (pair: text.trimmed (lib.head (lib.splitString "=" pair))) (lib.splitString ";" value)
    );
  inForce = map text.lower (keys (facts.valueOf "nvidia" name ""));
  stray =
    v:
    lib.hasInfix name (v.rest or "")
    && v.value != null
    && !lib.hasPrefix "NV" v.name
    && v.name != "rm_firmware_active"
    && !facts.isOfEveryModule v.name;
  lost =
    v:
    if v.name == name && v.value != null then
      lib.filter (key: !lib.elem (text.lower key) inForce) (keys v.value)
    else
      lib.optional (stray v) v.name;
in
{
  code = "NVP307";
  findings = map (v: {
    says = "the registry key ${lib.head (lost v)} does not reach nvidia: one ${name} is in force, and the kernel ends it at a blank outside quotes";
    at = [ (facts.place v) ];
    write = facts.setParameter "nvidia" name "Key1=0x1;Key2=0x2";
  }) (lib.filter (v: facts.enabled && v.module == "nvidia" && lost v != [ ]) facts.values);
}
