# modprobe.d text and kernel command line words taken apart, as kmod and the kernel
# read them: a parser of its own, because evaluation cannot call the verifier's.
# verifier/tests/kmod/cases.json holds both to the same answers.
# Reads strings only, never the configuration.
{ driver, lib }:

let
  chars = import ./kmod/chars.nix { inherit lib; };
  names = import ./kmod/names.nix { inherit chars lib; };
  lines = import ./kmod/lines.nix { inherit chars names lib; };
  words = import ./kmod/words.nix { inherit chars names lib; };
  softdeps = import ./kmod/softdeps.nix {
    inherit
      names
      lines
      driver
      lib
      ;
  };
  values = import ./kmod/values.nix { inherit chars lib; };
  settings = import ./kmod/settings.nix {
    inherit
      names
      values
      words
      driver
      lib
      ;
  };
  registry = import ./kmod/registry.nix { inherit names driver lib; };
  blocks = import ./kmod/blocks.nix {
    inherit
      chars
      names
      words
      lib
      ;
  };
in
names
// lines
// softdeps
// words
// values
// settings
// registry
// blocks
// {
  # The line that `{ pre; post; }` of a module makes.
  softdepLine =
    module: dep:
    let
      part =
        what: modules: lib.optionalString (modules != [ ]) " ${what}: ${lib.concatStringsSep " " modules}";
    in
    "softdep ${module}${part "pre" dep.pre}${part "post" dep.post}";
}
