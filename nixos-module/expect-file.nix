# The file of expectations that the verifier reads, made of the settings, within
# the limits of a program that has no heap (docs/expectations-v1.schema.json).
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.services.nvpreflight;
  codes = import ./codes.nix { inherit lib; };

  # Booleans as the driver shows them; `null` takes a value out.
  shown = value: if lib.isBool value then (if value then "1" else "0") else toString value;
  wanted = lib.concatLists (
    lib.mapAttrsToList (
      module: params:
      lib.mapAttrsToList (name: value: {
        inherit module name;
        value = shown value;
      }) (lib.filterAttrs (_: value: value != null) params)
    ) cfg.settings.options
  );
  # The limits of the verifier, which has no heap (schema: maxItems, maxLength).
  fits = lib.filter (o: lib.stringLength o.value <= 96) wanted;
  kept = lib.take 16 fits;
  left = lib.subtractLists kept wanted;

  # A code that is ignored is off for verifier and host tool too. What a setting says of
  # it goes first; the verifier has room for 16 (schema: maxItems).
  given = lib.mapAttrsToList (code: o: o // { inherit code; }) cfg.settings.severity;
  ignored = lib.filter (code: codes.rules ? ${code} && !(cfg.settings.severity ? ${code})) (
    lib.unique cfg.lints.ignore
  );
  room = if lib.length given > 16 then 0 else 16 - lib.length given;
  off = code: {
    inherit code;
    severity = "off";
    reason = "services.nvpreflight.lints.ignore";
  };

  file = {
    version = 1;
    inherit (cfg.settings)
      goals
      modules
      order
      forbidden_drivers
      deadline_ms
      threshold
      ;
    # What is not the machine's but the policy's has its own options.
    on_error = if cfg.holdDisplay.enable then "hold-display" else cfg.onError;
    hold_ms = cfg.holdDisplay.deadlineMs;
    options = kept;
    severity = given ++ map off (lib.take room ignored);
  }
  // lib.optionalAttrs (cfg.settings.gpus != null) { inherit (cfg.settings) gpus; };
in
{
  options.services.nvpreflight.settingsFile = lib.mkOption {
    type = lib.types.path;
    readOnly = true;
    default = (pkgs.formats.json { }).generate "nvpreflight-expect.json" file;
    defaultText = lib.literalMD "made from {option}`services.nvpreflight.settings`";
    description = "The expectations file, for checking an image by hand.";
  };

  config = lib.mkIf cfg.enable {
    warnings =
      lib.optional (left != [ ]) ''
        services.nvpreflight: these values are not judged, the expectations hold at most 16 of at most 96 characters: ${
          lib.concatMapStringsSep ", " (o: "${o.module}.${o.name}") left
        }. Set the ones that matter less to null in services.nvpreflight.settings.options.
      ''
      ++ lib.optional (lib.length ignored > room) ''
        services.nvpreflight: these codes are ignored at evaluation only, the expectations hold at most 16: ${lib.concatStringsSep ", " (lib.drop room ignored)}.
      '';

    assertions = [
      {
        assertion =
          lib.all (list: lib.length list <= 16) [
            cfg.settings.modules.initrd
            cfg.settings.modules.pre_display
            cfg.settings.order
            (lib.attrNames cfg.settings.severity)
          ]
          && lib.length cfg.settings.forbidden_drivers <= 8;
        message = "services.nvpreflight.settings: modules, order and severity hold at most 16 entries each, forbidden_drivers 8.";
      }
      {
        assertion = lib.all (name: builtins.match "[A-Za-z0-9_]{1,64}" name != null) (
          lib.concatLists (
            lib.mapAttrsToList (module: params: [ module ] ++ lib.attrNames params) cfg.settings.options
          )
        );
        message = ''
          services.nvpreflight.settings.options names modules and parameters with underscores, as /sys/module does:
            services.nvpreflight.settings.options.nvidia_drm.modeset = true;
        '';
      }
      {
        assertion = !(cfg.holdDisplay.enable && cfg.onError == "fail-unit");
        message = ''
          services.nvpreflight: holdDisplay.enable and onError = "fail-unit" exclude each other: one policy holds at a time.
          For a boot that counts as bad after the hold use
            services.nvpreflight.bootAssessment.enable = true;
        '';
      }
      {
        assertion = lib.all (pair: lib.length pair == 2) cfg.settings.order;
        message = ''
          services.nvpreflight.settings.order holds pairs, as in
            services.nvpreflight.settings.order = [ [ "vfio_pci" "nvidia" ] ];
        '';
      }
    ]
    ++ codes.ofRules "services.nvpreflight.settings.severity" (lib.attrNames cfg.settings.severity);
  };
}
