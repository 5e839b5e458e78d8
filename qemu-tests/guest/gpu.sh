#!/bin/sh
# Gives the emulated display devices the identity of NVIDIA GPUs and lets the
# drivers that the scenario names have them first. Runs before anything else
# loads modules. What goes wrong here makes the boot an ERROR.

. /nvpb/lib.sh
mkdir -p "$state"

# What must hold once the emulated GPU is set up.
lock() {
	if fault modules-disabled; then echo 1 > /proc/sys/kernel/modules_disabled; fi
	if fault sig-enforce; then echo 1 > /sys/module/module/parameters/sig_enforce; fi
	if fault log-overrun; then
		n=0
		while [ $n -lt 4000 ]; do
			echo "<7>a record that pushes an older one out of the kernel log: $n" > /dev/kmsg
			n=$((n + 1))
		done
	fi
}
# A scenario's own commands (`boot.files`), run before its modules load.
own() {
	[ -r /nvpb/scenario.sh ] || return 0
	sh -e /nvpb/scenario.sh > "$state/scenario.out" 2>&1 || trouble "$(tail -n 1 "$state/scenario.out")"
}
trap 'own; lock' EXIT

if [ -n "$IDENTITY" ]; then
	# shellcheck disable=SC2086 # a module and its parameters
	/usr/sbin/modprobe $IDENTITY || trouble "${IDENTITY%% *} did not load"
fi
if [ "$FIRMWARE_FRAMEBUFFER" = 1 ]; then
	/usr/sbin/modprobe simpledrm || trouble "simpledrm did not load"
fi
[ -n "$OWNER" ] || exit 0
/usr/sbin/modprobe "$OWNER" || trouble "$OWNER did not load"
for device in /sys/bus/pci/devices/*; do
	read -r vendor < "$device/vendor"
	[ "$vendor" = 0x10de ] || continue
	echo "$OWNER" > "$device/driver_override"
	echo "${device##*/}" > /sys/bus/pci/drivers_probe
	[ -e "$device/driver" ] || trouble "$OWNER did not take ${device##*/}"
done
