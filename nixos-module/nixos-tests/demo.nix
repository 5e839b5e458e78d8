# Two machines that differ in one word, and what the verifier says of each.
{
  name = "nvpreflight-demo";

  nodes =
    let
      machine = {
        imports = [ ./machine.nix ];
        boot.initrd.systemd.enable = true;
      };
    in
    {
      healthy = machine;
      broken = {
        imports = [
          machine
          ./without-kms.nix
        ];
      };
    };

  testScript =
    { nodes, ... }:
    ''
      verifier = "${nodes.healthy.services.nvpreflight.package}/bin/nvpreflight-verifier"

      said = {}
      for machine in [healthy, broken]:
          machine.wait_for_unit("multi-user.target")
          status, text = machine.execute(f"{verifier} --phase pre-display")
          said[machine.name] = (status, text)
          machine.shutdown()

      for name, (status, text) in said.items():
          print(f"\n== the {name} machine, exit status {status}\n{text}")
      assert said["healthy"][0] == 0
      assert said["broken"][0] == 1 and "NVP201" in said["broken"][1]
    '';
}
