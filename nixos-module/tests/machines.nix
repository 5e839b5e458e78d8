# The expectations files of some machines, as text.
{ machine }:

let
  eval = import ./eval.nix { };
  machines = {
    empty = { };
    seed = import ./seed-config.nix;
    overridden = {
      services.xserver.videoDrivers = [ "nvidia" ];
      services.nvpreflight = {
        holdDisplay.enable = true;
        settings = {
          goals = [
            "cuda"
            "headless"
          ];
          gpus = 2;
          order = [
            [
              "vfio_pci"
              "nvidia"
            ]
          ];
          options.nvidia_drm.modeset = false;
          options.nvidia.NVreg_RegistryDwords = "RmMsg=:";
          severity.NVP202 = {
            severity = "off";
            reason = "the console stays on the other GPU";
          };
          # A rule that only the host tool carries.
          severity.NVP417 = {
            severity = "note";
            reason = "the screen has an EDID of its own";
          };
        };
      };
    };
  };
in
(eval.machine [
  machines.${machine}
  { services.nvpreflight.enable = true; }
]).config.services.nvpreflight.settingsFile.text
