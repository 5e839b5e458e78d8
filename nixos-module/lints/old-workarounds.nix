# Words that worked round faults of older drivers and cost something today, those of the
# verifier and what only evaluation can know.
{ facts, lib }:

let
  inherit (facts.text) kernelWords sameWord;
  known = facts.workarounds ++ [
    {
      word = "rd.driver.blacklist=nouveau";
      since = 0;
      cost = "only dracut reads it, and NixOS has none";
    }
  ];
  # The proprietary modules lack the marks that the kernel checks for.
  needed = entry: entry.word == "ibt=off" && facts.open != true;
  entries =
    word:
    lib.filter (entry: sameWord entry.word word && facts.branch >= entry.since && !needed entry) known;
  until = entry: lib.optionalString (entry.since > 0) ", needed until driver ${toString entry.since}";
in
{
  code = "NVP705";
  findings = lib.concatMap (
    word:
    map (entry: {
      says = "`${word}` is an old workaround${until entry}: ${entry.cost}";
      write = ''
        # drop from boot.kernelParams: ${word}
      '';
    }) (entries word)
  ) (lib.optionals (facts.enabled && !lib.elem "vfio" facts.goals) (kernelWords facts.words));
}
