# Shared by every guest of the boot tests: hands data to the host through the
# virtio port, in the frames that src/channel.rs describes. POSIX shell.

port=/dev/vport0p1
settings=/nvpb/settings
[ -r "$settings" ] && . "$settings"

# The token comes from the command line of this boot, never from the image.
token=
read -r words < /proc/cmdline
for word in $words; do
	case $word in nvpreflight.token=*) token=${word#*=} ;; esac
done

fault() {
	case " $FAULTS " in *" $1 "*) return 0 ;; esac
	return 1
}

seconds() {
	read -r up idle < /proc/uptime
	echo "$up"
}

# mark NAME: records that the boot came this far, and when.
mark() {
	mkdir -p "$state"
	echo "$1 $(seconds)" >> "$state/marks"
}

# trouble TEXT: the guest could not be made what the scenario asks for.
trouble() {
	echo "$1" >> "$state/trouble"
}

# frame NAME FILE: sends a file; one that is not there is not sent.
frame() {
	[ -e "$2" ] || return 0
	cat "$2" > "$state/outgoing"
	{
		printf 'NVPF %s %s %s\n' "$token" "$1" "$(wc -c < "$state/outgoing")"
		cat "$state/outgoing"
		echo
	} > "$port"
}

# Everything that every kind of guest has to tell.
frames() {
	# busybox's dmesg leaves out the last record.
	echo "<7>nvpb: the log ends here" > /dev/kmsg
	dmesg -r > "$state/kernel-log" 2> /dev/null
	for name in trouble marks kernel-log initrd.text initrd.status \
		pre-display.text pre-display.status journal units loads \
		tool-check tool-doctor tool-said; do
		frame "$name" "$state/$name"
	done
	frame modules /proc/modules
	for phase in initrd pre-display; do
		frame "$phase.json" "/run/nvpreflight/$phase.json"
	done
	: > "$state/nothing"
	frame end "$state/nothing"
}
