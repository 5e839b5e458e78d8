# A boot with a bad verdict is not blessed, and a good one is.
{
  name = "nvpreflight-boot-assessment";

  nodes =
    let
      machine = {
        imports = [ ./machine.nix ];
        boot.initrd.systemd.enable = true;
        services.nvpreflight.bootAssessment.enable = true;
        # Without boot counting nothing asks for it; older releases lack it.
        systemd.targets.boot-complete.wantedBy = [ "multi-user.target" ];
      };
    in
    {
      good = machine;
      bad = {
        imports = [
          machine
          ./without-kms.nix
        ];
      };
    };

  testScript = ''
    for machine in [good, bad]:
        machine.wait_for_unit("multi-user.target")
        machine.wait_for_unit("greeter.service")
    good.wait_for_unit("boot-complete.target")
    bad.require_unit_state("boot-complete.target", "inactive")
    bad.require_unit_state("nvpreflight-pre-display.service", "failed")
  '';
}
