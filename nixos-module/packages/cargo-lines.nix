# What nixpkgs' buildRustPackage is given for each package of this folder, and
# the files of `source.nix`: for `rehearse`, which runs the same lines by cargo
# where the derivations themselves cannot be built. The packages' own files are
# read; only what they call is replaced by functions that hand their argument on.
let
  toml = path: builtins.fromTOML (builtins.readFile path);
  lib = {
    importTOML = toml;
    fileset = {
      unions = files: map toString files;
      toSource = { fileset, ... }: fileset;
    };
    mapAttrsToList = f: set: map (name: f name set.${name}) (builtins.attrNames set);
    optionalString = condition: text: if condition then text else "";
    head = builtins.head;
    getExe = package: package.pname;
    licenses = {
      asl20 = null;
      mit = null;
    };
    platforms.linux = [ ];
    sourceTypes.fromSource = null;
  };
  # Everything that is not a Rust package.
  rest = {
    inherit lib;
    rustPlatform.buildRustPackage = args: args;
    stdenv.buildPlatform.canExecute = _: true;
    stdenv.hostPlatform = null;
    buildFHSEnv = args: args.passthru.unwrapped;
  };
  call =
    path:
    let
      function = import path;
      given = builtins.mapAttrs (name: _: rest.${name} or null) (builtins.functionArgs function);
    in
    function given;

  words = list: map (word: "${word}") list;
  features =
    list: if list == [ ] then [ ] else [ "--features=${builtins.concatStringsSep "," list}" ];
  profile =
    type:
    if type == "debug" then
      [ ]
    else
      [
        "--profile"
        type
      ];
  plain = condition: if condition then [ "--no-default-features" ] else [ ];

  # As cargo-build-hook.sh and cargo-check-hook.sh of nixpkgs compose them from
  # these attributes, with buildRustPackage's defaults.
  lines =
    args:
    let
      buildType = args.buildType or "release";
      bare = args.buildNoDefaultFeatures or false;
      wanted = args.buildFeatures or [ ];
    in
    {
      name = args.pname;
      inherit (args) src;
      env = lib.mapAttrsToList (name: value: "${name}=${value}") (args.env or { });
      build = profile buildType ++ plain bare ++ features wanted ++ words (args.cargoBuildFlags or [ ]);
      test =
        if args.doCheck or true then
          profile (args.checkType or buildType)
          ++ plain (args.checkNoDefaultFeatures or bare)
          ++ features (args.checkFeatures or wanted)
          ++ words (args.cargoTestFlags or [ ])
          ++ [ "--" ]
          ++ words (args.checkFlags or [ ])
        else
          null;
    };
in
map (path: lines (call path)) [
  ./boot.nix
  ./carrier.nix
  ./tool.nix
  ./verifier.nix
]
