# Words of an options line and of the kernel command line, cut as the kernel cuts
# them (lib/cmdline.c `next_arg`), and what kmod takes of the latter (libkmod-config.c
# `kmod_config_parse_kcmdline`). Reads strings only.
{
  chars,
  names,
  lib,
}:

let
  inherit (chars) tail;
  quote = ''"'';
  withoutQuote = lib.removeSuffix quote;

  # Key and value at the first equals sign of `text` from `from` on.
  atEquals =
    from: text:
    let
      part = chars.upTo [ "=" ] (lib.substring from (-1) text);
    in
    {
      key = lib.substring 0 from text + part.before;
      value = if part.after == "" then null else tail part.after;
    };
  bare = word: lib.removePrefix quote word;
  isQuoted = lib.hasPrefix quote;
in
rec {
  # Words at white space outside double quotes, quotes included. A store path in the
  # text is no name to compare, and needs no build.
  words =
    text:
    let
      step =
        acc: c:
        let
          quoted = (c == quote) != acc.quoted;
        in
        if !quoted && chars.isSpace c then
          {
            inherit quoted;
            word = "";
            all = acc.all ++ [ acc.word ];
          }
        else
          acc
          // {
            inherit quoted;
            word = acc.word + c;
          };
      end = lib.foldl' step {
        quoted = false;
        word = "";
        all = [ ];
      } (lib.stringToCharacters (builtins.unsafeDiscardStringContext text));
    in
    lib.filter (w: w != "") (end.all ++ [ end.word ]);

  # `{ name; value; }` as the kernel sees a word: quotes around it or around the value
  # are taken off; null for a bare word. An equals sign at the front is of the name.
  keyValue =
    word:
    let
      quoted = isQuoted word;
      parts = atEquals (if bare word == "" then 0 else 1) (bare word);
      inherit (parts) key value;
    in
    if value == null then
      {
        name = if quoted then withoutQuote key else key;
        inherit value;
      }
    else
      {
        name = key;
        value =
          if isQuoted value then
            withoutQuote (tail value)
          else if quoted then
            withoutQuote value
          else
            value;
      };

  # `{ module; name; value; }` of `MODULE.NAME=VALUE` on the command line as kmod takes
  # it, or null for another word.
  moduleWord =
    word:
    let
      quoted = isQuoted word;
      parts = atEquals 0 (bare word);
      path = lib.splitString "." parts.key;
      module = lib.head path;
      odd = lib.any (c: c == quote || chars.isSpace c) (lib.stringToCharacters parts.key);
      open = chars.count quote word;
    in
    if
      open / 2 * 2 != open
      || quoted && parts.value == null
      || lib.length path != 2
      || module == ""
      || names.underscores module == null
      || odd
    then
      null
    else
      {
        inherit module;
        name = lib.elemAt path 1;
        value =
          if parts.value == null then
            null
          else if isQuoted parts.value then
            withoutQuote (tail parts.value)
          else if quoted then
            withoutQuote parts.value
          else
            parts.value;
      };

  # The words that the kernel reads: behind `--` they are init's.
  kernelWords =
    all:
    if all == [ ] || lib.head all == "--" then
      [ ]
    else
      [ (lib.head all) ] ++ kernelWords (lib.drop 1 all);

  # Modules that a word blocks, as written: the kernel compares the names of
  # module_blacklist= byte by byte (kernel/module/main.c `blacklisted`), and kmod turns
  # no dash of modprobe.blacklist=.
  rejectedByKernel =
    word:
    let
      parts = keyValue word;
    in
    lib.optionals (isKernelList parts) (lib.splitString "," parts.value);
  # A dash in a parameter's name is an underscore to the kernel (kernel/params.c `parameq`),
  # and in its value a dash.
  parameter = lib.replaceStrings [ "-" ] [ "_" ];
  sameWord =
    a: b:
    let
      one = keyValue a;
      other = keyValue b;
    in
    parameter one.name == parameter other.name && one.value == other.value;
  isKernelList = parts: parts.value != null && parameter parts.name == "module_blacklist";
  # The last such word takes the place of those before it (kernel/params.c
  # `param_set_charp`): none or one.
  kernelList =
    all:
    let
      lists = lib.filter (word: isKernelList (keyValue word)) (kernelWords all);
    in
    lib.optional (lists != [ ]) (lib.last lists);
  rejectedByKmod =
    word:
    let
      parts = moduleWord word;
      list = (atEquals 0 word).value;
    in
    # A quote is part of a name, and names no module then: one that opened the word
    # stands before the first.
    lib.optionals (
      parts != null && parts.module == "modprobe" && parts.name == "blacklist" && parts.value != null
    ) (lib.splitString "," (lib.optionalString (isQuoted word) quote + list));
}
