#!/bin/sh
# Gives the emulated display devices the identity of NVIDIA GPUs and lets the
# drivers that the scenario names have them first. Runs before anything else
# loads modules.

. /nvpb/lib.sh
[ -n "$GPUS" ] || exit 0
/usr/sbin/modprobe pcispoof ids="$GPUS" || echo "nvpb: pcispoof did not load" > /dev/kmsg
[ "$FIRMWARE_FRAMEBUFFER" = 0 ] || /usr/sbin/modprobe simpledrm
[ -n "$OWNER" ] || exit 0
/usr/sbin/modprobe "$OWNER"
for device in /sys/bus/pci/devices/*; do
	read -r vendor < "$device/vendor"
	[ "$vendor" = 0x10de ] || continue
	echo "$OWNER" > "$device/driver_override"
	echo "${device##*/}" > /sys/bus/pci/drivers_probe
done
