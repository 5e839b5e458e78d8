# `nix-shell`: what is needed to work on this project.
args: (import ./default.nix args).shell
