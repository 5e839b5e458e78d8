// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The NVreg_* parameters: names, defaults and the order in which
 * /proc/driver/nvidia/params lists them, as nvidia.ko 550.163.01 and 595.45.04
 * show them. They have no effect except where nv.h declares one.
 */
#include <linux/module.h>
#include <linux/seq_file.h>

#include "nv.h"

/* X(name in params, parameter without NVreg_, default) */
#if STANDIN_BRANCH < 570
#define NV_PARAMS_550(X) X(TCEBypassMode, TCEBypassMode, 0)
#else
#define NV_PARAMS_550(X)
#endif

#if STANDIN_BRANCH >= 595
#define NV_PRESERVE_DEFAULT 2
#define NV_PARAMS_595_POWER(X) X(UseKernelSuspendNotifiers, UseKernelSuspendNotifiers, 0)
#define NV_PARAMS_595_TEGRA(X) X(TegraGpuPgMask, TegraGpuPgMask, ~0)
#define NV_PARAMS_595_LINK(X) X(RmNvlinkBandwidthLinkCount, RmNvlinkBandwidthLinkCount, 0)
#define NV_PARAMS_595_LAST(X)						\
	X(CreateImexChannel0, CreateImexChannel0, 0)			\
	X(GrdmaPciTopoCheckOverride, GrdmaPciTopoCheckOverride, 0)	\
	X(EnableSystemMemoryPools, EnableSystemMemoryPools, 529)
#define NV_STRINGS_595(X) X(CoherentGPUMemoryMode)
#else
#define NV_PRESERVE_DEFAULT 0
#define NV_PARAMS_595_POWER(X)
#define NV_PARAMS_595_TEGRA(X)
#define NV_PARAMS_595_LINK(X)
#define NV_PARAMS_595_LAST(X)
#define NV_STRINGS_595(X)
#endif

#define NV_PARAMS(X)							\
	X(ResmanDebugLevel, ResmanDebugLevel, ~0)			\
	X(RmLogonRC, RmLogonRC, 1)					\
	X(ModifyDeviceFiles, ModifyDeviceFiles, 1)			\
	X(DeviceFileUID, DeviceFileUID, 0)				\
	X(DeviceFileGID, DeviceFileGID, 0)				\
	X(DeviceFileMode, DeviceFileMode, 0666)				\
	X(InitializeSystemMemoryAllocations, InitializeSystemMemoryAllocations, 1) \
	X(UsePageAttributeTable, UsePageAttributeTable, ~0)		\
	X(EnableMSI, EnableMSI, 1)					\
	X(EnablePCIeGen3, EnablePCIeGen3, 0)				\
	X(MemoryPoolSize, MemoryPoolSize, 0)				\
	X(KMallocHeapMaxSize, KMallocHeapMaxSize, 0)			\
	X(VMallocHeapMaxSize, VMallocHeapMaxSize, 0)			\
	X(IgnoreMMIOCheck, IgnoreMMIOCheck, 0)				\
	NV_PARAMS_550(X)						\
	X(EnableStreamMemOPs, EnableStreamMemOPs, 0)			\
	X(EnableUserNUMAManagement, EnableUserNUMAManagement, 1)	\
	X(NvLinkDisable, NvLinkDisable, 0)				\
	X(RmProfilingAdminOnly, RestrictProfilingToAdminUsers, 1)	\
	X(PreserveVideoMemoryAllocations, PreserveVideoMemoryAllocations, NV_PRESERVE_DEFAULT) \
	NV_PARAMS_595_POWER(X)						\
	X(EnableS0ixPowerManagement, EnableS0ixPowerManagement, 0)	\
	X(S0ixPowerManagementVideoMemoryThreshold, S0ixPowerManagementVideoMemoryThreshold, 256) \
	X(DynamicPowerManagement, DynamicPowerManagement, 3)		\
	X(DynamicPowerManagementVideoMemoryThreshold, DynamicPowerManagementVideoMemoryThreshold, 200) \
	NV_PARAMS_595_TEGRA(X)						\
	X(RegisterPCIDriver, RegisterPCIDriver, 1)			\
	X(EnablePCIERelaxedOrderingMode, EnablePCIERelaxedOrderingMode, 0) \
	X(EnableResizableBar, EnableResizableBar, 0)			\
	X(EnableGpuFirmware, EnableGpuFirmware, 18)			\
	X(EnableGpuFirmwareLogs, EnableGpuFirmwareLogs, 2)		\
	NV_PARAMS_595_LINK(X)						\
	X(EnableDbgBreakpoint, EnableDbgBreakpoint, 0)			\
	X(OpenRmEnableUnsupportedGpus, OpenRmEnableUnsupportedGpus, 1)	\
	X(DmaRemapPeerMmio, DmaRemapPeerMmio, 1)			\
	X(ImexChannelCount, ImexChannelCount, 2048)			\
	NV_PARAMS_595_LAST(X)

#define NV_STRINGS(X)							\
	NV_STRINGS_595(X)						\
	X(RegistryDwords) X(RegistryDwordsPerDevice) X(RmMsg)		\
	X(GpuBlacklist) X(TemporaryFilePath) X(ExcludedGpus)

#define NV_INT(shown, name, value)					\
	int NVreg_##name = (value);					\
	module_param(NVreg_##name, int, 0);
#define NV_STRING(name)							\
	static char *NVreg_##name;					\
	module_param(NVreg_##name, charp, 0);

NV_PARAMS(NV_INT)
NV_STRINGS(NV_STRING)

/* Parameters that the real module takes but does not list in params. */
NV_INT(, EnableNonblockingOpen, 1)
NV_STRING(RmNvlinkBandwidth)
#if STANDIN_BRANCH >= 595
NV_INT(, RegisterPlatformDeviceDriver, 1)
NV_INT(, ExcludeAllGpus, 0)
NV_INT(, GpuInitOnProbe, 0)
#endif
static char *NvSwitchRegDwords, *NvSwitchBlacklist, *rm_firmware_active;
module_param(NvSwitchRegDwords, charp, 0);
module_param(NvSwitchBlacklist, charp, 0);
module_param(rm_firmware_active, charp, 0);

bool nv_kernel_suspend_notifiers(void)
{
#if STANDIN_BRANCH >= 595
	return NVreg_UseKernelSuspendNotifiers;
#else
	return false;
#endif
}

#define NV_SHOW_INT(shown, name, value) \
	seq_printf(s, #shown ": %u\n", NVreg_##name);
#define NV_SHOW_STRING(name) \
	seq_printf(s, #name ": \"%s\"\n", NVreg_##name ?: "");

int nv_params_show(struct seq_file *s, void *v)
{
	NV_PARAMS(NV_SHOW_INT)
	NV_STRINGS(NV_SHOW_STRING)
	return 0;
}
