//! The advice: the matrix of goals and choices, the choice that serves them best,
//! what it costs, and the lines to paste; or that the goals pull apart.

use super::lines::{self, Lines};
use super::machine::Machine;
use super::{Cell, Choice, Effect, costs, matrix};
use nvpreflight::expect::Goal;
use serde::{Serialize, Serializer};

/// One goal with its cells, in the order of [`Choice::ALL`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Row {
    /// The goal.
    #[serde(serialize_with = "goal_name")]
    pub goal: Goal,
    /// What each choice does to it.
    pub cells: [Cell; 3],
}

fn goal_name<S: Serializer>(goal: &Goal, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(goal.name())
}

/// What is advised.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Advice {
    /// What the machine is, in a sentence each.
    pub machine: Vec<String>,
    /// A row a goal.
    pub rows: Vec<Row>,
    /// What cost of early loading.
    pub costs: Vec<String>,
    /// The choice that serves the goals best.
    pub choice: Choice,
    /// Why, in sentences; the first says whether the goals pull apart.
    pub why: Vec<String>,
    /// The goals that no choice serves beside the others.
    pub torn: bool,
    /// What to paste.
    pub lines: Lines,
}

/// Advises a machine on goals; without any, on a desktop session.
#[must_use]
pub fn advise(machine: &Machine, goals: &[Goal]) -> Advice {
    let goals = if goals.is_empty() { &[Goal::Wayland][..] } else { goals };
    let mut seen = Vec::new();
    let rows: Vec<Row> = goals
        .iter()
        .filter(|goal| {
            let fresh = !seen.contains(*goal);
            seen.push(**goal);
            fresh
        })
        .map(|goal| Row {
            goal: *goal,
            cells: Choice::ALL.map(|choice| matrix::cell(machine, *goal, choice)),
        })
        .collect();
    let choice = best(&rows, machine.early_now);
    let column = |choice: Choice| rows.iter().map(move |row| (row.goal, cell(row, choice)));
    let hurt: Vec<_> = column(choice).filter(|(_, c)| c.effect >= Effect::Risk).collect();
    // Torn: the best choice hurts a goal that another choice would serve.
    let torn = hurt.iter().any(|(goal, at)| {
        rows.iter().filter(|row| row.goal == *goal).any(|row| {
            row.cells.iter().any(|other| other.effect < Effect::Unknown && at.effect > other.effect)
        })
    });
    let mut why = Vec::new();
    let shared = one_gpu_for_two(machine, &rows);
    why.extend(shared.clone());
    if torn {
        let pulls = rows.iter().filter_map(|row| {
            let wants = Choice::ALL.iter().filter(|c| cell(row, **c).effect < Effect::Unknown);
            let wants: Vec<_> = wants.map(|c| c.name()).collect();
            let all = wants.len() == Choice::ALL.len() || wants.is_empty();
            (!all).then(|| format!("{} wants {}", row.goal.name(), wants.join(" or ")))
        });
        let pulls: Vec<String> = pulls.collect();
        why.push(format!("the goals conflict: {}", pulls.join("; ")));
    }
    let verb = |cell: &Cell| format!("{}: {}", cell.effect.word(), cell.why);
    for (goal, cell) in column(choice) {
        why.push(format!("{}: {}", goal.name(), verb(cell)));
    }
    let torn = torn || shared.is_some();
    if choice != Choice::Early && !torn {
        let gains = rows.iter().any(|r| cell(r, Choice::Early).effect == Effect::Works);
        let reason = if gains {
            "early loading has no extra benefit"
        } else {
            "early loading has no benefit"
        };
        why.push(format!("{reason} here, and makes the initrd larger"));
    }
    Advice {
        machine: said(machine),
        costs: costs::of(machine),
        lines: lines::of(machine, choice, &rows),
        rows,
        choice,
        why,
        torn,
    }
}

/// A GPU that is given to a virtual machine serves nobody else meanwhile.
fn one_gpu_for_two(machine: &Machine, rows: &[Row]) -> Option<String> {
    let has = |goal: Goal| rows.iter().any(|row| row.goal == goal);
    let uses =
        [Goal::Cuda, Goal::Wayland, Goal::X11, Goal::LuksPrompt].into_iter().filter(|goal| {
            // The other GPU of a hybrid machine shows its picture.
            has(*goal) && (*goal == Goal::Cuda || !machine.hybrid())
        });
    let uses: Vec<&str> = uses.map(Goal::name).collect();
    (has(Goal::Vfio) && machine.gpus.len() == 1 && !uses.is_empty()).then(|| {
        format!(
            "the goals conflict: there is one NVIDIA GPU, and vfio reserves \
             it, so it cannot be used for {}",
            uses.join(" and ")
        )
    })
}

/// The cell of a row.
fn cell(row: &Row, choice: Choice) -> &Cell {
    let [early, late, hold] = &row.cells;
    match choice {
        Choice::Early => early,
        Choice::Late => late,
        Choice::LateAndHold => hold,
    }
}

/// The least bad: first what breaks, then what may, then what is not known; of
/// equals the one that is there today, then the one with the smaller initrd and the
/// shorter wait.
fn best(rows: &[Row], early_now: Option<bool>) -> Choice {
    let score = |choice: Choice| {
        let count = |effect| rows.iter().filter(|row| cell(row, choice).effect == effect).count();
        let price = match choice {
            Choice::Late => 0,
            Choice::LateAndHold => 1,
            // What serves needs no change.
            Choice::Early if early_now == Some(true) => 0,
            Choice::Early => 2,
        };
        (count(Effect::Breaks), count(Effect::Risk), count(Effect::Unknown), price)
    };
    Choice::ALL.into_iter().min_by_key(|choice| score(*choice)).unwrap_or(Choice::Late)
}

fn said(m: &Machine) -> Vec<String> {
    use super::machine::Screen;
    let mut out = Vec::new();
    match (m.bus_seen, m.gpus.as_slice()) {
        (false, _) => {
            out.push("GPUs: unknown; use --root / on the machine, or saved facts".into());
        }
        (true, []) => out.push("GPUs: no NVIDIA GPU".into()),
        (true, gpus) => {
            for gpu in gpus {
                let kind = if gpu.outputs { "VGA" } else { "3D controller, no outputs" };
                out.push(format!("GPU: {} {} ({kind})", gpu.bdf, gpu.name));
            }
        }
    }
    if m.bus_seen {
        let shown = match &m.screen {
            Screen::Nvidia(bdf) => format!("the firmware framebuffer is on the NVIDIA GPU {bdf}"),
            Screen::Other(bdf) => format!("the firmware framebuffer is on another GPU, {bdf}"),
            Screen::Unknown => "the firmware framebuffer's GPU is unknown".into(),
        };
        out.push(format!("screen: {shown}"));
    }
    let flavour = match m.open {
        Some(true) => " (open)",
        Some(false) => " (proprietary)",
        None => "",
    };
    out.push(match &m.version {
        Some(version) => format!("driver: {version}{flavour}"),
        None => "driver: not seen".into(),
    });
    for (what, known) in [("encrypted disk", &m.around.encrypted), ("resume", &m.around.resume)] {
        out.push(match known {
            Some(known) => {
                format!("{what}: {} ({})", if known.yes { "yes" } else { "no" }, known.place)
            }
            None => format!("{what}: not seen"),
        });
    }
    out
}
