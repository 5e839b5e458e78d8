//! The command line. It says what can be asked for and does nothing.

use crate::passthrough::{Address, Attribute, memory_mib_default};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples (after `cargo run -p nvpreflight-boot --`, or `./qemu-tests/run`, which
installs what is missing and says `boot` for `run`):
  demo                                  a healthy and a broken machine
  run gsp-firmware-missing              one boot, with the verifier's words
  run --kernel vmlinuz --initrd img     an image of yours (docs/ci.md)
  passthrough list                      GPUs that a virtual machine could have";
const RUN_STATUS: &str = "\
A SCENARIO is one of this project's. With --kernel it is an image of yours: the
verifier is put into a copy of it where it has none, and the boot ends when its
report came. Your files are only read. docs/ci.md has more details.

Exit status: 0 as the scenario or --expect says, without --expect nothing worse
than a note; 1 not, or TIMEOUT; 2 it could not be tried or told; 64 wrong usage.

Examples:
  nvpreflight-boot run modeset-off
  nvpreflight-boot run modeset-off --verifier target/verifier/nvpreflight-verifier
  nvpreflight-boot run --kernel vmlinuz --initrd initrd.img --cmdline 'quiet'
  nvpreflight-boot run --kernel linux.efi --append nvidia_drm.modeset=1
  nvpreflight-boot run --kernel vmlinuz --initrd initrd.img --expect expect.toml \\
      --format junit > results.xml";
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
    /// Boot one scenario, or an image of yours, and show what the verifier said.
    #[command(after_help = RUN_STATUS)]
    Run(Box<Run>),
    /// List the scenarios.
    List,
    /// Show one scenario with all defaults filled in.
    Show {
        /// Name of the scenario.
        scenario: String,
    },
    /// List NVIDIA GPUs, take one for a virtual machine, give it back.
    #[command(after_help = PASSTHROUGH)]
    Passthrough(Passthrough),
    /// Print a completion script.
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// For this shell.
        shell: Shell,
    },
    /// Print the manual page.
    Man,
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
    #[value(alias = "pretend")]
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
