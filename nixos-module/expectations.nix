# The expectations that follow from the configuration. They are the defaults of
# `services.nvpreflight.settings`; each can be overridden there.
{ facts, lib }:

let
  inherit (facts) closed stack text;

  wantsDisplay = !facts.secondary && (facts.wayland || facts.xserver);
  initrd = lib.optionals (facts.enabled && !facts.allGivenAway) facts.early;
  beforeDisplay = lib.optionals (facts.enabled && !facts.allGivenAway) (
    closed (
      lib.filter (m: lib.elem m stack) facts.rootModules
      ++ lib.optional wantsDisplay "nvidia_drm"
      ++ lib.optional (facts.compute || lib.elem "nvidia_uvm" (facts.promised "nvidia")) "nvidia_uvm"
    )
  );

  # What `hardware.nvidia` means, whichever way this NixOS hands it over. A
  # value written by hand counts only where it says nothing.
  meant =
    lib.optionalAttrs facts.modesetting { nvidia_drm.modeset = "1"; }
    // lib.optionalAttrs (facts.powerManagement || facts.finegrained) {
      nvidia =
        lib.optionalAttrs facts.powerManagement { NVreg_PreserveVideoMemoryAllocations = "1"; }
        // lib.optionalAttrs facts.finegrained { NVreg_DynamicPowerManagement = "0x02"; };
    };
  moduleParams = lib.mapAttrs' (
    module: params:
    lib.nameValuePair (text.norm module) (
      lib.mapAttrs' (name: value: lib.nameValuePair (text.norm name) (toString value)) params
    )
  ) facts.moduleParams;
  # Only what can come true: a parameter that its module does not have is told
  # of by a lint.
  possible =
    v:
    lib.elem v.module stack
    && facts.ownerOf v == v.module
    && facts.missingFrom v == null
    && builtins.match "[A-Za-z0-9_]{1,64}" v.name != null;
  written = lib.foldl' (
    acc: v: lib.recursiveUpdate acc { ${v.module}.${v.name} = facts.valueOf v.module v.name null; }
  ) { } (lib.filter possible facts.values);
  options = lib.recursiveUpdate written (if facts.hasModuleParams then moduleParams else meant);
in
{
  goals =
    lib.optional (!facts.secondary && facts.wayland) "wayland"
    ++ lib.optional (!facts.secondary && facts.xserver) "x11"
    ++ lib.optional facts.compute "cuda"
    ++ lib.optional (facts.luksPrompt && lib.elem "nvidia_drm" facts.early) "luks-prompt"
    ++ lib.optional facts.hibernates "hibernate"
    ++ lib.optional facts.powerManagement "suspend"
    ++ lib.optional facts.passthrough "vfio";

  modules = {
    inherit initrd;
    pre_display = lib.subtractLists initrd beforeDisplay;
  };

  options = lib.optionalAttrs (facts.enabled && !facts.allGivenAway) options;

  forbidden_drivers = lib.filter (d: lib.elem d facts.blacklist) facts.rivals;
}
