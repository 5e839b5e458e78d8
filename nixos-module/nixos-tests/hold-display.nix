# The driver comes late, and the display manager is held until it is there.
{
  name = "nvpreflight-hold-display";

  nodes.machine =
    { lib, pkgs, ... }:
    {
      imports = [ ./machine.nix ];
      boot.initrd.systemd.enable = true;
      boot.initrd.kernelModules = lib.mkForce [ ];
      services.nvpreflight.holdDisplay = {
        enable = true;
        deadlineMs = 60000;
      };
      services.nvpreflight.lints.ignore = [ "NVP308" ];
      # udev loads nothing that is blacklisted; modprobe by name still does.
      boot.blacklistedKernelModules = [
        "nvidia"
        "nvidia_drm"
      ];
      systemd.services.late-driver = {
        wantedBy = [ "sysinit.target" ];
        unitConfig.DefaultDependencies = false;
        path = [ pkgs.kmod ];
        script = ''
          sleep 5
          modprobe nvidia_drm
        '';
      };
    };

  testScript = ''
    machine.wait_for_unit("greeter.service")
    card = machine.succeed("journalctl --boot --output short-monotonic --grep 'Initialized nvidia-drm'")
    greeter = machine.succeed("systemctl show --value --property ExecMainStartTimestampMonotonic greeter.service")
    print(card)
    machine.succeed("test -e /dev/dri/renderD128")
    seconds = float(card.split("]")[0].strip("[ "))
    assert int(greeter) / 1e6 > seconds, f"greeter at {greeter} us, card at {seconds} s"
  '';
}
