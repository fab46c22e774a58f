/* Steering of the stand-in: the functions that begin with fake_, and what is set at load. */
#include "state.h"

pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
struct fake_gpu gpus[MAX_GPUS];
unsigned gpu_count;
struct failure failures[MAX_FAILS];
unsigned failure_count;
long initialized;
pid_t initialized_by;
unsigned long long energy_calls, init_calls;

static int known(int i) { return i >= 0 && (unsigned)i < gpu_count; }
#define GPU(i) pthread_mutex_lock(&guard); if (!known(i)) { leave(0); return; } struct fake_gpu *g = &gpus[i]

/* count GPUs anew: a data-centre card of 2022, idle, with a counter, both power fields and no memory scope */
void fake_reset(unsigned count)
{
    pthread_mutex_lock(&guard);
    memset(gpus, 0, sizeof gpus);
    failure_count = 0;
    gpu_count = count < MAX_GPUS ? count : MAX_GPUS;
    for (unsigned i = 0; i < gpu_count; i++) {
        struct fake_gpu *g = &gpus[i];
        snprintf(g->uuid, sizeof g->uuid, "GPU-%08x-1111-2222-3333-%012x", 0xa0b0c0d0u + (i << 28), i);
        snprintf(g->name, sizeof g->name, "Stand-in GPU");
        snprintf(g->bus_id, sizeof g->bus_id, "00000000:%02X:00.0", 0x10 + 0x10 * i);
        g->energy_mj = 5e6 + 1e6 * i;
        g->usage_mw = g->power_mw[SCOPE_GPU][0] = g->power_mw[SCOPE_GPU][1] = 70000;
        g->has_power[SCOPE_GPU][0] = g->has_power[SCOPE_GPU][1] = 1;
        g->limit_mw = 400000;
        g->mig_capable = 1;
        g->value_type = 1;
    }
    leave(OK);
}

void fake_set_uuid(int i, const char *v) { GPU(i); snprintf(g->uuid, sizeof g->uuid, "%s", v); leave(OK); }
void fake_set_name(int i, const char *v) { GPU(i); snprintf(g->name, sizeof g->name, "%s", v); leave(OK); }
void fake_set_bus_id(int i, const char *v) { GPU(i); snprintf(g->bus_id, sizeof g->bus_id, "%s", v); leave(OK); }
void fake_set_energy_mj(int i, double v) { GPU(i); g->energy_mj = v; g->wave.on = 0; leave(OK); }
void fake_add_energy_mj(int i, double v) { GPU(i); g->energy_mj += v; leave(OK); }
void fake_set_usage_mw(int i, unsigned v) { GPU(i); g->usage_mw = v; leave(OK); }
void fake_set_limit_mw(int i, unsigned v) { GPU(i); g->limit_mw = v; leave(OK); }
void fake_set_module_limit_mw(int i, unsigned v) { GPU(i); g->module_limit_mw = v; leave(OK); }
void fake_set_mig(int i, int capable, int mode) { GPU(i); g->mig_capable = capable; g->mig_mode = mode; leave(OK); }
void fake_set_c2c(int i, int v) { GPU(i); g->c2c = v; leave(OK); }
void fake_set_reasons(int i, unsigned long long v) { GPU(i); g->reasons = v; leave(OK); }
void fake_set_value_type(int i, unsigned v) { GPU(i); g->value_type = v; leave(OK); }

void fake_add_mig(int i, const char *uuid)
{
    GPU(i);
    if (g->migs < MAX_MIG) {
        g->mig[g->migs].parent = g;
        snprintf(g->mig[g->migs++].uuid, 96, "%s", uuid);
    }
    leave(OK);
}

void fake_add_process(int i, unsigned pid) { GPU(i); if (g->pids < MAX_PIDS) g->pid[g->pids++] = pid; leave(OK); }

/* power of one scope; field 185, 186, or 0 for both and PowerUsage; mw < 0: not supported */
void fake_set_power_mw(int i, unsigned scope, unsigned field, double mw)
{
    GPU(i);
    for (int instant = 0; scope < SCOPES && instant < 2; instant++)
        if (field == 0 || field == (unsigned)(instant ? FIELD_INSTANT : FIELD_AVERAGE)) {
            g->has_power[scope][instant] = mw >= 0;
            g->power_mw[scope][instant] = mw >= 0 ? (uint32_t)lround(mw) : 0;
        }
    if (scope == SCOPE_GPU && field == 0 && mw >= 0)
        g->usage_mw = (unsigned)lround(mw);
    leave(OK);
}

/* from now on this function (NULL or "": every one) fails on this device (-1: on every one and for the library) */
void fake_fail(const char *function, int device, nvmlReturn_t code)
{
    pthread_mutex_lock(&guard);
    if (failure_count < MAX_FAILS) {
        struct failure *f = &failures[failure_count++];
        snprintf(f->function, sizeof f->function, "%s", function ? function : "");
        f->device = device;
        f->code = code;
    }
    leave(OK);
}

void fake_heal(int device)
{
    pthread_mutex_lock(&guard);
    unsigned kept = 0;
    for (unsigned k = 0; k < failure_count; k++)
        if (device >= 0 && failures[k].device != device)
            failures[kept++] = failures[k];
    failure_count = kept;
    leave(OK);
}

/* from now on power is a square wave, high first; period 0: constant at high */
void fake_follow(int i, double low_w, double high_w, double period_s, double duty, double update_s, double window_s)
{
    GPU(i);
    g->wave = (struct wave){1, low_w, high_w, period_s, duty, update_s, window_s, now_ns()};
    leave(OK);
}

/* exact energy of the wave between two times of the monotonic clock, in mJ */
double fake_truth_mj(int i, int64_t from_ns, int64_t to_ns)
{
    if (!known(i))
        return NAN;
    const struct wave *w = &gpus[i].wave;
    double a = (double)(from_ns - w->t0_ns) * 1e-9, b = (double)(to_ns - w->t0_ns) * 1e-9;
    return 1e3 * (wave_energy_j(w, b) - wave_energy_j(w, a));
}

long fake_initialized(void) { return initialized_by == getpid() ? initialized : 0; }
unsigned long long fake_init_calls(void) { return init_calls; }
unsigned long long fake_energy_calls(void) { return energy_calls; }

/* somebody else in the process shuts NVML down more often than they opened it */
void fake_forget_init(void) { pthread_mutex_lock(&guard); initialized = 0; leave(OK); }

static void fresh_guard(void) { pthread_mutex_init(&guard, NULL); }

static double option(const char *text, const char *key, double otherwise)
{
    size_t length = strlen(key);
    for (const char *at = text; at && *at; at = strchr(at, ' ') ? strchr(at, ' ') + 1 : NULL)
        if (!strncmp(at, key, length) && at[length] == '=')
            return atof(at + length + 1);
    return otherwise;
}

__attribute__((constructor)) static void load(void)
{
    pthread_atfork(NULL, NULL, fresh_guard);
    const char *wish = getenv("WATTWHAT_FAKE_NVML");
    fake_reset(wish ? (unsigned)option(wish, "gpus", 1) : 1);
    double high_w = wish ? option(wish, "high", -1) : -1;
    for (unsigned i = 0; high_w >= 0 && i < gpu_count; i++)
        fake_follow((int)i, option(wish, "low", high_w), high_w, option(wish, "period", 0), option(wish, "duty", 0.5),
                    option(wish, "update", 0.1), option(wish, "window", 0));
}
