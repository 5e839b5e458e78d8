//! Machines with our NixOS module whose initrd nixpkgs' own code makes: the table of
//! what each boot must say, the builds by Nix, the disks, the boots. Fetches nothing
//! by Nix and writes into the Nix store that Nix is set up with.

pub mod bench;
mod disk;
#[cfg(test)]
mod docs;
mod esp;
mod prompt;
pub mod table;
