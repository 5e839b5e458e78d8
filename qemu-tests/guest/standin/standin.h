/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What all stand-in modules share: the parameters that bend module
 * initialisation, and calls that may or may not be symbol dependencies.
 */
#ifndef STANDIN_H
#define STANDIN_H

#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

/* What plays "another version" where two are said to differ. */
#define STANDIN_OTHER_VERSION "535.183.01"

#ifdef STANDIN_PROPRIETARY
#define STANDIN_OPEN 0
#define STANDIN_BUILD "Tue Apr  8 12:41:17 UTC 2025"
#else
#define STANDIN_OPEN 1
#define STANDIN_BUILD "Release Build  (standin@nvpreflight)  Tue Apr  8 12:41:17 UTC 2025"
#endif

/* Permission 0 as NVIDIA's own: nvidia must not grow a parameters directory. */
#define STANDIN_PARAMETERS						\
	static int standin_rc;						\
	static unsigned int standin_delay_ms;				\
	static bool standin_hang;					\
	module_param(standin_rc, int, 0);				\
	MODULE_PARM_DESC(standin_rc, "what init returns (0: goes on)");	\
	module_param(standin_delay_ms, uint, 0);			\
	MODULE_PARM_DESC(standin_delay_ms, "sleep at the start of init");	\
	module_param(standin_hang, bool, 0);				\
	MODULE_PARM_DESC(standin_hang, "init never ends, but can be killed")

/*
 * Both waits can be killed: a hung task would otherwise stop poweroff, and
 * the boot harness needs that to end a scenario in an orderly way.
 */
static inline int standin_begin(int rc, unsigned int delay_ms, bool hang)
{
	if (delay_ms)
		schedule_timeout_killable(msecs_to_jiffies(delay_ms));
	while (hang && !fatal_signal_pending(current))
		schedule_timeout_killable(MAX_SCHEDULE_TIMEOUT);
	return fatal_signal_pending(current) ? -EINTR : rc;
}

#define STANDIN_BEGIN() standin_begin(standin_rc, standin_delay_ms, standin_hang)

/*
 * A call into another stand-in. Normally it is a symbol dependency, as in the
 * real driver. The free variant looks the symbol up at run time instead, so
 * that the modules can be loaded in any order; -ENOENT: not there.
 */
#ifdef STANDIN_FREE
#define STANDIN_CALL(fn, ...) ({					\
	typeof(&(fn)) fn_ = (typeof(&(fn)))__symbol_get(#fn);		\
	int rc_ = -ENOENT;						\
									\
	if (fn_) {							\
		rc_ = fn_(__VA_ARGS__);					\
		__symbol_put(#fn);					\
	}								\
	rc_;								\
})
#else
#define STANDIN_CALL(fn, ...) fn(__VA_ARGS__)
#endif

#endif
