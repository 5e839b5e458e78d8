#!/bin/sh
# In place of verifier.sh: what NixOS's scripted stage 1 does. The commands that
# fill extra-utils run first, as its build runs them, then the hook. Whatever
# the hook does, the boot goes on: its status has to be 0.

. /nvpb/lib.sh
mkdir -p "$state"
out=/nix/store/00000000000000000000000000000000-extra-utils
mkdir -p "$out/bin"

# As in nixos/modules/system/boot/stage-1.nix; a static binary has no libraries.
copy_bin_and_libs() {
	cp -pv "$1" "$out/bin/"
}

(
	set -e
	. /nvpb/nixos/extra-utils
) > "$state/extra-utils.out" 2>&1 || trouble "extra-utils: $(tail -n 1 "$state/extra-utils.out")"

PATH=$out/bin:$PATH sh /nvpb/nixos/hook > "$state/initrd.text" 2>&1
echo $? > "$state/initrd.status"
