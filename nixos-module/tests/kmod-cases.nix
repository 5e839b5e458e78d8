# The table that the verifier, the host tool and kmod are held to as well
# (verifier/tests/kmod/cases.json): a case a line, what the text is taken for.
{ lib, check, ... }:

let
  driver = builtins.fromJSON (builtins.readFile ../generated/driver.json);
  text = import ../facts/text.nix { inherit driver lib; };
  table = builtins.fromJSON (builtins.readFile ../../verifier/tests/kmod/cases.json);
  cases = section: judge: map judge table.${section};
  claim = what: c: "${what}: ${c.claim}";

  # As `modprobe -c` prints a line.
  printed =
    l:
    let
      deps = text.softdep l.rest;
      side = what: list: lib.optional (list != [ ]) "${what}: ${lib.concatStringsSep " " list}";
      rest =
        if l.kind == "softdep" then
          side "pre" deps.pre ++ side "post" deps.post
        else if l.kind == "alias" then
          [ (text.underscores l.rest) ]
        else
          lib.optional (l.rest != "") l.rest;
    in
    lib.concatStringsSep " " (
      [
        l.kind
        (text.underscores l.name)
      ]
      ++ rest
    );
  lines =
    c:
    let
      all = text.modprobeLines c.text;
    in
    check (claim "lines" c)
      {
        taken = map printed (lib.filter (l: l.kind != "ignored") all);
        ignored = map (l: l.text) (lib.filter (l: l.kind == "ignored") all);
      }
      {
        inherit (c) taken ignored;
      };
  softdeps =
    c:
    let
      line = text.softdepOf (text.modprobeLines c.text) c.module;
    in
    check (claim "softdeps" c)
      (
        if line == null then
          {
            pre = null;
            post = null;
          }
        else
          text.softdep line.rest
      )
      {
        inherit (c) pre post;
      };
  inverted =
    c:
    let
      all = text.modprobeLines c.text;
    in
    check (claim "inverted" c) (map
      (i: [
        i.module
        i.side
        i.target
      ])
      (lib.concatMap (text.softdepInversions all) (lib.filter (l: l.kind == "softdep") all))
    ) c.inverted;
  # What the module makes of lines and words alike.
  stack = [
    "nvidia"
    "nvidia_modeset"
    "nvidia_uvm"
    "nvidia_drm"
  ];
  options =
    c:
    let
      ours = lib.filter (s: lib.elem s.module stack);
      given =
        ours (lib.concatMap text.settingsOfLine (text.modprobeLines c.text))
        ++ ours (lib.concatMap text.settingsOfWord (text.words c.cmdline));
      # The command line stands against lines on purpose.
      conflicts =
        settings:
        map (p: "${p.module}.${p.name}") (lib.filter text.inConflict (text.grouped (ours settings)));
    in
    check (claim "options" c)
      {
        given = map (s: [
          s.module
          s.name
          s.value
        ]) given;
        conflicts =
          conflicts (lib.concatMap text.settingsOfLine (text.modprobeLines c.text))
          ++ conflicts (lib.concatMap text.settingsOfWord (text.words c.cmdline));
      }
      {
        inherit (c) given conflicts;
      };
  registry =
    c:
    let
      settings = lib.filter (s: s.module == "nvidia") (
        lib.concatMap text.settingsOfLine (text.modprobeLines c.text)
      );
    in
    check (claim "registry" c) (map (s: s.lostKey) (text.registryLosses c.in_force settings)) c.lost;
  shown = v: if v == null then "nothing" else v;
  values =
    c:
    check "values: ${shown c.a} and ${shown c.b} as ${c.kind}"
      (map (v: text.sameSetting (if c.kind == "unknown" then null else c.kind) (lib.head v) (lib.last v))
        [
          [
            c.a
            c.b
          ]
          [
            c.b
            c.a
          ]
        ]
      )
      [
        c.same
        c.same
      ];
  blocked =
    c:
    let
      of =
        module:
        text.blockedByLines (text.modprobeLines c.text) module
        ++ text.blockedByWords (text.words c.cmdline) module;
      kept = lib.genAttrs stack (module: map (b: b.how) (of module));
    in
    check (claim "blocked" c) (lib.filterAttrs (_: how: how != [ ]) kept) c.kept;
in
cases "lines" lines
++ cases "softdeps" softdeps
++ cases "inverted" inverted
++ cases "options" options
++ cases "booleans" (c: check "booleans: ${c.value}" (text.boolean c.value) c.is)
++ cases "registry" registry
++ cases "values" values
++ cases "blocked" blocked
