#!/bin/sh
# All that matters of a display manager here is when it starts.

. /nvpb/lib.sh
echo "nvpb: display manager starts"
mark display-manager
