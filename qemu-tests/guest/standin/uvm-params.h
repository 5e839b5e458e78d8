/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The parameters of nvidia-uvm.ko with their defaults and sysfs permissions, as
 * 550.163.01 and 595.45.04 show them. Included once, by nvidia-uvm.c.
 */
UVM(uint, uvm_ats_mode, 1, 0444);
UVM(uint, uvm_block_cpu_to_cpu_copy_with_ce, 0, 0644);
UVM(charp, uvm_channel_gpfifo_loc, "auto", 0444);
UVM(charp, uvm_channel_gpput_loc, "auto", 0444);
UVM(uint, uvm_channel_num_gpfifo_entries, 1024, 0444);
UVM(charp, uvm_channel_pushbuffer_loc, "auto", 0444);
UVM(uint, uvm_conf_computing_channel_iv_rotation_limit, 2147483648, 0444);
UVM(uint, uvm_cpu_chunk_allocation_sizes, 2166784, 0644);
UVM(uint, uvm_debug_enable_push_acquire_info, 0, 0644);
UVM(uint, uvm_debug_enable_push_desc, 0, 0644);
UVM(uint, uvm_debug_prints, 0, 0644);
UVM(bool, uvm_disable_hmm, false, 0444);
UVM(uint, uvm_downgrade_force_membar_sys, 1, 0644);
UVM(uint, uvm_enable_builtin_tests, 0, 0444);
UVM(uint, uvm_enable_debug_procfs, 0, 0444);
UVM(uint, uvm_enable_va_space_mm, 1, 0444);
UVM(uint, uvm_exp_gpu_cache_peermem, 0, 0444);
UVM(uint, uvm_exp_gpu_cache_sysmem, 0, 0444);
UVM(uint, uvm_fault_force_sysmem, 0, 0644);
UVM(uint, uvm_global_oversubscription, 1, 0444);
UVM(uint, uvm_leak_checker, 0, 0444);
UVM(charp, uvm_page_table_location, NULL, 0444);
UVM(charp, uvm_peer_copy, "phys", 0444);
UVM(uint, uvm_perf_access_counter_batch_count, 256, 0444);
UVM(uint, uvm_perf_access_counter_threshold, 256, 0444);
UVM(uint, uvm_perf_fault_batch_count, 256, 0444);
UVM(uint, uvm_perf_fault_coalesce, 1, 0444);
UVM(uint, uvm_perf_fault_max_batches_per_service, 20, 0444);
UVM(uint, uvm_perf_fault_max_throttle_per_service, 5, 0444);
UVM(uint, uvm_perf_fault_replay_policy, 2, 0444);
UVM(uint, uvm_perf_fault_replay_update_put_ratio, 50, 0444);
UVM(uint, uvm_perf_map_remote_on_eviction, 1, 0444);
UVM(uint, uvm_perf_map_remote_on_native_atomics_fault, 0, 0444);
UVM(uint, uvm_perf_migrate_cpu_preunmap_block_order, 2, 0444);
UVM(uint, uvm_perf_migrate_cpu_preunmap_enable, 1, 0444);
UVM(uint, uvm_perf_pma_batch_nonpinned_order, 6, 0444);
UVM(uint, uvm_perf_prefetch_enable, 1, 0444);
UVM(uint, uvm_perf_prefetch_min_faults, 1, 0444);
UVM(uint, uvm_perf_prefetch_threshold, 51, 0444);
UVM(uint, uvm_perf_reenable_prefetch_faults_lapse_msec, 1000, 0444);
UVM(uint, uvm_perf_thrashing_enable, 1, 0444);
UVM(uint, uvm_perf_thrashing_epoch, 2000, 0444);
UVM(uint, uvm_perf_thrashing_lapse_usec, 500, 0444);
UVM(uint, uvm_perf_thrashing_max_resets, 4, 0444);
UVM(uint, uvm_perf_thrashing_nap, 1, 0444);
UVM(uint, uvm_perf_thrashing_pin, 300, 0444);
UVM(uint, uvm_perf_thrashing_pin_threshold, 10, 0444);
UVM(uint, uvm_perf_thrashing_threshold, 3, 0444);
UVM(uint, uvm_release_asserts, 1, 0644);
UVM(uint, uvm_release_asserts_dump_stack, 0, 0644);
UVM(uint, uvm_release_asserts_set_global_error, 0, 0644);

#if STANDIN_BRANCH < 595
UVM(uint, uvm_force_prefetch_fault_support, 0, 0444);
UVM(int, uvm_perf_access_counter_mimc_migration_enable, -1, 0444);
UVM(int, uvm_perf_access_counter_momc_migration_enable, -1, 0444);
#else
UVM(int, uvm_perf_access_counter_migration_enable, -1, 0444);
UVM(uint, uvm_perf_lapse_vote_threshold, 32, 0444);
#endif
