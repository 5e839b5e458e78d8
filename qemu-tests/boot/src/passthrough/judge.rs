//! The never-list: what keeps a card from being handed to a guest, as code. Each
//! item looks at facts and never at the machine; what could not be looked at is
//! itself an item. A file a subject, a function an item.

mod clients;
mod driver;
mod group;
mod memory;
mod screen;

pub use self::memory::{Access, access};
use super::card::Card;
use super::machine::Machine;
use serde::Serialize;

/// Whether a guest may have the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing speaks against it.
    Yes,
    /// Something is given up or risked that its owner may decide on.
    OnlyIfYouInsist,
    /// An item of the never-list holds, or could not be looked at.
    No,
}

impl Verdict {
    /// The words for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::OnlyIfYouInsist => "only if you insist",
            Self::No => "no",
        }
    }
}

/// What a reason is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Item {
    /// The function is not NVIDIA's.
    NotNvidia,
    /// The function is no display function.
    NotAGpu,
    /// Something could not be looked at.
    CouldNotLook,
    /// No IOMMU is in use.
    NoIommu,
    /// Interrupts are not remapped.
    NoInterruptRemapping,
    /// VFIO was told to do without interrupt remapping.
    UnsafeInterrupts,
    /// The function has no IOMMU group.
    NoGroup,
    /// The group has an endpoint of another device.
    ForeignInGroup,
    /// A function of the slot is not NVIDIA's.
    ForeignInSlot,
    /// A function of the card is in another group.
    SplitCard,
    /// Firmware and console use the GPU.
    BootVga,
    /// A framebuffer belongs to the GPU.
    Framebuffer,
    /// A picture is shown on it.
    LitDisplay,
    /// A monitor is plugged in and dark.
    Monitor,
    /// There is no other display controller.
    OnlyDisplay,
    /// Processes have it open.
    InUse,
    /// Processes have its sound devices open.
    SoundInUse,
    /// Another virtual machine has it.
    HeldByGuest,
    /// A driver that this does not know has a function.
    UnknownDriver,
    /// Somebody set a driver_override.
    OverrideSet,
    /// Modules have to be unloaded that serve another GPU too.
    SharedModules,
    /// A module that this does not know uses nvidia.
    UnknownModule,
    /// Modules of the NVIDIA stack have to be unloaded.
    Modules,
    /// It is a virtual function.
    VirtualFunction,
    /// It has virtual functions in use.
    VirtualFunctionsInUse,
    /// Mediated devices are made of it.
    Mediated,
    /// USB devices are plugged into it.
    UsbDevices,
    /// This is the control domain of another hypervisor.
    Hypervisor,
    /// It cannot be reset.
    NoReset,
    /// This process may not bind drivers or use the group.
    NoPermission,
    /// This process may not lock enough memory.
    Memlock,
    /// There is not enough memory.
    Memory,
    /// Rights and limits of a process on that machine are not known.
    RightsUnknown,
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reason {
    /// What the card could be at best.
    pub allows: Verdict,
    /// What it is about.
    pub item: Item,
    /// A sentence with what to do.
    pub text: String,
}

/// Reasons being collected.
#[derive(Debug, Default)]
struct Reasons(Vec<Reason>);

impl Reasons {
    fn no(&mut self, item: Item, text: impl Into<String>) {
        self.0.push(Reason { allows: Verdict::No, item, text: text.into() });
    }

    /// Said, and nothing against the card.
    fn note(&mut self, item: Item, text: impl Into<String>) {
        self.0.push(Reason { allows: Verdict::Yes, item, text: text.into() });
    }

    fn insist(&mut self, item: Item, text: impl Into<String>) {
        self.0.push(Reason { allows: Verdict::OnlyIfYouInsist, item, text: text.into() });
    }
}

/// Goes through every item.
pub fn judge(
    card: &Card,
    machine: &Machine,
    access: Access,
    memory_mib: u64,
) -> (Verdict, Vec<Reason>) {
    let mut reasons = Reasons::default();
    identity(card, &mut reasons);
    group::judge(card, machine, &mut reasons);
    screen::judge(card, &mut reasons);
    driver::judge(card, &mut reasons);
    clients::judge(card, machine, &mut reasons);
    memory::judge(card, machine, access, memory_mib, &mut reasons);
    for text in &card.unclear {
        reasons.no(Item::CouldNotLook, format!("could not look: {text}"));
    }
    let mut reasons = reasons.0;
    // The gravest first; among equals in the order of `Item`.
    reasons.sort_by(|one, other| {
        other.allows.cmp(&one.allows).then_with(|| one.item.cmp(&other.item))
    });
    let verdict = reasons.iter().map(|reason| reason.allows).max().unwrap_or(Verdict::Yes);
    (verdict, reasons)
}

fn identity(card: &Card, reasons: &mut Reasons) {
    match card.gpu() {
        None => reasons.no(Item::CouldNotLook, format!("{} is not there", card.gpu)),
        Some(gpu) if gpu.vendor != super::function::NVIDIA => {
            let text = format!("{} is of vendor {:04x}, not NVIDIA", card.gpu, gpu.vendor);
            reasons.no(Item::NotNvidia, text);
        }
        Some(gpu) if !gpu.is_gpu() => {
            let text = format!(
                "{} is the card's {} function (class {:06x}); name the GPU, and the rest of \
                 the card goes with it",
                card.gpu,
                gpu.kind(),
                gpu.class
            );
            reasons.no(Item::NotAGpu, text);
        }
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::Fake;
    use super::*;

    #[test]
    fn a_second_card_of_which_nothing_is_used_may_be_taken() {
        assert_eq!(Fake::idle().verdict(), (Verdict::Yes, vec![]));
    }

    #[test]
    fn what_is_not_nvidias_is_never_taken() {
        let fake = Fake::idle();
        fake.set("0000:01:00.0/vendor", "0x1002");
        assert_eq!(fake.items(), [Item::NotNvidia]);
    }

    #[test]
    fn the_audio_function_alone_is_never_taken() {
        let fake = Fake::idle();
        let (_, judged) =
            super::super::survey::one(&fake.host(), "0000:01:00.1".parse().unwrap(), 1024).unwrap();
        assert_eq!(judged.reasons[0].item, Item::NotAGpu);
        assert!(judged.reasons[0].text.contains("name the GPU"));
    }

    #[test]
    fn what_could_not_be_looked_at_is_a_no() {
        let fake = Fake::idle();
        fake.unreadable("0000:01:00.0/boot_vga");
        assert_eq!(fake.items(), [Item::CouldNotLook]);
    }
}
