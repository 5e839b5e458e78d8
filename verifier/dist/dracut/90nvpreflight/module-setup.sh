#!/bin/bash
# dracut module: puts the verifier, its unit and the owner's expectations into
# the initrd (dracut.modules(7)).

# By its path, since dracut has /usr/local in no PATH.
verifier=/usr/bin/nvpreflight-verifier

# Included when the verifier is installed; never pulls in anything else.
check() {
    require_binaries "$verifier" || return 1
    return 0
}

depends() {
    echo systemd-initrd
}

install() {
    local unit=nvpreflight-initrd.service bin=/usr/bin
    local dir=${systemdsystemunitdir:-/usr/lib/systemd/system}
    inst_binary "$verifier" "$bin/nvpreflight-verifier"
    inst_simple "$moddir/$unit" "$dir/$unit"
    # A link made by hand: dracut runs no systemctl on cross builds.
    mkdir -p "$initdir$dir/initrd.target.wants"
    ln -sf "../$unit" "$initdir$dir/initrd.target.wants/$unit"
    inst_multiple -o /etc/nvpreflight/expect.json
}
