# What differs between the releases of NixOS for this module, as names that are
# true or false for `age`: a release such as "25.05", or "unstable". Each with
# its source in nixpkgs; docs/nixos.md has the table for people. The module asks
# for the options themselves and never for the release.
{ age }:

let
  since = release: age == "unstable" || builtins.compareVersions age release >= 0;
in
{
  # hardware/video/nvidia.nix: no default of `open` from driver 560 on.
  openUndecided = since "24.11";
  # hardware/video/nvidia.nix: `gsp.enable`, and `modesetting.enable` on from
  # driver 535 on.
  gsp = since "24.11";
  # hardware/video/nvidia.nix: nvidia-drm.fbdev=1 beside modeset=1 from driver
  # 545 on.
  fbdev = since "24.11";
  # hardware/video/nvidia.nix: nvidia_uvm in boot.kernelModules for the open
  # modules, with an X server (#334340) or always (#398355).
  uvmWithX = since "24.11";
  uvm = since "25.05";
  # services/display-managers/ly.nix.
  ly = since "24.11";
  # system/activation/pre-switch-check.nix (#236375).
  preSwitchChecks = since "25.05";
  # system/boot/kernel.nix: sets of modules in the place of lists (#375975).
  moduleSets = since "25.11";
  # services/display-managers/gdm.nix, services/desktop-managers/gnome.nix: out
  # of services.xserver (#392804).
  gdmMoved = since "25.11";
  # hardware/facter: hardware.facter in the place of facter (#450303).
  facterMoved = since "25.11";
  # system/boot/systemd/logind.nix: `settings` in the place of single options.
  logindSettings = since "25.11";
  # services/misc/ollama.nix: `acceleration` removed, `package` tells it.
  ollamaByPackage = since "26.05";
  # programs/wayland/river.nix: programs.river is programs.river-classic.
  riverMoved = since "26.05";
  # hardware/video/nvidia.nix: `moduleParams`, modprobe.d in the place of the
  # kernel command line (#498612); `kernelSuspendNotifier`; nova_core kept out.
  moduleParams = since "26.05";
  # system/boot/systemd/initrd.nix: the systemd stage 1 is the default (#435781).
  systemdStage1 = since "26.05";
  # system/boot/loader/systemd-boot: `bootCounting`.
  bootCounting = since "26.05";

  # The driver of `nvidiaPackages.stable`, about.
  driver =
    if since "26.05" then
      "595.45.04"
    else if since "25.11" then
      "580.95.05"
    else if since "25.05" then
      "570.153.02"
    else if since "24.11" then
      "565.77"
    else
      "550.78";
}
