// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Stand-in for nvidia.ko: the order of steps, the procfs tree, the character
 * devices, the PCI driver and the exported symbols of the real module, without
 * touching the hardware.
 */
#include <linux/module.h>
#include <drm/drm_gem.h>

#include "nv.h"
#include "standin-abi.h"

STANDIN_PARAMETERS;

DEFINE_MUTEX(nv_lock);
LIST_HEAD(nv_gpus);

/* The real module frees GEM objects for dma-buf; that is its need for drm.ko. */
static void (*const nv_drm_link)(struct drm_gem_object *) __used = drm_gem_object_release;

int nvidia_get_rm_ops(const char *ours, const char **theirs)
{
	*theirs = STANDIN_VERSION;
	return strcmp(ours, STANDIN_VERSION) ? -EINVAL : 0;
}
EXPORT_SYMBOL_GPL(nvidia_get_rm_ops);

int nvidia_standin_gpus(struct pci_dev **gpus, int max)
{
	struct nv_gpu *gpu;
	int n = 0;

	mutex_lock(&nv_lock);
	list_for_each_entry(gpu, &nv_gpus, node) {
		if (n == max)
			break;
		gpus[n++] = gpu->pdev;
	}
	mutex_unlock(&nv_lock);
	return n;
}
EXPORT_SYMBOL_GPL(nvidia_standin_gpus);

int nvidia_standin_open(struct pci_dev *pdev)
{
	struct nv_gpu *gpu;
	int rc = -ENODEV;

	mutex_lock(&nv_lock);
	list_for_each_entry(gpu, &nv_gpus, node)
		if (gpu->pdev == pdev)
			rc = nv_init_adapter(gpu);
	mutex_unlock(&nv_lock);
	return rc;
}
EXPORT_SYMBOL_GPL(nvidia_standin_open);

int nvUvmInterfaceRegisterUvmCallbacks(const void *callbacks)
{
	return 0;
}
EXPORT_SYMBOL_GPL(nvUvmInterfaceRegisterUvmCallbacks);

static void nv_print_version(void)
{
#ifdef STANDIN_PROPRIETARY
	nv_printf("loading NVIDIA UNIX x86_64 Kernel Module  %s  %s\n",
		  STANDIN_VERSION, STANDIN_BUILD);
#else
	nv_printf("loading NVIDIA UNIX Open Kernel Module for x86_64  %s  %s\n",
		  STANDIN_VERSION, STANDIN_BUILD);
#endif
}

static int __init nv_init(void)
{
	int rc = STANDIN_BEGIN();

	if (rc)
		return rc;
	rc = nv_case_parse();
	if (rc)
		return rc;
	rc = nv_procfs_init();
	if (rc)
		return rc;
	rc = nv_chrdev_init();
	if (rc)
		goto no_chrdev;
	rc = nv_pci_init();
	if (rc)
		goto no_pci;
	nv_print_version();
	return 0;

no_pci:
	nv_chrdev_exit();
no_chrdev:
	nv_procfs_exit();
	return rc;
}

static void __exit nv_exit(void)
{
	nv_pci_exit();
	nv_chrdev_exit();
	nv_procfs_exit();
}

module_init(nv_init);
module_exit(nv_exit);

MODULE_DESCRIPTION("stand-in for nvidia.ko");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_INFO(supported, "external");
MODULE_VERSION(STANDIN_VERSION);
MODULE_ALIAS("char-major-195-*");
MODULE_FIRMWARE("nvidia/" STANDIN_VERSION "/gsp_tu10x.bin");
MODULE_FIRMWARE("nvidia/" STANDIN_VERSION "/gsp_ga10x.bin");
#ifdef STANDIN_SOFTDEP
/* The comma is NVIDIA's; kmod takes the whole for one module's name. */
MODULE_SOFTDEP("pre: ecdh_generic,ecdsa_generic");
#endif
