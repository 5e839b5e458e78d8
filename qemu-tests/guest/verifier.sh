#!/bin/sh
# Runs the verifier for one phase under the faults of the scenario, as a boot
# script would, and keeps its text and exit status. Usage: verifier.sh PHASE.
# The faults are undone afterwards, so that the guest can still report.

. /nvpb/lib.sh
phase=$1
verifier="/usr/bin/nvpreflight-verifier --phase $phase $VERIFIER_ARGS"
text=$state/$phase.text
mkdir -p "$state"

if fault ro-run; then mount -t tmpfs -o ro tmpfs /run; fi
if fault many-modules; then
	# The shape of a real line, 2,000 times, and the real list below it.
	{
		n=0
		while [ $n -lt 2000 ]; do
			echo "filler_module_number_$n 16384 0 - Live 0xffffffffc0000000"
			n=$((n + 1))
		done
		cat /proc/modules
	} > "$state/modules"
	mount --bind "$state/modules" /proc/modules
fi
if fault no-dev-null; then rm /dev/null; fi
if fault no-sys; then umount -l /sys; fi
if fault no-proc; then umount -l /proc; fi

if fault kill-verifier; then
	$verifier > "$text" 2>&1 &
	sleep 0.7
	kill -KILL $!
	wait $!
elif fault closed-fds; then
	$verifier <&- >&- 2>&-
else
	$verifier > "$text" 2>&1
fi
status=$?

if fault no-proc; then mount -t proc proc /proc; fi
if fault no-sys; then mount -t sysfs sysfs /sys; fi
if fault no-dev-null; then mknod -m 666 /dev/null c 1 3; fi
if fault ro-run; then umount /run; fi
echo $status > "$state/$phase.status"
exit $status
