# With the parameter the driver refuses to suspend unless it is told, by
# nvidia-suspend.service or by the kernel's notifiers (nvidia/nv.c, "System Power
# Management attempted without driver procfs suspend interface"). nixpkgs' units
# take part in suspend and hibernate, not in suspend-then-hibernate (nixpkgs#440422).
{ facts, lib }:

let
  name = "NVreg_PreserveVideoMemoryAllocations";
  number = facts.numberOf "nvidia";
  told =
    facts.get "systemd.services" { } ? nvidia-suspend-then-hibernate
    || lib.elem "systemd-suspend-then-hibernate.service" (
      facts.get "systemd.services.nvidia-suspend.requiredBy" [ ]
    );
in
{
  code = "NVP601";
  findings =
    lib.optional
      (
        facts.enabled
        && number name == 1
        && !facts.powerManagement
        && number "NVreg_UseKernelSuspendNotifiers" != 1
      )
      {
        says = "${name}=1 alone makes every suspend fail: nothing tells the driver of it";
        at = map facts.place (facts.valuesOf "nvidia" name);
        write = ''
          hardware.nvidia.powerManagement.enable = true;    # sets the parameter too
        '';
      }
    ++ lib.optional (facts.sleepUnits && facts.suspendsThenHibernates && !told) {
      says = "logind is to suspend-then-hibernate, and no unit tells the driver of it: that suspend fails with -5";
      write = ''
        services.nvpreflight.sleep.suspendThenHibernate = true;
      '';
    };
}
