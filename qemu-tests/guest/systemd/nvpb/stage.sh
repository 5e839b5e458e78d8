#!/bin/sh
# Copies what the scenario brings for the root, just before switch-root.

. /nvpb/lib.sh
cp -a /nvpb/root/. /sysroot/
mark switch-root
