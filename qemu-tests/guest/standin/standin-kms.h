/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * One display pipe with one always connected output, the least that DRM calls
 * a KMS device. Each stand-in that shows a card includes this once.
 */
#ifndef STANDIN_KMS_H
#define STANDIN_KMS_H

#include <drm/drm_atomic_helper.h>
#include <drm/drm_connector.h>
#include <drm/drm_drv.h>
#include <drm/drm_edid.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_gem_framebuffer_helper.h>
#include <drm/drm_mode_config.h>
#include <drm/drm_probe_helper.h>
#include <drm/drm_simple_kms_helper.h>

struct standin_output {
	struct drm_simple_display_pipe pipe;
	struct drm_connector connector;
};

static int standin_get_modes(struct drm_connector *connector)
{
	int n = drm_add_modes_noedid(connector, 1024, 768);

	drm_set_preferred_mode(connector, 1024, 768);
	return n;
}

static const struct drm_connector_helper_funcs standin_connector_helpers = {
	.get_modes = standin_get_modes,
};

static const struct drm_connector_funcs standin_connector_funcs = {
	.fill_modes = drm_helper_probe_single_connector_modes,
	.destroy = drm_connector_cleanup,
	.reset = drm_atomic_helper_connector_reset,
	.atomic_duplicate_state = drm_atomic_helper_connector_duplicate_state,
	.atomic_destroy_state = drm_atomic_helper_connector_destroy_state,
};

static const struct drm_simple_display_pipe_funcs standin_pipe_funcs = { };

static const struct drm_mode_config_funcs standin_mode_config_funcs = {
	.fb_create = drm_gem_fb_create,
	.atomic_check = drm_atomic_helper_check,
	.atomic_commit = drm_atomic_helper_commit,
};

static const u32 standin_formats[] = { DRM_FORMAT_XRGB8888 };

static int standin_kms_init(struct drm_device *dev, struct standin_output *out, int type)
{
	int rc = drmm_mode_config_init(dev);

	if (rc)
		return rc;
	dev->mode_config.max_width = 4096;
	dev->mode_config.max_height = 4096;
	dev->mode_config.preferred_depth = 24;
	dev->mode_config.funcs = &standin_mode_config_funcs;

	rc = drm_connector_init(dev, &out->connector, &standin_connector_funcs, type);
	if (rc)
		return rc;
	drm_connector_helper_add(&out->connector, &standin_connector_helpers);
	/* sysfs would show "unknown" until the first client probes. */
	out->connector.status = connector_status_connected;
	rc = drm_simple_display_pipe_init(dev, &out->pipe, &standin_pipe_funcs,
					  standin_formats, ARRAY_SIZE(standin_formats),
					  NULL, &out->connector);
	if (rc)
		return rc;
	drm_mode_config_reset(dev);
	return 0;
}

#endif
