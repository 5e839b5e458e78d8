//! One function of the card as the vfio-user server's backend: configuration space,
//! registers, and the note of what was touched. It never touches the guest's memory.

use crate::bars::{self, Bar};
use crate::config::{self, Config};
use crate::model::{self, Model};
use crate::touched::{Place, Touched};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use vfio_bindings::bindings::vfio::{
    VFIO_IRQ_INFO_EVENTFD, VFIO_PCI_CONFIG_REGION_INDEX, VFIO_PCI_ERR_IRQ_INDEX,
    VFIO_PCI_INTX_IRQ_INDEX, VFIO_PCI_MSI_IRQ_INDEX, VFIO_PCI_NUM_IRQS, VFIO_PCI_NUM_REGIONS,
    VFIO_PCI_REQ_IRQ_INDEX, VFIO_REGION_INFO_FLAG_READ, VFIO_REGION_INFO_FLAG_WRITE,
    vfio_region_info,
};
use vfio_user::{DmaMapFlags, DmaUnmapFlags, IrqInfo, ServerBackend, ServerRegion};

/// A function.
pub struct Function {
    model: Model,
    at: usize,
    config: Config,
    registers: BTreeMap<u64, u32>,
    bars: &'static [Bar],
    touched: Touched,
}

impl Function {
    /// Function `at` of the card; None where it has no such.
    pub fn new(model: Model, at: usize) -> Option<Self> {
        let identity = *model::functions(model).get(at)?;
        let bars: &[Bar] = if at == 0 { &bars::GPU } else { &bars::OTHER };
        let registers = if at == 0 { model::registers(model).into() } else { BTreeMap::new() };
        let config = Config::new(identity, bars);
        Some(Self { model, at, config, registers, bars, touched: Touched::default() })
    }

    /// What was done to it.
    pub fn log(&self) -> String {
        self.touched.text(self.at)
    }

    /// Its regions, as the protocol wants them told.
    pub fn regions(&self) -> Vec<ServerRegion> {
        (0..VFIO_PCI_NUM_REGIONS)
            .map(|index| {
                let size = if index == VFIO_PCI_CONFIG_REGION_INDEX {
                    config::SIZE as u64
                } else {
                    self.size(index).unwrap_or(0)
                };
                let access = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
                let region_info = vfio_region_info {
                    argsz: size_of::<vfio_region_info>() as u32,
                    index,
                    size,
                    flags: if size > 0 { access } else { 0 },
                    ..Default::default()
                };
                ServerRegion { region_info, sparse_areas: Vec::new(), mmap_fd: None }
            })
            .collect()
    }

    /// Its interrupts; none is ever raised.
    pub fn interrupts() -> Vec<IrqInfo> {
        let has = [
            VFIO_PCI_INTX_IRQ_INDEX,
            VFIO_PCI_MSI_IRQ_INDEX,
            VFIO_PCI_ERR_IRQ_INDEX,
            VFIO_PCI_REQ_IRQ_INDEX,
        ];
        (0..VFIO_PCI_NUM_IRQS)
            .map(|index| IrqInfo {
                index,
                flags: VFIO_IRQ_INFO_EVENTFD,
                count: u32::from(has.contains(&index)),
            })
            .collect()
    }

    fn size(&self, index: u32) -> Option<u64> {
        self.bars.iter().find(|bar| bar.index == index).map(|bar| bar.size)
    }

    fn inside(&self, region: u32, offset: u64, length: usize) -> io::Result<()> {
        let size = self.size(region).unwrap_or(0);
        match offset.checked_add(length as u64) {
            Some(end) if end <= size => Ok(()),
            _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "outside the region")),
        }
    }
}

impl ServerBackend for Function {
    fn region_read(&mut self, region: u32, offset: u64, data: &mut [u8]) -> io::Result<()> {
        if region == VFIO_PCI_CONFIG_REGION_INDEX {
            return self.config.read(offset, data);
        }
        self.inside(region, offset, data.len())?;
        for (byte, at) in data.iter_mut().zip(offset..) {
            let word = if region == 0 { self.registers.get(&(at & !3)) } else { None };
            let bytes = word.copied().unwrap_or(0).to_le_bytes();
            *byte = bytes.get((at & 3) as usize).copied().unwrap_or(0);
        }
        self.touched.access(Place { bar: region, offset, write: false }, data);
        Ok(())
    }

    /// Registers keep what they are: a driver that wrote them would see a chip that
    /// works.
    fn region_write(&mut self, region: u32, offset: u64, data: &[u8]) -> io::Result<()> {
        if region == VFIO_PCI_CONFIG_REGION_INDEX {
            return self.config.write(offset, data);
        }
        self.inside(region, offset, data.len())?;
        self.touched.access(Place { bar: region, offset, write: true }, data);
        Ok(())
    }

    fn dma_map(
        &mut self,
        _flags: DmaMapFlags,
        _offset: u64,
        _address: u64,
        _size: u64,
        _fd: Option<File>,
    ) -> io::Result<()> {
        Ok(())
    }

    fn dma_unmap(&mut self, _flags: DmaUnmapFlags, _address: u64, _size: u64) -> io::Result<()> {
        Ok(())
    }

    fn reset(&mut self) -> io::Result<()> {
        self.touched.event("reset".to_owned());
        if let Some(fresh) = Self::new(self.model, self.at) {
            self.config = fresh.config;
        }
        Ok(())
    }

    fn set_irqs(
        &mut self,
        index: u32,
        flags: u32,
        start: u32,
        count: u32,
        fds: Vec<File>,
    ) -> io::Result<()> {
        self.touched.event(format!(
            "interrupts: index {index}, flags {flags:#x}, {count} from {start}, {} descriptors",
            fds.len()
        ));
        Ok(())
    }
}
