# How the machine falls asleep, and who tells the driver.
{
  access,
  stack,
  lib,
}:

let
  inherit (access) get;
  sth = "suspend-then-hibernate";
in
{
  # nixpkgs' nvidia-suspend, -hibernate and -resume are there (nvidia.nix).
  sleepUnits = stack.enabled && stack.powerManagement && !stack.suspendNotifier;

  # The units of systemd that put the machine to sleep.
  sleepServices = [
    "systemd-suspend"
    "systemd-hibernate"
    "systemd-hybrid-sleep"
    "systemd-suspend-then-hibernate"
  ];

  # logind is told to suspend first and hibernate later: by options of its own, or
  # since 25.11 by `settings` (nixpkgs, nixos/modules/system/boot/systemd/logind.nix).
  suspendsThenHibernates =
    lib.any (key: get "services.logind.${key}" null == sth) [
      "lidSwitch"
      "lidSwitchExternalPower"
      "lidSwitchDocked"
      "powerKey"
      "suspendKey"
    ]
    || lib.elem sth (lib.attrValues (get "services.logind.settings.Login" { }))
    || lib.hasInfix sth (get "services.logind.extraConfig" "");
}
