# modprobe.d text and kernel command line words taken apart, as kmod reads them
# (libkmod-config.c, `kmod_config_parse` and `kmod_config_parse_kcmdline`).
# Reads strings only, never the configuration.
{ lib }:

rec {
  # kmod takes dashes and underscores for one.
  norm = lib.replaceStrings [ "-" ] [ "_" ];

  words = text: lib.filter (w: lib.isString w && w != "") (builtins.split "[ \t\n]+" text);

  # The lines of a modprobe.d file: `{ kind; name; args; text; }`. A backslash
  # at the end of a line joins the next one to it.
  modprobeLines =
    text:
    let
      joined = lib.replaceStrings [ "\\\n" ] [ " " ] text;
      line =
        raw:
        let
          ws = words raw;
        in
        lib.optional (ws != [ ] && !lib.hasPrefix "#" (lib.head ws)) {
          kind = lib.head ws;
          name = if lib.length ws > 1 then lib.elemAt ws 1 else "";
          args = lib.drop 2 ws;
          text = lib.concatStringsSep " " ws;
        };
    in
    lib.concatMap line (lib.splitString "\n" joined);

  # `NAME=VALUE` or a bare `NAME`, which the kernel reads as on.
  assignment =
    word:
    let
      parts = builtins.match "([^=]+)=(.*)" (lib.replaceStrings [ ''"'' ] [ "" ] word);
    in
    if parts == null then
      {
        name = norm word;
        value = null;
      }
    else
      {
        name = norm (lib.head parts);
        value = lib.elemAt parts 1;
      };

  # `MODULE.NAME=VALUE` of the kernel command line, or null for another word.
  moduleWord =
    word:
    let
      parts = builtins.match "([A-Za-z0-9_-]+)\\.([^=.]+.*)" (lib.replaceStrings [ ''"'' ] [ "" ] word);
    in
    if parts == null then
      null
    else
      assignment (lib.elemAt parts 1) // { module = norm (lib.head parts); };

  # The two lists of a softdep line. Words before `pre:` or `post:` are
  # dropped, as kmod drops them (`kmod_module_parse_softdep`).
  softdep =
    args:
    let
      step =
        acc: word:
        if word == "pre:" || word == "post:" then
          acc // { list = lib.removeSuffix ":" word; }
        else if acc.list == null then
          acc // { stray = acc.stray ++ [ word ]; }
        else
          acc // { ${acc.list} = acc.${acc.list} ++ [ (norm word) ]; };
    in
    removeAttrs (lib.foldl' step {
      list = null;
      pre = [ ];
      post = [ ];
      stray = [ ];
    } args) [ "list" ];

  # The line that `{ pre; post; }` of a module makes.
  softdepLine =
    module: dep:
    let
      part =
        what: modules: lib.optionalString (modules != [ ]) " ${what}: ${lib.concatStringsSep " " modules}";
    in
    "softdep ${module}${part "pre" dep.pre}${part "post" dep.post}";

  # What the kernel and kmod understand as one boolean.
  bool =
    value:
    if
      value == null
      || lib.elem value [
        "1"
        "y"
        "Y"
        "true"
        "on"
      ]
    then
      true
    else if
      lib.elem value [
        "0"
        "n"
        "N"
        "false"
        "off"
      ]
    then
      false
    else
      null;

  same = a: b: a == b || (bool a != null && bool a == bool b);
}
