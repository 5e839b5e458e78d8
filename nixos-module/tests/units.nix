# What a configuration puts into each stage, as files: `{ units; files;
# storePaths; scripted; }` of the initrd and of the system. The unit text is
# NixOS's own where a real NixOS is given, and rendered from the same attributes
# otherwise.
{
  age ? "26.05",
  nixpkgsLib ? null,
  nixpkgs ? null,
  modules ? [ ],
}:

let
  eval = import ./eval.nix { inherit age nixpkgsLib nixpkgs; };
  inherit (eval) lib;
  c = (eval.machine modules).config;
  real = nixpkgs != null;

  shown = v: if builtins.isBool v then (if v then "true" else "false") else toString v;
  entry = key: v: if builtins.isList v then lib.concatMap (entry key) v else [ "${key}=${shown v}" ];
  section = name: keys: [ "[${name}]" ] ++ lib.concatLists (lib.mapAttrsToList entry keys) ++ [ "" ];
  joined = list: lib.optional (list != [ ]) (lib.concatStringsSep " " list);
  render =
    s:
    lib.concatStringsSep "\n" (
      section "Unit" (
        {
          Description = s.description;
          After = joined (s.after or [ ]);
          Before = joined (s.before or [ ]);
          Conflicts = joined (s.conflicts or [ ]);
        }
        // s.unitConfig or { }
      )
      ++ section "Service" s.serviceConfig
      ++ section "Install" {
        WantedBy = joined (s.wantedBy or [ ]);
        RequiredBy = joined (s.requiredBy or [ ]);
      }
    );

  ours = lib.filterAttrs (name: _: lib.hasPrefix "nvpreflight" name);
  unitsOf =
    manager:
    if real then
      lib.mapAttrs (_: unit: unit.text) (ours manager.units)
    else
      lib.mapAttrs' (name: s: lib.nameValuePair "${name}.service" (render s)) (ours manager.services);

  # Files by path; the ones of the test packages carry their text.
  contentOf = f: if f.source.text or null != null then f.source.text else toString f.source;
  filesOf =
    prefix: files:
    lib.mapAttrs' (path: f: lib.nameValuePair "${prefix}${path}" (contentOf f)) (
      lib.filterAttrs (path: _: lib.hasInfix "nvpreflight" path) files
    );
  systemd = c.boot.initrd.systemd.enable;
  initrd = c.boot.initrd.systemd;
in
{
  initrd = {
    units = if systemd then unitsOf initrd else { };
    files = if systemd then filesOf "" initrd.contents else filesOf "" c.boot.initrd.extraFiles;
    storePaths = if systemd then map (p: toString (p.source or p)) initrd.storePaths else [ ];
    scripted = {
      inherit (c.boot.initrd) extraUtilsCommands extraUtilsCommandsTest preDeviceCommands;
    };
  };
  system = {
    units = unitsOf c.systemd;
    files = filesOf "/etc/" c.environment.etc;
  };
  inherit (c) warnings;
  failed = map (a: a.message) (lib.filter (a: !a.assertion) c.assertions);
}
