// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * /proc/devices as nvidia.ko leaves it, and the open of /dev/nvidiaN that
 * initialises a GPU. No device node is made (the real module makes none) and
 * no ioctl exists.
 */
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/module.h>

#include "nv.h"

#define NV_MAJOR 195
#define NV_MODESET_MINOR 254
#define NV_CTL_MINOR 255

/* The real module compares versions in the client's first ioctl. */
static void nv_print_api_mismatch(void)
{
#if STANDIN_BRANCH >= 575
	nv_printf("API mismatch: the client '%s' (pid %d)\n"
		  "NVRM: has the version %s, but this kernel module has\n"
		  "NVRM: the version %s.  Please make sure that this\n"
		  "NVRM: kernel module and all NVIDIA driver components\n"
		  "NVRM: have the same version.\n",
		  current->comm, task_pid_nr(current), STANDIN_OTHER_VERSION, STANDIN_VERSION);
#else
	nv_printf("API mismatch: the client has the version %s, but\n"
		  "NVRM: this kernel module has the version %s.  Please\n"
		  "NVRM: make sure that this kernel module and all NVIDIA driver\n"
		  "NVRM: components have the same version.\n",
		  STANDIN_OTHER_VERSION, STANDIN_VERSION);
#endif
}

static int nv_open(struct inode *inode, struct file *file)
{
	struct nv_gpu *gpu;
	int rc = -ENXIO;

	if (nv_case == NV_CASE_API_MISMATCH) {
		nv_print_api_mismatch();
		return -EINVAL;
	}
	if (iminor(inode) >= NV_MODESET_MINOR)
		return 0;
	mutex_lock(&nv_lock);
	list_for_each_entry(gpu, &nv_gpus, node)
		if (gpu->minor == iminor(inode))
			rc = nv_init_adapter(gpu);
	mutex_unlock(&nv_lock);
	return rc;
}

static const struct file_operations nv_fops = {
	.owner = THIS_MODULE,
	.open = nv_open,
};

static const struct {
	const char *name;
	unsigned int minor, count;
} fixed[] = {
	{ "nvidia", 0, NV_MODESET_MINOR },
	{ "nvidia-modeset", NV_MODESET_MINOR, 1 },
	{ "nvidiactl", NV_CTL_MINOR, 1 },
};

static const char * const dynamic[] = {
	"nvidia-nvlink", "nvidia-nvswitch", "nvidia-caps", "nvidia-caps-imex-channels",
};

static struct cdev nv_cdev;
static dev_t nv_dynamic[ARRAY_SIZE(dynamic)];
static unsigned int nv_fixed_n, nv_dynamic_n;

void nv_chrdev_exit(void)
{
	if (nv_cdev.ops)
		cdev_del(&nv_cdev);
	if (nv_dynamic_n)
		pr_info("nvidia-nvlink: Unregistered Nvlink Core, major device number %u\n",
			MAJOR(nv_dynamic[0]));
	while (nv_dynamic_n)
		unregister_chrdev_region(nv_dynamic[--nv_dynamic_n], 1);
	while (nv_fixed_n) {
		nv_fixed_n--;
		unregister_chrdev_region(MKDEV(NV_MAJOR, fixed[nv_fixed_n].minor),
					 fixed[nv_fixed_n].count);
	}
}

int nv_chrdev_init(void)
{
	int rc;

	for (; nv_dynamic_n < ARRAY_SIZE(dynamic); nv_dynamic_n++) {
		rc = alloc_chrdev_region(&nv_dynamic[nv_dynamic_n], 0, 1,
					 dynamic[nv_dynamic_n]);
		if (rc)
			goto fail;
	}
	pr_info("nvidia-nvlink: Nvlink Core is being initialized, major device number %u\n",
		MAJOR(nv_dynamic[0]));
	for (; nv_fixed_n < ARRAY_SIZE(fixed); nv_fixed_n++) {
		rc = register_chrdev_region(MKDEV(NV_MAJOR, fixed[nv_fixed_n].minor),
					    fixed[nv_fixed_n].count,
					    fixed[nv_fixed_n].name);
		if (rc)
			goto fail;
	}
	cdev_init(&nv_cdev, &nv_fops);
	rc = cdev_add(&nv_cdev, MKDEV(NV_MAJOR, 0), NV_CTL_MINOR + 1);
	if (rc) {
		nv_cdev.ops = NULL;
		goto fail;
	}
	return 0;
fail:
	nv_chrdev_exit();
	return rc;
}
