// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The PCI side of the nvidia.ko stand-in: which functions it counts, binds and
 * refuses, with the real driver's words for each (nv-pci.c, nv.c of NVIDIA's
 * open-gpu-kernel-modules).
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "nv.h"

static const struct pci_device_id nv_pci_table[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID),
	  .class = PCI_CLASS_DISPLAY_VGA << 8, .class_mask = ~0 },
	{ PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID),
	  .class = PCI_CLASS_DISPLAY_3D << 8, .class_mask = ~0 },
	{ }
};

/* The aliases also name NVSwitch bridges, which another driver would bind. */
static const struct pci_device_id nv_alias_table[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID),
	  .class = PCI_CLASS_DISPLAY_VGA << 8, .class_mask = ~0 },
	{ PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID),
	  .class = PCI_CLASS_DISPLAY_3D << 8, .class_mask = ~0 },
	{ PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID),
	  .class = PCI_CLASS_BRIDGE_OTHER << 8, .class_mask = ~0 },
	{ }
};
MODULE_DEVICE_TABLE(pci, nv_alias_table);

static unsigned int nv_called, nv_probed;

static bool nv_refuses(struct pci_dev *pdev)
{
	if (nv_case == NV_CASE_FALLEN_OFF_BUS) {
		nv_printf("The NVIDIA GPU %s (PCI ID: %04x:%04x)\n"
			  "NVRM: installed in this system has fallen off the bus and is not\n"
			  "NVRM: responding to commands.\n",
			  pci_name(pdev), pdev->vendor, pdev->device);
		return true;
	}
	if (nv_case == NV_CASE_BAR0_INVALID) {
		nv_printf("This PCI I/O region assigned to your NVIDIA device is invalid:\n"
			  "NVRM: BAR0 is 0M @ 0x0 (PCI:%s)\n", pci_name(pdev));
		nv_printf("The system BIOS may have misconfigured your GPU.\n");
		return true;
	}
	if (nv_case == NV_CASE_NO_GSP || (STANDIN_OPEN && !nv_has_gsp(pdev))) {
		nv_printf("The NVIDIA GPU %s (PCI ID: %04x:%04x)\n"
			  "NVRM: installed in this system is not supported by open\n"
			  "NVRM: nvidia.ko because it does not include the required GPU\n"
			  "NVRM: System Processor (GSP).\n"
			  "NVRM: Please see the 'Open Linux Kernel Modules' and 'GSP\n"
			  "NVRM: Firmware' sections in the driver README, available on\n"
			  "NVRM: the Linux graphics driver download page at\n"
			  "NVRM: www.nvidia.com.\n",
			  pci_name(pdev), pdev->vendor, pdev->device);
		return true;
	}
	return false;
}

static int nv_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct nv_gpu *gpu;

	nv_called++;
	/* -1, not an errno: the PCI core prints "failed with error -1". */
	if (nv_refuses(pdev) || pci_enable_device(pdev))
		return -1;
	gpu = kzalloc(sizeof(*gpu), GFP_KERNEL);
	if (!gpu) {
		pci_disable_device(pdev);
		return -ENOMEM;
	}
	dma_set_mask(&pdev->dev, DMA_BIT_MASK(36));
	gpu->pdev = pdev;
	INIT_DELAYED_WORK(&gpu->xid, nv_xid_work);
	pci_set_drvdata(pdev, gpu);

	mutex_lock(&nv_lock);
	gpu->minor = nv_probed++;
	list_add_tail(&gpu->node, &nv_gpus);
	mutex_unlock(&nv_lock);
	nv_procfs_add_gpu(gpu);
	return 0;
}

static void nv_pci_remove(struct pci_dev *pdev)
{
	struct nv_gpu *gpu = pci_get_drvdata(pdev);

	cancel_delayed_work_sync(&gpu->xid);
	nv_procfs_remove_gpu(gpu);
	mutex_lock(&nv_lock);
	list_del(&gpu->node);
	mutex_unlock(&nv_lock);
	pci_disable_device(pdev);
	kfree(gpu);
}

static struct pci_driver nv_pci_driver = {
	.name = "nvidia",
	.id_table = nv_pci_table,
	.probe = nv_pci_probe,
	.remove = nv_pci_remove,
};

static bool nv_is_legacy(struct pci_dev *pdev)
{
	if (nv_case != NV_CASE_LEGACY_GPU)
		return false;
	nv_printf("The %s GPU installed in this system is\n"
		  "NVRM:  supported through the NVIDIA %s Legacy drivers. Please\n"
		  "NVRM:  visit http://www.nvidia.com/object/unix.html for more\n"
		  "NVRM:  information.  The %s NVIDIA driver will ignore\n"
		  "NVRM:  this GPU.  Continuing probe...\n",
		  nv_model(pdev), STANDIN_BRANCH >= 590 ? "580.xx" : "470.xx",
		  STANDIN_VERSION);
	return true;
}

static unsigned int nv_count_devices(bool say_who_has_them)
{
	struct pci_dev *pdev = NULL;
	unsigned int n = 0;

	while ((pdev = pci_get_device(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID, pdev))) {
		struct device_driver *other = pdev->dev.driver;

		if (!pci_match_id(nv_pci_table, pdev))
			continue;
		if (!say_who_has_them && nv_is_legacy(pdev))
			continue;
		n++;
		if (say_who_has_them && other && other != &nv_pci_driver.driver)
			printk(KERN_ERR "NVRM: GPU %s is already bound to %s.\n",
			       pci_name(pdev), other->name);
	}
	return n;
}

int nv_pci_init(void)
{
	unsigned int count = NVreg_RegisterPCIDriver ? nv_count_devices(false) : 0;
	int rc;

	/* The real module emits this empty record; readers of kmsg must bear it. */
	printk(KERN_ERR "\n");
	if (!count) {
		printk(KERN_ERR "NVRM: No NVIDIA GPU found.\n");
		return -ENODEV;
	}
	rc = pci_register_driver(&nv_pci_driver);
	if (rc)
		return rc;
	if (nv_called < count) {
		nv_count_devices(true);
		nv_printf("The NVIDIA probe routine was not called for %u device(s).\n",
			  count - nv_called);
		nv_printf("This can occur when another driver was loaded and \n"
			  "NVRM: obtained ownership of the NVIDIA device(s).\n");
		nv_printf("Try unloading the conflicting kernel module (and/or\n"
			  "NVRM: reconfigure your kernel without the conflicting\n"
			  "NVRM: driver(s)), then try loading the NVIDIA kernel module\n"
			  "NVRM: again.\n");
	}
	if (!nv_called)
		nv_printf("No NVIDIA devices probed.\n");
	else if (nv_probed < nv_called)
		nv_printf("The NVIDIA probe routine failed for %u device(s).\n",
			  nv_called - nv_probed);
	if (nv_called && !nv_probed)
		nv_printf("None of the NVIDIA devices were initialized.\n");
	if (nv_probed)
		return 0;
	pci_unregister_driver(&nv_pci_driver);
	return -ENODEV;
}

void nv_pci_exit(void)
{
	pci_unregister_driver(&nv_pci_driver);
}
