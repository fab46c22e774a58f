/* The emulated GPUs: what they are, what flows through them, how their calls fail. */
#ifndef STANDIN_STATE_H
#define STANDIN_STATE_H

#include <stdint.h>

#define MAX_GPUS 16
#define MAX_STEPS 64
#define MAX_PIDS 8

/* Status codes of AMD SMI that the stand-in itself answers with. */
enum { OK = 0, INVALID = 1, NOT_SUPPORTED = 2, NOT_FOUND = 31, NOT_INITIALISED = 32 };

/* The calls that can be told to fail and that are counted, one by one. */
enum { CALL_INIT, CALL_HANDLES, CALL_ENERGY, CALL_POWER, CALL_ASIC, CALL_PROCESSES, CALL_CAP, CALL_ENUM,
       CALL_METRICS, CALL_VERSION, CALL_COUNT };

struct gpu {
    uint64_t bdf;
    char uuid[40], serial[32], name[64];
    uint32_t hip_id;
    double counted_j, resolution_uj;       /* what the counter held before the waveform, J; one count, uJ */
    int raw_is_set, frozen;
    uint64_t raw;                          /* shown as it is, where set */
    uint32_t current_w, average_w;         /* the fields that the waveform fills in hold FOLLOW */
    uint64_t socket_w, cap_uw;
    double watts[MAX_STEPS], seconds[MAX_STEPS], start_s, update_s;
    int steps;
    double speed;                          /* counted per J that flows: 1 where all is well */
    int status[CALL_COUNT];
    uint32_t pids[MAX_PIDS], pid_count;
    int throttle;
};

#define FOLLOW 0xFFFFFFF0u

struct state {
    struct gpu gpus[MAX_GPUS];
    int gpu_count, running, virtual_clock, init_status;
    double virtual_s;
    uint32_t version[4];
    uint32_t metrics_size, metrics_throttle_at;
    long calls[CALL_COUNT];
    int generation;                        /* handles of an earlier start are stale */
};

extern struct state state;
double now_s(void);
double energy_until(const struct gpu *gpu, double until_s);
double power_now(const struct gpu *gpu);

#endif
