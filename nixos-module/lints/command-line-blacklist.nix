# module_blacklist= is the kernel's and forbids the load; modprobe.blacklist= is
# kmod's and stops udev's. Either takes a module's name with underscores only
# (kernel/module/main.c; libkmod-config.c).
{ facts, lib }:

let
  blocked = lib.concatMap (facts.text.blockedByWords facts.words) facts.stack;
in
{
  code = "NVP703";
  findings = map (word: {
    says = "`${word}` on the kernel command line keeps the driver out";
    write = ''
      # drop from boot.kernelParams: ${word}
    '';
  }) (lib.optionals facts.enabled (lib.unique (map (b: b.word) blocked)));
}
