//! Serves a card: one socket and one thread a function, each for one connection. It
//! ends when all connections have ended.

use crate::function::Function;
use crate::model::{self, Model};
use anyhow::{Context, Result, anyhow};
use std::path::{Path, PathBuf};
use std::thread;
use vfio_user::Server;

/// A card whose sockets are there.
pub struct Card {
    functions: Vec<(PathBuf, Server, Function)>,
}

impl Card {
    /// Makes the sockets `0`, `1`, … in the folder.
    ///
    /// # Errors
    /// A socket that cannot be made, or is there already.
    pub fn open(folder: &Path, model: Model) -> Result<Self> {
        let mut functions = Vec::new();
        for at in 0..model::functions(model).len() {
            let function = Function::new(model, at).context("the card has such a function")?;
            let path = folder.join(at.to_string());
            let server = Server::new(&path, true, Function::interrupts(), function.regions())
                .map_err(|why| anyhow!("no socket `{}`: {why}", path.display()))?;
            functions.push((path, server, function));
        }
        Ok(Self { functions })
    }

    /// Where the functions are served.
    pub fn sockets(&self) -> impl Iterator<Item = &Path> {
        self.functions.iter().map(|(path, _, _)| path.as_path())
    }

    /// Serves one connection of each function to its end. Returns what was touched.
    ///
    /// # Errors
    /// A connection that broke in the middle of a message.
    pub fn serve(self) -> Result<String> {
        let threads: Vec<_> = self
            .functions
            .into_iter()
            .map(|(_, server, mut function)| {
                thread::spawn(move || {
                    let ended = server.run(&mut function);
                    (ended, function.log())
                })
            })
            .collect();
        let mut text = String::new();
        let mut broken = None;
        for thread in threads {
            let (ended, log) = thread.join().map_err(|_| anyhow!("a function's server died"))?;
            text.push_str(&log);
            if let Err(why) = ended {
                broken = Some(why);
            }
        }
        // QEMU that is ended in the middle is usual, and the log is worth keeping.
        if let Some(why) = broken {
            eprintln!("nvpreflight-pretend-gpu: a connection broke: {why}");
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vfio_bindings::bindings::vfio::VFIO_PCI_CONFIG_REGION_INDEX;
    use vfio_user::Client;

    fn served(model: Model, talk: impl FnOnce(&mut [Client])) -> String {
        let folder = tempfile::tempdir().unwrap();
        let card = Card::open(folder.path(), model).unwrap();
        let sockets: Vec<PathBuf> = card.sockets().map(Path::to_owned).collect();
        let server = thread::spawn(move || card.serve().unwrap());
        let mut clients: Vec<Client> =
            sockets.iter().map(|path| Client::new(path).unwrap()).collect();
        talk(&mut clients);
        for client in &clients {
            client.shutdown().unwrap();
        }
        drop(clients);
        server.join().unwrap()
    }

    fn word(client: &mut Client, region: u32, offset: u64) -> u32 {
        let mut bytes = [0; 4];
        client.region_read(region, offset, &mut bytes).unwrap();
        u32::from_le_bytes(bytes)
    }

    #[test]
    fn a_driver_reads_who_the_card_is_and_is_noted() {
        for (model, id, boot_42) in [
            (Model::Pascal, 0x1b80_10de, 0x134a_1000),
            (Model::Turing, 0x1f02_10de, 0x166a_1000),
            (Model::Ampere, 0x2206_10de, 0x172a_1000),
        ] {
            let log = served(model, |clients| {
                let gpu = clients.first_mut().unwrap();
                assert_eq!(word(gpu, VFIO_PCI_CONFIG_REGION_INDEX, 0), id);
                assert_eq!(word(gpu, 0, 0xa00), boot_42);
                assert_eq!(word(gpu, 0, 0x8_8000), 0);
                gpu.region_write(0, 0x140, &[0; 4]).unwrap();
            });
            let noted = format!("0 read BAR0+0x000a00 4 bytes, first {boot_42:#x}, 1 times\n");
            assert!(log.contains(&noted), "{log}");
            assert!(log.contains("0 write BAR0+0x000140"), "{log}");
        }
    }

    #[test]
    fn a_turing_card_has_four_functions_of_their_classes() {
        served(Model::Turing, |clients| {
            let classes: Vec<u32> = clients
                .iter_mut()
                .map(|client| word(client, VFIO_PCI_CONFIG_REGION_INDEX, 8) >> 8)
                .collect();
            assert_eq!(classes, [0x03_0000, 0x04_0300, 0x0c_0330, 0x0c_8000]);
        });
    }

    #[test]
    fn a_register_that_was_written_still_tells_the_chip() {
        served(Model::Ampere, |clients| {
            let gpu = clients.first_mut().unwrap();
            gpu.region_write(0, 0, &[0xff; 4]).unwrap();
            assert_eq!(word(gpu, 0, 0), 0xb720_00a1);
            // Across two registers, and only a part of one.
            let mut part = [0; 2];
            gpu.region_read(0, 0xa02, &mut part).unwrap();
            assert_eq!(part, [0x2a, 0x17]);
        });
    }
}
