/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The symbols through which the four modules depend on each other. Names as in
 * NVIDIA's driver; the contents are the stand-ins' own.
 */
#ifndef STANDIN_ABI_H
#define STANDIN_ABI_H

#include <linux/pci.h>

#define STANDIN_MAX_GPUS 8

/* nvidia.ko: 0, or -EINVAL with *theirs set when the versions differ. */
int nvidia_get_rm_ops(const char *ours, const char **theirs);
/* nvidia.ko: the GPUs it has bound; returns their number. No references. */
int nvidia_standin_gpus(struct pci_dev **gpus, int max);
/* nvidia.ko: initialises one GPU, -EIO when that failed. */
int nvidia_standin_open(struct pci_dev *gpu);
/* nvidia.ko, used by nvidia-uvm.ko. */
int nvUvmInterfaceRegisterUvmCallbacks(const void *callbacks);

struct nv_kapi_functions {
	const char *version;
	int (*enumerate_gpus)(struct pci_dev **gpus, int max);
	int (*allocate_device)(struct pci_dev *gpu);
};

/* nvidia-modeset.ko: 0, or -EINVAL when table->version is another one. */
int nvKmsKapiGetFunctionsTable(struct nv_kapi_functions *table);

#endif
