// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Stand-in for nvidia-drm.ko: a DRM device on each GPU that nvidia.ko drives,
 * with a connected output under modeset=1. As in the real module nothing that
 * goes wrong with a GPU makes loading fail.
 */
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_gem_ttm_helper.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_print.h>
#include <linux/aperture.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/version.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#include <drm/drm_fbdev_ttm.h>
#define nv_drm_fbdev_setup drm_fbdev_ttm_setup
#else
#include <drm/drm_fb_helper.h>
#define nv_drm_fbdev_setup drm_fbdev_generic_setup
/* fbdev emulation needs drm_ttm_helper.ko only from 6.11 on; depend on it anyway. */
static int (*const nv_ttm_link)(struct drm_gem_object *, struct vm_area_struct *)
	__used = drm_gem_ttm_mmap;
#endif

#include "drm-gem.h"
#include "standin.h"
#include "standin-abi.h"
#include "standin-kms.h"

STANDIN_PARAMETERS;

static char *standin_case = "";
module_param(standin_case, charp, 0);
MODULE_PARM_DESC(standin_case, "failure to play, see README.md");

static bool modeset = STANDIN_BRANCH >= 595;
static bool fbdev = STANDIN_BRANCH >= 570;
module_param(modeset, bool, 0400);
#if STANDIN_BRANCH >= 545
module_param(fbdev, bool, 0400);
#endif

static const char * const cases[] = {
	"", "flip-timeout", "grab-ownership-failed", "panel", "revoke-failed", "version-mismatch",
};

struct nv_drm {
	struct drm_device *dev;
	struct pci_dev *pdev;
	struct standin_output output;
	struct nv_drm *next;
};

static struct nv_drm *nv_drm_list;
static struct nv_kapi_functions kapi = { .version = STANDIN_VERSION };

/* NVIDIA's GPU id is the PCI address without the function. */
#define GPU_ID(pdev) \
	((pci_domain_nr((pdev)->bus) << 16) | ((pdev)->bus->number << 8) | PCI_SLOT((pdev)->devfn))
#define nv_drm_err(pdev, fmt) \
	DRM_ERROR("[nvidia-drm] [GPU ID 0x%08x] " fmt "\n", GPU_ID(pdev))

/*
 * DRM prints the name of the function that complains, so the functions are
 * named as in NVIDIA's. Until 575 loading happens inside drm_dev_register(),
 * where card and render node already exist and vanish again on failure.
 */
#if STANDIN_BRANCH >= 580
#define NV_LOADS_BEFORE_REGISTER 1
static noinline __noclone int nv_drm_dev_load(struct drm_device *dev, unsigned long flags)
#else
#define NV_LOADS_BEFORE_REGISTER 0
#define nv_drm_dev_load nv_drm_load
static noinline __noclone int nv_drm_load(struct drm_device *dev, unsigned long flags)
#endif
{
	struct nv_drm *nv = dev->dev_private;

	DRM_INFO("[nvidia-drm] [GPU ID 0x%08x] Loading driver\n", GPU_ID(nv->pdev));
	if (!modeset)
		return 0;
	if (kapi.allocate_device(nv->pdev)) {
		nv_drm_err(nv->pdev, "Failed to allocate NvKmsKapiDevice");
		return -ENODEV;
	}
	if (fbdev && !strcmp(standin_case, "grab-ownership-failed")) {
		nv_drm_err(nv->pdev, "Failed to grab NVKMS modeset ownership");
		return -EBUSY;
	}
	return standin_kms_init(dev, &nv->output, strcmp(standin_case, "panel") ?
				DRM_MODE_CONNECTOR_HDMIA : DRM_MODE_CONNECTOR_eDP);
}

DEFINE_DRM_GEM_FOPS(nv_drm_fops);

/* Not const: modeset decides about the features, as in the real module. */
static struct drm_driver nv_drm_driver = {
	.driver_features = DRIVER_GEM | DRIVER_RENDER,
	.fops = &nv_drm_fops,
	.dumb_create = nv_drm_dumb_create,
#if !NV_LOADS_BEFORE_REGISTER
	.load = nv_drm_dev_load,
#endif
	.name = "nvidia-drm",
	.desc = "NVIDIA DRM driver",
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
	.date = "20160202",
#endif
};

/* What goes wrong with a device that is up; DRM prints these functions' names. */
static noinline __noclone void nv_drm_atomic_commit(struct pci_dev *pdev)
{
	nv_drm_err(pdev, "Flip event timeout on head 0");
}

static noinline __noclone void nv_drm_revoke_modeset_permission(struct pci_dev *pdev)
{
	nv_drm_err(pdev, "Failed to revoke DRM modeset permission");
}

static noinline __noclone void nv_drm_register_drm_device(struct pci_dev *pdev)
{
	struct nv_drm *nv = kzalloc(sizeof(*nv), GFP_KERNEL);
	int rc;

	if (!nv)
		return;
	nv->pdev = pdev;
	nv->dev = drm_dev_alloc(&nv_drm_driver, &pdev->dev);
	if (IS_ERR(nv->dev)) {
		kfree(nv);
		return;
	}
	nv->dev->dev_private = nv;
	rc = NV_LOADS_BEFORE_REGISTER ? nv_drm_dev_load(nv->dev, 0) : 0;
	if (!rc) {
		rc = drm_dev_register(nv->dev, 0);
		if (rc)
			nv_drm_err(pdev, "Failed to register device");
	}
	if (rc) {
		drm_dev_put(nv->dev);
		kfree(nv);
		return;
	}
	if (modeset && fbdev) {
		aperture_remove_conflicting_pci_devices(pdev, nv_drm_driver.name);
		nv_drm_fbdev_setup(nv->dev, 32);
	}
	nv->next = nv_drm_list;
	nv_drm_list = nv;
	if (!strcmp(standin_case, "flip-timeout"))
		nv_drm_atomic_commit(pdev);
	if (!strcmp(standin_case, "revoke-failed"))
		nv_drm_revoke_modeset_permission(pdev);
}

static noinline __noclone int nv_drm_init(void)
{
	struct pci_dev *gpus[STANDIN_MAX_GPUS];
	int rc = STANDIN_CALL(nvKmsKapiGetFunctionsTable, &kapi);
	int i, n;

	if (rc == -EINVAL || !strcmp(standin_case, "version-mismatch")) {
		DRM_ERROR("[nvidia-drm] Version mismatch: nvidia-modeset.ko(%s) nvidia-drm.ko(%s)\n",
			  rc ? kapi.version : STANDIN_OTHER_VERSION, STANDIN_VERSION);
		return -EINVAL;
	}
	if (modeset)
		nv_drm_driver.driver_features |= DRIVER_MODESET | DRIVER_ATOMIC;
	n = rc ? 0 : kapi.enumerate_gpus(gpus, ARRAY_SIZE(gpus));
	if (!n)
		DRM_INFO("[nvidia-drm] %s\n", STANDIN_BRANCH >= 580 ?
			 "No NVIDIA GPUs found" : "Not found NVIDIA GPUs");
	for (i = 0; i < n; i++)
		nv_drm_register_drm_device(gpus[i]);
	return 0;
}

static int __init nv_linux_drm_init(void)
{
	int rc = STANDIN_BEGIN();

	if (rc)
		return rc;
	if (match_string(cases, ARRAY_SIZE(cases), standin_case) < 0) {
		pr_err("standin: nvidia_drm has no standin_case \"%s\"\n", standin_case);
		return -EINVAL;
	}
	return nv_drm_init();
}

static void __exit nv_linux_drm_exit(void)
{
	while (nv_drm_list) {
		struct nv_drm *nv = nv_drm_list;

		nv_drm_list = nv->next;
		drm_dev_unregister(nv->dev);
		if (modeset)
			drm_atomic_helper_shutdown(nv->dev);
		drm_dev_put(nv->dev);
		kfree(nv);
	}
}

module_init(nv_linux_drm_init);
module_exit(nv_linux_drm_exit);

static const struct pci_device_id nv_drm_alias_table[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID),
	  .class = PCI_CLASS_DISPLAY_VGA << 8, .class_mask = ~0 },
	{ PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID),
	  .class = PCI_CLASS_DISPLAY_3D << 8, .class_mask = ~0 },
	{ PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID),
	  .class = PCI_CLASS_BRIDGE_OTHER << 8, .class_mask = ~0 },
	{ }
};
MODULE_DEVICE_TABLE(pci, nv_drm_alias_table);

MODULE_DESCRIPTION("stand-in for nvidia-drm.ko");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_INFO(supported, "external");
MODULE_VERSION(STANDIN_VERSION);
