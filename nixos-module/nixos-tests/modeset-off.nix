# One word on the kernel command line undoes kernel mode setting: it is found in
# both stages, named, and stops nothing.
{
  name = "nvpreflight-modeset-off";

  nodes.machine = {
    imports = [
      ./machine.nix
      ./without-kms.nix
    ];
    boot.initrd.systemd.enable = true;
  };

  testScript = ''
    import json

    machine.wait_for_unit("multi-user.target")
    machine.wait_for_unit("greeter.service")
    for phase in ["initrd", "pre-display"]:
        report = json.loads(machine.succeed(f"cat /run/nvpreflight/{phase}.json"))
        codes = [finding["code"] for finding in report["findings"]]
        assert "NVP201" in codes, report
    machine.succeed("journalctl --boot --grep . NVPREFLIGHT_CODE=NVP201")
    machine.fail("systemctl is-failed nvpreflight-pre-display.service")
  '';
}
