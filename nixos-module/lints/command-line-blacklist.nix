# module_blacklist= is the kernel's and forbids the load; modprobe.blacklist= is
# kmod's and stops udev's (kernel/module/main.c; libkmod-config.c).
{ facts, lib }:

let
  names =
    word:
    let
      parts = builtins.match "(module_blacklist|modprobe[.]blacklist)=(.*)" word;
    in
    if parts == null then [ ] else map facts.text.norm (lib.splitString "," (lib.elemAt parts 1));
  wrong = lib.filter (word: lib.any (m: lib.elem m facts.stack) (names word)) facts.words;
in
{
  code = "NVP703";
  severity = "error";
  findings = map (word: {
    says = "`${word}` on the kernel command line keeps the driver out";
    write = ''
      # drop from boot.kernelParams: ${word}
    '';
  }) (lib.optionals facts.enabled wrong);
}
