//! An imitation of a machine's sysfs, procfs and /dev in a temporary folder, and of a
//! kernel that binds drivers there. For tests; it never looks at this machine.

use super::host::Host;
use super::judge::{Item, Verdict};
use super::kernel::Kernel;
use super::machine::Machine;
use super::survey::{self, Judged};
use anyhow::{Context, Result, bail};
use std::cell::{Cell, RefCell};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Something that happens behind the back of who writes.
type Then = Box<dyn Fn(&Fake, &Path)>;

/// A machine with a boot VGA device of another maker, and an NVIDIA card of three
/// functions behind a root port, all in group 1.
pub struct Fake {
    root: TempDir,
    /// Attributes whose writing fails, by the end of their path and the value.
    pub refuses: RefCell<Vec<(&'static str, &'static str)>>,
    /// Called after each change with its path, or with the module's name.
    pub then: RefCell<Option<Then>>,
    /// Changes until who makes them is killed: after so many nothing is done any more.
    pub dies_after: Cell<Option<usize>>,
    /// What was written, by the end of the path.
    pub written: RefCell<Vec<String>>,
}

const CARD: [(&str, &str, &str, &str); 3] = [
    ("0000:01:00.0", "0x2206", "0x030000", "nvidia"),
    ("0000:01:00.1", "0x1aef", "0x040300", "snd_hda_intel"),
    ("0000:01:00.2", "0x1ada", "0x0c0330", "xhci_hcd"),
];

impl Fake {
    /// The card has no drivers.
    pub fn idle() -> Self {
        let fake = Self {
            root: tempfile::tempdir().unwrap(),
            refuses: RefCell::default(),
            then: RefCell::default(),
            dies_after: Cell::default(),
            written: RefCell::default(),
        };
        fake.file("proc/interrupts", " 4: 1 IR-IO-APIC 4-edge ttyS0\n");
        fake.file("proc/meminfo", "MemAvailable: 8388608 kB\n");
        fake.file("proc/self/status", "CapEff:\t000001ffffffffff\n");
        fake.file("proc/sys/kernel/random/boot_id", "b00t\n");
        fake.file("proc/devices", "Character devices:\n195 nvidia\n\nBlock devices:\n");
        fake.process(1, "systemd", &["/dev/null"], "");
        fake.file("sys/class/iommu/dmar0/x", "");
        fake.file("sys/class/graphics/fbcon/rotate", "0");
        fake.file("sys/module/vfio_pci/x", "");
        fake.file("sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N\n");
        fake.file("sys/bus/pci/drivers_probe", "");
        fake.file("sys/bus/pci/drivers/vfio-pci/unbind", "");
        fake.file("dev/vfio/1", "");
        fake.function("0000:00:02.0", "0x8086", "0x9bc5", "0x030000", Some("i915"), Some(0));
        fake.set("0000:00:02.0/boot_vga", "1");
        fake.function("0000:00:01.0", "0x8086", "0x1901", "0x060400", Some("pcieport"), Some(1));
        for (address, device, class, _) in CARD {
            fake.function(address, "0x10de", device, class, None, Some(1));
        }
        fake.set("0000:01:00.0/boot_vga", "0");
        fake
    }

    /// The card has the drivers of a desktop, and nothing runs on it.
    pub fn driven() -> Self {
        let fake = Self::idle();
        for (address, _, _, driver) in CARD {
            fake.driver(address, Some(driver));
        }
        fake.file("sys/module/nvidia_drm/x", "");
        fake.file("sys/module/nvidia_modeset/x", "");
        fake.set("0000:01:00.0/drm/card1/dev", "226:1");
        fake.set("0000:01:00.0/drm/renderD128/dev", "226:128");
        fake
    }

    /// The card was given to vfio-pci at boot.
    pub fn set_aside() -> Self {
        let fake = Self::idle();
        for (address, ..) in CARD {
            fake.driver(address, Some("vfio-pci"));
            fake.set(&format!("{address}/driver_override"), "vfio-pci");
        }
        fake
    }

    /// The machine.
    pub fn host(&self) -> Host {
        Host::at(self.root.path())
    }

    /// A path below its root.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// The look at its card.
    pub fn one(&self) -> (Machine, Judged) {
        survey::one(&self.host(), "0000:01:00.0".parse().unwrap(), 1024).unwrap()
    }

    /// The verdict on its card, with what it rests on.
    pub fn verdict(&self) -> (Verdict, Vec<Item>) {
        let (_, judged) = self.one();
        let items = judged.reasons.into_iter().map(|reason| reason.item);
        // Which every copy of a machine's files has.
        (judged.verdict, items.filter(|item| *item != Item::RightsUnknown).collect())
    }

    /// What the verdict rests on.
    pub fn items(&self) -> Vec<Item> {
        self.verdict().1
    }

    /// Writes a file below the root.
    pub fn file(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes an attribute of a function.
    pub fn set(&self, name: &str, text: &str) {
        self.file(&format!("sys/devices/pci0000:00/{name}"), &format!("{text}\n"));
    }

    /// Makes a link in a function's folder.
    pub fn link(&self, name: &str, target: &str) {
        let path = self.path(&format!("sys/devices/pci0000:00/{name}"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
    }

    /// Takes something away.
    pub fn remove(&self, name: &str) {
        let path = self.path(name);
        if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
    }

    /// Takes a link of a function away.
    pub fn remove_function_link(&self, name: &str) {
        self.remove(&format!("sys/devices/pci0000:00/{name}"));
    }

    /// Puts something in the place of an attribute that cannot be read, for root either.
    pub fn unreadable(&self, name: &str) {
        self.remove(&format!("sys/devices/pci0000:00/{name}"));
        fs::create_dir(self.path(&format!("sys/devices/pci0000:00/{name}"))).unwrap();
    }

    /// Adds a PCI function.
    pub fn function(
        &self,
        address: &str,
        vendor: &str,
        device: &str,
        class: &str,
        driver: Option<&str>,
        group: Option<u32>,
    ) {
        for (name, text) in [
            ("vendor", vendor),
            ("device", device),
            ("class", class),
            ("driver_override", "(null)"),
            ("reset_method", "bus"),
            ("power/control", "auto"),
        ] {
            self.set(&format!("{address}/{name}"), text);
        }
        let bus = self.path("sys/bus/pci/devices");
        fs::create_dir_all(&bus).unwrap();
        let target = format!("../../../devices/pci0000:00/{address}");
        symlink(&target, bus.join(address)).unwrap();
        if let Some(group) = group {
            self.link(
                &format!("{address}/iommu_group"),
                &format!("../../../kernel/iommu_groups/{group}"),
            );
            let members = self.path(&format!("sys/kernel/iommu_groups/{group}/devices"));
            fs::create_dir_all(&members).unwrap();
            symlink(format!("../../../../devices/pci0000:00/{address}"), members.join(address))
                .unwrap();
        }
        self.driver(address, driver);
    }

    /// Binds a function to a driver, or to none.
    pub fn driver(&self, address: &str, driver: Option<&str>) {
        let link = self.path(&format!("sys/devices/pci0000:00/{address}/driver"));
        if let Ok(old) = fs::read_link(&link) {
            let old = link.parent().unwrap().join(old);
            let _ = fs::remove_file(old.join(address));
            fs::remove_file(&link).unwrap();
        }
        if let Some(name) = driver {
            let folder = self.path(&format!("sys/bus/pci/drivers/{name}"));
            fs::create_dir_all(&folder).unwrap();
            symlink(format!("../../../devices/pci0000:00/{address}"), folder.join(address))
                .unwrap();
            symlink(format!("../../../bus/pci/drivers/{name}"), link).unwrap();
            fs::create_dir_all(self.path(&format!("sys/module/{name}/holders"))).unwrap();
        }
    }

    /// Adds a framebuffer of a function.
    pub fn framebuffer(&self, name: &str, address: &str) {
        self.file(&format!("sys/class/graphics/{name}/name"), "x\n");
        let target = format!("../../../devices/pci0000:00/{address}");
        symlink(target, self.path(&format!("sys/class/graphics/{name}/device"))).unwrap();
    }

    /// Adds a connector of a function's DRM card.
    pub fn connector(&self, address: &str, card: &str, name: &str, status: &str, enabled: &str) {
        let folder = format!("{address}/drm/{card}/{card}-{name}");
        self.set(&format!("{folder}/status"), status);
        self.set(&format!("{folder}/enabled"), enabled);
    }

    /// Adds a process.
    pub fn process(&self, pid: u32, name: &str, open: &[&str], maps: &str) {
        self.file(&format!("proc/{pid}/comm"), name);
        self.file(&format!("proc/{pid}/maps"), maps);
        let folder = self.path(&format!("proc/{pid}/fd"));
        fs::create_dir_all(&folder).unwrap();
        for (number, target) in open.iter().enumerate() {
            symlink(target, folder.join(number.to_string())).unwrap();
        }
    }

    /// The driver of a function.
    pub fn driver_of(&self, address: &str) -> Option<String> {
        let link = self.path(&format!("sys/devices/pci0000:00/{address}/driver"));
        let target = fs::read_link(link).ok()?;
        Some(target.file_name()?.to_string_lossy().into_owned())
    }

    /// The drivers of the card's functions.
    pub fn drivers(&self) -> Vec<String> {
        CARD.iter().map(|(address, ..)| self.driver_of(address).unwrap_or_default()).collect()
    }

    /// Pulls a function out and plugs a disk in there.
    pub fn swap(&self, address: &str) {
        for (name, text) in [
            ("vendor", "0x144d"),
            ("device", "0xa808"),
            ("class", "0x010802"),
            ("driver_override", "(null)"),
        ] {
            self.set(&format!("{address}/{name}"), text);
        }
        self.driver(address, Some("nvme"));
    }

    /// Pulls a function out.
    pub fn unplug(&self, address: &str) {
        self.driver(address, None);
        self.remove(&format!("sys/devices/pci0000:00/{address}"));
        self.remove(&format!("sys/bus/pci/devices/{address}"));
        self.remove(&format!("sys/kernel/iommu_groups/1/devices/{address}"));
    }

    fn alive(&self) -> Result<()> {
        if let Some(left) = self.dies_after.get() {
            self.dies_after.set(Some(left.checked_sub(1).context("killed")?));
        }
        Ok(())
    }

    fn changed(&self, what: &Path) {
        if let Some(then) = self.then.borrow().as_ref() {
            then(self, what);
        }
    }

    fn probe(&self, address: &str) {
        let over = self.path(&format!("sys/devices/pci0000:00/{address}/driver_override"));
        let over = fs::read_to_string(over).unwrap();
        let device = self.path(&format!("sys/devices/pci0000:00/{address}/device"));
        let device = fs::read_to_string(device).unwrap();
        let usual = CARD
            .iter()
            .find(|card| card.0 == address)
            .map(|card| if card.1 == device.trim() { card.3 } else { "nvme" });
        let driver = match over.trim() {
            "(null)" => usual,
            "vfio-pci" => Some("vfio-pci"),
            _ => None,
        };
        if self.driver_of(address).is_none() {
            self.driver(address, driver);
        }
    }
}

/// Binds as drivers/base/bus.c and drivers/pci/pci-sysfs.c do.
impl Kernel for &Fake {
    fn write(&self, attribute: &Path, value: &str) -> Result<()> {
        self.alive()?;
        let shown = attribute.to_string_lossy().into_owned();
        let ends: Vec<&str> = shown.rsplitn(3, '/').take(2).collect();
        let name = format!("{}/{}", ends[1], ends[0]);
        self.written.borrow_mut().push(format!("{name} {}", value.trim()));
        if self.refuses.borrow().iter().any(|(end, v)| shown.ends_with(end) && *v == value) {
            bail!("`{shown}` refuses it");
        }
        match ends[0] {
            // drivers/base/bus.c, `unbind_store`: only what that driver has.
            "unbind" if self.driver_of(value).as_deref() != Some(ends[1]) => {
                bail!("`{shown}`: No such device");
            }
            "unbind" => self.driver(value, None),
            "drivers_probe" => self.probe(value),
            "bind" => self.driver(value, Some(ends[1])),
            "driver_override" => {
                let text = if value.trim().is_empty() { "(null)\n" } else { value };
                fs::write(attribute, text)?;
            }
            _ => fs::write(attribute, value)?,
        }
        self.changed(attribute);
        Ok(())
    }

    fn load(&self, module: &str) -> Result<()> {
        self.alive()?;
        self.written.borrow_mut().push(format!("load {module}"));
        self.file(&format!("sys/module/{module}/x"), "");
        if module == "nvidia_drm" {
            self.set("0000:01:00.0/drm/card1/dev", "226:1");
        }
        self.changed(Path::new(module));
        Ok(())
    }

    fn unload(&self, module: &str) -> Result<()> {
        self.alive()?;
        self.written.borrow_mut().push(format!("unload {module}"));
        self.remove(&format!("sys/module/{module}"));
        if module == "nvidia_drm" {
            self.remove("sys/devices/pci0000:00/0000:01:00.0/drm");
        }
        self.changed(Path::new(module));
        Ok(())
    }
}
