/* What both halves of the stand-in share: the GPUs that exist only here, and the wave their power may follow. */
#ifndef FAKE_NVML_STATE_H
#define FAKE_NVML_STATE_H

#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    OK = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7
};
enum { SCOPE_GPU = 0, SCOPE_MODULE = 1, SCOPE_MEMORY = 2, SCOPES = 3 };
enum { FIELD_AVERAGE = 185, FIELD_INSTANT = 186, FIELD_LIMIT = 190 };
enum { MAX_GPUS = 16, MAX_MIG = 8, MAX_PIDS = 16, MAX_FAILS = 64 };

typedef struct fake_gpu *nvmlDevice_t;
typedef int nvmlReturn_t;

struct wave { int on; double low_w, high_w, period_s, duty, update_s, window_s; int64_t t0_ns; };

struct mig { nvmlDevice_t parent; char uuid[96]; };

struct fake_gpu {
    char uuid[96], name[96], bus_id[32];
    double energy_mj;                     /* set by hand, or the wave's start */
    uint32_t power_mw[SCOPES][2];         /* by hand; [scope][0] average (185), [1] instant (186) */
    int has_power[SCOPES][2];
    uint32_t usage_mw;
    uint32_t limit_mw, module_limit_mw;
    int mig_capable, mig_mode, c2c;
    unsigned migs;
    struct mig mig[MAX_MIG];
    unsigned long long reasons;
    unsigned pids;
    unsigned pid[MAX_PIDS];
    unsigned value_type;                  /* in which member of the union the field values come */
    struct wave wave;
};

struct failure { char function[64]; int device; nvmlReturn_t code; };

#define SHARED extern __attribute__((visibility("hidden")))
SHARED pthread_mutex_t guard;
SHARED struct fake_gpu gpus[MAX_GPUS];
SHARED unsigned gpu_count;
SHARED struct failure failures[MAX_FAILS];
SHARED unsigned failure_count;
SHARED long initialized;                  /* nvmlInit calls less nvmlShutdown calls, of this process */
SHARED pid_t initialized_by;
SHARED unsigned long long energy_calls, init_calls;

static inline int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- the wave: high for duty * period, then low, from t0 on ---- */

static inline double wave_energy_j(const struct wave *w, double s)
{
    if (s <= 0)
        return s * w->low_w;              /* before the start: low, so that a window may reach back */
    if (w->period_s <= 0)
        return s * w->high_w;
    double whole = floor(s / w->period_s), rest = s - whole * w->period_s;
    double high_s = w->duty * w->period_s;
    double one = high_s * w->high_w + (w->period_s - high_s) * w->low_w;
    double part = rest < high_s ? rest * w->high_w : high_s * w->high_w + (rest - high_s) * w->low_w;
    return whole * one + part;
}

static inline double wave_power_w(const struct wave *w, double s)
{
    if (w->period_s <= 0)
        return w->high_w;
    double rest = s - floor(s / w->period_s) * w->period_s;
    return rest < w->duty * w->period_s ? w->high_w : w->low_w;
}

static inline double tick_s(const struct wave *w, int64_t t_ns)
{
    double s = (double)(t_ns - w->t0_ns) * 1e-9;
    return w->update_s > 0 ? floor(s / w->update_s) * w->update_s : s;
}

static inline double shown_energy_mj(const struct fake_gpu *g)
{
    if (!g->wave.on)
        return g->energy_mj;
    return g->energy_mj + 1e3 * wave_energy_j(&g->wave, tick_s(&g->wave, now_ns()));
}

static inline double shown_wave_power_w(const struct wave *w, double window_s)
{
    double s = tick_s(w, now_ns());
    if (window_s <= 0)
        return wave_power_w(w, s);
    return (wave_energy_j(w, s) - wave_energy_j(w, s - window_s)) / window_s;
}

static inline nvmlReturn_t leave(nvmlReturn_t code)
{
    pthread_mutex_unlock(&guard);
    return code;
}

#endif
