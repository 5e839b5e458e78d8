# After security.lockKernelModules no module loads any more: what udev or a
# first client would bring is too late (nixpkgs,
# nixos/modules/security/lock-kernel-modules.nix).
{ facts, lib }:

let
  wants = goal: lib.elem goal facts.goals;
  needed =
    lib.optional (wants "wayland" || wants "x11") "nvidia_drm"
    ++ lib.optional (wants "cuda") "nvidia_uvm";
  late = lib.filter (m: !lib.elem m (facts.early ++ facts.rootModules)) needed;
in
{
  code = "NVP704";
  findings = lib.optional (facts.enabled && facts.on "security.lockKernelModules" && late != [ ]) {
    says = "security.lockKernelModules is on, and nothing asks for ${lib.concatStringsSep ", " late} before the lock";
    write = ''
      boot.kernelModules = [ ${lib.concatMapStringsSep " " (m: ''"${m}"'') late} ];
    '';
  };
}
