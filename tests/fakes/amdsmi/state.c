/* The emulated GPUs over time: a waveform of constant steps, repeated for ever, and its exact integral. */
#include "state.h"

#include <math.h>
#include <string.h>
#include <time.h>

struct state state;

double now_s(void) {
    if (state.virtual_clock) return state.virtual_s;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The time of the newest value: a sensor publishes in steps of its update period. */
static double published_s(const struct gpu *gpu, double t_s) {
    return gpu->update_s > 0 ? gpu->start_s + floor((t_s - gpu->start_s) / gpu->update_s) * gpu->update_s : t_s;
}

static double period_s(const struct gpu *gpu) {
    double sum = 0;
    for (int i = 0; i < gpu->steps; i++) sum += gpu->seconds[i];
    return sum;
}

double energy_until(const struct gpu *gpu, double until_s) {
    double period = period_s(gpu), left = published_s(gpu, until_s) - gpu->start_s, round_j = 0, energy = 0;
    if (gpu->steps == 0 || left <= 0 || gpu->frozen) return 0;
    for (int i = 0; i < gpu->steps; i++) round_j += gpu->watts[i] * gpu->seconds[i];
    double rounds = floor(left / period);
    energy = rounds * round_j;
    left -= rounds * period;
    for (int i = 0; i < gpu->steps && left > 0; i++) {
        energy += gpu->watts[i] * (left < gpu->seconds[i] ? left : gpu->seconds[i]);
        left -= gpu->seconds[i];
    }
    return energy * gpu->speed;
}

double power_now(const struct gpu *gpu) {
    if (gpu->steps == 0) return 0;
    double left = fmod(published_s(gpu, now_s()) - gpu->start_s, period_s(gpu));
    for (int i = 0; i < gpu->steps; i++) {
        if (left < gpu->seconds[i]) return gpu->watts[i];
        left -= gpu->seconds[i];
    }
    return gpu->watts[gpu->steps - 1];
}

/* ---- what the tests steer with: plain arguments only, so that ctypes needs no struct ---- */

void standin_clear(void) {
    int generation = state.generation;
    memset(&state, 0, sizeof state);
    state.generation = generation + 1;
    state.version[0] = 26;
}

int standin_add(uint64_t bdf, const char *uuid, const char *serial, const char *name, uint32_t hip_id) {
    if (state.gpu_count == MAX_GPUS) return -1;
    struct gpu *gpu = &state.gpus[state.gpu_count];
    memset(gpu, 0, sizeof *gpu);
    gpu->bdf = bdf;
    strncpy(gpu->uuid, uuid, sizeof gpu->uuid - 1);
    strncpy(gpu->serial, serial, sizeof gpu->serial - 1);
    strncpy(gpu->name, name, sizeof gpu->name - 1);
    gpu->hip_id = hip_id;
    gpu->resolution_uj = 15.259;
    gpu->speed = 1;
    gpu->current_w = gpu->average_w = 0xFFFF;
    gpu->socket_w = 0xFFFF;
    gpu->start_s = now_s();
    return state.gpu_count++;
}

void standin_clock(int is_virtual, double t_s) { state.virtual_clock = is_virtual; state.virtual_s = t_s; }
double standin_now(void) { return now_s(); }
void standin_tick(double seconds) { state.virtual_s += seconds; }

/* The counter keeps what has flowed so far; the waveform starts now. */
void standin_follow(int i, int steps, const double *seconds, const double *watts, double update_s) {
    struct gpu *gpu = &state.gpus[i];
    gpu->counted_j += energy_until(gpu, now_s());
    gpu->start_s = now_s();
    gpu->update_s = update_s;
    gpu->steps = steps > MAX_STEPS ? MAX_STEPS : steps;
    memcpy(gpu->seconds, seconds, sizeof(double) * (size_t)gpu->steps);
    memcpy(gpu->watts, watts, sizeof(double) * (size_t)gpu->steps);
}

void standin_deposit(int i, double joules) { state.gpus[i].counted_j += joules; }
void standin_reset(int i) {
    struct gpu *gpu = &state.gpus[i];
    gpu->counted_j = -energy_until(gpu, now_s());
}
void standin_raw(int i, int is_set, uint64_t raw) { state.gpus[i].raw_is_set = is_set; state.gpus[i].raw = raw; }
void standin_resolution(int i, double microjoules) { state.gpus[i].resolution_uj = microjoules; }
void standin_speed(int i, double factor) { state.gpus[i].speed = factor; }
void standin_freeze(int i, int frozen) {
    struct gpu *gpu = &state.gpus[i];
    if (frozen) gpu->counted_j += energy_until(gpu, now_s());
    gpu->frozen = frozen;
}
void standin_power(int i, uint64_t socket_w, uint32_t current_w, uint32_t average_w) {
    state.gpus[i].socket_w = socket_w;
    state.gpus[i].current_w = current_w;
    state.gpus[i].average_w = average_w;
}
void standin_cap(int i, uint64_t microwatts) { state.gpus[i].cap_uw = microwatts; }
void standin_fail(int i, int call, int status) {
    if (i < 0) state.init_status = status;
    else state.gpus[i].status[call] = status;
}
void standin_processes(int i, uint32_t count, const uint32_t *pids) {
    state.gpus[i].pid_count = count > MAX_PIDS ? MAX_PIDS : count;
    memcpy(state.gpus[i].pids, pids, sizeof(uint32_t) * state.gpus[i].pid_count);
}
void standin_throttle(int i, int status, uint32_t size, uint32_t at) {
    state.gpus[i].throttle = status;
    state.metrics_size = size;
    state.metrics_throttle_at = at;
}
void standin_version(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    uint32_t all[4] = {a, b, c, d};
    memcpy(state.version, all, sizeof all);
}
long standin_calls(int call) { return state.calls[call]; }
