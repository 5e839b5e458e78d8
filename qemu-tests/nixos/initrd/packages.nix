# In place of the packages of a closure (kernel.nix has the kernel): folders with Debian's programs, whose
# interpreter and library path patchelf has set to one store path with all of
# Debian's files. What makes the initrd out of them is nixpkgs' own.
{
  userland,
  makeInitrdNg,
  verifier,
  loader,
}:
final: prev:
let
  inherit (prev) lib;
  inherit
    (import ./make.nix {
      inherit final;
      inherit (prev) lib;
    })
    raw
    package
    file
    words
    empty
    ;

  debian = raw "debian-root" ''
    mkdir $out
    cp -r ${
      builtins.path {
        path = userland + "/usr";
        name = "debian-usr";
      }
    }/. $out/
    chmod -R u+w $out
    find $out -type l -lname '/*' | while read -r link; do
      to=$(readlink $link)
      ln -sfn $out$(echo $to | sed 's#^/usr/#/#') $link
    done
    L=$out/lib/x86_64-linux-gnu
    find $out/bin $out/sbin $out/lib/systemd $out/lib/udev $L -type f \( -perm -u+x -o -name '*.so*' \) |
      while read -r f; do
        case $(head -c4 $f | tr -d '\0') in *ELF*) ;; *) continue ;; esac
        case $f in */ld-linux* | */libc.so.6) continue ;; esac
        if patchelf --print-interpreter $f > /dev/null 2>&1; then
          patchelf --set-interpreter $L/ld-linux-x86-64.so.2 $f
        fi
        patchelf --set-rpath $L:$L/systemd:$out/lib/systemd $f 2> /dev/null || true
      done
    # Where nixpkgs' systemd has its plugin for FIDO2 keys.
    mkdir -p $out/lib/cryptsetup
    ln -s $L/cryptsetup/libcryptsetup-token-systemd-fido2.so $out/lib/cryptsetup/
  '';
  linked =
    name: programs: extra:
    package (raw name ''
      mkdir -p $out/bin
      for program in ${toString programs}; do
        for folder in bin sbin; do
          [ ! -e ${debian}/$folder/$program ] || cp -Lf ${debian}/$folder/$program $out/bin/
        done
      done
      ln -s bin $out/sbin
      ${extra.script or ""}
    '') (removeAttrs extra [ "script" ]);
  # Programs that only run at build time.
  host =
    name: programs:
    package (raw name ''
      mkdir -p $out/bin
      for program in ${toString programs}; do ln -s "$(command -v $program)" $out/bin/; done
    '') { };
  built =
    name: path:
    package (raw name ''
      mkdir -p $out/bin
      cp ${file path} $out/bin/${name}
      chmod 555 $out/bin/${name}
    '') { meta.mainProgram = name; };
in
{
  inherit debian;

  # Whose loader the scripted stage 1 copies.
  stdenv = prev.stdenv // {
    cc = prev.stdenv.cc // {
      libc = final.glibc;
    };
  };

  systemd =
    linked "systemd"
      [
        "systemctl"
        "journalctl"
        "udevadm"
        "systemd-tmpfiles"
        "systemd-ask-password"
        "systemd-tty-ask-password-agent"
        "systemd-cat"
        "systemd-notify"
        "systemd-escape"
        "systemd-run"
        "systemd-detect-virt"
      ]
      {
        # nixpkgs' systemd names its programs by their store path, as here.
        script = ''
          ln -s ${debian}/lib $out/lib
          ln -s ${debian}/lib/systemd/systemd-cryptsetup $out/bin/
          mkdir -p $out/example/systemd
          for part in systemd/system systemd/user tmpfiles.d sysctl.d; do
            [ ! -d ${debian}/lib/$part ] || cp -r ${debian}/lib/$part $out/example/$part
          done
          chmod -R u+w $out/example
          find $out/example/systemd -type f -exec \
            sed -i -E 's#=/bin/kmod#=${final.kmod}/bin/kmod#; s#(=[-+!@:]*)(/usr)?/lib/systemd/#\1${debian}/lib/systemd/#; s#(=[-+!@:]*)(/usr)?/bin/#\1${debian}/bin/#' {} +
        '';
        inherit (final)
          kmod
          util-linux
          kbd
          cryptsetup
          ;
        version = "252";
        interfaceVersion = 2;
      }
    // lib.genAttrs [
      "withHostnamed"
      "withLocaled"
      "withTimedated"
      "withLogind"
      "withNetworkd"
      "withCompression"
      "withUtmp"
      "withNss"
      "withCryptsetup"
    ] (_: true)
    // lib.genAttrs [
      "withEfi"
      "withTpm2Tss"
      "withTimesyncd"
      "withMachined"
      "withPortabled"
      "withResolved"
      "withCoredump"
      "withImportd"
      "withHomed"
      "withOomd"
      "withSysupdate"
      "withBootloader"
      "withRepart"
      "withUkify"
      "withApparmor"
      "withAudit"
      "withFido2"
      "withLibBPF"
      "withSelinux"
      "withVmspawn"
      "withSysusers"
    ] (_: false);
  systemdStage1 = final.systemd;
  systemdMinimal = final.systemd;
  udev = final.systemd;
  kmod = linked "kmod" [
    "modprobe"
    "insmod"
    "rmmod"
    "lsmod"
    "modinfo"
    "depmod"
    "kmod"
  ] { };
  util-linux = linked "util-linux" (words ''
    mount umount fsck sulogin agetty findmnt losetup switch_root dmesg blkid
    lsblk swapon swapoff mountpoint hwclock logger login nologin flock setsid
    unshare fsfreeze kill
  '') { };
  util-linuxMinimal = final.util-linux;
  bash = linked "bash" [ "bash" ] {
    shellPath = "/bin/bash";
    script = "ln -s bash $out/bin/sh";
  };
  bashInteractive = final.bash;
  runtimeShell = "/bin/bash";
  runtimeShellPackage = final.bash;
  coreutils = linked "coreutils" (words ''
    cat ls mkdir mv cp rm ln readlink realpath dirname basename chmod chown
    chroot sleep touch stat tr head tail sort uniq wc cut env id date echo
    printf true false test sync uname mknod mktemp tee dd stty mkfifo od seq
  '') { };
  busybox = linked "busybox" [ "busybox" ] {
    script = ''
      for applet in $(${debian}/bin/busybox --list); do
        [ -e $out/bin/$applet ] || ln -s busybox $out/bin/$applet
      done
      [ "$(readlink $out/sbin)" = bin ] && rm $out/sbin
      # Debian's has no fsck, and its ash takes applets before the programs in PATH:
      # busybox's modprobe in place of kmod's. nixpkgs checks its script by bash, too.
      cp -L ${debian}/sbin/fsck $out/bin/
      rm $out/bin/ash
      cp -L ${debian}/bin/bash $out/bin/ash
    '';
  };
  less = linked "less" [ ] { script = "ln -s ${debian}/bin/more $out/bin/less"; };
  glibc = linked "glibc" [ "getent" ] { script = "ln -s ${debian}/lib/x86_64-linux-gnu $out/lib"; };
  shadow = linked "shadow" [ "nologin" "login" ] {
    su = final.util-linux;
    shellPath = "/bin/nologin";
  };
  e2fsprogs = linked "e2fsprogs" [ "fsck.ext4" "e2fsck" "mke2fs" "tune2fs" ] { };
  # Of LVM only the device mapper: the guest has no volumes.
  lvm2 = linked "lvm2" [ "dmsetup" ] {
    script = ''
      printf '#!/bin/sh\necho "LVM version: none"\n' > $out/bin/lvm
      chmod +x $out/bin/lvm
      mkdir -p $out/lib/udev/rules.d
      for rules in 55-dm 60-persistent-storage-dm 95-dm-notify; do
        sed "s#/sbin/dmsetup#$out/bin/dmsetup#" ${debian}/lib/udev/rules.d/$rules.rules \
          > $out/lib/udev/rules.d/$rules.rules
      done
    '';
  };
  # Looked for by name and opened only with a key at hand.
  libfido2 = empty "libfido2" "mkdir -p $out/lib; touch $out/lib/libfido2.so.1";
  dbus = linked "dbus" [ ] { };
  cryptsetup = linked "cryptsetup" [ ] { };
  kbd = linked "kbd" [ ] {
    script = "mkdir -p $out/share/consolefonts $out/share/keymaps";
    inherit (final) gzip;
  };
  mdadm = linked "mdadm" [ ] { script = "mkdir -p $out/lib/udev/rules.d $out/share/mdadm"; };

  perl = host "perl" [ "perl" ];
  cpio = host "cpio" [ "cpio" ];
  zstd = host "zstd" [ "zstd" ];
  gzip = host "gzip" [ "gzip" ];
  binutils =
    package
      (raw "binutils" ''
        mkdir -p $out/bin $out/nix-support
        for program in strip ranlib ld objcopy; do ln -s "$(command -v $program)" $out/bin/; done
        echo 'export STRIP=strip RANLIB=ranlib' > $out/nix-support/setup-hook
      '')
      {
        targetPrefix = "";
      };
  bintools = final.binutils;
  findutils = host "findutils" [
    "find"
    "xargs"
  ];
  gnugrep = host "gnugrep" [ "grep" ];
  gnused = host "gnused" [ "sed" ];
  jq = host "jq" [ "jq" ];
  patchelf = host "patchelf" [ "patchelf" ];
  python3 = host "python3" [ "python3" ];
  libiconv = host "libiconv" [ "iconv" ];
  tzdata = empty "tzdata" "mkdir -p $out/share/zoneinfo";
  glibcLocales = empty "glibc-locales" "mkdir -p $out/lib/locale; touch $out/lib/locale/locale-archive";
  kmod-blacklist-ubuntu = raw "kmod-blacklist" "echo '# none' > $out";
  kmod-debian-aliases = raw "kmod-debian-aliases.conf" "echo '# none' > $out";
  xorg = prev.xorg // {
    lndir = empty "lndir" ''
      cat > $out/bin/lndir <<'SCRIPT'
      #!/bin/sh
      for word; do case $word in -*) ;; *) folder=$word; break ;; esac; done
      cp -rsn "$folder/." .
      SCRIPT
      chmod +x $out/bin/lndir
    '';
  };
  wireless-regdb = empty "wireless-regdb" "mkdir -p $out/lib/firmware";
  hostFetchurl =
    args: raw "no-network" "echo nothing is fetched: ${args.name or args.url or "?"}; exit 1";

  # What is compiled into Debian's systemd as /lib/systemd and /lib/udev; /lib is a
  # link to this.
  makeModulesClosure =
    args:
    let
      closure = prev.makeModulesClosure args;
    in
    package (raw closure.name ''
      mkdir -p $out/lib
      ln -s ${closure}/lib/* ${final.systemdPrograms}/lib/* $out/lib/
    '') { };
  # Not Debian's units: there are those that nixpkgs' generator writes.
  systemdPrograms = raw "systemd-programs" ''
    mkdir -p $out/lib/systemd
    for path in ${debian}/lib/systemd/*; do
      case ''${path##*/} in
      system | user | network | *.conf.d | ntp-units.d) ;;
      *) ln -s "$path" $out/lib/systemd/ ;;
      esac
    done
    mkdir $out/lib/udev
    ln -s ${debian}/lib/udev/rules.d ${debian}/lib/udev/*_id $out/lib/udev/
  '';

  # What calls a boot good for systemd-boot, with Debian's unit.
  blessBoot = raw "bless-boot" ''
    mkdir -p $out/lib/systemd/system $out/lib/systemd/system-generators
    cp ${file (loader + "/lib/systemd/systemd-bless-boot")} $out/lib/systemd/systemd-bless-boot
    cp ${file (loader + "/lib/systemd/system-generators/systemd-bless-boot-generator")} \
      $out/lib/systemd/system-generators/systemd-bless-boot-generator
    L=${debian}/lib/x86_64-linux-gnu
    for program in $out/lib/systemd/systemd-bless-boot $out/lib/systemd/system-generators/*; do
      chmod u+w $program
      patchelf --set-interpreter $L/ld-linux-x86-64.so.2 --set-rpath $L:$L/systemd $program
    done
    # The partition of the test has no table around it.
    sed -e "s#=/lib/systemd/#=$out/lib/systemd/#" \
      -e '/^\[Service\]/aEnvironment=SYSTEMD_RELAX_ESP_CHECKS=1' \
      ${file (loader + "/lib/systemd/system/systemd-bless-boot.service")} \
      > $out/lib/systemd/system/systemd-bless-boot.service
  '';

  # nixpkgs' own source, built by cargo beforehand.
  makeInitrdNGTool = built "make-initrd-ng" makeInitrdNg;
  nvpreflight-verifier = built "nvpreflight-verifier" verifier;
}
