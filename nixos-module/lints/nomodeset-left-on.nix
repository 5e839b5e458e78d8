# nomodeset turns simpledrm and every other driver's mode setting off; installers
# add it and it stays (kernel, Documentation/admin-guide/kernel-parameters.txt).
{ facts, lib }:

{
  code = "NVP701";
  findings = lib.optional (facts.hasWord "nomodeset") {
    says = "nomodeset is on the kernel command line: no other GPU and no boot splash will have a picture";
    write = ''
      # drop from boot.kernelParams: nomodeset
    '';
  };
}
