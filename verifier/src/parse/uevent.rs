//! Kernel object events as they come over netlink (NETLINK_KOBJECT_UEVENT):
//! `add@/module/nvidia\0ACTION=add\0DEVPATH=/module/nvidia\0SUBSYSTEM=module\0…`
//! (kernel lib/kobject_uevent.c). Knows nothing of sockets.

use crate::text::decimal;

/// One event; text stands as the kernel sent it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Uevent<'a> {
    /// add, remove, change, bind, …
    pub action: &'a [u8],
    /// Path below /sys.
    pub path: &'a [u8],
    /// "module", "drm", "pci", …; empty when the event names none.
    pub subsystem: &'a [u8],
    /// Name below /dev, such as "dri/card0"; empty without a device node.
    pub device: &'a [u8],
    /// Driver of a bind or unbind event; empty otherwise.
    pub driver: &'a [u8],
    /// Number in the total order of all events since boot.
    pub seq: u64,
}

impl<'a> Uevent<'a> {
    /// The module that an `add@/module/NAME` event announces: its init has
    /// returned 0 (kernel/module/main.c `do_init_module`).
    #[must_use]
    pub fn module_up(&self) -> Option<&'a [u8]> {
        let name = self.path.strip_prefix(b"/module/")?;
        (self.action == b"add" && !name.contains(&b'/')).then_some(name)
    }
}

/// Reads a message. `None` for what the kernel did not send: udevd's own
/// messages (they begin with "libudev"), and any without the required keys.
#[must_use]
pub fn message(bytes: &[u8]) -> Option<Uevent<'_>> {
    let mut parts = bytes.split(|b| *b == 0);
    let head = parts.next()?;
    let at = head.iter().position(|b| *b == b'@')?;
    let mut event = Uevent::default();
    let mut seq = None;
    for part in parts {
        let Some(eq) = part.iter().position(|b| *b == b'=') else { continue };
        let (key, value) = (part.get(..eq)?, part.get(eq + 1..)?);
        match key {
            b"ACTION" => event.action = value,
            b"DEVPATH" => event.path = value,
            b"SUBSYSTEM" => event.subsystem = value,
            b"DEVNAME" => event.device = value,
            b"DRIVER" => event.driver = value,
            b"SEQNUM" => seq = decimal(value),
            _ => {}
        }
    }
    event.seq = seq?;
    let same = head.get(..at)? == event.action && head.get(at + 1..)? == event.path;
    same.then_some(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_module_event_names_the_module() {
        let e = message(
            b"add@/module/nvidia\0ACTION=add\0DEVPATH=/module/nvidia\0SUBSYSTEM=module\0SEQNUM=740\0",
        )
        .unwrap();
        assert_eq!(
            (e.module_up(), e.subsystem, e.seq),
            (Some(&b"nvidia"[..]), &b"module"[..], 740)
        );
    }

    #[test]
    fn a_card_event_names_its_node_and_no_module() {
        let path = "/devices/pci0000:00/0000:00:01.0/drm/card0";
        let text = std::format!(
            "add@{path}\0ACTION=add\0DEVPATH={path}\0SUBSYSTEM=drm\0DEVNAME=dri/card0\0SEQNUM=753\0"
        );
        let e = message(text.as_bytes()).unwrap();
        assert_eq!((e.device, e.module_up()), (&b"dri/card0"[..], None));
    }

    #[test]
    fn a_removed_module_is_not_up() {
        let e = message(b"remove@/module/a\0ACTION=remove\0DEVPATH=/module/a\0SEQNUM=1\0").unwrap();
        assert_eq!(e.module_up(), None);
    }

    #[test]
    fn what_the_kernel_did_not_send_is_refused() {
        for odd in [
            &b""[..],
            b"libudev\0\xfe\xed\xca\xfe\0ACTION=add\0",
            b"add@/module/a\0ACTION=add\0DEVPATH=/module/a\0",
            b"add@/module/a\0ACTION=add\0DEVPATH=/module/b\0SEQNUM=1\0",
        ] {
            assert_eq!(message(odd), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = message(&bytes);
        }
    }
}
