// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Which measured failure this load plays: the standin_case parameter. */
#include <linux/module.h>
#include <linux/string.h>

#include "nv.h"

static char *standin_case = "";
module_param(standin_case, charp, 0);
MODULE_PARM_DESC(standin_case, "failure to play, see README.md");

enum nv_case nv_case;

static const char * const names[] = {
	[NV_CASE_NONE] = "",
	[NV_CASE_API_MISMATCH] = "api-mismatch",
	[NV_CASE_BAR0_INVALID] = "bar0-invalid",
	[NV_CASE_FALLEN_OFF_BUS] = "fallen-off-bus",
	[NV_CASE_FIRMWARE_INTERRUPTED] = "firmware-interrupted",
	[NV_CASE_LEGACY_GPU] = "legacy-gpu",
	[NV_CASE_NO_GSP] = "no-gsp",
	[NV_CASE_POWER_CABLE] = "power-cable",
	[NV_CASE_RM_INIT_FAILED] = "rm-init-failed",
	[NV_CASE_UNKNOWN] = "unknown",
	[NV_CASE_WPR2] = "wpr2",
	[NV_CASE_XID_119] = "xid-119",
	[NV_CASE_XID_79] = "xid-79",
};

/* A misspelt case must stop the scenario, not play the healthy one. */
int nv_case_parse(void)
{
	int i = match_string(names, ARRAY_SIZE(names), standin_case);

	if (i < 0) {
		pr_err("standin: nvidia has no standin_case \"%s\"\n", standin_case);
		return -EINVAL;
	}
	nv_case = i;
	return 0;
}
