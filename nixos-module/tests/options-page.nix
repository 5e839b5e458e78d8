# The text of docs/nixos-options.md, written from the declared options.
let
  eval = import ./eval.nix { };
  inherit (eval) lib;
  tree = (eval.machine [ ]).options.services.nvpreflight;

  isOption = v: builtins.isAttrs v && (v._type or null) == "option";
  # The options below an option whose type holds some.
  below =
    type:
    if type ? getSubOptions then
      {
        path = [ ];
        options = type.getSubOptions;
      }
    else if type ? nestedType && type.nestedType ? getSubOptions then
      {
        path = [ "<name>" ];
        options = type.nestedType.getSubOptions;
      }
    else
      null;
  walk =
    loc: v:
    if isOption v then
      let
        more = below v.type;
      in
      [ (v // { inherit loc; }) ] ++ lib.optionals (more != null) (walk (loc ++ more.path) more.options)
    else
      lib.concatLists (lib.mapAttrsToList (name: walk (loc ++ [ name ])) v);

  # Values as one would write them.
  shown =
    v:
    if v ? _type then
      v
    else
      {
        _type = "literalExpression";
        text = nix v;
      };
  nix =
    v:
    if builtins.isList v then
      (if v == [ ] then "[ ]" else "[ ${lib.concatMapStringsSep " " nix v} ]")
    else if builtins.isAttrs v then
      (
        if v == { } then
          "{ }"
        else
          "{ ${lib.concatStrings (lib.mapAttrsToList (k: x: "${k} = ${nix x}; ") v)}}"
      )
    else
      builtins.toJSON v;
  value =
    label: v:
    let
      s = shown v;
      text = lib.removeSuffix "\n" s.text;
    in
    if s._type == "literalMD" then
      "*${label}:* ${plain text}\n"
    else if lib.hasInfix "\n" s.text then
      "*${label}:*\n\n```nix\n${text}\n```\n"
    else
      "*${label}:* `${text}`\n";

  # The manual's roles and boxes as plain Markdown.
  plain =
    lib.replaceStrings
      [ "{option}" "{file}" "{command}" "::: {.warning}\n" ":::\n" ]
      [ "" "" "" "**Warning:** " "" ];

  entry =
    o:
    lib.concatStringsSep "\n" (
      [
        "## `${lib.concatStringsSep "." o.loc}`"
        ""
        (lib.removeSuffix "\n" (plain o.description))
        ""
        "*Type:* ${o.type.description}"
        ""
      ]
      ++ lib.optional (o ? defaultText || o ? default) (value "Default" (o.defaultText or o.default))
      ++ lib.optional (o ? example) (value "Example" o.example)
    );
in
''
  # NixOS options

  Written from the module by `./nixos-module/tests/run --update`; a test keeps it
  true. [nixos.md](nixos.md) says how to use them.

''
+ lib.concatMapStringsSep "\n" entry (walk [ "services" "nvpreflight" ] tree)
