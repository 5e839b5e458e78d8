# A healthy machine: judged in stage 1 while it still is stage 1, and again
# before the display manager.
{
  name = "nvpreflight-early-kms";

  nodes.machine = {
    imports = [ ./machine.nix ];
    boot.initrd.systemd.enable = true;
    testing.initrdBackdoor = true;
  };

  testScript = ''
    import json

    def report(phase):
        return json.loads(machine.succeed(f"cat /run/nvpreflight/{phase}.json"))

    machine.wait_for_unit("initrd.target")
    with subtest("stage 1 is judged before the switch to the root"):
        machine.wait_until_succeeds("test -s /run/nvpreflight/initrd.json")
        initrd = report("initrd")
        assert initrd["verdict"] == "ok", initrd

    machine.switch_root()
    machine.wait_for_unit("multi-user.target")
    with subtest("the report of stage 1 survives, and stage 2 agrees"):
        assert report("initrd") == initrd
        later = report("pre-display")
        assert later["verdict"] == "ok", later

    with subtest("the verdict comes before the display manager"):
        when = "systemctl show --value --property"
        judged = machine.succeed(f"{when} ExecMainExitTimestampMonotonic nvpreflight-pre-display.service")
        greeted = machine.succeed(f"{when} ExecMainStartTimestampMonotonic greeter.service")
        assert 0 < int(judged) <= int(greeted), f"judged {judged}, greeted {greeted}"
  '';
}
