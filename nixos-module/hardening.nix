# What the units may reach, by stage; verifier/dist/ has the same for other systems,
# and verifier/tests/units.rs holds how much that leaves open. Left open are the
# evidence: the kernel log (CAP_SYSLOG, /dev/kmsg), /lib/modules
# (ProtectKernelModules= hides it), the rest of /proc (ProcSubset=), /dev
# (PrivateDevices= has an empty one), /tmp (where video memory may be saved).
let
  # Without a mount namespace: an initrd's root cannot be pivoted, and a unit that
  # fails over it has not looked at all.
  bare = {
    CapabilityBoundingSet = [ "CAP_SYSLOG" ];
    NoNewPrivileges = true;
    LockPersonality = true;
    MemoryDenyWriteExecute = true;
    RestrictNamespaces = true;
    RestrictRealtime = true;
    RestrictSUIDSGID = true;
    SystemCallArchitectures = "native";
    SystemCallErrorNumber = "EPERM";
    SystemCallFilter = [
      "@system-service"
      "~@privileged @resources"
    ];
    KeyringMode = "private";
    ProtectClock = true;
    ProtectHostname = true;
    DevicePolicy = "closed";
  };
  # Uevents come by netlink, the journal by a Unix socket.
  families = [
    "AF_NETLINK"
    "AF_UNIX"
  ];
  closed = {
    IPAddressDeny = "any";
    ProtectSystem = "strict";
    ProtectHome = true;
    PrivateMounts = true;
    PrivateIPC = true;
    ProtectKernelTunables = true;
    ProtectControlGroups = true;
    ProtectProc = "invisible";
  };
  writesTheLog = {
    RestrictAddressFamilies = families;
    DeviceAllow = "/dev/kmsg rw";
  };
in
{
  initrd = bare // writesTheLog;
  preDisplay = bare // closed // writesTheLog // { ReadWritePaths = "-/run"; };
  # It writes to its own folder only and needs no network at all.
  remember =
    bare
    // closed
    // {
      RestrictAddressFamilies = "AF_UNIX";
      DeviceAllow = "/dev/kmsg r";
      PrivateNetwork = true;
    };
}
