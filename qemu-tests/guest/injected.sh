#!/bin/sh
# In place of verifier.sh where `nvpreflight inject` brought the verifier: waits
# for the report that it leaves by itself, for half a minute at most. Without one
# the boot ends all the same, and the harness misses the report.

tries=0
until [ -e /run/nvpreflight/initrd.json ] || [ $tries -ge 60 ]; do
	sleep 0.5
	tries=$((tries + 1))
done
