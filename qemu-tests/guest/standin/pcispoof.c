// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Relabels emulated PCI functions as NVIDIA GPUs in the kernel's book-keeping,
 * so that sysfs shows them and drivers match them as such. PCI configuration
 * space keeps the emulated device's own ids. It stays so until the next boot.
 */
#include <linux/module.h>
#include <linux/pci.h>

static ushort from_vendor = 0x1b36, from_device = 0x0100;
static ushort vendor = PCI_VENDOR_ID_NVIDIA;
static uint class[8] = { PCI_CLASS_DISPLAY_VGA << 8 };
static uint class_n = 1;
static ushort ids[8] = { 0x2206 };
static uint ids_n = 1;
static char *at[8];
static uint at_n;
module_param(from_vendor, ushort, 0);
MODULE_PARM_DESC(from_vendor, "vendor of the functions to relabel (default QXL, 0x1b36)");
module_param(from_device, ushort, 0);
MODULE_PARM_DESC(from_device, "device id of the functions to relabel (default QXL, 0x0100)");
module_param(vendor, ushort, 0);
MODULE_PARM_DESC(vendor, "vendor to show");
module_param_array(class, uint, &class_n, 0);
MODULE_PARM_DESC(class, "classes to show, with programming interface (0x030200: 3D); the last goes on");
module_param_array(ids, ushort, &ids_n, 0);
MODULE_PARM_DESC(ids, "device ids to show, one per function in bus order");
module_param_array(at, charp, &at_n, 0);
MODULE_PARM_DESC(at, "addresses (0000:01:00.0) of the functions to relabel, whatever they are");

/* The n-th function to relabel; takes its reference and drops the one before. */
static struct pci_dev *wanted(uint n, struct pci_dev *before)
{
	uint domain, bus, slot, function;

	if (!at_n)
		return pci_get_device(from_vendor, from_device, before);
	pci_dev_put(before);
	if (n >= at_n ||
	    sscanf(at[n], "%x:%x:%x.%u", &domain, &bus, &slot, &function) != 4)
		return NULL;
	return pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, function));
}

static uint __init candidates(void)
{
	struct pci_dev *pdev = NULL;
	uint n = 0;

	while ((pdev = wanted(n, pdev)))
		n++;
	return n;
}

static int __init pcispoof_init(void)
{
	struct pci_dev *pdev = NULL;
	uint n = candidates();

	/* All or nothing: half a machine would make a scenario lie. */
	if (n < ids_n) {
		pr_err("pcispoof: %u functions wanted, %u there\n", ids_n, n);
		return -ENODEV;
	}
	for (n = 0; n < ids_n; n++) {
		pdev = wanted(n, pdev);
		if (!pdev)
			return -ENODEV;
		/* Nothing may keep driving it under its old name. */
		device_release_driver(&pdev->dev);
		pdev->vendor = vendor;
		pdev->device = ids[n];
		pdev->class = class[min(n, class_n - 1)];
		pci_info(pdev, "relabelled as %04x:%04x class %06x\n",
			 vendor, ids[n], pdev->class);
		/* "add", so that udev loads drivers by the new modalias. */
		kobject_uevent(&pdev->dev.kobj, KOBJ_ADD);
	}
	pci_dev_put(pdev);
	return 0;
}

/* No exit: drivers have bound by the new identity. */
module_init(pcispoof_init);

MODULE_DESCRIPTION("shows emulated PCI functions as NVIDIA GPUs");
MODULE_LICENSE("Dual MIT/GPL");
