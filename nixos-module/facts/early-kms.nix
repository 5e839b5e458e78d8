# Whether the driver belongs into this machine's initrd, and why: a proposal made
# of what the configuration shows. It reads nothing that follows from
# boot.initrd.kernelModules, which is made of it.
{
  access,
  sources,
  stack,
  purpose,
  lib,
}:

let
  inherit (access) get on;

  # What the driver adds to an image, in MiB, about. A GSP file has 25 to 38 MB, an
  # image takes both (NVP409), and they hardly shrink; the modules shrink to some
  # 20 to 30. One reported image of 131 MiB held 112 MiB of firmware, unpacked
  # (olafkfreund/nixos_config#1954).
  gsp =
    if access.isDeclared "hardware.nvidia.gsp.enable" then
      on "hardware.nvidia.gsp.enable"
    else
      stack.open == true;
  costMiB = if gsp then 80 else 30;
  # Kernel and initrd without the driver, about.
  otherMiB = 50;

  # The generations that the ESP has to hold: those kept, and the one that is
  # written before the oldest goes.
  limit = get "boot.loader.systemd-boot.configurationLimit" null;
  generations = if limit == null then null else limit + 1;
  esp = get "services.nvpreflight.earlyKms.espMiB" null;
  needs = if generations == null then null else generations * (costMiB + otherMiB);
  tooSmall = esp != null && (if needs == null then esp < 3 * (costMiB + otherMiB) else esp < needs);

  # The proprietary nvidia brings nvidia_uvm by a soft dependency, which finds
  # nothing in an image without it and is not tried again.
  uvm = purpose.compute && stack.open != true;

  keptOut = lib.any (m: lib.elem m sources.blacklist) stack.stack;
  plymouth = on "boot.plymouth.enable";
  held = on "services.nvpreflight.holdDisplay.enable";

  no = why: {
    on = false;
    inherit why;
  };
  yes = why: {
    on = true;
    inherit why;
  };
  wanted =
    if purpose.luksPrompt then
      "a disk asks for its passphrase${lib.optionalString plymouth " through plymouth"}, and the prompt needs a driver to draw it"
    else if plymouth then
      "plymouth draws on the real screen from the start, and does not change drivers under way"
    else if purpose.waylandAsked && !purpose.xserver && !held then
      "nothing else asks for nvidia_drm before the greeter"
    else
      null;
  choice =
    if !stack.enabled then
      no "the NVIDIA driver is not enabled"
    else if keptOut then
      no "the stack is blacklisted"
    else if purpose.passthrough then
      no "a GPU is given to virtual machines, and must be free for vfio-pci"
    else if purpose.hibernates then
      no "the machine hibernates, and a driver that resumes in the initrd loses the session (NVP602)"
    else if purpose.secondary then
      no "with PRIME the other GPU draws the prompt and the greeter"
    else if wanted == null then
      no "nothing is drawn before the driver comes by itself"
    else if tooSmall then
      no "${wanted}, but ${toString esp} MiB of ESP do not hold ${
        if needs == null then "three generations" else "${toString generations} generations"
      } of about ${toString (costMiB + otherMiB)} MiB"
    else
      yes wanted;
in
{
  earlyKms = choice // {
    inherit costMiB;
    modules = [
      "nvidia"
      "nvidia_modeset"
      "nvidia_drm"
    ]
    ++ lib.optional uvm "nvidia_uvm";
    # What to do about the prompt where the driver stays out.
    instead = lib.optional (
      !choice.on && stack.enabled && purpose.luksPrompt && plymouth && !purpose.secondary
    ) "boot.kernelParams = [ \"plymouth.use-simpledrm\" ];";
    # The room that nobody told.
    room =
      if esp != null || !(on "boot.loader.systemd-boot.enable") then
        null
      else if generations == null then
        "boot.loader.systemd-boot.configurationLimit is not set: every generation takes that much of the ESP"
      else
        "${toString generations} generations take ${
          toString (generations * costMiB)
        } MiB of the ESP for it";
  };
}
