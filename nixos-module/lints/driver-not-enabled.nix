# hardware.nvidia does nothing unless "nvidia" is a video driver, Wayland or not
# (nixpkgs, nixos/modules/hardware/video/nvidia.nix, `nvidiaEnabled`).
{ facts, lib }:

{
  code = "NVP310";
  severity = "error";
  findings = lib.optional (!facts.enabled && !facts.passthrough && !lib.elem "vfio" facts.goals) {
    says = "services.xserver.videoDrivers lacks \"nvidia\": hardware.nvidia has no effect, and no NVIDIA module is built";
    write = ''
      services.xserver.videoDrivers = [ "nvidia" ];
    '';
  };
}
