// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * GEM buffers in vmalloc memory. DRM's own helpers for this live in modules
 * that the real nvidia-drm.ko does not depend on, and `depends` shall match.
 */
#include <drm/drm_drv.h>
#include <drm/drm_gem.h>
#include <drm/drm_mode.h>
#include <linux/iosys-map.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "drm-gem.h"

struct nv_gem {
	struct drm_gem_object base;
	void *vaddr;
};

static void nv_gem_free(struct drm_gem_object *obj)
{
	struct nv_gem *gem = container_of(obj, struct nv_gem, base);

	drm_gem_object_release(obj);
	vfree(gem->vaddr);
	kfree(gem);
}

static int nv_gem_vmap(struct drm_gem_object *obj, struct iosys_map *map)
{
	iosys_map_set_vaddr(map, container_of(obj, struct nv_gem, base)->vaddr);
	return 0;
}

static int nv_gem_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma)
{
	return remap_vmalloc_range(vma, container_of(obj, struct nv_gem, base)->vaddr, 0);
}

static const struct vm_operations_struct nv_gem_vm_ops = {
	.open = drm_gem_vm_open,
	.close = drm_gem_vm_close,
};

static const struct drm_gem_object_funcs nv_gem_funcs = {
	.free = nv_gem_free,
	.vmap = nv_gem_vmap,
	.mmap = nv_gem_mmap,
	.vm_ops = &nv_gem_vm_ops,
};

int nv_drm_dumb_create(struct drm_file *file, struct drm_device *dev,
		       struct drm_mode_create_dumb *args)
{
	struct nv_gem *gem;
	int rc;

	args->pitch = ALIGN(args->width * DIV_ROUND_UP(args->bpp, 8), 64);
	args->size = PAGE_ALIGN((u64)args->pitch * args->height);
	gem = kzalloc(sizeof(*gem), GFP_KERNEL);
	if (!gem)
		return -ENOMEM;
	gem->base.funcs = &nv_gem_funcs;
	drm_gem_private_object_init(dev, &gem->base, args->size);
	gem->vaddr = vmalloc_user(args->size);
	rc = gem->vaddr ? drm_gem_handle_create(file, &gem->base, &args->handle) : -ENOMEM;
	/* On success the handle keeps the buffer. */
	drm_gem_object_put(&gem->base);
	return rc;
}
