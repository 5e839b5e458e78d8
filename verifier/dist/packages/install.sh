#!/bin/sh
# Installs nvpreflight from the unpacked tarball that this script is in, or removes
# it. It copies files and says what comes next; it starts nothing, enables nothing
# and builds no initrd.
set -eu

usage() {
	cat <<'USAGE'
usage: ./install.sh [--prefix DIR] [--destdir DIR] [--makers "NAME..."] [--uninstall]

  --prefix DIR    where programs and pages go (default: /usr/local)
  --destdir DIR   stage everything below DIR, for a package
  --makers LIST   whose hooks are installed: initramfs-tools dracut mkinitcpio
                  kernel-install kernel-postinst pacman
                  (default: those that are on this machine)
  --uninstall     remove what an installation with the same prefix and destdir put
                  there; files in /etc that were changed since stay
USAGE
}

prefix=/usr/local destdir='' makers='' uninstall=''
while [ $# -gt 0 ]; do
	case $1 in
	--prefix | --destdir | --makers)
		[ $# -ge 2 ] || { usage >&2; exit 64; }
		case $1 in
		--prefix) prefix=${2%/} ;;
		--destdir) destdir=${2%/} ;;
		--makers) makers=$2 ;;
		esac
		shift 2
		;;
	--uninstall) uninstall=yes && shift ;;
	--help | -h) usage && exit 0 ;;
	*) usage >&2 && exit 64 ;;
	esac
done
case $prefix in
*[!A-Za-z0-9/._+-]*) echo "install.sh: --prefix has odd characters" >&2 && exit 64 ;;
/*) ;;
*) echo "install.sh: --prefix has to be an absolute path" >&2 && exit 64 ;;
esac

manifest=$destdir$prefix/lib/nvpreflight/manifest
if [ -n "$uninstall" ]; then
	[ -r "$manifest" ] || { echo "install.sh: no installation: $manifest is not there" >&2; exit 1; }
	while IFS='	' read -r sum path; do
		[ -e "$destdir$path" ] || continue
		case $path in
		/etc/*)
			now=$(sha256sum < "$destdir$path" | cut -d ' ' -f 1)
			[ "$now" = "$sum" ] || { echo "kept, since it was changed: $path"; continue; }
			;;
		esac
		rm -f "$destdir$path"
		rmdir -p --ignore-fail-on-non-empty "$destdir${path%/*}" 2> /dev/null || true
	done < "$manifest"
	rm -f "$manifest"
	rmdir -p --ignore-fail-on-non-empty "$destdir$prefix/lib/nvpreflight" 2> /dev/null || true
	echo "Removed. Images that were made before still hold the verifier until they are made again."
	exit 0
fi

cd "$(dirname "$0")"
[ -x bin/nvpreflight ] || { echo "install.sh: bin/nvpreflight is not beside this script" >&2; exit 1; }

# What a package owns and what an administrator's folder is for (hier(7)).
if [ "$prefix" = /usr ]; then
	units=/usr/lib/systemd/system
	initramfs_tools=/usr/share/initramfs-tools
	initcpio=/usr/lib/initcpio
	kernel_install=/usr/lib/kernel/install.d
	catalog=/usr/lib/systemd/catalog
else
	units=/etc/systemd/system
	initramfs_tools=/etc/initramfs-tools
	initcpio=/etc/initcpio
	kernel_install=/etc/kernel/install.d
	catalog=/etc/systemd/catalog
fi

if [ -z "$makers" ]; then
	[ ! -e "$destdir/usr/share/initramfs-tools/hook-functions" ] || makers="$makers initramfs-tools"
	[ ! -d "$destdir/usr/lib/dracut" ] || makers="$makers dracut"
	[ ! -d "$destdir/usr/lib/initcpio" ] || makers="$makers mkinitcpio"
	[ ! -x "$destdir/usr/bin/kernel-install" ] || makers="$makers kernel-install"
	[ ! -d "$destdir/etc/kernel/postinst.d" ] || makers="$makers kernel-postinst"
	[ ! -d "$destdir/usr/share/libalpm" ] || makers="$makers pacman"
fi

installed=$(mktemp)
trap 'rm -f "$installed"' EXIT
# put MODE FROM TO: the prefix stands in files that name a program or the script
# of the hooks by its path.
put() {
	target=$destdir$3
	mkdir -p "${target%/*}"
	case $3 in
	*/nvpreflight-initrd.service)
		# Its path is one inside the image.
		cp "$2" "$target.new" ;;
	*/man/*) gzip -9n < "$2" > "$target.new" ;;
	*.service | */hooks/*.hook | */post*/* | *.install)
		sed "s,/usr/bin/nvpreflight,$prefix/bin/nvpreflight,; s,/usr/lib/nvpreflight/,$prefix/lib/nvpreflight/,g" \
			"$2" > "$target.new" ;;
	*) cp "$2" "$target.new" ;;
	esac
	chmod "$1" "$target.new"
	if [ "${3#/etc/}" != "$3" ] && [ -e "$target" ] && ! cmp -s "$target" "$target.new" && ! ours "$3"; then
		echo "kept, since it was changed; the new one is $3.new"
		return
	fi
	mv -f "$target.new" "$target"
	line "$3" >> "$installed"
}
# The manifest's line of a file as it is now: digest, tab, path.
line() { printf '%s\t%s\n' "$(sha256sum < "$destdir$1" | cut -d ' ' -f 1)" "$1"; }
# Whether the file is as an installation before this one left it.
ours() { [ -r "$manifest" ] && grep -qxF "$(line "$1")" "$manifest"; }
# tree MODE FROM TO: every file below a folder.
tree() {
	(cd "$2" && find . -type f | sort) | while read -r file; do put "$1" "$2/$file" "$3/${file#./}"; done
}

for program in bin/*; do put 755 "$program" "$prefix/$program"; done
put 755 image-check/check-image "$prefix/lib/nvpreflight/check-image"
put 644 image-check/image-check.conf /etc/nvpreflight/image-check.conf
for unit in units/*.service; do put 644 "$unit" "$units/${unit#units/}"; done
put 644 nvpreflight.catalog "$catalog/nvpreflight.catalog"
for section in 1 8; do
	for page in man/*."$section"; do
		put 644 "$page" "$prefix/share/man/man$section/${page#man/}.gz"
	done
done
put 644 completions/nvpreflight.bash "$prefix/share/bash-completion/completions/nvpreflight"
put 644 completions/nvpreflight.fish "$prefix/share/fish/vendor_completions.d/nvpreflight.fish"
put 644 completions/_nvpreflight "$prefix/share/zsh/site-functions/_nvpreflight"
tree 644 doc "$prefix/share/doc/nvpreflight"

for maker in $makers; do
	case $maker in
	initramfs-tools)
		tree 755 initramfs-tools/hooks "$initramfs_tools/hooks"
		tree 755 initramfs-tools/scripts "$initramfs_tools/scripts"
		tree 755 initramfs-tools/post-update.d /etc/initramfs/post-update.d
		;;
	dracut)
		put 755 dracut/module-setup.sh /usr/lib/dracut/modules.d/90nvpreflight/module-setup.sh
		put 644 units/nvpreflight-initrd.service \
			/usr/lib/dracut/modules.d/90nvpreflight/nvpreflight-initrd.service
		;;
	mkinitcpio)
		put 644 mkinitcpio/install/nvpreflight "$initcpio/install/nvpreflight"
		put 644 mkinitcpio/hooks/nvpreflight "$initcpio/hooks/nvpreflight"
		put 755 mkinitcpio/post/nvpreflight "$initcpio/post/nvpreflight"
		put 644 mkinitcpio/conf.d/nvpreflight.conf /etc/mkinitcpio.conf.d/nvpreflight.conf
		;;
	kernel-install) put 755 kernel-install/95-nvpreflight.install "$kernel_install/95-nvpreflight.install" ;;
	kernel-postinst) put 755 kernel/postinst.d/zz-nvpreflight /etc/kernel/postinst.d/zz-nvpreflight ;;
	pacman) put 644 pacman/zz-nvpreflight.hook /usr/share/libalpm/hooks/zz-nvpreflight.hook ;;
	*) echo "install.sh: no hooks for $maker" >&2 && exit 64 ;;
	esac
done

# A package's files are known to its package manager.
[ -z "$destdir" ] || exit 0
mkdir -p "${manifest%/*}"
sort -u -k 2 "$installed" > "$manifest"
echo "Installed below $prefix, with hooks for:${makers:- no maker of initrds (none is here)}"
cat <<'NEXT'
Next, as root:
  systemctl daemon-reload
  systemctl enable nvpreflight-pre-display.service nvpreflight-remember.service
and make the initrd again, whichever of these is yours:
  update-initramfs -u      dracut --force --regenerate-all      mkinitcpio -P
NEXT
