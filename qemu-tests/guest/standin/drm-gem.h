/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Buffers of the nvidia-drm.ko stand-in. */
#ifndef DRM_GEM_STANDIN_H
#define DRM_GEM_STANDIN_H

struct drm_device;
struct drm_file;
struct drm_mode_create_dumb;

int nv_drm_dumb_create(struct drm_file *file, struct drm_device *dev,
		       struct drm_mode_create_dumb *args);

#endif
