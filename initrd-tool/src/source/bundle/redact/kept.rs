//! Words of the stack, of boots and of formats, which stay whatever somebody or
//! something is called: a host may be named "nvidia", a volume "root".

/// In lower case.
#[rustfmt::skip]
const KEPT: [&str; 128] = [
    "absent", "all", "always", "amd", "amdgpu", "any", "arch", "ast", "auto", "blacklist",
    "boot", "both", "btrfs", "card", "card0", "card1", "cifs", "console", "crypt", "cuda",
    "daemon", "data", "debian", "default", "dhcp", "dhcp6", "directory", "disk", "display",
    "driver", "drm", "efi", "efifb", "error", "eth0", "ext4", "failed", "false", "fbdev",
    "fedora", "file", "firmware", "gdm", "geforce", "gpu", "greetd", "guest", "gzip", "home",
    "host", "i915", "image", "initrd", "install", "intel", "kernel", "key", "kms", "lightdm",
    "linux", "live", "loading", "local", "localhost", "log", "luks", "mode", "modeset",
    "module", "modules", "mount", "name", "nfs", "nfs4", "nixos", "nobody", "none", "notlooked",
    "nouveau", "nova", "null", "nvidia", "off", "open", "opensuse", "options", "other",
    "passphrase", "password", "pci", "plain", "plymouth", "processes", "root", "sddm", "secret",
    "serial", "service", "services", "session", "simpledrm", "softdep", "space", "suse", "swap",
    "sys", "system", "systemd", "test", "tmp", "token", "true", "ubuntu", "uki", "unknown",
    "unreadable", "user", "users", "usr", "uvm", "var", "vfio", "video", "wayland", "xorg",
    "yes", "zfs", "zstd",
];

/// True for a word that is never taken out for being a name.
pub(super) fn is_kept(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_ascii_lowercase();
    KEPT.contains(&word.as_str())
        || word.strip_prefix("nvidia").is_some_and(|rest| rest.starts_with(['-', '_']))
}
