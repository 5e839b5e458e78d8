//! Waiting for modules and devices on the kernel's own events, never by a
//! polling loop: it sleeps until an event that matters, a signal or the deadline.

use super::clock::{Deadline, now_us};
use super::guard::{Signals, readable};
use nix::errno::Errno;
use nix::poll::poll;
use nix::sys::socket::{
    AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType, bind, recv, socket,
};
use nvpreflight::parse::uevent;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// The kernel's multicast group of events; udevd's own messages are group 2
/// (lib/kobject_uevent.c; systemd `MONITOR_GROUP_KERNEL`).
const KERNEL_GROUP: u32 = 1;

/// The kernel's events. To be opened before the first look: what happens
/// between look and sleep is then waiting in the socket.
pub struct Uevents(Result<OwnedFd, Errno>);

impl Uevents {
    /// Opens the socket. A kernel without netlink or a container may refuse.
    pub fn open() -> Self {
        let open = || {
            let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
            let kind = SockProtocol::NetlinkKObjectUEvent;
            let fd = socket(AddressFamily::Netlink, SockType::Datagram, flags, kind)?;
            bind(fd.as_raw_fd(), &NetlinkAddr::new(0, KERNEL_GROUP))?;
            Ok(fd)
        };
        Self(open())
    }

    /// Why no events can be had.
    pub fn refused(&self) -> Option<Errno> {
        self.0.as_ref().err().copied()
    }

    /// Takes every waiting event; true when one of them may matter.
    fn drain(&self) -> bool {
        let Ok(fd) = &self.0 else { return false };
        // A kernel event has at most UEVENT_BUFFER_SIZE, 2048 bytes, of
        // variables and the path before them (include/linux/kobject.h).
        let mut buf = [0u8; 4096];
        let mut matters = false;
        loop {
            match recv(fd.as_raw_fd(), &mut buf, MsgFlags::empty()) {
                Ok(n) => matters |= concerns_us(buf.get(..n).unwrap_or(&[])),
                Err(Errno::EINTR) => {}
                // Events were lost: only a look can tell what they were.
                Err(Errno::ENOBUFS) => matters = true,
                Err(_) => return matters,
            }
        }
    }
}

/// Modules, DRM devices and PCI binding are what `ready` looks at.
fn concerns_us(message: &[u8]) -> bool {
    uevent::message(message).is_some_and(|e| matches!(e.subsystem, b"module" | b"drm" | b"pci"))
}

/// How a wait ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// There was nothing left to wait for.
    Over,
    /// The deadline passed.
    Deadline,
    /// A signal asked for an end.
    Signal,
}

/// Sleeps until `over` says so, looking once at first and again at each event
/// that matters. Returns how it ended and the microseconds it took. Without
/// events it cannot know when to look, so it sleeps to the deadline.
pub fn until(
    over: &mut dyn FnMut() -> bool,
    events: &Uevents,
    signals: &Signals,
    deadline: Deadline,
) -> (End, u64) {
    let began = now_us();
    let end = loop {
        if over() {
            break End::Over;
        }
        if let Some(end) = sleep(events, signals, deadline) {
            break end;
        }
    };
    (end, now_us().saturating_sub(began))
}

/// Sleeps until an event matters (`None`) or the wait is at its end.
fn sleep(events: &Uevents, signals: &Signals, deadline: Deadline) -> Option<End> {
    loop {
        let left = deadline.left_ms();
        if left == 0 {
            return Some(End::Deadline);
        }
        let mut fds = readable([signals.as_fd(), events.0.as_ref().ok().map(AsFd::as_fd)]);
        match poll(&mut fds, left) {
            Ok(0) | Err(Errno::EINTR) => {}
            Ok(_) if signals.pending() => return Some(End::Signal),
            Ok(_) if events.drain() => return None,
            Ok(_) => {}
            Err(_) => return Some(End::Deadline),
        }
    }
}
