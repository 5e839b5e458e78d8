//! "Should nvidia be in the initrd on this machine?": the advice of
//! `plan --goal` for the goals that were declared, or for a desktop.

use crate::doctor::answer::Says;
use crate::doctor::case::{Case, unseen};
use crate::view::goals::{self, Choice, Effect};
use nvpreflight::expect::Goal;
use nvpreflight::reading::wanted;

pub(super) fn answer(c: &Case<'_>) -> Says {
    if !c.facts.pci.is_yes() {
        let why = unseen("the PCI bus", &c.facts.pci);
        return Says::unknown(format!("{why}, so the GPU is unknown"));
    }
    if c.facts.nvidia_gpus().next().is_none() {
        return Says::plain("no: there is no NVIDIA GPU on the PCI bus");
    }
    let other = c.facts.nvidia_gpus().find_map(|gpu| gpu.driver.yes());
    if let Some(driver) = other.filter(|driver| **driver != "nvidia") {
        if !wanted::stack(c.facts, c.want) {
            return Says::plain(format!("no: nvidia is not used, {driver} drives the GPU"));
        }
    }
    let machine = c.machine();
    let goals = goals_of(c, &machine);
    let advice = goals::advise(&machine, &goals);
    let named: Vec<&str> = goals.iter().map(|goal| goal.name()).collect();
    let at_choice = advice.rows.iter().flat_map(|row| row.cells.iter().zip(Choice::ALL));
    let broken = at_choice
        .filter(|(_, choice)| *choice == advice.choice)
        .find(|(cell, _)| cell.effect == Effect::Breaks);
    if let Some((cell, _)) = broken {
        return Says::careful(format!("neither helps yet: {}", cell.why))
            .seen(&cell.evidence, &cell.why);
    }
    let verb = match (advice.choice, machine.early_now) {
        (Choice::Early, Some(true)) => "it is loaded there, and needed",
        (Choice::Early, _) => "yes",
        (Choice::Late, Some(true)) => "it is loaded there, but not needed",
        (Choice::Late, _) => "not needed",
        (Choice::LateAndHold, _) => "yes, or let the display manager wait for the card",
    };
    let text = format!("{verb} (for {})", named.join(" and "));
    let says = if advice.torn {
        Says::careful(format!("{text}; {}", advice.why.first().map_or("", String::as_str)))
    } else {
        Says::plain(text)
    };
    let says = advice.why.iter().fold(says, |says, why| says.seen("because", why));
    says.seen("more", format!("nvpreflight plan --goal {}", named.join(",")))
}

/// The declared goals; else what the machine looks like: a passphrase on an
/// encrypted disk, a session, hibernation where it is set up.
fn goals_of(c: &Case<'_>, machine: &goals::Machine) -> Vec<Goal> {
    let declared: Vec<Goal> =
        Goal::ALL.iter().map(|(goal, _)| *goal).filter(|goal| c.want.goals.has(*goal)).collect();
    if !declared.is_empty() {
        return declared;
    }
    let screenless = machine.gpus.iter().all(|gpu| !gpu.outputs) && !machine.panel_elsewhere;
    let mut out = vec![if screenless { Goal::Cuda } else { Goal::Wayland }];
    let yes = |known: &Option<goals::Known>| known.as_ref().is_some_and(|known| known.yes);
    if yes(&machine.around.encrypted) {
        out.push(Goal::LuksPrompt);
    }
    if yes(&machine.around.resume) {
        out.push(Goal::Hibernate);
    }
    out
}
