// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Stand-in for a driver that is first at the GPU: it binds NVIDIA's display
 * functions under nouveau's name and does nothing with them.
 */
#include <linux/module.h>
#include <linux/pci.h>

#include "standin.h"

STANDIN_PARAMETERS;

static const struct pci_device_id owner_table[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID),
	  .class = PCI_BASE_CLASS_DISPLAY << 16, .class_mask = 0xff << 16 },
	{ }
};
MODULE_DEVICE_TABLE(pci, owner_table);

static int owner_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	pci_info(pdev, "NVIDIA GA102 (b72000a1)\n");
	return 0;
}

static struct pci_driver owner_driver = {
	.name = "nouveau",
	.id_table = owner_table,
	.probe = owner_probe,
};

static int __init owner_init(void)
{
	int rc = STANDIN_BEGIN();

	return rc ? rc : pci_register_driver(&owner_driver);
}

static void __exit owner_exit(void)
{
	pci_unregister_driver(&owner_driver);
}

module_init(owner_init);
module_exit(owner_exit);

MODULE_DESCRIPTION("stand-in for nouveau.ko");
MODULE_LICENSE("Dual MIT/GPL");
