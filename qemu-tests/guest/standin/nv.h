/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Declarations shared by the parts of the nvidia.ko stand-in. */
#ifndef NV_H
#define NV_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/printk.h>
#include <linux/workqueue.h>

#include "standin.h"

/* nv_printf() of the real driver gives no level either: records come as <4>. */
#define nv_printf(fmt, ...) printk(KERN_DEFAULT "NVRM: " fmt, ##__VA_ARGS__)

struct proc_dir_entry;

struct nv_gpu {
	struct list_head node;
	struct pci_dev *pdev;
	struct proc_dir_entry *proc;
	struct delayed_work xid;
	unsigned int minor;
	bool initialized;
	const char *firmware;
};

/* Serialises GPU initialisation and guards nv_gpus. */
extern struct mutex nv_lock;
extern struct list_head nv_gpus;

/* nv-case.c: the failure that this load plays. */
enum nv_case {
	NV_CASE_NONE,
	NV_CASE_API_MISMATCH,
	NV_CASE_BAR0_INVALID,
	NV_CASE_FALLEN_OFF_BUS,
	NV_CASE_FIRMWARE_INTERRUPTED,
	NV_CASE_LEGACY_GPU,
	NV_CASE_NO_GSP,
	NV_CASE_POWER_CABLE,
	NV_CASE_RM_INIT_FAILED,
	NV_CASE_UNKNOWN,
	NV_CASE_WPR2,
	NV_CASE_XID_119,
	NV_CASE_XID_79,
};
extern enum nv_case nv_case;
int nv_case_parse(void);

/* nv-adapter.c */
const char *nv_model(const struct pci_dev *pdev);
bool nv_has_gsp(const struct pci_dev *pdev);
int nv_init_adapter(struct nv_gpu *gpu);
void nv_xid_work(struct work_struct *work);

/* nv-chrdev.c */
int nv_chrdev_init(void);
void nv_chrdev_exit(void);

/* nv-params.c */
extern int NVreg_EnableGpuFirmware;
extern int NVreg_RegisterPCIDriver;
bool nv_kernel_suspend_notifiers(void);
struct seq_file;
int nv_params_show(struct seq_file *s, void *v);

/* nv-pci.c */
int nv_pci_init(void);
void nv_pci_exit(void);

/* nv-procfs.c */
int nv_procfs_init(void);
void nv_procfs_exit(void);
void nv_procfs_add_gpu(struct nv_gpu *gpu);
void nv_procfs_remove_gpu(struct nv_gpu *gpu);

#endif
