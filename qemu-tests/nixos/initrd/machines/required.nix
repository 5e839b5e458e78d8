# The same expectation, and the owner wants a boot without it to stop. The last word
# makes an end of it where nobody can type.
{
  imports = [ ./required-missing.nix ];
  services.nvpreflight = {
    onError = "fail-unit";
    initrd.required = true;
  };
  boot.kernelParams = [ "boot.panic_on_fail" ];
}
