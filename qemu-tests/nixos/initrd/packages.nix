# In place of the packages of an initrd's closure: folders of links into one
# store path with Debian's files, whose interpreter and library path patchelf
# has set to that store path. What makes the initrd out of them is nixpkgs' own.
{
  userland,
  kernel,
  release,
  makeInitrdNg,
  verifier,
}:
final: prev:
let
  inherit (prev) lib;
  # Made by the host's own tools, without a stdenv. Nix 2.8 kills a builder whose
  # output pipe closes, which a shell does that hands over to its last command.
  raw =
    name: script:
    derivation {
      inherit name;
      system = "x86_64-linux";
      builder = "/bin/bash";
      args = [
        "-euc"
        "export PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin\n${script}\nsleep 0.1\n:\n"
      ];
    };
  # As much of a package as nixpkgs' modules ask of one.
  package =
    drv: extra:
    drv
    // {
      pname = drv.name;
      version = "0";
      outputs = [ "out" ];
      override = _: package drv extra;
      overrideAttrs = _: package drv extra;
      getOutput = _: drv;
      inherit (final) stdenv;
      passthru = extra;
      meta = {
        mainProgram = drv.name;
        priority = 5;
        outputsToInstall = [ "out" ];
        platforms = lib.platforms.all;
      };
    }
    // lib.genAttrs [ "bin" "dev" "lib" "man" "doc" ] (_: drv)
    // extra;
  file =
    path:
    builtins.path {
      inherit path;
      name = baseNameOf path;
    };

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
  '';
  linked =
    name: programs: extra:
    package (raw name ''
      mkdir -p $out/bin
      for program in ${toString programs}; do
        for folder in bin sbin; do
          [ ! -e ${debian}/$folder/$program ] || ln -sf ${debian}/$folder/$program $out/bin/$program
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
  empty = name: script: package (raw name "mkdir -p $out/bin\n${script}") { };
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
          mkdir -p $out/example/systemd
          for part in systemd/system systemd/user tmpfiles.d sysctl.d; do
            [ ! -d ${debian}/lib/$part ] || cp -r ${debian}/lib/$part $out/example/$part
          done
          chmod -R u+w $out/example
          find $out/example/systemd -type f -exec \
            sed -i -E 's#(=[-+!@:]*)(/usr)?/lib/systemd/#\1${debian}/lib/systemd/#; s#(=[-+!@:]*)(/usr)?/bin/#\1${debian}/bin/#' {} +
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
    ] (_: true)
    // lib.genAttrs [
      "withEfi"
      "withCryptsetup"
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
  util-linux = linked "util-linux" [
    "mount"
    "umount"
    "fsck"
    "sulogin"
    "agetty"
    "findmnt"
    "losetup"
    "switch_root"
    "dmesg"
    "blkid"
    "lsblk"
    "swapon"
    "swapoff"
    "mountpoint"
    "hwclock"
    "logger"
    "login"
    "nologin"
    "flock"
    "setsid"
    "unshare"
    "fsfreeze"
    "kill"
  ] { };
  util-linuxMinimal = final.util-linux;
  bash = linked "bash" [ "bash" ] {
    shellPath = "/bin/bash";
    script = "ln -s bash $out/bin/sh";
  };
  bashInteractive = final.bash;
  runtimeShell = "/bin/bash";
  runtimeShellPackage = final.bash;
  coreutils = linked "coreutils" [
    "cat"
    "ls"
    "mkdir"
    "mv"
    "cp"
    "rm"
    "ln"
    "readlink"
    "realpath"
    "dirname"
    "basename"
    "chmod"
    "chown"
    "chroot"
    "sleep"
    "touch"
    "stat"
    "tr"
    "head"
    "tail"
    "sort"
    "uniq"
    "wc"
    "cut"
    "env"
    "id"
    "date"
    "echo"
    "printf"
    "true"
    "false"
    "test"
    "sync"
    "uname"
    "mknod"
    "mktemp"
    "tee"
    "dd"
    "stty"
    "mkfifo"
    "od"
    "seq"
  ] { };
  less = linked "less" [ ] { script = "ln -s ${debian}/bin/more $out/bin/less"; };
  glibc = linked "glibc" [ "getent" ] { script = "ln -s ${debian}/lib/x86_64-linux-gnu $out/lib"; };
  shadow = linked "shadow" [ "nologin" "login" ] {
    su = final.util-linux;
    shellPath = "/bin/nologin";
  };
  e2fsprogs = linked "e2fsprogs" [ "fsck.ext4" "e2fsck" "mke2fs" "tune2fs" ] { };
  lvm2 = linked "lvm2" [ ] { script = "mkdir -p $out/lib/udev/rules.d"; };
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
    host "binutils" [
      "strip"
      "ld"
      "objcopy"
    ]
    // {
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
  nukeReferences = empty "nuke-references" "ln -s /bin/true $out/bin/nuke-refs";
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
  fetchurl =
    args: raw "no-network" "echo nothing is fetched: ${args.name or args.url or "?"}; exit 1";

  # nixpkgs' own source, built by cargo beforehand.
  makeInitrdNGTool = built "make-initrd-ng" makeInitrdNg;
  nvpreflight-verifier = built "nvpreflight-verifier" verifier;

  # Debian's kernel with the stand-ins among its modules.
  debianKernel =
    let
      drv = raw "linux-${release}" ''
        mkdir $out
        cp -r ${
          builtins.path {
            path = kernel;
            name = "debian-kernel";
          }
        }/. $out/
      '';
    in
    package drv {
      version = release;
      modDirVersion = release;
      kernelOlder = lib.versionOlder release;
      kernelAtLeast = lib.versionAtLeast release;
      features = {
        efiBootStub = true;
        ia32Emulation = true;
      };
      baseImage = drv;
      isHardened = false;
      isXen = false;
      isZen = false;
      isLibre = false;
      kernelPatches = [ ];
      configfile = null;
      commonStructuredConfig = { };
      config = {
        isYes = _: true;
        isNo = _: false;
        isModule = _: true;
        isEnabled = _: true;
        isDisabled = _: false;
        isSet = _: true;
        getValue = _: "y";
      };
      moduleBuildDependencies = [ ];
    };
  nvidiaStandIn =
    let
      drv = empty "nvidia-x11-595.45.04" ''
        mkdir -p $out/lib/firmware/nvidia/595.45.04
        for chip in ga10x tu10x; do
          echo "in place of NVIDIA's" > $out/lib/firmware/nvidia/595.45.04/gsp_$chip.bin
        done
      '';
    in
    drv
    // lib.genAttrs [
      "bin"
      "open"
      "mod"
      "out"
      "lib32"
      "firmware"
      "settings"
      "persistenced"
    ] (_: drv)
    // {
      version = "595.45.04";
      useProfiles = false;
      ibtSupport = true;
    };
}
