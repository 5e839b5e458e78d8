# Keys of NVreg_RegistryDwords that do not reach the driver (NVP307): one text of keys is
# in force, the last, and what stands behind an unquoted blank is a parameter of its own
# to the kernel (kernel/params.c `parse_args`; nvidia/nv-reg.h). Reads strings only.
{
  names,
  driver,
  lib,
}:

let
  list = "NVreg_RegistryDwords";
  keys =
    value:
    lib.filter (key: key != "") (
      map (pair: names.trimmed (lib.head (lib.splitString "=" pair))) (lib.splitString ";" value)
    );
  # It is no parameter that a module of the stack has.
  mayBeKey =
    name:
    !lib.any (of: of ? ${name}) (lib.attrValues driver.parameters)
    && !lib.hasPrefix "NV" name
    && !lib.elem name driver.ofEveryModule;
in
{
  # The settings of nvidia that lose a key, each with the first of its `lostKey`; `inForce`
  # is the text that the driver gets.
  registryLosses =
    inForce: settings:
    let
      reaching = map names.lower (keys inForce);
      step =
        acc: s:
        let
          # A bare `Key=value` behind a setting that ends in a semicolon, on its line.
          stray = acc.open != null && acc.open == s.rest or null && s.value != null && mayBeKey s.name;
          own = s.name == list && s.value != null;
          missing =
            if own then
              lib.filter (key: !lib.elem (names.lower key) reaching) (keys s.value)
            else
              lib.optional stray s.name;
        in
        {
          open = if (stray || own) && lib.hasSuffix ";" s.value then s.rest or null else null;
          found = acc.found ++ lib.optional (missing != [ ]) (s // { lostKey = lib.head missing; });
        };
    in
    (lib.foldl' step {
      open = null;
      found = [ ];
    } settings).found;
}
