/* A stand-in for libamd_smi.so: the calls that wattwhat uses, over the emulated GPUs of state.c.
 *
 * ABI is the ROCm release whose struct layouts are kept, as major * 10 + minor: 60 to 63, 64, 70.
 * Layouts: read in the amdsmi wrappers 6.0.2, 6.1.2, 6.2.4, 6.3.3, 6.4.4 and 7.0.2.
 */
#include "state.h"

#include <stdio.h>
#include <string.h>

#ifndef ABI
#define ABI 70
#endif

#define NEED_RUNNING if (!state.running) return NOT_INITIALISED

/* A handle holds its GPU's number and the start it belongs to: 0 is no handle. */
static void *handle_of(int i) { return (void *)(intptr_t)((state.generation << 8) | (i + 1)); }

static struct gpu *gpu_of(void *handle) {
    intptr_t value = (intptr_t)handle;
    int i = (int)(value & 0xFF) - 1;
    if (value >> 8 != state.generation || i < 0 || i >= state.gpu_count) return NULL;
    return &state.gpus[i];
}

#define ENTER(call) \
    state.calls[call]++; \
    NEED_RUNNING; \
    struct gpu *gpu = gpu_of(handle); \
    if (!gpu) return NOT_FOUND; \
    if (gpu->status[call]) return gpu->status[call]

int amdsmi_init(uint64_t flags) {
    (void)flags;
    state.calls[CALL_INIT]++;
    if (state.init_status) return state.init_status;
    if (!state.running) state.generation++;
    state.running = 1;
    return OK;
}

int amdsmi_shut_down(void) { state.running = 0; return OK; }

int amdsmi_get_socket_handles(uint32_t *count, void **handles) {
    NEED_RUNNING;
    for (int i = 0; handles && i < state.gpu_count; i++) handles[i] = handle_of(i);
    *count = (uint32_t)state.gpu_count;
    return OK;
}

int amdsmi_get_processor_handles(void *socket, uint32_t *count, void **handles) {
    state.calls[CALL_HANDLES]++;
    NEED_RUNNING;
    if (handles) handles[0] = socket;
    *count = 1;
    return OK;
}

int amdsmi_get_processor_type(void *handle, uint32_t *type) {
    NEED_RUNNING;
    if (!gpu_of(handle)) return NOT_FOUND;
    *type = 1;
    return OK;
}

int amdsmi_get_gpu_device_bdf(void *handle, uint64_t *bdf) {
    NEED_RUNNING;
    struct gpu *gpu = gpu_of(handle);
    if (!gpu) return NOT_FOUND;
    *bdf = gpu->bdf;
    return OK;
}

int amdsmi_get_gpu_device_uuid(void *handle, uint32_t *length, char *uuid) {
    NEED_RUNNING;
    struct gpu *gpu = gpu_of(handle);
    if (!gpu) return NOT_FOUND;
    if (!gpu->uuid[0]) return NOT_SUPPORTED;
    snprintf(uuid, *length, "%s", gpu->uuid);
    return OK;
}

int amdsmi_get_energy_count(void *handle, uint64_t *count, float *resolution_uj, uint64_t *timestamp_ns) {
    ENTER(CALL_ENERGY);
    float step_uj = (float)gpu->resolution_uj;
    double energy_j = gpu->counted_j + energy_until(gpu, now_s());
    *resolution_uj = step_uj;
    *timestamp_ns = (uint64_t)(now_s() * 1e9);
    *count = gpu->raw_is_set ? gpu->raw : energy_j > 0 ? (uint64_t)(energy_j * 1e6 / (double)step_uj) : 0;
    return OK;
}

struct power_info {
#if ABI >= 64
    uint64_t socket;
#endif
    uint32_t current, average;
#if ABI >= 70
    uint64_t gfx_mv, soc_mv, mem_mv;
    uint32_t limit, padding;
    uint64_t reserved[18];
#elif ABI >= 64
    uint32_t gfx_mv, soc_mv, mem_mv, limit, reserved[2];
#else
    uint32_t gfx_mv, soc_mv, mem_mv, limit, reserved[11];
#endif
};

static uint32_t shown(const struct gpu *gpu, uint64_t field) {
    return field == FOLLOW ? (uint32_t)(power_now(gpu) + 0.5) : (uint32_t)field;
}

int amdsmi_get_power_info(void *handle, struct power_info *info) {
    ENTER(CALL_POWER);
    memset(info, 0, sizeof *info);
#if ABI >= 64
    info->socket = shown(gpu, gpu->socket_w);
#endif
    info->current = shown(gpu, gpu->current_w);
    info->average = shown(gpu, gpu->average_w);
    info->gfx_mv = 800;
    info->limit = 300;
    return OK;
}

/* What the wrapper of 6.4 calls. */
int amdsmi_get_power_info_v2(void *handle, uint32_t sensor, struct power_info *info) {
    (void)sensor;
    return amdsmi_get_power_info(handle, info);
}

struct asic_info {
#if ABI >= 62
    char name[256];
#else
    char name[64];
#endif
    uint32_t vendor_id;
#if ABI >= 64
    char vendor[256];
#else
    char vendor[64];
#endif
    uint32_t subvendor_id;
    uint64_t device_id;
    uint32_t revision;
#if ABI >= 64
    char serial[256];
#else
    char serial[32];
#endif
    /* What follows is left alone. */
} __attribute__((packed));

int amdsmi_get_gpu_asic_info(void *handle, struct asic_info *info) {
    ENTER(CALL_ASIC);
    memset(info, 0, sizeof *info);
    snprintf(info->name, sizeof info->name, "%s", gpu->name);
    snprintf(info->vendor, sizeof info->vendor, "Advanced Micro Devices Inc. [AMD/ATI]");
    snprintf(info->serial, sizeof info->serial, "%s", gpu->serial);
    info->vendor_id = 0x1002;
    return OK;
}

int amdsmi_get_power_cap_info(void *handle, uint32_t sensor, uint64_t *info) {
    (void)sensor;
    ENTER(CALL_CAP);
    memset(info, 0, 8 * sizeof *info);
    info[0] = info[1] = info[4] = gpu->cap_uw;
    return OK;
}

struct enumeration { uint32_t drm_render, drm_card, hsa_id, hip_id; char hip_uuid[256]; };

int amdsmi_get_gpu_enumeration_info(void *handle, struct enumeration *info) {
    ENTER(CALL_ENUM);
    memset(info, 0, sizeof *info);
    info->hip_id = gpu->hip_id;
    if (gpu->serial[0]) snprintf(info->hip_uuid, sizeof info->hip_uuid, "GPU-%s", gpu->serial);
    return OK;
}

#if ABI >= 64
enum { PROCESS_NAME = 256, PROCESS_SIZE = 256 + 8 + 8 + 64 + 64 + 256 + 48 };
#else
enum { PROCESS_NAME = 32, PROCESS_SIZE = 32 + 8 + 8 + 64 + 64 + 32 + 16 };
#endif

int amdsmi_get_gpu_process_list(void *handle, uint32_t *count, char *list) {
    ENTER(CALL_PROCESSES);
    for (uint32_t i = 0; i < gpu->pid_count && i < *count; i++) {
        char *entry = list + (size_t)i * PROCESS_SIZE;
        memset(entry, 0, PROCESS_SIZE);
        strcpy(entry, "python3");
        memcpy(entry + PROCESS_NAME, &gpu->pids[i], sizeof(uint32_t));
    }
    *count = gpu->pid_count;
    return OK;
}

int amdsmi_get_gpu_metrics_info(void *handle, char *metrics) {
    ENTER(CALL_METRICS);
    if (!state.metrics_size) return NOT_SUPPORTED;
    memset(metrics, 0xFF, state.metrics_size);
    memcpy(metrics + state.metrics_throttle_at, &gpu->throttle, sizeof(uint32_t));
    return OK;
}

/* Four numbers and a text: through 6.4 the year comes first, from 7.0 there is none. */
int amdsmi_get_lib_version(void *version) {
    static const char *build = "stand-in";
    state.calls[CALL_VERSION]++;
    memcpy(version, state.version, sizeof state.version);
    memcpy((char *)version + sizeof state.version, &build, sizeof build);
    return OK;
}

void amdsmi_free_name_value_pairs(void *pairs) { (void)pairs; }
