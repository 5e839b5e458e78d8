# Settings of parameters, and which of them contradict each other (NVP302): from lines
# of modprobe.d and words of the command line (libkmod-module.c
# `kmod_module_get_options`; kernel/params.c `parse_args`). Never reads the configuration.
{
  names,
  values,
  words,
  driver,
  lib,
}:

let
  inherit (names) norm underscores;
  # A list of keys, which has a rule of its own (NVP307).
  registry = "NVreg_RegistryDwords";
in
rec {
  # `{ module; name; value; shown; rest; }` for each word of an options line.
  settingsOfLine =
    line:
    lib.optionals (line.kind == "options") (
      map (
        word:
        let
          setting = words.keyValue word;
        in
        {
          module = underscores line.name;
          name = norm setting.name;
          inherit (setting) value;
          inherit (line) rest;
          shown = "options ${line.name} ${word}";
        }
      ) (words.words line.rest)
    );

  # The same of a word of the kernel command line.
  settingsOfWord =
    word:
    let
      setting = words.moduleWord word;
    in
    lib.optional (setting != null) {
      module = underscores setting.module;
      name = norm setting.name;
      inherit (setting) value;
      shown = word;
    };

  kindOf = module: name: driver.parameters.${module}.${name} or null;
  same =
    module: name: a: b:
    values.sameSetting (kindOf module name) a b;

  # Each parameter with all that it is given.
  grouped =
    settings:
    let
      keys = lib.unique (map (s: { inherit (s) module name; }) settings);
      of = key: lib.filter (s: s.module == key.module && s.name == key.name) settings;
    in
    map (key: key // { given = of key; }) keys;

  inConflict =
    p:
    p.name != registry
    # Of dyndbg every setting counts.
    && !lib.elem p.name driver.ofEveryModule
    && lib.any (s: same p.module p.name s.value (lib.last p.given).value == false) p.given;
}
