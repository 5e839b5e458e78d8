# A verifier that never returns: systemd ends it, and the boot goes on.
{ pkgs, ... }:
{
  imports = [ ../driver.nix ];
  boot.initrd.systemd.enable = true;
  services.nvpreflight = {
    enable = true;
    package = pkgs.writeTextFile {
      name = "verifier-that-hangs";
      destination = "/bin/nvpreflight-verifier";
      executable = true;
      text = ''
        #!/bin/sh
        # What the scripted stage 1 asks when it is built.
        [ "$1" != --version ] || exit 0
        exec sleep 1000
      '';
    };
  };
}
