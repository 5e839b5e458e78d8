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
                  there; what was changed since stays
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

# Digest and path of each file, and `folder` and path of each folder that was made.
# `nvpreflight install` keeps the same list, and each takes the other's back.
manifest=$destdir$prefix/lib/nvpreflight/manifest
# The manifest's line of a file as it is now.
line() { printf '%s\t%s\n' "$(sha256sum < "$destdir$1" | cut -d ' ' -f 1)" "$1"; }
# Whether the file is as an installation before this one left it.
ours() { [ -r "$manifest" ] && grep -qxF "$(line "$1")" "$manifest"; }
# The manifest's folders, those inside others first.
folders() { sed -n 's/^folder	//p' "$1" | sort -ru; }

if [ -n "$uninstall" ]; then
	[ -r "$manifest" ] || { echo "install.sh: no installation: $manifest is not there" >&2; exit 1; }
	list=$(mktemp)
	trap 'rm -f "$list"' EXIT
	sort -u "$manifest" > "$list"
	while IFS='	' read -r sum path; do
		[ "$sum" != folder ] && [ -e "$destdir$path" ] || continue
		ours "$path" || { echo "kept, since it was changed: $path"; continue; }
		rm -f "$destdir$path"
	done < "$list"
	rm -f "$manifest"
	folders "$list" | while read -r folder; do
		rmdir --ignore-fail-on-non-empty "$destdir$folder" 2> /dev/null || true
	done
	echo "Removed. Images that were made before still hold the verifier until they are made again."
	exit 0
fi

cd "$(dirname "$0")"
[ -x bin/nvpreflight ] || { echo "install.sh: bin/nvpreflight is not beside this script" >&2; exit 1; }

# of WORD FIELD...: the lines of the layout that begin with a word.
of() { sed -n "s/^$1  *//p" layout; }
known=$(of maker | cut -d ' ' -f 1 | tr '\n' ' ')
if [ -z "$makers" ]; then
	makers=$(of maker | while read -r name mark; do [ ! -e "$destdir$mark" ] || printf ' %s' "$name"; done)
fi
for maker in $makers; do
	case " $known" in
	*" $maker "*) ;;
	*) echo "install.sh: no hooks for $maker" >&2 && exit 64 ;;
	esac
done
# What a package owns and what an administrator's folder is for.
places="s,@prefix@,$prefix,$(of place | while read -r name packages administrators; do
	[ "$prefix" = /usr ] && place=$packages || place=$administrators
	printf ';s,@%s@,%s,' "$name" "$place"
done)"

installed=$(mktemp)
trap 'rm -f "$installed"' EXIT
# folder PATH: makes it, and notes each that was not there.
folder() {
	[ ! -d "$destdir$1/" ] || return 0
	folder "${1%/*}"
	mkdir "$destdir$1"
	printf 'folder\t%s\n' "$1" >> "$installed"
}
# put MODE AS FROM TO
put() {
	target=$destdir$4
	folder "${4%/*}"
	case $2 in
	gzip) gzip -9n < "$3" > "$target.new" ;;
	paths)
		sed "s,/usr/bin/nvpreflight,$prefix/bin/nvpreflight,; s,/usr/lib/nvpreflight/,$prefix/lib/nvpreflight/,g" \
			"$3" > "$target.new" ;;
	*) cp "$3" "$target.new" ;;
	esac
	chmod "$1" "$target.new"
	if [ "${4#/etc/}" != "$4" ] && [ -e "$target" ] && ! cmp -s "$target" "$target.new" && ! ours "$4"; then
		echo "kept, since it was changed; the new one is $4.new"
		return
	fi
	mv -f "$target.new" "$target"
	line "$4" >> "$installed"
}

[ -z "$destdir" ] || mkdir -p "$destdir"
for wanted in all documents $makers; do
	of file | while read -r whose mode as from to; do
		[ "$whose" = "$wanted" ] || continue
		to=$(printf '%s\n' "$to" | sed "$places")
		for file in $from; do
			[ -e "$file" ] || continue
			case $to in
			*/) path=$to${file##*/} ;;
			*) path=$to ;;
			esac
			[ "$as" != gzip ] || path=$path.gz
			put "$mode" "$as" "$file" "$path"
		done
	done
done

# A package's files are known to its package manager.
[ -z "$destdir" ] || exit 0
[ ! -r "$manifest" ] || sed -n '/^folder	/p' "$manifest" >> "$installed"
sort -u -k 2 "$installed" > "$manifest"
echo "Installed below $prefix, with hooks for:${makers:- no maker of initrds (none is here)}"
cat <<'NEXT'
Next, as root:
  systemctl daemon-reload
  systemctl enable nvpreflight-pre-display.service nvpreflight-remember.service
and make the initrd again, whichever of these is yours:
  update-initramfs -u      dracut --force --regenerate-all      mkinitcpio -P
NEXT
