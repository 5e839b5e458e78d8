// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Stand-in for nvidia-modeset.ko: its parameters, its symbol dependencies and
 * its version check; it passes GPUs on from nvidia.ko to nvidia-drm.ko.
 */
#include <acpi/video.h>
#include <linux/module.h>
#include <linux/string.h>

#include "standin.h"
#include "standin-abi.h"

STANDIN_PARAMETERS;

static char *standin_case = "";
module_param(standin_case, charp, 0);
MODULE_PARM_DESC(standin_case, "failure to play, see README.md");

static bool output_rounding_fix = true, disable_hdmi_frl, disable_vrr_memclk_switch;
static bool opportunistic_display_sync = true, malloc_verbose;
static bool hdmi_deepcolor = STANDIN_BRANCH >= 570;
static int fail_malloc = -1;
static char *config_file;
module_param(output_rounding_fix, bool, 0400);
module_param(disable_hdmi_frl, bool, 0400);
module_param(disable_vrr_memclk_switch, bool, 0400);
module_param(hdmi_deepcolor, bool, 0400);
module_param(opportunistic_display_sync, bool, 0400);
module_param(fail_malloc, int, 0400);
module_param(malloc_verbose, bool, 0400);
module_param(config_file, charp, 0400);

#if STANDIN_BRANCH < 595
static bool vblank_sem_control = STANDIN_BRANCH >= 555;
module_param(vblank_sem_control, bool, 0400);
#else
static unsigned int debug_force_color_space;
static bool enable_overlay_layers = true, conceal_vrr_caps;
static int fail_alloc_core_channel = -1, debug;
module_param(debug_force_color_space, uint, 0400);
module_param(enable_overlay_layers, bool, 0400);
module_param(conceal_vrr_caps, bool, 0400);
module_param(fail_alloc_core_channel, int, 0400);
module_param(debug, int, 0600);
#endif

/* The real module drives backlights; that is its need for video.ko. */
static void (*const nv_video_link)(void) __used = acpi_video_register_backlight;

static int nv_kapi_enumerate(struct pci_dev **gpus, int max)
{
	int n = STANDIN_CALL(nvidia_standin_gpus, gpus, max);

	return n < 0 ? 0 : n;
}

static int nv_kapi_allocate(struct pci_dev *gpu)
{
	int rc = STANDIN_CALL(nvidia_standin_open, gpu);

	if (!rc && !strcmp(standin_case, "display-engine-stuck"))
		pr_err("nvidia-modeset: ERROR: GPU:0: Idling display engine timed out: 0x0000c57e:6:0:0x0000000f\n");
	return rc;
}

int nvKmsKapiGetFunctionsTable(struct nv_kapi_functions *table)
{
	const char *theirs = table->version;

	table->version = STANDIN_VERSION;
	if (strcmp(theirs, STANDIN_VERSION))
		return -EINVAL;
	table->enumerate_gpus = nv_kapi_enumerate;
	table->allocate_device = nv_kapi_allocate;
	return 0;
}
EXPORT_SYMBOL_GPL(nvKmsKapiGetFunctionsTable);

static int __init nv_modeset_init(void)
{
	const char *theirs = "";
	int rc = STANDIN_BEGIN();

	if (rc)
		return rc;
	if (*standin_case && strcmp(standin_case, "display-engine-stuck")) {
		pr_err("standin: nvidia_modeset has no standin_case \"%s\"\n", standin_case);
		return -EINVAL;
	}
	if (STANDIN_CALL(nvidia_get_rm_ops, STANDIN_VERSION, &theirs) == -EINVAL) {
		pr_err("nvidia-modeset: Version mismatch: nvidia.ko(%s) nvidia-modeset.ko(%s)\n",
		       theirs, STANDIN_VERSION);
		return -EINVAL;
	}
#ifdef STANDIN_PROPRIETARY
	pr_info("nvidia-modeset: Loading NVIDIA Kernel Mode Setting Driver for UNIX platforms  %s  %s\n",
		STANDIN_VERSION, STANDIN_BUILD);
#else
	pr_info("nvidia-modeset: Loading NVIDIA UNIX Open Kernel Mode Setting Driver for x86_64  %s  %s\n",
		STANDIN_VERSION, STANDIN_BUILD);
#endif
	return 0;
}

static void __exit nv_modeset_exit(void)
{
}

module_init(nv_modeset_init);
module_exit(nv_modeset_exit);

MODULE_DESCRIPTION("stand-in for nvidia-modeset.ko");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_INFO(supported, "external");
MODULE_VERSION(STANDIN_VERSION);
