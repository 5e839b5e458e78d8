# A small stand-in for nixpkgs' lib: what this module needs of it, in our own
# words, so that the tests run where no nixpkgs is. `run` repeats every case
# with the real one where NIXPKGS_LIB or NIXPKGS names it.
let
  inherit (builtins)
    attrNames
    attrValues
    concatLists
    concatMap
    concatStringsSep
    elem
    elemAt
    filter
    foldl'
    genList
    head
    isAttrs
    isBool
    isString
    length
    listToAttrs
    map
    replaceStrings
    split
    stringLength
    substring
    ;
  compare = builtins.compareVersions;

  lib = {
    inherit
      attrNames
      attrValues
      concatLists
      concatMap
      concatStringsSep
      elem
      elemAt
      filter
      foldl'
      head
      isBool
      isString
      length
      replaceStrings
      stringLength
      substring
      ;
    inherit (builtins) all any mapAttrs;

    optional = c: x: if c then [ x ] else [ ];
    optionals = c: x: if c then x else [ ];
    optionalString = c: s: if c then s else "";
    optionalAttrs = c: a: if c then a else { };

    take = n: list: genList (elemAt list) (if n < length list then n else length list);
    drop = n: list: genList (i: elemAt list (i + n)) (if n < length list then length list - n else 0);
    last = list: elemAt list (length list - 1);
    findFirst =
      p: default: list:
      head (filter p list ++ [ default ]);
    unique = foldl' (acc: x: if elem x acc then acc else acc ++ [ x ]) [ ];
    subtractLists = gone: filter (x: !elem x gone);
    imap0 = f: list: genList (i: f i (elemAt list i)) (length list);

    nameValuePair = name: value: { inherit name value; };
    genAttrs =
      names: f:
      listToAttrs (
        map (name: {
          inherit name;
          value = f name;
        }) names
      );
    filterAttrs =
      p: set:
      listToAttrs (
        concatMap (
          name:
          if p name set.${name} then
            [
              {
                inherit name;
                value = set.${name};
              }
            ]
          else
            [ ]
        ) (attrNames set)
      );
    mapAttrs' = f: set: listToAttrs (map (name: f name set.${name}) (attrNames set));
    mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
    recursiveUpdate =
      a: b:
      a
      // builtins.mapAttrs (
        name: v: if isAttrs v && isAttrs (a.${name} or null) then lib.recursiveUpdate a.${name} v else v
      ) b;
    attrByPath =
      path: default: set:
      if path == [ ] then
        set
      else if isAttrs set && set ? ${head path} then
        lib.attrByPath (lib.drop 1 path) default set.${head path}
      else
        default;
    hasAttrByPath =
      path: set:
      path == [ ]
      || (isAttrs set && set ? ${head path} && lib.hasAttrByPath (lib.drop 1 path) set.${head path});

    concatStrings = concatStringsSep "";
    concatMapStringsSep =
      sep: f: list:
      concatStringsSep sep (map f list);
    stringToCharacters = s: genList (i: substring i 1 s) (stringLength s);
    splitString = sep: text: filter isString (split (lib.escapeRegex sep) text);
    escapeRegex =
      replaceStrings
        [
          "\\"
          "."
          "*"
          "+"
          "?"
          "("
          ")"
          "["
          "{"
          "^"
          "$"
          "|"
        ]
        [
          "\\\\"
          "\\."
          "\\*"
          "\\+"
          "\\?"
          "\\("
          "\\)"
          "\\["
          "\\{"
          "\\^"
          "\\$"
          "\\|"
        ];
    hasPrefix = p: s: substring 0 (stringLength p) s == p;
    hasSuffix =
      p: s:
      stringLength s >= stringLength p
      && substring (stringLength s - stringLength p) (stringLength p) s == p;
    hasInfix = p: s: length (split (lib.escapeRegex p) s) > 1;
    removePrefix = p: s: if lib.hasPrefix p s then substring (stringLength p) (stringLength s) s else s;
    removeSuffix =
      p: s: if lib.hasSuffix p s then substring 0 (stringLength s - stringLength p) s else s;
    versionAtLeast = a: b: compare a b >= 0;
    versionOlder = a: b: compare a b < 0;

    getExe' = package: name: "${package}/bin/${name}";

    literalExpression = text: {
      _type = "literalExpression";
      inherit text;
    };
    literalMD = text: {
      _type = "literalMD";
      inherit text;
    };

    inherit (import ./modules.nix { inherit lib; })
      evalModules
      mkAfter
      mkBefore
      mkDefault
      mkEnableOption
      mkForce
      mkIf
      mkMerge
      mkOption
      mkPackageOption
      types
      ;
  };
in
lib
