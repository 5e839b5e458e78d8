// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * First initialisation of a GPU: the GSP firmware request and the ways in which
 * RmInitAdapter is known to fail, in the real driver's words. The request is a
 * real one; what the file contains is never looked at.
 */
#include <linux/dma-mapping.h>
#include <linux/firmware.h>
#include <linux/module.h>

#include "nv.h"

/* "MODULE:STATUS:LINE" of rm-init-failed; the default is an unreadable VBIOS. */
static char *standin_triple = STANDIN_OPEN ? "0x62:0x25:1792" : "0x30:0xffff:1098";
module_param(standin_triple, charp, 0);
MODULE_PARM_DESC(standin_triple, "the three numbers that rm-init-failed prints");

/* Since 580 resource manager messages start with the GPU's instance. */
#if STANDIN_BRANCH >= 580
#define nv_rm_printf(gpu, text) nv_printf("GPU%u " text "\n", (gpu)->minor)
#else
#define nv_rm_printf(gpu, text) nv_printf(text "\n")
#endif

/* The source line of "No firmware image found"'s RmInitAdapter failure. */
#define NV_NO_FIRMWARE_LINE \
	(STANDIN_BRANCH >= 595 ? 2074 : STANDIN_BRANCH >= 570 ? 1770 : 1705)

const char *nv_model(const struct pci_dev *pdev)
{
	switch (pdev->device) {
	case 0x1b80: return "NVIDIA GeForce GTX 1080";
	case 0x1d01: return "NVIDIA GeForce GT 1030";
	case 0x1f02: return "NVIDIA GeForce RTX 2070";
	case 0x2204: return "NVIDIA GeForce RTX 3090";
	case 0x2206: return "NVIDIA GeForce RTX 3080";
	case 0x2684: return "NVIDIA GeForce RTX 4090";
	default:     return "Unknown";
	}
}

/* Turing (TU102, 0x1e00) is the first family with a GSP. */
bool nv_has_gsp(const struct pci_dev *pdev)
{
	return pdev->device >= 0x1e00;
}

/* TU10x, TU11x and GA100 share one image, everything later the other. */
static bool nv_is_turing(const struct pci_dev *pdev)
{
	return pdev->device < 0x2200 && nv_has_gsp(pdev);
}

/* The open modules cannot do without; the others ask by default since 555. */
static bool nv_wants_gsp(void)
{
	return STANDIN_OPEN || (STANDIN_BRANCH >= 555 && NVreg_EnableGpuFirmware);
}

static int nv_rm_failed(struct nv_gpu *gpu, const char *triple)
{
	const char *name = pci_name(gpu->pdev);

	nv_printf("GPU %s: RmInitAdapter failed! (%s)\n", name, triple);
	nv_printf("GPU %s: rm_init_adapter failed, device minor number %u\n",
		  name, gpu->minor);
	return -EIO;
}

static int nv_fetch_firmware(struct nv_gpu *gpu)
{
	const char *file = nv_is_turing(gpu->pdev) ?
		"nvidia/" STANDIN_VERSION "/gsp_tu10x.bin" :
		"nvidia/" STANDIN_VERSION "/gsp_ga10x.bin";
	const struct firmware *fw;
	char triple[24];

	if (nv_case == NV_CASE_FIRMWARE_INTERRUPTED) {
		/* The firmware loader's words when a signal ends the read. */
		dev_warn(&gpu->pdev->dev,
			 "Direct firmware load for %s failed with error %d\n", file, -EINTR);
	} else if (!request_firmware(&fw, file, &gpu->pdev->dev)) {
		release_firmware(fw);
		gpu->firmware = STANDIN_VERSION;
		return 0;
	}
	nv_printf("RmFetchGspRmImages: No firmware image found\n");
	snprintf(triple, sizeof(triple), "0x61:0x56:%u", NV_NO_FIRMWARE_LINE);
	return nv_rm_failed(gpu, triple);
}

static void nv_print_xid(const struct nv_gpu *gpu, const char *rest)
{
	char slot[16];

	/* "0000:01:00", the name without its function. */
	strscpy(slot, pci_name(gpu->pdev), min(sizeof(slot), strlen(pci_name(gpu->pdev)) - 1));
	nv_printf("GPU at PCI:%s: GPU-00000000-0000-4000-8000-%012x\n",
		  slot, pci_dev_id(gpu->pdev));
	nv_printf("Xid (PCI:%s): %s\n", slot, rest);
}

static int nv_play_case(struct nv_gpu *gpu)
{
	const char *name = pci_name(gpu->pdev);

	switch (nv_case) {
	case NV_CASE_POWER_CABLE:
		nv_printf("GPU %s: GPU does not have the necessary power cables connected.\n",
			  name);
		return nv_rm_failed(gpu, "0x24:0x1c:1603");
	case NV_CASE_WPR2:
		nv_rm_printf(gpu, "_kgspBootGspRm: unexpected WPR2 already up, cannot proceed with booting GSP");
		nv_rm_printf(gpu, "_kgspBootGspRm: (the GPU is likely in a bad state and may need to be reset)");
		nv_rm_printf(gpu, "RmInitAdapter: Cannot initialize GSP firmware RM");
		return nv_rm_failed(gpu, "0x62:0x40:2168");
	case NV_CASE_RM_INIT_FAILED:
		if (STANDIN_OPEN)
			nv_rm_printf(gpu, "RmInitAdapter: Cannot initialize GSP firmware RM");
		else
			nv_printf("GPU %s: Failed to copy vbios to system memory.\n", name);
		return nv_rm_failed(gpu, standin_triple);
	case NV_CASE_XID_119:
		nv_print_xid(gpu, "119, pid='<unknown>', name=<unknown>, Timeout after 6s of waiting for RPC response from GPU0 GSP! Expected function 4097 (GSP_INIT_DONE) (0x0 0x0).");
		nv_rm_printf(gpu, "RmInitAdapter: Cannot initialize GSP firmware RM");
		return nv_rm_failed(gpu, "0x62:0x65:2168");
	case NV_CASE_UNKNOWN:
		nv_printf("GPU %s: a complaint that no catalogue knows\n", name);
		return nv_rm_failed(gpu, "0x7e:0x7f:42");
	default:
		return 0;
	}
}

void nv_xid_work(struct work_struct *work)
{
	struct nv_gpu *gpu = container_of(to_delayed_work(work), struct nv_gpu, xid);

	nv_print_xid(gpu, "79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.");
	nv_printf("GPU %s: GPU has fallen off the bus.\n", pci_name(gpu->pdev));
}

/* Called with nv_lock held. A failed GPU is tried anew at each open. */
int nv_init_adapter(struct nv_gpu *gpu)
{
	int rc;

	if (gpu->initialized)
		return 0;
	dma_set_mask(&gpu->pdev->dev, DMA_BIT_MASK(47));
	if (nv_wants_gsp()) {
		rc = nv_fetch_firmware(gpu);
		if (rc)
			return rc;
	}
	rc = nv_play_case(gpu);
	if (rc)
		return rc;
	gpu->initialized = true;
	if (nv_case == NV_CASE_XID_79)
		schedule_delayed_work(&gpu->xid, msecs_to_jiffies(200));
	return 0;
}
