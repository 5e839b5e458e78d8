// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Stand-in for simpledrm on kernels built without it: a platform device
 * simple-framebuffer.0 over the first bytes of the display adapter's BAR 0,
 * and a card on it, which the aperture helpers evict as they do the real one. The
 * driver is called simpledrm: simplefb, built in, has taken simple-framebuffer.
 */
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_gem_shmem_helper.h>
#include <drm/drm_ioctl.h>
#include <linux/aperture.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/version.h>

#include "standin.h"
#include "standin-kms.h"

STANDIN_PARAMETERS;

#define FB_SIZE (1024 * 768 * 4)

struct simple {
	struct drm_device dev;
	struct standin_output output;
};

DEFINE_DRM_GEM_FOPS(simple_fops);

static const struct drm_driver simple_driver = {
	DRM_GEM_SHMEM_DRIVER_OPS,
	.driver_features = DRIVER_ATOMIC | DRIVER_GEM | DRIVER_MODESET,
	.fops = &simple_fops,
	.name = "simpledrm",
	.desc = "DRM driver for simple-framebuffer platform devices",
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
	.date = "20200625",
#endif
	.major = 1,
};

static int simple_probe(struct platform_device *pdev)
{
	struct resource *mem = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	struct simple *simple;
	int rc;

	if (!mem)
		return -EINVAL;
	simple = devm_drm_dev_alloc(&pdev->dev, &simple_driver, struct simple, dev);
	if (IS_ERR(simple))
		return PTR_ERR(simple);
	platform_set_drvdata(pdev, &simple->dev);
	rc = devm_aperture_acquire_for_platform_device(pdev, mem->start, resource_size(mem));
	if (rc)
		return rc;
	rc = standin_kms_init(&simple->dev, &simple->output, DRM_MODE_CONNECTOR_Unknown);
	return rc ? rc : drm_dev_register(&simple->dev, 0);
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
static void simple_remove(struct platform_device *pdev)
{
	drm_dev_unplug(platform_get_drvdata(pdev));
}
#else
static int simple_remove(struct platform_device *pdev)
{
	drm_dev_unplug(platform_get_drvdata(pdev));
	return 0;
}
#endif

/* simplefb is asked first and declines: the device has no platform data. */
static const struct platform_device_id simple_ids[] = {
	{ "simple-framebuffer" },
	{ }
};

static struct platform_driver simple_platform_driver = {
	.driver.name = "simpledrm",
	.id_table = simple_ids,
	.probe = simple_probe,
	.remove = simple_remove,
};

/* The adapter is looked for by class: it may be relabelled already, or not. */
static struct pci_dev *display_adapter(void)
{
	struct pci_dev *pdev = NULL;

	while ((pdev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, pdev)))
		if (pdev->class >> 16 == PCI_BASE_CLASS_DISPLAY &&
		    pci_resource_len(pdev, 0) >= FB_SIZE)
			return pdev;
	return NULL;
}

static int __init simple_init(void)
{
	struct platform_device *fb;
	struct pci_dev *adapter;
	struct resource mem = { .name = "BOOTFB", .flags = IORESOURCE_MEM };
	int rc = STANDIN_BEGIN();

	if (rc)
		return rc;
	adapter = display_adapter();
	if (!adapter)
		return -ENODEV;
	mem.start = pci_resource_start(adapter, 0);
	mem.end = mem.start + FB_SIZE - 1;
	pci_dev_put(adapter);
	rc = platform_driver_register(&simple_platform_driver);
	if (rc)
		return rc;
	fb = platform_device_register_simple("simple-framebuffer", 0, &mem, 1);
	if (IS_ERR(fb))
		platform_driver_unregister(&simple_platform_driver);
	return PTR_ERR_OR_ZERO(fb);
}

/* No exit: firmware's framebuffer cannot be unloaded either, only evicted. */
module_init(simple_init);

MODULE_DESCRIPTION("stand-in for simpledrm.ko");
MODULE_LICENSE("Dual MIT/GPL");
