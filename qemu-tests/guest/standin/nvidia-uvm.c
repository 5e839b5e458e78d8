// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Stand-in for nvidia-uvm.ko: its parameters, its character device number and
 * its silence (since 570 it says nothing when it loads).
 */
#include <linux/fs.h>
#include <linux/module.h>

#include "standin.h"
#include "standin-abi.h"

STANDIN_PARAMETERS;

#define UVM(type, name, value, mode)		\
	static type name = value;		\
	module_param(name, type, mode)
typedef char *charp;

#include "uvm-params.h"

static dev_t uvm_dev;

static int __init uvm_init(void)
{
	int rc = STANDIN_BEGIN();

	if (rc)
		return rc;
	STANDIN_CALL(nvUvmInterfaceRegisterUvmCallbacks, NULL);
	rc = alloc_chrdev_region(&uvm_dev, 0, 2, "nvidia-uvm");
	if (rc)
		return rc;
	if (STANDIN_BRANCH < 570)
		pr_info("nvidia-uvm: Loaded the UVM driver, major device number %u.\n",
			MAJOR(uvm_dev));
	return 0;
}

static void __exit uvm_exit(void)
{
	unregister_chrdev_region(uvm_dev, 2);
}

module_init(uvm_init);
module_exit(uvm_exit);

MODULE_DESCRIPTION("stand-in for nvidia-uvm.ko");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_INFO(supported, "external");
MODULE_VERSION(STANDIN_VERSION);
