/* What other libraries call besides: added to the stand-in of tests/fakes/nvml, with answers that do not matter. */
#include <stdint.h>
#include <string.h>

enum { OK = 0, NOT_SUPPORTED = 3, AMPERE = 7 };

int nvmlDeviceGetArchitecture(void *gpu, unsigned *found) { (void)gpu; *found = AMPERE; return OK; }
int nvmlDeviceGetComputeMode(void *gpu, unsigned *found) { (void)gpu; *found = 0; return OK; }
int nvmlDeviceGetTemperature(void *gpu, int sensor, unsigned *found)
{
    (void)gpu; (void)sensor; *found = 40;
    return OK;
}
int nvmlDeviceGetUtilizationRates(void *gpu, unsigned found[2]) { (void)gpu; found[0] = found[1] = 0; return OK; }
int nvmlDeviceGetMemoryInfo(void *gpu, uint64_t found[3])
{
    (void)gpu; found[0] = found[1] = 1u << 30; found[2] = 0;
    return OK;
}

#define NOT(name) int name(void) { return NOT_SUPPORTED; }
NOT(nvmlDeviceGetMemoryInfo_v2)
NOT(nvmlDeviceGetTemperatureV)
NOT(nvmlDeviceGetPowerManagementLimitConstraints)
NOT(nvmlDeviceGetPersistenceMode)
NOT(nvmlDeviceGetSupportedMemoryClocks)
NOT(nvmlDeviceGetSupportedGraphicsClocks)
NOT(nvmlDeviceGetGraphicsRunningProcesses_v3)
