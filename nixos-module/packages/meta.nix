# What the packages have in common of `meta`. `homepage` and `changelog` are missing
# until the project has an address that a link can name.
{ lib }:
{
  license = with lib.licenses; [
    asl20
    mit
  ];
  maintainers = [ ];
  platforms = lib.platforms.linux;
  sourceProvenance = [ lib.sourceTypes.fromSource ];
}
