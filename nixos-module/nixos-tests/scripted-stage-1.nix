# The shell script that was NixOS's stage 1 before systemd: the hook judges,
# leaves its report, and the boot goes on.
{
  name = "nvpreflight-scripted-stage-1";

  nodes.machine =
    { lib, ... }:
    let
      modules = [
        "nvidia"
        "nvidia_modeset"
        "nvidia_drm"
      ];
    in
    {
      imports = [ ./machine.nix ];
      boot.initrd.systemd.enable = false;

      # The list of modules has no order of its own, and the GPU has to be one
      # before its driver comes: both are loaded here, ahead of the hook.
      boot.initrd.kernelModules = lib.mkForce [ ];
      boot.initrd.availableKernelModules = modules;
      boot.initrd.preDeviceCommands = lib.mkBefore ''
        modprobe pcispoof
        modprobe nvidia_drm
      '';
      services.nvpreflight.settings.modules.initrd = modules;
    };

  testScript = ''
    import json

    machine.wait_for_unit("multi-user.target")
    for phase in ["initrd", "pre-display"]:
        report = json.loads(machine.succeed(f"cat /run/nvpreflight/{phase}.json"))
        assert report["verdict"] == "ok", report
  '';
}
