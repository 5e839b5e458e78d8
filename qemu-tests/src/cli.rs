//! The command line. It says what can be asked for and does nothing.

use crate::passthrough::{Address, Attribute, memory_mib_default};
use crate::realmod::licence::Licence;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples (after `cargo run -p nvpreflight-boot --`, or `./qemu-tests/run`, which
installs what is missing and says `boot` for `run`):
  demo                                  a healthy and a broken machine
  test                                  every scenario
  test modeset-off healthy              those whose names begin so
  test healthy-bare --format junit      the same as JUnit XML on stdout
  test modeset-off --without-verifier   0 when each fails without it
  run gsp-firmware-missing              one boot, with the verifier's words
  run --kernel vmlinuz --initrd img     an image of yours (docs/ci.md)
  real                                  scenarios of NVIDIA's own open modules";
const TEST_STATUS: &str = "\
Exit status: 0 all ok, or skipped beside at least one ok; 1 some `not ok`;
2 some could not be tried, or all were skipped; 64 wrong usage.

Examples:
  nvpreflight-boot test modeset-off healthy
  nvpreflight-boot test --jobs 2 --format junit > results.xml
  nvpreflight-boot test modeset-off --without-verifier";
const RUN_STATUS: &str = "\
A SCENARIO is one of this project's. With --kernel it is an image of yours: the
verifier is put into a copy of it where it has none, and the boot ends when its
report came. Your files are only read. docs/ci.md tells more.

Exit status: 0 as the scenario or --expect says, without --expect nothing worse
than a note; 1 not, or TIMEOUT; 2 it could not be tried or told; 64 wrong usage.

Examples:
  nvpreflight-boot run modeset-off
  nvpreflight-boot run modeset-off --verifier target/verifier/nvpreflight-verifier
  nvpreflight-boot run --kernel vmlinuz --initrd initrd.img --cmdline 'quiet'
  nvpreflight-boot run --kernel linux.efi --append nvidia_drm.modeset=1
  nvpreflight-boot run --kernel vmlinuz --initrd initrd.img --expect expect.toml \\
      --format junit > results.xml";
const REAL_STATUS: &str = "\
What is not free (the proprietary modules, the GSP firmware) is fetched and booted
only where its licence is accepted by name, here or in the environment variable
NVPREFLIGHT_ACCEPT_LICENCE; scenarios that need it are skipped otherwise. The first
run builds the modules, ten minutes of two processors; they stay in the cache.

Exit status: 0 all ok, or skipped beside at least one ok; 1 some `not ok`;
2 some could not be tried, or all were skipped; 64 wrong usage.

Examples:
  nvpreflight-boot real
  nvpreflight-boot real --show-licences
  nvpreflight-boot real open-gsp-firmware-missing --format junit
  nvpreflight-boot real --accept-licence NVIDIA-graphics-drivers";
const CORPUS_STATUS: &str = "\
Exit status: 0 every answer is as recorded; 1 some are not; 2 some could not be
had; 64 wrong usage.

Examples:
  nvpreflight-boot corpus                        every case, about a hundred boots
  nvpreflight-boot corpus --alone                every case in a boot of its own
  nvpreflight-boot corpus --quick                most in one boot, a few alone
  nvpreflight-boot corpus links- path-slashes    those whose names begin so
  nvpreflight-boot corpus links- --record        write their answers anew
  nvpreflight-boot corpus --random 200 --seed 7  images by chance, kernel against reader
  nvpreflight-boot corpus --image odd.img        what the kernel makes of a file";
const GATE_STATUS: &str = "\
Exit status: 0 every gate holds, 1 one does not, 2 could not, 64 wrong usage.

Example:
  nvpreflight-boot gate --verifier target/verifier/nvpreflight-verifier";
const IMAGES_STATUS: &str = "\
Exit status: 0 all ok, or skipped beside at least one ok; 1 some `not ok`;
2 some could not be tried, or all were skipped; 64 wrong usage.

Examples:
  nvpreflight-boot images
  nvpreflight-boot images --all";
const PAGE_STATUS: &str = "\
Fetches Debian's headless Chromium, and axe-core by npm where npm is, below the
target folder. Pictures of each page are left in target/boot-runs/page.

Exit status: 0 all ok, or skipped beside at least one ok; 1 some `not ok`;
2 some could not be tried; 64 wrong usage.

Example:
  nvpreflight-boot page";
const BENCH_TOOL: &str = "\
Builds the tool with optimisation, and 3cpio below the target folder. What else is
measured has to be installed: lsinitramfs, lsinitrd, lsinitcpio.

Example:
  nvpreflight-boot bench-tool --rounds 5 /boot/initrd.img";
const PASSTHROUGH: &str = "\
Nothing is changed but by `take`, which refuses a GPU that is a screen, in use or
not isolated. docs/passthrough.md has the whole list.

Exit status of `list`: 0 some GPU may be taken, 1 none, 2 could not look; of `take`:
that of its command, 2 the GPU was not taken; of `restore`: 0 all is as it was,
1 something is not, 2 could not; 64 wrong usage.

Examples:
  nvpreflight-boot passthrough list
  nvpreflight-boot passthrough list --json | jq -r '.gpus[] | .gpu + \" \" + .verdict'
  nvpreflight-boot passthrough take 0000:01:00.0 -- true      what would be done
  nvpreflight-boot passthrough take 0000:01:00.0 --i-own-this-gpu -- \\
      qemu-system-x86_64 -machine q35 -accel kvm -cpu host -m 1024 ...
  nvpreflight-boot passthrough restore";
const NESTED: &str = "\
Needs no IOMMU, no GPU and no KVM: the host is emulated too, by this machine's QEMU.

Exit status: 0 every case as expected; 1 some not; 2 some could not be tried;
64 wrong usage.

Examples:
  nvpreflight-boot nested
  nvpreflight-boot nested whole";
const COMPLETIONS: &str = "\
Example:
  nvpreflight-boot completions bash > /etc/bash_completion.d/nvpreflight-boot";

/// Boots the nvpreflight verifier in QEMU and judges its verdict.
///
/// Exit status: 0 all as expected, 1 some not, 2 could not, 64 wrong usage.
#[derive(Debug, Parser)]
#[command(name = "nvpreflight-boot", version, after_help = EXAMPLES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Boot a healthy and a broken machine and show both verdicts.
    Demo,
    /// Boot scenarios and compare their verdicts with what they expect.
    #[command(after_help = TEST_STATUS)]
    Test(Test),
    /// Boot one scenario, or an image of yours, and show what the verifier said.
    #[command(after_help = RUN_STATUS)]
    Run(Run),
    /// Boot scenarios of NVIDIA's own modules, built here, with a pretend GPU.
    #[command(after_help = REAL_STATUS)]
    Real(Real),
    /// Ask a booted kernel what it makes of odd images, and compare.
    #[command(after_help = CORPUS_STATUS)]
    Corpus(Corpus),
    /// List the scenarios.
    List,
    /// Show one scenario with all defaults filled in.
    Show {
        /// Name of the scenario.
        scenario: String,
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
    /// List NVIDIA GPUs, take one for a virtual machine, give it back.
    #[command(after_help = PASSTHROUGH)]
    Passthrough(Passthrough),
    /// Look at the host tool's report page in a real browser.
    #[command(after_help = PAGE_STATUS)]
    Page,
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
    /// Print a completion script.
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// For this shell.
        shell: Shell,
    },
    /// Print the manual page.
    Man,
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

/// Arguments of `run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Name of the scenario.
    #[arg(required_unless_present = "kernel", conflicts_with = "Own")]
    pub scenario: Option<String>,
    /// Keep the initrd and print the QEMU command that boots it.
    #[arg(long, conflicts_with = "Own")]
    pub keep: bool,
    /// Use this verifier instead of building one; with --kernel, even where the
    /// image has one.
    #[arg(long, value_name = "FILE")]
    pub verifier: Option<PathBuf>,
    /// An image of the user's.
    #[command(flatten)]
    pub own: Own,
}

/// Arguments of `run --kernel`.
#[derive(Debug, Args)]
#[group(multiple = true)]
#[command(next_help_heading = "An image of yours")]
pub struct Own {
    /// Boot this kernel (vmlinuz), or this unified kernel image.
    #[arg(long, value_name = "FILE")]
    pub kernel: Option<PathBuf>,
    /// The initrd; several in the order of the boot loader.
    #[arg(long, value_name = "FILE", requires = "kernel")]
    pub initrd: Vec<PathBuf>,
    /// The kernel command line; a unified kernel image brings its own.
    #[arg(long, value_name = "WORDS", requires = "kernel")]
    pub cmdline: Option<String>,
    /// Words behind the command line.
    #[arg(long, value_name = "WORDS", requires = "kernel")]
    pub append: Vec<String>,
    /// What must come of it (docs/ci.md).
    #[arg(long, value_name = "FILE", requires = "kernel")]
    pub expect: Option<PathBuf>,
    /// The owner's expect.json for an injected verifier (docs/expectations.md).
    #[arg(long, value_name = "FILE", requires = "kernel")]
    pub expect_json: Option<PathBuf>,
    /// Memory in MiB [default: 1024, more for large images].
    #[arg(long, value_name = "MIB", requires = "kernel",
        value_parser = clap::value_parser!(u32).range(64..=1_048_576))]
    pub memory: Option<u32>,
    /// Seconds after which the boot is a TIMEOUT.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, requires = "kernel",
        value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
    /// Form of the result on stdout.
    #[arg(long, value_enum, default_value_t = RunFormat::Text, requires = "kernel")]
    pub format: RunFormat,
    /// Keep the console in this file.
    #[arg(long, value_name = "FILE", requires = "kernel")]
    pub keep_log: Option<PathBuf>,
    /// The GPU in the machine.
    #[arg(long, value_enum, default_value_t = OwnGpu::None, requires = "kernel")]
    pub gpu: OwnGpu,
    /// Which GPU a pretended one is.
    #[arg(long, value_enum, default_value_t = GpuModel::Ampere, requires = "kernel")]
    pub gpu_model: GpuModel,
    /// Take this GPU of the host's for the boot (docs/passthrough.md); without
    /// --i-own-this-gpu only the plan is printed.
    #[arg(long, value_name = "ADDRESS", requires = "kernel", conflicts_with = "gpu")]
    pub passthrough: Option<Address>,
    /// The GPU is yours and nothing on it will be missed.
    #[arg(long, requires = "passthrough")]
    pub i_own_this_gpu: bool,
    /// Keep what the driver touched of a vfio-user GPU in this file.
    #[arg(long, value_name = "FILE", requires = "kernel")]
    pub gpu_log: Option<PathBuf>,
    /// Print the console as it comes.
    #[arg(short, long, requires = "kernel")]
    pub verbose: bool,
}

/// The GPU of `run --kernel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OwnGpu {
    /// None.
    None,
    /// A pretend one that needs nothing of the guest (QEMU 10.1 or newer).
    VfioUser,
}

/// A GPU that can be pretended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GpuModel {
    /// GeForce GTX 1080: older than the open modules take.
    Pascal,
    /// GeForce RTX 2070.
    Turing,
    /// GeForce RTX 3080.
    Ampere,
}

impl GpuModel {
    /// Its name for the pretend GPU's program.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pascal => "pascal",
            Self::Turing => "turing",
            Self::Ampere => "ampere",
        }
    }
}

/// Form of the result of `run --kernel`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RunFormat {
    /// For people.
    Text,
    /// Kernel test anything protocol.
    Ktap,
    /// JUnit XML.
    Junit,
    /// JSON, `nvpreflight-boot-run` version 1.
    Json,
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

/// Arguments of `passthrough`.
#[derive(Debug, Args)]
pub struct Passthrough {
    /// What to do.
    #[command(subcommand)]
    pub command: PassthroughCommand,
}

/// What to do about GPUs of this machine.
#[derive(Debug, Subcommand)]
pub enum PassthroughCommand {
    /// Show every NVIDIA GPU and whether a virtual machine may have it. Changes nothing.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
        /// Look at the files of a machine below this folder.
        #[arg(long, value_name = "DIR", default_value = "/")]
        root: PathBuf,
        /// Memory of the virtual machine in MiB, all of which VFIO pins.
        #[arg(long, value_name = "MIB", default_value_t = memory_mib_default())]
        memory_mib: u64,
    },
    /// Take the card of a GPU, run a command with QEMU's arguments for it added, and
    /// give it back.
    Take(Take),
    /// Give back a card that a run which was killed had taken.
    Restore {
        /// The file that keeps what the card was [default: where `take` keeps it].
        #[arg(long, value_name = "FILE")]
        state: Option<PathBuf>,
    },
    /// Write an attribute of sysfs: `take` and `restore` call it.
    #[command(hide = true)]
    SetAttribute(Attribute),
}

/// Arguments of `passthrough take`.
#[derive(Debug, Args)]
pub struct Take {
    /// Address of the GPU, as `passthrough list` shows it.
    pub gpu: Address,
    /// The GPU is yours and nothing on it will be missed; without this the plan is
    /// printed and nothing done.
    #[arg(long)]
    pub i_own_this_gpu: bool,
    /// Memory of the virtual machine in MiB, all of which VFIO pins.
    #[arg(long, value_name = "MIB", default_value_t = memory_mib_default())]
    pub memory_mib: u64,
    /// File to keep in what the card was [default: /run/nvpreflight-boot/taken.json for
    /// root, below XDG_RUNTIME_DIR for others].
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// The command, usually QEMU with its arguments.
    #[arg(required = true, last = true)]
    pub command: Vec<String>,
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
}

/// Form of test results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Kernel test anything protocol.
    Ktap,
    /// JUnit XML.
    Junit,
}
