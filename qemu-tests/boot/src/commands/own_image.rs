//! `run --kernel`: boots an image of the user's and tells what came of it. Data goes
//! to stdout, the way of the boot to stderr.

use crate::cli::{Own, OwnGpu, RunFormat};
use crate::own_image::expect::Expect;
use crate::own_image::gpu::Wanted;
use crate::own_image::{self, Request, show};
use anyhow::{Context, Result};
use nvpreflight_harness::base::program;
use std::path::Path;
use std::time::Duration;

/// The GPU that was asked for.
fn gpu(own: &Own) -> Wanted {
    match (own.passthrough, own.gpu) {
        (Some(address), _) => Wanted::Passthrough(address, own.i_own_this_gpu),
        (None, OwnGpu::None) => Wanted::None,
        (None, OwnGpu::VfioUser) => Wanted::VfioUser(own.gpu_model.name(), own.gpu_log.clone()),
    }
}

/// Boots it.
pub fn run(kernel: &Path, own: &Own, verifier: Option<&Path>) -> Result<u8> {
    let request = Request {
        kernel: kernel.to_owned(),
        initrds: own.initrd.clone(),
        cmdline: own.cmdline.clone(),
        append: own.append.clone(),
        memory_mib: own.memory,
        deadline: Duration::from_secs(own.timeout),
        verifier: verifier.map(Path::to_owned),
        owner: own.expect_json.clone(),
        expect: own.expect.as_deref().map(Expect::open).transpose()?,
        log: own.keep_log.clone(),
        verbose: own.verbose,
        gpu: gpu(own),
    };
    let name = show::name(own.initrd.last().map_or(kernel, |path| path));
    let outcome = own_image::boot(&request).with_context(|| format!("cannot boot {name}"))?;
    match own.format {
        RunFormat::Text => program::print(&show::text(&name, &outcome))?,
        RunFormat::Ktap => program::print(&show::ktap(&name, &outcome))?,
        RunFormat::Junit => program::print(&show::junit(&name, &outcome)?)?,
        RunFormat::Json => {
            program::print(&(serde_json::to_string_pretty(&show::json(&name, &outcome))? + "\n"))?;
        }
    }
    Ok(show::status(&outcome.verdict))
}
