# What evaluation can warn of. A lint is a file named by the wrong state:
# `{ facts, lib }: { code; findings; }`, each finding
#   says   one sentence: what is wrong
#   at     where it stands, as `facts.place` shows it (may be left out)
#   write  lines to paste
#   severity  instead of the lint's (may be left out)
# The lint's severity is that of the verifier's rule of the code; `severity` says another
# one, or the one of a code that only a lint judges.
# A lint with `own = true` is about what this module needs to do its work; the
# others are about options of other modules, and have a switch of their own.
# Codes are those of the verifier's rules (docs/rules). It only warns: nothing
# here changes what is built, unless a code is named in `lints.fatal`.
{
  config,
  options,
  lib,
  ...
}:

let
  cfg = config.services.nvpreflight;
  facts = import ../facts { inherit config options lib; };
  codes = import ../codes.nix { inherit lib; };

  lints = map (file: import file { inherit facts lib; }) [
    ./driver-not-enabled.nix
    ./module-not-provided.nix
    ./driver-for-another-kernel.nix
    ./mixed-driver-packages.nix
    ./flavour-undecided.nix
    ./gpu-without-gsp.nix
    ./gpu-dropped-by-branch.nix
    ./gsp-firmware-missing.nix
    ./gsp-off-with-open-modules.nix
    ./driver-left-to-udev.nix
    ./sorted-module-list.nix
    ./softdep-inverted.nix
    ./softdep-without-effect.nix
    ./modeset-off.nix
    ./missing-default.nix
    ./option-not-in-initrd.nix
    ./options-conflict.nix
    ./value-given-twice.nix
    ./parameter-unknown.nix
    ./parameter-on-wrong-module.nix
    ./registry-dwords-partial.nix
    ./modprobe-line-ignored.nix
    ./stack-blacklisted.nix
    ./command-line-blacklist.nix
    ./modules-locked.nix
    ./luks-prompt-invisible.nix
    ./x11-only-option.nix
    ./preserve-without-suspend.nix
    ./early-driver-and-hibernation.nix
    ./vram-snapshot-on-tmpfs.nix
    ./two-suspend-mechanisms.nix
    ./nomodeset-left-on.nix
    ./old-workarounds.nix
  ];

  ranks = {
    note = 1;
    warning = 2;
    error = 3;
  };
  # What the expectations say of a code holds here as well.
  wanted = lint: cfg.settings.severity.${lint.code}.severity or null;
  severityOf =
    lint: finding:
    if wanted lint != null then
      wanted lint
    else
      finding.severity or lint.severity or codes.severities.${lint.code};
  ignored = lint: lib.elem lint.code cfg.lints.ignore || wanted lint == "off";
  shown = lint: (cfg.lints.otherModules || lint.own or false) && !ignored lint;

  indent =
    by: text:
    lib.concatMapStringsSep "\n" (l: by + l) (lib.splitString "\n" (lib.removeSuffix "\n" text));
  message =
    lint: finding:
    lib.concatStringsSep "\n" (
      [ "nvpreflight ${lint.code} (${severityOf lint finding}): ${finding.says}" ]
      ++ map (place: "  at ${place}") (finding.at or [ ])
      ++ [
        "  write:"
        (indent "    " finding.write)
        "  or, if it is meant: services.nvpreflight.lints.ignore = [ \"${lint.code}\" ];"
      ]
    );
  messages = lib.concatMap (
    lint:
    map (message lint) (
      lib.filter (f: ranks.${severityOf lint f} >= ranks.${cfg.lints.threshold}) lint.findings
    )
  );

  here = lib.filter shown lints;
  isFatal = lint: lib.elem lint.code cfg.lints.fatal;
in
{
  config = lib.mkIf cfg.enable {
    warnings = lib.optionals cfg.lints.enable (messages (lib.filter (lint: !isFatal lint) here));
    assertions =
      lib.optionals cfg.lints.enable (
        map (message: {
          assertion = false;
          inherit message;
        }) (messages (lib.filter isFatal here))
      )
      ++ codes.ofAll "services.nvpreflight.lints.ignore" cfg.lints.ignore
      ++ codes.ofAll "services.nvpreflight.lints.fatal" cfg.lints.fatal;
  };
}
