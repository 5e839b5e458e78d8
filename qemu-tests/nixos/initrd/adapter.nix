# What a machine needs beside its own lines: the guest's kernel and disk, and
# what Debian's systemd has in other places than nixpkgs' and opens late.
{
  config,
  pkgs,
  lib,
  ...
}:
let
  libraries = "${pkgs.debian}/lib/x86_64-linux-gnu";
in
{
  boot.kernelPackages = (pkgs.linuxPackagesFor pkgs.debianKernel).extend (
    _final: _prev: {
      nvidiaPackages = lib.genAttrs [
        "stable"
        "production"
        "latest"
        "beta"
      ] (_: pkgs.nvidiaStandIn);
    }
  );
  boot.loader.grub.enable = false;
  boot.initrd.availableKernelModules = [
    "virtio_blk"
    "virtio_pci"
  ];
  boot.initrd.systemd = lib.mkIf config.boot.initrd.systemd.enable {
    enableTpm2 = false;
    # Not in Debian 12's systemd, which is older than nixpkgs'.
    suppressedUnits = [
      "systemd-bsod.service"
      "systemd-hibernate-resume.service"
    ];
    contents."/usr/bin".source = "${
      pkgs.buildEnv {
        name = "usr-bin";
        paths = [
          pkgs.systemd
          pkgs.kmod
          pkgs.util-linux
          pkgs.bash
          pkgs.coreutils
        ];
        pathsToLink = [ "/bin" ];
      }
    }/bin";
    contents."/usr/sbin/sulogin".source = "${pkgs.util-linux}/bin/sulogin";
    storePaths = map (name: "${libraries}/${name}") [
      "libkmod.so.2"
      "libzstd.so.1"
      "liblzma.so.5"
      "libmount.so.1"
      "libblkid.so.1"
      "libcrypto.so.3"
      "libcryptsetup.so.12"
    ];
  };
  # The initrd's journal and the system's are one only with one name.
  boot.kernelParams = [ "systemd.machine_id=6e76707265666c696768742d626f6f74" ];
  # The end of a boot, with what the kernel log and the journal kept of it.
  systemd.services.end-of-test = {
    wantedBy = [ "multi-user.target" ];
    after = [
      "nvpreflight-pre-display.service"
      "greeter.service"
      "systemd-bless-boot.service"
    ];
    unitConfig.DefaultDependencies = false;
    # Off; a machine that shall boot again says so.
    environment.END = lib.mkDefault "o";
    serviceConfig = {
      Type = "oneshot";
      ExecStart = pkgs.writeScript "end-of-test" ''
        #!${pkgs.bash}/bin/bash
        PATH=${pkgs.systemd}/bin:${pkgs.util-linux}/bin:${pkgs.coreutils}/bin
        journalctl --sync
        {
          dmesg --notime | while read -r line; do
            case $line in
            "nvpreflight: "*) echo "kernel log: ''${line#*: }" ;;
            # Before there is a journal, the kernel log alone has it.
            "systemd[1]: "*": Failed with result "*)
              unit=''${line#*: }
              echo "failed: ''${unit%%: *}"
              ;;
            esac
          done
          journalctl --boot --quiet --output=cat --identifier=nvpreflight |
            while read -r line; do echo "journal: $line"; done
          # SD_MESSAGE_UNIT_FAILURE_RESULT (systemd's sd-messages.h)
          journalctl --boot --quiet --output=export MESSAGE_ID=d9b373ed55a64feb8242e02dbe79a49c |
            while read -r line; do case $line in UNIT=*) echo "failed: ''${line#*=}" ;; esac done
          for report in /run/nvpreflight/*.json; do echo "report: ''${report##*/}"; done
          for device in /dev/mapper/*; do echo "device: ''${device##*/}"; done
          echo "end of test"
        } > /dev/console 2>&1
        sync
        echo "$END" > /proc/sysrq-trigger
        sleep 60
      '';
    };
  };
  boot.bcache.enable = false;
  console.enable = false;
  documentation.enable = false;
  fileSystems."/" = {
    device = "/dev/vda";
    fsType = "ext4";
    noCheck = true;
    # A machine under test shares its processor with others.
    options = [ "x-systemd.device-timeout=10min" ];
  };
  system.stateVersion = lib.trivial.release;
}
