# The system that a machine's initrd switches into, smaller than nixpkgs' toplevel:
# nixpkgs' stage 2 script, its generator's units, the lines of the module and of
# nixpkgs in /etc; of nixpkgs' activation what tells the kernel where modprobe and the
# firmware are, and some links in place of the rest, which wants packages that are not
# built here.
{
  config,
  pkgs,
  lib,
  utils,
}:
let
  # What nixpkgs does from 26.05 on (boot.loader.systemd-boot.bootCounting).
  counted = config.services.nvpreflight.bootAssessment.enable;
  withSystemd = config.boot.initrd.systemd.enable;
  units = utils.systemdUtils.lib.generateUnits {
    type = "system";
    packages = lib.optional counted pkgs.blessBoot;
    units = lib.filterAttrs (
      name: _:
      lib.elem name [
        "end-of-test.service"
        "greeter.service"
        "nvpreflight-pre-display.service"
        "nvidia-hibernate.service"
        "nvidia-resume.service"
        "nvidia-suspend.service"
      ]
    ) config.systemd.units;
    upstreamUnits = [
      "basic.target"
      "boot-complete.target"
      "emergency.target"
      "graphical.target"
      "local-fs-pre.target"
      "local-fs.target"
      "multi-user.target"
      "paths.target"
      "poweroff.target"
      "rescue.target"
      "shutdown.target"
      "slices.target"
      "sockets.target"
      "swap.target"
      "sysinit.target"
      "systemd-journald-dev-log.socket"
      "systemd-journald.service"
      "systemd-journald.socket"
      "systemd-modules-load.service"
      "systemd-udev-trigger.service"
      "systemd-udevd-control.socket"
      "systemd-udevd-kernel.socket"
      "systemd-udevd.service"
      "timers.target"
      "umount.target"
    ];
    upstreamWants = [
      "sockets.target.wants"
      "sysinit.target.wants"
    ];
  };
  # A script of nixpkgs' activation, which is text or has its text in a set.
  activation =
    name:
    let
      script = config.system.activationScripts.${name};
    in
    script.text or script;
  of = name: config.environment.etc.${name} or null;
  etc = pkgs.runCommand "etc" { } ''
    mkdir $out
    keep() {
      mkdir -p "$(dirname $out/$1)"
      ln -s "$2" $out/$1
    }
    ${lib.concatMapStrings
      (name: lib.optionalString (of name != null) "keep ${name} ${(of name).source}\n")
      [
        "modprobe.d/00-nvpreflight.conf"
        "modprobe.d/nixos.conf"
        "modules-load.d/nixos.conf"
        "nvpreflight/expect.json"
      ]
    }
    keep os-release ${config.boot.initrd.osRelease}
    keep passwd ${pkgs.debian}/share/base-passwd/passwd.master
    keep group ${pkgs.debian}/share/base-passwd/group.master
    keep systemd/system ${units}
    ${lib.optionalString counted ''
      keep fstab ${pkgs.writeText "fstab" "/dev/vdb /boot vfat defaults 0 0\n"}
      keep systemd/system-generators ${pkgs.blessBoot}/lib/systemd/system-generators
    ''}
  '';
  activate = pkgs.writeScript "activate" ''
    #!${pkgs.bash}/bin/bash
    PATH=${pkgs.coreutils}/bin
    ln -sfn @out@ /run/current-system
    cp -rs ${etc}/. /etc/
    ln -sfn ${units} /etc/systemd/system
    mkdir -p /lib /usr /bin /var /root
    ln -sfn ${config.system.modulesTree}/lib/modules /lib/modules
    ln -sfn ${pkgs.systemdPrograms}/lib/systemd /lib/systemd
    for folder in udev x86_64-linux-gnu; do ln -sfn ${pkgs.debian}/lib/$folder /lib/$folder; done
    ln -sfn /lib /usr/lib
    ln -sfn ${pkgs.debian}/bin /usr/bin
    ln -sfn ${pkgs.debian}/sbin /sbin
    ln -sfn ${pkgs.bash}/bin/bash /bin/sh
    for program in mount umount; do ln -sfn ${pkgs.debian}/bin/$program /bin/$program; done
    ${activation "modprobe"}
    ${activation "udevd"}
  '';
in
pkgs.runCommand "nixos-system" { } ''
  mkdir $out
  substitute ${activate} $out/activate --subst-var out
  chmod +x $out/activate
  ln -s ${etc} $out/etc
  ln -s ${config.systemd.package} $out/systemd
  # As nixos/modules/system/activation/top-level.nix has it.
  ${
    if withSystemd then
      ''
        cp ${config.system.build.bootStage2} $out/prepare-root
        substituteInPlace $out/prepare-root --subst-var-by systemConfig $out
        cp "$(readlink -f $out/systemd/lib/systemd/systemd)" $out/init
      ''
    else
      ''
        cp ${config.system.build.bootStage2} $out/init
        substituteInPlace $out/init --subst-var-by systemConfig $out
      ''
  }
''
