/* A stand-in for libnvidia-ml.so.1: what nvidia-ml-py calls, over GPUs that exist only here.
 *
 * Built with SONAME libnvidia-ml.so.1, so that a process that has loaded this file gives it to everyone who asks
 * for the library by that name. Functions that begin with fake_ steer it. Values are set by hand, or follow a
 * square wave (a constant one where low = high) in real time, shown with an update period and an averaging window
 * as a sensor would; fake_truth_mj is the exact integral of that wave, to compare with.
 *
 * It is stricter than the real library where the real one is only undefined: a handle is worth nothing in a
 * process that has not called nvmlInit itself, so that use of a parent's handle after a fork is seen.
 *
 * -DOLD_DRIVER leaves out what a library of around 2020 lacks.
 *
 * Environment, read once at load: WATTWHAT_FAKE_NVML="gpus=2 low=100 high=300 period=0.5 duty=0.5 update=0.1
 * window=0.025", powers in W, times in s.
 */
#include "state.h"

/* ---- failures ---- */

static nvmlReturn_t failing(const char *function, int device)
{
    for (unsigned k = 0; k < failure_count; k++)
        if ((failures[k].device < 0 || failures[k].device == device) &&
            (!failures[k].function[0] || !strcmp(failures[k].function, function)))
            return failures[k].code;
    return OK;
}

static int is_mig(const void *handle)
{
    for (unsigned i = 0; i < gpu_count; i++)
        for (unsigned k = 0; k < gpus[i].migs; k++)
            if (handle == &gpus[i].mig[k])
                return 1;
    return 0;
}

/* The common beginning of every call on a device: who may call, which device, and is it told to fail. */
static nvmlReturn_t enter(const char *function, nvmlDevice_t h)
{
    pthread_mutex_lock(&guard);
    if (initialized <= 0 || initialized_by != getpid())
        return UNINITIALIZED;
    if (h < gpus || h >= gpus + gpu_count)
        return INVALID_ARGUMENT;
    return failing(function, (int)(h - gpus));
}

#define ENTER(h) nvmlReturn_t code = enter(__func__, h); if (code) return leave(code)

static nvmlReturn_t text(char *out, unsigned size, const char *value)
{
    if (strlen(value) + 1 > size)
        return INSUFFICIENT_SIZE;
    strcpy(out, value);
    return OK;
}

/* ---- the library ---- */

nvmlReturn_t nvmlInitWithFlags(unsigned flags)
{
    (void)flags;
    pthread_mutex_lock(&guard);
    nvmlReturn_t code = failing("nvmlInit", -1);
    if (code)
        return leave(code);
    if (initialized_by != getpid()) {
        initialized = 0;
        initialized_by = getpid();
    }
    initialized++;
    init_calls++;
    return leave(OK);
}

nvmlReturn_t nvmlInit_v2(void) { return nvmlInitWithFlags(0); }

nvmlReturn_t nvmlShutdown(void)
{
    pthread_mutex_lock(&guard);
    if (initialized <= 0 || initialized_by != getpid())
        return leave(UNINITIALIZED);
    initialized--;
    return leave(OK);
}

const char *nvmlErrorString(nvmlReturn_t code)
{
    static char unknown[40];
    snprintf(unknown, sizeof unknown, "made-up error %d", code);
    return unknown;
}

nvmlReturn_t nvmlSystemGetDriverVersion(char *out, unsigned size) { return text(out, size, "580.00.01"); }
nvmlReturn_t nvmlSystemGetNVMLVersion(char *out, unsigned size) { return text(out, size, "13.580.00.01"); }

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned *out)
{
    pthread_mutex_lock(&guard);
    if (initialized <= 0 || initialized_by != getpid())
        return leave(UNINITIALIZED);
    *out = gpu_count;
    return leave(failing(__func__, -1));
}

nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned i, nvmlDevice_t *out)
{
    if (i >= gpu_count)
        return INVALID_ARGUMENT;
    ENTER(&gpus[i]);
    *out = &gpus[i];
    return leave(OK);
}

nvmlReturn_t nvmlDeviceGetHandleByUUID(const char *uuid, nvmlDevice_t *out)
{
    for (unsigned i = 0; i < gpu_count; i++)
        if (!strcmp(gpus[i].uuid, uuid)) {
            ENTER(&gpus[i]);
            *out = &gpus[i];
            return leave(OK);
        }
    return initialized_by == getpid() && initialized > 0 ? NOT_FOUND : UNINITIALIZED;
}

nvmlReturn_t nvmlDeviceGetUUID(void *h, char *out, unsigned size)
{
    if (is_mig(h))
        return text(out, size, ((struct mig *)h)->uuid);
    ENTER(h);
    return leave(text(out, size, ((nvmlDevice_t)h)->uuid));
}

nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t h, char *out, unsigned size)
{
    ENTER(h);
    return leave(text(out, size, h->name));
}

struct pci_info {
    char bus_id_legacy[16];
    unsigned domain, bus, device, device_id, subsystem_id;
    char bus_id[32];
};

nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t h, struct pci_info *out)
{
    ENTER(h);
    memset(out, 0, sizeof *out);
    strncpy(out->bus_id, h->bus_id, sizeof out->bus_id - 1);
    sscanf(h->bus_id, "%x:%x:%x", &out->domain, &out->bus, &out->device);
    return leave(OK);
}

nvmlReturn_t nvmlDeviceGetTotalEnergyConsumption(nvmlDevice_t h, unsigned long long *out)
{
    ENTER(h);
    energy_calls++;
    *out = (unsigned long long)(shown_energy_mj(h) + 1e-6);   /* 1e-6: not one mJ less for a rounded sum */
    return leave(OK);
}

nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t h, unsigned *out)
{
    ENTER(h);
    *out = h->wave.on ? (unsigned)lround(1e3 * shown_wave_power_w(&h->wave, h->wave.window_s)) : h->usage_mw;
    return leave(OK);
}

nvmlReturn_t nvmlDeviceGetEnforcedPowerLimit(nvmlDevice_t h, unsigned *out)
{
    ENTER(h);
    *out = h->limit_mw;
    return leave(h->limit_mw ? OK : NOT_SUPPORTED);
}

struct process { unsigned pid; unsigned long long memory; unsigned gpu_instance, compute_instance; };

nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t h, unsigned *count, struct process *out)
{
    ENTER(h);
    unsigned room = *count;
    *count = h->pids;
    if (room < h->pids)
        return leave(INSUFFICIENT_SIZE);
    for (unsigned k = 0; k < h->pids; k++)
        out[k] = (struct process){h->pid[k], 1 << 20, 0xFFFFFFFF, 0xFFFFFFFF};
    return leave(OK);
}

nvmlReturn_t nvmlDeviceGetCurrentClocksThrottleReasons(nvmlDevice_t h, unsigned long long *out)
{
    ENTER(h);
    *out = h->reasons;
    return leave(OK);
}

#ifndef OLD_DRIVER

nvmlReturn_t nvmlDeviceGetCurrentClocksEventReasons(nvmlDevice_t h, unsigned long long *out)
{
    ENTER(h);
    *out = h->reasons;
    return leave(OK);
}

nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t h, unsigned *current, unsigned *pending)
{
    ENTER(h);
    *current = *pending = (unsigned)h->mig_mode;
    return leave(h->mig_capable ? OK : NOT_SUPPORTED);
}

nvmlReturn_t nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t h, unsigned *out)
{
    ENTER(h);
    *out = h->mig_capable ? MAX_MIG : 0;
    return leave(OK);
}

nvmlReturn_t nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t h, unsigned k, void **out)
{
    ENTER(h);
    if (!h->mig_mode)
        return leave(NOT_SUPPORTED);
    if (k >= h->migs)
        return leave(NOT_FOUND);
    *out = &h->mig[k];
    return leave(OK);
}

nvmlReturn_t nvmlDeviceGetC2cModeInfoV(nvmlDevice_t h, unsigned *out)
{
    ENTER(h);
    *out = (unsigned)h->c2c;
    return leave(OK);
}

union value { double d; unsigned ui; unsigned long ul; unsigned long long ull; long long sll; int si; unsigned short us; };

struct field_value {
    uint32_t field, scope;
    int64_t timestamp_us, latency_us;
    unsigned type;
    nvmlReturn_t code;
    union value value;
};

static void put(struct field_value *f, unsigned type, uint32_t mw)
{
    memset(&f->value, 0xA5, sizeof f->value);     /* whoever picks the wrong member reads nonsense */
    f->type = type;
    switch (type) {
    case 0: f->value.d = mw; break;
    case 2: f->value.ul = mw; break;
    case 3: f->value.ull = mw; break;
    case 4: f->value.sll = mw; break;
    case 5: f->value.si = (int)mw; break;
    case 6: f->value.us = (unsigned short)mw; break;
    default: f->value.ui = mw;
    }
}

static void fill(nvmlDevice_t h, struct field_value *f)
{
    char name[48];
    snprintf(name, sizeof name, "field %u scope %u", f->field, f->scope);
    f->timestamp_us = now_ns() / 1000;
    f->latency_us = 0;
    f->code = failing(name, (int)(h - gpus));
    if (f->code)
        return;
    f->code = NOT_SUPPORTED;
    if (f->field == FIELD_LIMIT && f->scope == SCOPE_MODULE && h->module_limit_mw) {
        put(f, h->value_type, h->module_limit_mw);
        f->code = OK;
    }
    if (f->scope >= SCOPES || (f->field != FIELD_AVERAGE && f->field != FIELD_INSTANT))
        return;
    int instant = f->field == FIELD_INSTANT;
    if (!h->has_power[f->scope][instant])
        return;
    uint32_t mw = h->power_mw[f->scope][instant];
    if (h->wave.on && f->scope == SCOPE_GPU)
        mw = (uint32_t)lround(1e3 * shown_wave_power_w(&h->wave, instant ? h->wave.window_s : 1.0));
    put(f, h->value_type, mw);
    f->code = OK;
}

nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t h, int count, struct field_value *values)
{
    ENTER(h);
    for (int k = 0; k < count; k++)
        fill(h, &values[k]);
    return leave(OK);
}

#endif
