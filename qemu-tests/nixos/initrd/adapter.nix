# What a machine needs beside its own lines: the guest's kernel and disk, and
# the paths that are compiled into Debian's systemd and that it opens late.
{
  config,
  pkgs,
  lib,
  ...
}:
let
  libraries = "${pkgs.debian}/lib/x86_64-linux-gnu";
  # Not Debian's units: the initrd has those that nixpkgs' generator wrote.
  programs = pkgs.runCommand "systemd-programs" { } ''
    mkdir $out
    for path in ${pkgs.debian}/lib/systemd/*; do
      case ''${path##*/} in
      system | user | network | *.conf.d | ntp-units.d) ;;
      *) ln -s "$path" $out/ ;;
      esac
    done
  '';
in
{
  boot.kernelPackages = pkgs.linuxPackagesFor pkgs.debianKernel;
  boot.loader.grub.enable = false;
  boot.initrd.systemd = lib.mkIf config.boot.initrd.systemd.enable {
    # There is no system to switch into: the boot ends where that would come.
    services.end-of-test = {
      wantedBy = [ "initrd.target" ];
      after = [
        "nvpreflight-initrd.service"
        "initrd-root-fs.target"
      ];
      before = [
        "initrd-find-nixos-closure.service"
        "initrd-nixos-activation.service"
        "initrd-cleanup.service"
      ];
      unitConfig.DefaultDependencies = false;
      serviceConfig = {
        Type = "oneshot";
        ExecStart = "/bin/sh -c 'echo end of test: initrd > /dev/console; echo o > /proc/sysrq-trigger; sleep 60'";
      };
    };
    # Not in Debian 12's systemd, which is older than nixpkgs'.
    suppressedUnits = [
      "systemd-bsod.service"
      "systemd-hibernate-resume.service"
    ];
    contents."/usr/lib/systemd".source = programs;
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
    storePaths = map (name: "${libraries}/${name}") [
      "libkmod.so.2"
      "libzstd.so.1"
      "liblzma.so.5"
      "libmount.so.1"
      "libblkid.so.1"
      "libcrypto.so.3"
    ];
  };
  console.enable = false;
  documentation.enable = false;
  fileSystems."/" = {
    device = "/dev/vda";
    fsType = "ext4";
  };
  system.stateVersion = lib.trivial.release;
}
