# Nobody names the driver, so that udev alone loads it, and the display manager is
# held until it has its render node.
{ pkgs, lib, ... }:
{
  imports = [ ../driver.nix ];
  boot.initrd.systemd.enable = true;
  services.xserver.enable = lib.mkForce false;
  services.nvpreflight = {
    enable = true;
    holdDisplay = {
      enable = true;
      deadlineMs = 60000;
    };
  };
  systemd.services.greeter = {
    aliases = [ "display-manager.service" ];
    wantedBy = [ "multi-user.target" ];
    serviceConfig = {
      Type = "oneshot";
      ExecStart = pkgs.writeScript "greeter" ''
        #!${pkgs.bash}/bin/bash
        for node in /dev/dri/renderD*; do echo "greeter: sees ''${node##*/}" > /dev/console; done
      '';
    };
  };
}
