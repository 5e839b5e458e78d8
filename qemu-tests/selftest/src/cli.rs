//! The command line. It says what can be asked for and does nothing.

use clap::{Args, Parser, Subcommand, ValueEnum};
use nvpreflight_harness::nvidia::licence::Licence;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples (after `cargo run -p nvpreflight-selftest --`, or `./qemu-tests/run`, which
installs what is missing):
  test                                  every scenario
  test modeset-off healthy              those whose names begin so
  test healthy-bare --format junit      the same as JUnit XML on stdout
  test modeset-off --without-verifier   0 when each fails without it
  real                                  scenarios of NVIDIA's own open modules";
const TEST_STATUS: &str = "\
Exit status: 0 all ok, or skipped beside at least one ok; 1 some `not ok`;
2 some could not be tried, or all were skipped; 64 wrong usage.

Examples:
  nvpreflight-selftest test modeset-off healthy
  nvpreflight-selftest test --jobs 2 --format junit > results.xml
  nvpreflight-selftest test modeset-off --without-verifier";
const REAL_STATUS: &str = "\
What is not free (the proprietary modules, the GSP firmware) is fetched and booted
only where its licence is accepted by name, here or in the environment variable
NVPREFLIGHT_ACCEPT_LICENCE; scenarios that need it are skipped otherwise. The first
run builds the modules, ten minutes of two processors; they stay in the cache.

Exit status: 0 all ok, or skipped beside at least one ok; 1 some `not ok`;
2 some could not be tried, or all were skipped; 64 wrong usage.

Examples:
  nvpreflight-selftest real
  nvpreflight-selftest real --show-licences
  nvpreflight-selftest real open-gsp-firmware-missing --format junit
  nvpreflight-selftest real --accept-licence NVIDIA-graphics-drivers";
const ARM64_STATUS: &str = "\
Boots those scenarios that say so (`architectures`). Their programs are the static ones
of the packages, cross compiled here: minutes, the first time.

Exit status: 0 all ok; 1 some `not ok`; 2 some could not be tried, or all were
skipped; 64 wrong usage.

Examples:
  nvpreflight-selftest arm64
  nvpreflight-selftest arm64 modeset-off --without-verifier";
const CORPUS_STATUS: &str = "\
Exit status: 0 every answer is as recorded; 1 some are not; 2 some could not be
had; 64 wrong usage.

Examples:
  nvpreflight-selftest corpus                        every case, about a hundred boots
  nvpreflight-selftest corpus --alone                every case in a boot of its own
  nvpreflight-selftest corpus --quick                most in one boot, a few alone
  nvpreflight-selftest corpus links- path-slashes    those whose names begin so
  nvpreflight-selftest corpus links- --record        write their answers anew
  nvpreflight-selftest corpus --random 200 --seed 7  images by chance, kernel against reader
  nvpreflight-selftest corpus --image odd.img        what the kernel makes of a file";
const GATE_STATUS: &str = "\
Exit status: 0 every gate holds, 1 one does not, 2 could not, 64 wrong usage.

Example:
  nvpreflight-selftest gate --verifier target/verifier/nvpreflight-verifier";
const IMAGES_STATUS: &str = "\
Exit status: 0 all ok, or skipped beside at least one ok; 1 some `not ok`;
2 some could not be tried, or all were skipped; 64 wrong usage.

Examples:
  nvpreflight-selftest images
  nvpreflight-selftest images --all";
const PAGE_STATUS: &str = "\
Fetches Debian's headless Chromium, and axe-core by npm where npm is, below the
target folder. Pictures of each page are left in target/boot-runs/page.

Exit status: 0 all ok, or skipped beside at least one ok; 1 some `not ok`;
2 some could not be tried; 64 wrong usage.

Example:
  nvpreflight-selftest page";
const BENCH_TOOL: &str = "\
Builds the tool with optimisation, and 3cpio below the target folder. What else is
measured has to be installed: lsinitramfs, lsinitrd, lsinitcpio.

Example:
  nvpreflight-selftest bench-tool --rounds 5 /boot/initrd.img";
const NESTED: &str = "\
Needs no IOMMU, no GPU and no KVM: the host is emulated too, by this machine's QEMU.

Exit status: 0 every case as expected; 1 some not; 2 some could not be tried;
64 wrong usage.

Examples:
  nvpreflight-selftest nested
  nvpreflight-selftest nested whole";

/// Tests nvpreflight: boots its scenarios, holds its programs against others, measures.
///
/// Exit status: 0 all as expected, 1 some not, 2 could not, 64 wrong usage.
#[derive(Debug, Parser)]
#[command(name = "nvpreflight-selftest", version, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Boot scenarios and compare their verdicts with what they expect.
    #[command(after_help = TEST_STATUS)]
    Test(Test),
    /// Boot scenarios of NVIDIA's own modules, built here, with a pretend GPU.
    #[command(after_help = REAL_STATUS)]
    Real(Real),
    /// Boot scenarios on an emulated Arm machine, with the programs of the packages.
    #[command(after_help = ARM64_STATUS)]
    Arm64(Test),
    /// Ask a booted kernel what it makes of odd images, and compare.
    #[command(after_help = CORPUS_STATUS)]
    Corpus(Corpus),
    /// Boot initrds that nixpkgs' own code makes, of the tree that NIXPKGS names.
    Nixos {
        /// Names of machines, or how they begin; none means all.
        names: Vec<String>,
    },
    /// Fetch and build everything that the boots need.
    Setup,
    /// Check that the static verifier is what an initrd needs.
    #[command(after_help = GATE_STATUS)]
    Gate(Binary),
    /// Measure the verifier beside a static `busybox true`.
    Bench(Binary),
    /// Hold the host tool against cpio, over images of Debian's generators.
    #[command(after_help = IMAGES_STATUS)]
    Images(Images),
    /// Try passthrough whole on an emulated host with an IOMMU and a card.
    #[command(after_help = NESTED)]
    Nested(Nested),
    /// Look at the host tool's report page in a real browser.
    #[command(after_help = PAGE_STATUS)]
    Page,
    /// Fetch Debian's Prometheus and node_exporter, and print the folder of their
    /// programs: with it in PATH the unit tests scrape with them.
    Prometheus,
    /// Measure the host tool beside others that read images and modules.
    #[command(after_help = BENCH_TOOL)]
    BenchTool(BenchTool),
    /// Run a program and print what it took, as JSON: `bench-tool` calls it.
    #[command(hide = true)]
    Measure {
        /// The program with its arguments.
        #[arg(required = true, last = true)]
        command: Vec<String>,
    },
}

/// Arguments of `test`.
#[derive(Debug, Args)]
pub struct Test {
    /// Names or prefixes of scenarios; none means all.
    pub scenarios: Vec<String>,
    /// Boots at the same time [default: processors, at most 4].
    #[arg(long)]
    pub jobs: Option<usize>,
    /// Boot without the verifier: every scenario must then fail.
    #[arg(long)]
    pub without_verifier: bool,
    /// Form of the results on stdout.
    #[arg(long, value_enum, default_value_t = Format::Ktap)]
    pub format: Format,
    /// Use this verifier instead of building one.
    #[arg(long, value_name = "FILE")]
    pub verifier: Option<PathBuf>,
}

/// Arguments of `real`.
#[derive(Debug, Args)]
pub struct Real {
    /// What `test` takes.
    #[command(flatten)]
    pub test: Test,
    /// Accept this licence, and fetch and boot what it covers.
    #[arg(long, value_enum, value_name = "LICENCE")]
    pub accept_licence: Vec<Licence>,
    /// Print the licences of everything that this command can fetch; boot nothing.
    /// Debian's packages are fetched for it and thrown away.
    #[arg(long, conflicts_with_all = ["accept_licence", "scenarios"])]
    pub show_licences: bool,
}

/// Arguments of `corpus`.
#[derive(Debug, Args)]
pub struct Corpus {
    /// Names or prefixes of cases; none means all.
    #[arg(conflicts_with = "image")]
    pub cases: Vec<String>,
    /// Write the answers to qemu-tests/corpus instead of comparing.
    #[arg(long, conflicts_with = "quick")]
    pub record: bool,
    /// Boot the cases that can share a boot together, and a few of the others.
    #[arg(long)]
    pub quick: bool,
    /// Give every case a boot of its own.
    #[arg(long, conflicts_with = "quick")]
    pub alone: bool,
    /// Boots at the same time [default: processors, at most 4].
    #[arg(long)]
    pub jobs: Option<usize>,
    /// Compare the kernel with the host tool's reader, over so many images by chance.
    #[arg(long, value_name = "COUNT", conflicts_with_all = ["cases", "record", "quick", "image"])]
    pub random: Option<u64>,
    /// Number of the first image by chance.
    #[arg(long, default_value_t = 1, requires = "random")]
    pub seed: u64,
    /// Print the answer to this image; nothing is compared.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["record", "quick"])]
    pub image: Option<PathBuf>,
    /// Write the images of the cases to this folder; nothing is booted.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["record", "quick", "image"])]
    pub write: Option<PathBuf>,
}

/// Arguments of `nested`.
#[derive(Debug, Args)]
pub struct Nested {
    /// `whole`, `users-run`, `no-iommu`, `no-interrupt-remapping`; none means all.
    pub parts: Vec<String>,
    /// Use this verifier instead of building one.
    #[arg(long, value_name = "FILE")]
    pub verifier: Option<PathBuf>,
}

/// Arguments of `gate` and `bench`.
#[derive(Debug, Args)]
pub struct Binary {
    /// Use this verifier instead of building one.
    #[arg(long, value_name = "FILE")]
    pub verifier: Option<PathBuf>,
}

/// Arguments of `images`.
#[derive(Debug, Args)]
pub struct Images {
    /// Also dracut's image for any machine, with the kernel's modules, by every
    /// compressor.
    #[arg(long)]
    pub all: bool,
}

/// Arguments of `bench-tool`.
#[derive(Debug, Args)]
pub struct BenchTool {
    /// Images to read; without any, those that `images` makes.
    pub images: Vec<PathBuf>,
    /// How often each program reads each image.
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Keep the result: as the baseline of later runs, and in docs/performance.md.
    #[arg(long)]
    pub keep: bool,
}

/// Form of test results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Kernel test anything protocol.
    Ktap,
    /// JUnit XML.
    Junit,
}
