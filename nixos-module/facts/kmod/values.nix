# Values of parameters as the kernel reads them (lib/kstrtox.c). Reads strings only.
{ chars, lib }:

let
  digits = "0123456789abcdef";
  digit = c: lib.stringLength (chars.upTo [ c ] digits).before;
  lower = lib.replaceStrings [ "A" "B" "C" "D" "E" "F" ] [ "a" "b" "c" "d" "e" "f" ];
  fold = base: text: lib.foldl' (n: c: n * base + digit c) 0 (lib.stringToCharacters (lower text));
  # Longer numbers than Nix has are none, and are compared as text.
  of =
    base: most: pattern: text:
    if builtins.match pattern text != null && lib.stringLength text <= most then
      fold base text
    else
      null;
in
rec {
  # `kstrtobool`: the first letter, or the first two of on and off; e and d (enable,
  # disable) from Linux 6.16 on.
  boolean =
    value:
    let
      first = chars.head value;
      two = lib.substring 0 2 value;
      among = lib.elem;
    in
    if
      among first [
        "y"
        "Y"
        "t"
        "T"
        "1"
        "e"
        "E"
      ]
      || among two [
        "on"
        "On"
        "oN"
        "ON"
      ]
    then
      true
    else if
      among first [
        "n"
        "N"
        "f"
        "F"
        "0"
        "d"
        "D"
      ]
      || among two [
        "of"
        "Of"
        "oF"
        "OF"
      ]
    then
      false
    else
      null;

  # Base 0: hexadecimal after 0x, octal after 0, else decimal. A minus wraps at 32
  # bits, as the driver prints its parameters unsigned (nvidia/nv-procfs.c).
  number =
    value:
    let
      negative = lib.hasPrefix "-" value;
      text = if negative then chars.tail value else lib.removePrefix "+" value;
      plain =
        if builtins.match "0[xX].*" text != null then
          of 16 15 "[0-9a-fA-F]+" (lib.substring 2 (-1) text)
        else if lib.hasPrefix "0" text then
          of 8 20 "[0-7]+" text
        else
          of 10 18 "[0-9]+" text;
    in
    if plain == null || negative && plain > 4294967295 then
      null
    else if negative && plain != 0 then
      4294967296 - plain
    else
      plain;

  # Whether two settings of a parameter of that kind ("boolean", "integer", "text", or
  # another that is not known) mean the same to the kernel; a bare word, which is null
  # here, means true to a boolean. Null where some kind makes them equal and it is not
  # known.
  sameSetting =
    kind: a: b:
    let
      truth = v: if v == null then true else boolean v;
      asBoolean = truth a != null && truth a == truth b;
      value = v: if v == null then null else number v;
      asInteger = value a != null && value a == value b;
    in
    if a == b then
      true
    else if kind == "boolean" then
      asBoolean
    else if kind == "integer" then
      asInteger
    else if kind != "text" && (asBoolean || asInteger) then
      null
    else
      false;
}
