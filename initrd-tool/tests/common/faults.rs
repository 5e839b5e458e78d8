//! Faults of configuration files that `fix` mends in the root of every maker.

/// A fault of configuration files: the code, the goal, and the files that make it.
pub type Fault = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// Each with the code that tells it.
pub const FAULTS: [Fault; 21] = [
    (
        "NVP201",
        "wayland",
        &[("etc/modprobe.d/nvidia.conf", "options nvidia_drm modeset=0 fbdev=1\n")],
    ),
    (
        "NVP201",
        "wayland",
        &[
            ("etc/modprobe.d/a.conf", "options nvidia-drm modeset=1\n"),
            ("usr/lib/modprobe.d/zz-package.conf", "options nvidia_drm modeset=0\n"),
        ],
    ),
    (
        "NVP308",
        "wayland",
        &[("etc/modprobe.d/old.conf", "# from a forum\nblacklist nvidia_drm\nblacklist pcspkr\n")],
    ),
    (
        "NVP308",
        "wayland",
        &[("usr/lib/modprobe.d/disable.conf", "blacklist pcspkr\ninstall nvidia /bin/false\n")],
    ),
    ("NVP408", "wayland", &[]),
    (
        "NVP107",
        "wayland",
        &[("etc/modprobe.d/a.conf", "# early\nsoftdep nvidia pre: nvidia-drm\nblacklist pcspkr\n")],
    ),
    (
        "NVP107",
        "wayland",
        &[(
            "usr/lib/modprobe.d/b.conf",
            "softdep nvidia-drm pre: i915 post: nvidia drm_buddy\nblacklist pcspkr\n",
        )],
    ),
    (
        "NVP302",
        "wayland",
        &[
            ("etc/modprobe.d/a.conf", "blacklist pcspkr\noptions nvidia_drm modeset=0 fbdev=1\n"),
            ("etc/modprobe.d/b.conf", "options nvidia-drm modeset=1\n"),
        ],
    ),
    (
        "NVP302",
        "wayland",
        &[
            ("usr/lib/modprobe.d/a.conf", "options nvidia_drm modeset=0\nblacklist pcspkr\n"),
            ("etc/modprobe.d/b.conf", "options nvidia_drm modeset=0 fbdev=1 modeset=1\n"),
        ],
    ),
    (
        "NVP303",
        "headless",
        &[(
            "etc/modprobe.d/a.conf",
            "options nvidia NVreg_PreserveVideoMemoryAllocation=0\nblacklist pcspkr\n",
        )],
    ),
    (
        "NVP303",
        "wayland",
        &[("usr/lib/modprobe.d/a.conf", "blacklist pcspkr\noptions nvidia_drm atomic=1\n")],
    ),
    (
        "NVP304",
        "wayland",
        &[("etc/modprobe.d/a.conf", "blacklist pcspkr\noptions nvidia modeset=1\n")],
    ),
    (
        "NVP304",
        "wayland",
        &[(
            "usr/lib/modprobe.d/a.conf",
            "options nvidia fbdev=1 NVreg_PreserveVideoMemoryAllocations=0\nblacklist pcspkr\n",
        )],
    ),
    (
        "NVP304",
        "wayland",
        &[
            ("etc/modprobe.d/a.conf", "options nvidia modeset=0\nblacklist pcspkr\n"),
            ("etc/modprobe.d/b.conf", "options nvidia_drm modeset=1\n"),
        ],
    ),
    (
        "NVP317",
        "wayland",
        &[("etc/modprobe.d/a.conf", "options nvidia_drm modeset=2\nblacklist pcspkr\n")],
    ),
    (
        "NVP317",
        "headless",
        &[(
            "usr/lib/modprobe.d/a.conf",
            "options nvidia NVreg_PreserveVideoMemoryAllocations=auto\nblacklist pcspkr\n",
        )],
    ),
    (
        "NVP317",
        "wayland",
        &[
            ("etc/modprobe.d/a.conf", "options nvidia_drm modeset=banana\nblacklist pcspkr\n"),
            ("etc/modprobe.d/b.conf", "options nvidia_drm modeset=1\n"),
        ],
    ),
    (
        "NVP318",
        "wayland",
        &[("etc/modprobe.d/a.conf", "option nvidia-drm modeset=1\nblacklist pcspkr\n")],
    ),
    (
        "NVP318",
        "wayland",
        &[("usr/lib/modprobe.d/a.conf", "options NVIDIA-DRM modeset=1\nblacklist pcspkr\n")],
    ),
    (
        "NVP108",
        "wayland",
        &[("etc/modprobe.d/a.conf", "softdep nvidia post nvidia-uvm\nblacklist pcspkr\n")],
    ),
    (
        "NVP108",
        "wayland",
        &[
            ("etc/modprobe.d/a.conf", "softdep nvidia pre: i2c-core\n"),
            ("etc/modprobe.d/b.conf", "softdep nvidia post: nvidia-uvm\nblacklist pcspkr\n"),
        ],
    ),
];
