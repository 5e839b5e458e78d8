# Parameters that this driver does not have: the kernel ignores them with a line
# in its log.
{ facts, lib }:

{
  code = "NVP303";
  findings = map (v: {
    says = "${v.module}.${v.name} is ignored: ${facts.missingFrom v} (here: ${facts.version})";
    at = [ (facts.place v) ];
    write = ''
      # drop from ${v.option}: ${v.shown}
    '';
  }) (lib.filter (v: facts.enabled && facts.missingFrom v != null) facts.values);
}
