#!/bin/sh
# Loads the scenario's late modules after its delay.

. /nvpb/lib.sh
[ -n "$LATE_MODULES" ] || exit 0
sleep "$LATE_DELAY"
for module in $LATE_MODULES; do
	modprobe "$module"
done
