// SPDX-License-Identifier: GPL-2.0
/*
 * Shows emulated PCI functions as NVIDIA GPUs and leaves in their first BAR,
 * which on QXL is plain memory, the two registers by which NVIDIA's driver and
 * nouveau tell a chip: NV_PMC_BOOT_0 and NV_PMC_BOOT_42 (open-gpu-kernel-modules,
 * src/common/inc/swref/published/nv_ref.h; probe reads nothing else). PCI
 * configuration space keeps the emulated device's ids. Lasts until the next boot.
 */
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>

#define NV_PMC_BOOT_0	0x000
#define NV_PMC_BOOT_42	0xa00
#define QXL_VENDOR	0x1b36
#define QXL_DEVICE	0x0100

static ushort ids[8];
static uint ids_n, boot_0, boot_42;
module_param_array(ids, ushort, &ids_n, 0);
MODULE_PARM_DESC(ids, "device ids to show, one per QXL function in bus order");
module_param(boot_0, uint, 0);
MODULE_PARM_DESC(boot_0, "value of NV_PMC_BOOT_0");
module_param(boot_42, uint, 0);
MODULE_PARM_DESC(boot_42, "value of NV_PMC_BOOT_42");

static int __init pretend(struct pci_dev *pdev, ushort id)
{
	void __iomem *registers;
	int err;

	/* Nothing may keep driving it under its old name. */
	device_release_driver(&pdev->dev);
	/* An adapter that no firmware set up has memory decoding off. */
	err = pci_enable_device_mem(pdev);
	if (err)
		return err;
	registers = pci_iomap(pdev, 0, PAGE_SIZE);
	if (!registers) {
		pci_disable_device(pdev);
		return -ENOMEM;
	}
	writel(boot_0, registers + NV_PMC_BOOT_0);
	writel(boot_42, registers + NV_PMC_BOOT_42);
	pci_iounmap(pdev, registers);
	pci_disable_device(pdev);
	pdev->vendor = PCI_VENDOR_ID_NVIDIA;
	pdev->device = id;
	pdev->class = PCI_CLASS_DISPLAY_VGA << 8;
	pci_info(pdev, "pretends to be 10de:%04x with NV_PMC_BOOT_42 %08x\n", id, boot_42);
	/* "add", so that udev loads drivers by the new modalias. */
	kobject_uevent(&pdev->dev.kobj, KOBJ_ADD);
	return 0;
}

static int __init pretend_gpu_init(void)
{
	struct pci_dev *pdev = NULL;
	uint n;
	int err;

	for (n = 0; n < ids_n; n++) {
		pdev = pci_get_device(QXL_VENDOR, QXL_DEVICE, pdev);
		if (!pdev) {
			pr_err("pretend_gpu: %u QXL functions wanted, %u there\n", ids_n, n);
			return -ENODEV;
		}
		err = pretend(pdev, ids[n]);
		if (err) {
			pci_dev_put(pdev);
			return err;
		}
	}
	pci_dev_put(pdev);
	return 0;
}

/* No exit: drivers have bound by the new identity. */
module_init(pretend_gpu_init);

MODULE_DESCRIPTION("shows emulated PCI functions as NVIDIA GPUs");
MODULE_LICENSE("GPL");
