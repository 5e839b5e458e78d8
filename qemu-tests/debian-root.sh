# Fresh Debian systems as chroots, for tests that install into one and build its initrd
# with its own maker. Sourced by a script that has set `work` (a folder of ours) and
# `suite` and `maker` for each system. TAP's words; one line a claim.

passed=0 failed=0 log=/dev/null
# claim TEXT COMMAND...: one line of the result; what `log` names is shown where it fails.
claim() {
	text=$1 && shift
	if "$@"; then
		passed=$((passed + 1)) && echo "ok $((passed + failed)) $suite, $maker: $text"
	else
		failed=$((failed + 1)) && echo "not ok $((passed + failed)) $suite, $maker: $text"
		sed 's/^/# /' "$log"
	fi
}
# The end of the result, and its status: nothing tried is nothing passed.
plan() {
	[ $((passed + failed)) -gt 0 ] || { echo "1..0 # SKIP nothing was tried"; return 2; }
	echo "1..$((passed + failed))"
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
}
# lacks PROGRAM...: says as a skip what is not here.
lacks() {
	for program in "$@"; do
		command -v "$program" > /dev/null || { echo "1..0 # SKIP $program is not here"; return 0; }
	done
	[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP root is needed for a chroot"; return 0; }
	return 1
}
# fresh PACKAGES FOLDER: a system in FOLDER, made once and kept packed in `work`. Its
# mirror is this machine's own, unless NVPREFLIGHT_MIRROR names another.
fresh() {
	base=$work/$suite-$maker.tar log=$work/base.log
	if [ ! -e "$base" ]; then
		mirror=${NVPREFLIGHT_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | head -n 1)}
		mmdebstrap --format=tar --variant=minbase --aptopt='Acquire::Languages "none"' \
			--aptopt='APT::Sandbox::User "root"' --include="$1" "$suite" "$base.new" "$mirror" \
			> "$log" 2>&1 || return 1
		mv "$base.new" "$base"
	fi
	rm -rf "$2" && mkdir "$2" && tar -C "$2" -xf "$base"
	cp /etc/resolv.conf "$2/etc/resolv.conf" 2> /dev/null || true
}
# inside LOG COMMAND...: in the chroot `root`, with a /proc that ends with it. The root
# is a mount of its own, so that programs that ask where / lies get an answer.
inside() {
	log=$1 && shift
	unshare --mount --pid --fork --kill-child sh -c '
		mount --rbind "$1" "$1" && cd "$1" &&
		mount -t proc proc "$1/proc" && mount -t tmpfs tmp "$1/run" &&
		mount --rbind /dev "$1/dev" && mount --make-rslave "$1/dev" &&
		root=$1 && shift && exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"' sh "$root" "$@" \
		> "$log" 2>&1 < /dev/null
}
# mkinitcpio_there: Arch's mkinitcpio, from the checkout that MKINITCPIO names, in the
# system `root` as its build puts it (meson.build), with a preset that makes `image` for
# the kernel `release`.
mkinitcpio_there() {
	[ -d "${MKINITCPIO:-}" ] || { echo "# SKIP MKINITCPIO names no checkout of mkinitcpio"; return 1; }
	mkdir -p "$root/usr/lib/initcpio" "$root/etc/mkinitcpio.d" "$root/etc/mkinitcpio.conf.d"
	mkdir "$root/usr/lib/initcpio/install" "$root/usr/lib/initcpio/hooks"
	cp /bin/busybox "$root/usr/lib/initcpio/busybox"
	# Arch has one folder for programs and one for libraries, and its systemd brings a
	# database of hardware.
	for program in "$root"/usr/sbin/*; do
		name=${program##*/}
		[ -e "$root/usr/bin/$name" ] || ln -s "../sbin/$name" "$root/usr/bin/$name"
	done
	ln -s x86_64-linux-gnu/libkmod.so.2 "$root/usr/lib/libkmod.so.2"
	inside "$work/hwdb" systemd-hwdb update
	for file in $(cd "$MKINITCPIO" && ls install/* hooks/* | grep -v meson) functions init init_functions shutdown mkinitcpio lsinitcpio mkinitcpio.conf; do
		case $file in
		mkinitcpio | lsinitcpio) to=usr/bin/$file ;;
		mkinitcpio.conf) to=etc/$file ;;
		install/* | hooks/*) to=usr/lib/initcpio/$file ;;
		*) to=usr/lib/initcpio/$file ;;
		esac
		sed 's,@VERSION@,41,g; s,@BINDIR@,/usr/bin,g; s,@SYSCONFDIR@,/etc,g
			s,@INITCPIO_LIBDIR@,/usr/lib/initcpio,g; s,@INITCPIO_SYSCONFDIR@,/etc/initcpio,g
			s,@UDEVD_PATH@,/usr/lib/systemd/systemd-udevd,g; s,@TMPFILES_PATH@,/usr/bin/systemd-tmpfiles,g
			s,@VCONSOLE_CONF@,/etc/vconsole.conf,g; s,@MKINITCPIO_HOOKS@,base udev modconf,g' \
			"$MKINITCPIO/$file" > "$root/$to"
		chmod 755 "$root/$to"
	done
	printf 'ALL_kver="/boot/vmlinuz-%s"\nPRESETS=(default)\ndefault_image="/%s"\n' "$release" "$image" \
		> "$root/etc/mkinitcpio.d/linux.preset"
	sed -i 's/^HOOKS=.*/HOOKS=(base udev modconf)/; s/^MODULES=.*/MODULES=()/' "$root/etc/mkinitcpio.conf"
}
