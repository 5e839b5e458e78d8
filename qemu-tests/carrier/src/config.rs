//! What the harness tells this program, as lines `KEY VALUE`. Unknown lines are
//! skipped: they come from a newer harness.

/// What the image's own init is when nothing else is said
/// (init/main.c, `ramdisk_execute_command`).
const INIT: &str = "/init";

/// The settings of one boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Word of this boot, which every frame carries.
    pub token: String,
    /// The program to run as the image's init.
    pub init: String,
    /// Modules to insert before it, each a path and parameters.
    pub modules: Vec<String>,
}

impl Config {
    /// Reads the file; what is missing has its default.
    pub fn read(bytes: &[u8]) -> Self {
        let mut config = Self { token: String::new(), init: INIT.to_owned(), modules: Vec::new() };
        for line in String::from_utf8_lossy(bytes).lines() {
            match line.split_once(' ') {
                Some(("token", value)) => config.token = value.to_owned(),
                Some(("init", value)) => config.init = value.to_owned(),
                Some(("module", value)) => config.modules.push(value.to_owned()),
                _ => {}
            }
        }
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_taken_and_unknown_ones_are_passed_over() {
        let text = b"token abc\ninit /nvpreflight-init\ncolour red\n\
                     module /nvpreflight/a.ko ids=1,2 x=3\nmodule /nvpreflight/b.ko\n";
        let config = Config::read(text);
        assert_eq!(config.token, "abc");
        assert_eq!(config.init, "/nvpreflight-init");
        assert_eq!(config.modules, ["/nvpreflight/a.ko ids=1,2 x=3", "/nvpreflight/b.ko"]);
    }

    #[test]
    fn without_a_file_the_image_boots_as_it_would() {
        assert_eq!(Config::read(b"").init, "/init");
        assert_eq!(Config::read(b"\xff\n\n init").init, "/init");
    }
}
