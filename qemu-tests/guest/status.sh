#!/bin/sh
# Keeps the exit status of a unit that starts the verifier itself. Run after its
# start, which only a success reaches, and after its end, where systemd gives
# the status (systemd.exec(5), EXIT_STATUS). Usage: status.sh PHASE.

. /nvpb/lib.sh
mkdir -p "$state"
echo "${EXIT_STATUS:-0}" > "$state/$1.status"
