// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * /proc/driver/nvidia in the formats of the real module (nv-procfs.c of
 * NVIDIA's open-gpu-kernel-modules). capabilities/ is left out.
 */
#include <linux/dma-mapping.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "nv.h"

static struct proc_dir_entry *nv_proc, *nv_proc_gpus;

static int version_show(struct seq_file *s, void *v)
{
	seq_printf(s, "NVRM version: NVIDIA UNIX %s  %s  %s\n",
		   STANDIN_OPEN ? "Open Kernel Module for x86_64" : "x86_64 Kernel Module",
		   STANDIN_VERSION, STANDIN_BUILD);
	seq_puts(s, "GCC version:  gcc version " __VERSION__ "\n");
	return 0;
}

static int registry_show(struct seq_file *s, void *v)
{
	seq_puts(s, "Binary: \"\"\n");
	return 0;
}

static int suspend_depth_show(struct seq_file *s, void *v)
{
	seq_puts(s, "default modeset uvm\n");
	return 0;
}

static int readme_show(struct seq_file *s, void *v)
{
	return 0;
}

static int suspend_show(struct seq_file *s, void *v)
{
	seq_puts(s, "suspend hibernate resume\n");
	return 0;
}

static int suspend_open(struct inode *inode, struct file *file)
{
	return single_open(file, suspend_show, NULL);
}

static ssize_t suspend_write(struct file *file, const char __user *buf, size_t n, loff_t *pos)
{
	return n;
}

static const struct proc_ops suspend_ops = {
	.proc_open = suspend_open,
	.proc_read = seq_read,
	.proc_write = suspend_write,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

static int information_show(struct seq_file *s, void *v)
{
	const struct nv_gpu *gpu = s->private;
	struct pci_dev *pdev = gpu->pdev;
	u64 mask = pdev->dma_mask;

	seq_printf(s, "Model: \t\t %s\n", nv_model(pdev));
	seq_printf(s, "IRQ:   \t\t %u\n", pdev->irq);
	if (gpu->initialized)
		seq_printf(s, "GPU UUID: \t GPU-00000000-0000-4000-8000-%012x\n",
			   pci_dev_id(pdev));
	else if (STANDIN_BRANCH < 595)
		seq_puts(s, "GPU UUID: \t GPU-????????-????-????-????-????????????\n");
	seq_printf(s, "Video BIOS: \t %s\n",
		   gpu->initialized ? "94.02.42.40.5d" : "??.??.??.??.??");
	seq_printf(s, "Bus Type: \t %s\n", pci_is_pcie(pdev) ? "PCIe" : "PCI");
	seq_printf(s, "DMA Size: \t %d bits\n", fls64(mask));
	seq_printf(s, "DMA Mask: \t 0x%llx\n", mask);
	seq_printf(s, "Bus Location: \t %s\n", pci_name(pdev));
	seq_printf(s, "Device Minor: \t %u\n", gpu->minor);
	if (STANDIN_OPEN)
		seq_printf(s, "GPU Firmware: \t %s\n", gpu->firmware ?: "N/A");
	seq_puts(s, "GPU Excluded:\t No\n");
	return 0;
}

static int power_show(struct seq_file *s, void *v)
{
	seq_puts(s, "Runtime D3 status:          ?\nVideo Memory:               ?\n\n"
		 "GPU Hardware Support:\n Video Memory Self Refresh: ?\n"
		 " Video Memory Off:          ?\n");
	return 0;
}

void nv_procfs_add_gpu(struct nv_gpu *gpu)
{
	gpu->proc = proc_mkdir(pci_name(gpu->pdev), nv_proc_gpus);
	if (!gpu->proc)
		return;
	proc_create_single_data("information", 0444, gpu->proc, information_show, gpu);
	proc_create_single("registry", 0444, gpu->proc, registry_show);
	proc_create_single("power", 0444, gpu->proc, power_show);
}

void nv_procfs_remove_gpu(struct nv_gpu *gpu)
{
	proc_remove(gpu->proc);
}

static void add_readme(const char *name)
{
	struct proc_dir_entry *dir = proc_mkdir(name, nv_proc);

	if (dir)
		proc_create_single("README", 0444, dir, readme_show);
}

int nv_procfs_init(void)
{
	nv_proc = proc_mkdir("driver/nvidia", NULL);
	if (!nv_proc)
		return -ENOMEM;
	nv_proc_gpus = proc_mkdir("gpus", nv_proc);
	if (!nv_proc_gpus) {
		proc_remove(nv_proc);
		return -ENOMEM;
	}
	proc_create_single("version", 0444, nv_proc, version_show);
	proc_create_single("params", 0444, nv_proc, nv_params_show);
	proc_create_single("registry", 0444, nv_proc, registry_show);
	proc_create_single("suspend_depth", 0444, nv_proc, suspend_depth_show);
	if (!nv_kernel_suspend_notifiers())
		proc_create("suspend", 0644, nv_proc, &suspend_ops);
	add_readme("warnings");
	add_readme("patches");
	return 0;
}

void nv_procfs_exit(void)
{
	proc_remove(nv_proc);
}
