# The stand-in's module system: declarations, definitions with priority, order
# and origin, and the types that the module uses. An option that nobody declared
# is an error, as in the real one.
{ lib }:

let
  inherit (builtins)
    attrNames
    concatMap
    filter
    foldl'
    head
    isAttrs
    isFunction
    isPath
    isString
    mapAttrs
    sort
    ;

  tagged = type: v: isAttrs v && (v._type or null) == type;
  isOption = tagged "option";
  override = priority: content: {
    _type = "override";
    inherit priority content;
  };
  order = priority: content: {
    _type = "order";
    inherit priority content;
  };
  at = loc: lib.concatStringsSep "." loc;

  # A definition's conditions, merges, priorities and orders resolved:
  # `{ file; value; priority; order; }`.
  resolve =
    def:
    let
      inner = value: resolve (def // { inherit value; });
      v = def.value;
    in
    if tagged "if" v then
      (if v.condition then inner v.content else [ ])
    else if tagged "merge" v then
      concatMap inner v.contents
    else if tagged "override" v then
      map (d: d // { inherit (v) priority; }) (inner v.content)
    else if tagged "order" v then
      map (d: d // { order = v.priority; }) (inner v.content)
    else
      [
        (
          {
            priority = 100;
            order = 1000;
          }
          // def
        )
      ];

  # The definitions that count, in order.
  winners =
    defs:
    let
      all = concatMap resolve defs;
      best = foldl' (best: d: if d.priority < best then d.priority else best) 9999 all;
    in
    sort (a: b: a.order < b.order) (filter (d: d.priority == best) all);

  # A definition seen as attributes, conditions pushed down into them, so that
  # a condition may read the configuration.
  parts =
    def:
    let
      inner = value: parts (def // { inherit value; });
      v = def.value;
      wrap = f: map (d: d // { value = mapAttrs (_: f) d.value; });
    in
    if tagged "if" v then
      wrap (
        content:
        v
        // {
          inherit content;
        }
      ) (inner v.content)
    else if tagged "merge" v then
      concatMap inner v.contents
    else if tagged "override" v then
      wrap (override v.priority) (inner v.content)
    else
      [ def ];

  sub =
    name: defs:
    concatMap (d: if d.value ? ${name} then [ (d // { value = d.value.${name}; }) ] else [ ]) defs;

  merged =
    loc: type: defs:
    let
      wrong = filter (d: !type.check d.value) defs;
    in
    if wrong != [ ] then
      throw "A definition for option `${at loc}' is not of type `${type.description}'. In: ${toString (head wrong).file}"
    else
      type.merge loc defs;

  evalOption =
    loc: opt: defs:
    let
      defs' = winners (
        defs
        ++ lib.optional (opt ? default) {
          file = null;
          value = override 1500 opt.default;
        }
      );
      value =
        if defs' == [ ] then
          throw "The option `${at loc}' is used but not defined."
        else
          merged loc opt.type defs';
    in
    opt
    // {
      inherit loc;
      highestPrio = if defs' == [ ] then 1500 else (head defs').priority;
      definitionsWithLocations = map (d: { inherit (d) file value; }) defs';
      value = (opt.apply or (v: v)) (
        if (opt.readOnly or false) && concatMap resolve defs != [ ] then
          throw "The option `${at loc}' is read-only, but it is set."
        else
          value
      );
    };

  evalTree =
    loc: decls: defs:
    let
      attrs = concatMap parts defs;
    in
    mapAttrs (
      name: decl: (if isOption decl then evalOption else evalTree) (loc ++ [ name ]) decl (sub name attrs)
    ) decls;

  # The paths that are defined and that nobody declared.
  unknown =
    loc: decls: defs:
    let
      attrs = concatMap parts defs;
      below =
        name:
        if !decls ? ${name} then
          [ (loc ++ [ name ]) ]
        else if isOption decls.${name} then
          [ ]
        else
          unknown (loc ++ [ name ]) decls.${name} (sub name attrs);
    in
    concatMap below (lib.unique (concatMap (d: attrNames d.value) attrs));

  values = mapAttrs (_: o: if isOption o then o.value else values o);

  declare =
    a: b:
    a
    // mapAttrs (
      name: v:
      if !a ? ${name} then
        v
      else if isOption v || isOption a.${name} then
        throw "The option `${name}' is declared twice."
      else
        declare a.${name} v
    ) b;

  evalModules =
    {
      modules,
      specialArgs ? { },
      prefix ? [ ],
    }:
    let
      args = {
        inherit lib options config;
      }
      // specialArgs;
      load =
        file: m:
        let
          body = if isPath m || isString m then import m else m;
          called = if isFunction body then body args else body;
          file' = called._file or (if isPath m || isString m then toString m else file);
          known = filter (n: n != "imports" && n != "_file") (attrNames called);
          short = !(called ? options || called ? config);
        in
        concatMap (load file') (called.imports or [ ])
        ++ [
          {
            options = called.options or { };
            def = {
              file = file';
              value =
                if short then
                  lib.genAttrs known (n: called.${n})
                else
                  called.config or { } // lib.filterAttrs (n: _: n == "meta") called;
            };
          }
        ];
      # The real one merges the definitions of later modules first.
      loaded = foldl' (acc: m: load "<tests>" m ++ acc) [ ] modules;
      decls = foldl' declare { } (map (m: m.options) loaded);
      defs = map (m: m.def) loaded;
      options = evalTree prefix decls defs;
      config = values options;
      stray = unknown prefix decls defs;
    in
    {
      inherit options;
      config = if stray == [ ] then config else throw "The option `${at (head stray)}' does not exist.";
    };

  type = name: description: check: merge: {
    _type = "type";
    inherit
      name
      description
      check
      merge
      ;
  };
  one =
    loc: defs:
    if lib.all (d: d.value == (head defs).value) defs then
      (head defs).value
    else
      throw "The option `${at loc}' has conflicting definition values.";
  inside =
    t: loc: defs:
    merged loc t (winners defs);

  types = {
    bool = type "bool" "boolean" builtins.isBool one;
    int = type "int" "signed integer" builtins.isInt one;
    str = type "str" "string" isString one;
    lines = type "lines" "strings concatenated with \"\\n\"" isString (
      _: defs: lib.concatMapStringsSep "\n" (d: d.value) defs
    );
    path = type "path" "absolute path" (_: true) (_: defs: (head defs).value);
    package = type "package" "package" isAttrs (_: defs: (head defs).value);
    raw = type "raw" "raw value" (_: true) (_: defs: (head defs).value);
    anything = type "anything" "anything" (_: true) (
      _: defs:
      foldl' (
        acc: d: if isAttrs acc && isAttrs d.value then lib.recursiveUpdate acc d.value else d.value
      ) (head defs).value defs
    );
    ints = {
      between =
        a: b:
        type "intBetween" "integer between ${toString a} and ${toString b} (both inclusive)" (
          v: builtins.isInt v && a <= v && v <= b
        ) one;
      positive = type "positiveInt" "positive integer, meaning >0" (v: builtins.isInt v && v > 0) one;
      u8 = types.ints.between 0 255 // {
        description = "8 bit unsigned integer; between 0 and 255 (both inclusive)";
      };
    };
    strMatching =
      pattern:
      type "strMatching" "string matching the pattern ${pattern}" (
        v: isString v && builtins.match pattern v != null
      ) one;
    enum =
      choices:
      type "enum" "one of ${lib.concatMapStringsSep ", " builtins.toJSON choices}" (
        v: builtins.elem v choices
      ) one;
    nullOr =
      t:
      type "nullOr" "null or ${t.description}" (v: v == null || t.check v) (
        loc: defs: if lib.any (d: d.value == null) defs then one loc defs else t.merge loc defs
      );
    oneOf =
      ts:
      type "oneOf" (lib.concatMapStringsSep " or " (t: t.description) ts) (
        v: lib.any (t: t.check v) ts
      ) one;
    listOf =
      t:
      type "listOf" "list of ${t.description}" builtins.isList (
        loc: defs: concatMap (d: map (v: inside t loc [ (d // { value = v; }) ]) d.value) defs
      );
    attrsOf =
      t:
      type "attrsOf" "attribute set of ${t.description}" isAttrs (
        loc: defs:
        let
          attrs = concatMap parts defs;
          names = lib.unique (concatMap (d: attrNames d.value) attrs);
          kept = filter (name: winners (sub name attrs) != [ ]) names;
        in
        lib.genAttrs kept (name: inside t (loc ++ [ name ]) (sub name attrs))
      )
      // {
        nestedType = t;
      };
    coercedTo =
      from: f: to:
      to
      // {
        check = v: from.check v || to.check v;
        merge =
          loc: defs:
          to.merge loc (map (d: d // { value = if from.check d.value then f d.value else d.value; }) defs);
      };
    submodule =
      m:
      type "submodule" "submodule" isAttrs (
        loc: defs:
        (evalModules {
          prefix = loc;
          modules = [
            m
          ]
          ++ map (d: {
            _file = d.file;
            config = d.value;
          }) defs;
        }).config
      )
      // {
        getSubOptions = m.options;
      };
  };
in
{
  inherit evalModules types;

  mkOption =
    attrs:
    {
      _type = "option";
      type = types.raw;
    }
    // attrs;
  mkEnableOption = what: {
    _type = "option";
    type = types.bool;
    default = false;
    example = true;
    description = "Whether to enable ${what}.";
  };
  mkPackageOption =
    pkgs: name:
    {
      extraDescription ? "",
    }:
    {
      _type = "option";
      type = types.package;
      default = pkgs.${name};
      defaultText = lib.literalExpression "pkgs.${name}";
      description = "The ${name} package to use. ${extraDescription}";
    };

  mkIf = condition: content: {
    _type = "if";
    inherit condition content;
  };
  mkMerge = contents: {
    _type = "merge";
    inherit contents;
  };
  mkDefault = override 1000;
  mkForce = override 50;
  mkBefore = order 500;
  mkAfter = order 1500;
}
