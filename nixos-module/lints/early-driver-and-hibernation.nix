# The kernel that resumes has the driver already, and the driver does not free
# the GPU for the image: nv_pmops_freeze returns -EIO and the session is lost
# (nvidia/nv.c, `nv_pm_notifier`; open-gpu-kernel-modules#1343).
{ facts, lib }:

{
  code = "NVP602";
  findings =
    lib.optional
      (facts.enabled && facts.early != [ ] && (facts.hibernates || lib.elem "hibernate" facts.goals))
      {
        says = "${lib.concatStringsSep ", " facts.early} load in the initrd, and this machine hibernates: the resume will fail and lose the session";
        write = ''
          boot.kernelModules = [ "nvidia" "nvidia_modeset" "nvidia_drm" ];    # instead of boot.initrd.kernelModules
        '';
      };
}
