#!/bin/sh
# Runs the host tool in the guest, after the verifier: over the initrd of this boot, as a
# file, and over the running system. Its answers end with the exit status.

. /nvpb/lib.sh
cd /nvpb || exit
nvpreflight check --json image.cpio > "$state/tool-check" 2> "$state/tool-said"
echo "status $?" >> "$state/tool-check"
nvpreflight doctor / --json > "$state/tool-doctor" 2>> "$state/tool-said"
echo "status $?" >> "$state/tool-doctor"
