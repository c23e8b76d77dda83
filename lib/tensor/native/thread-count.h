// How many threads our operations take: as many as TensorFlow was told to take, else what the process may use.
#pragma once

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace haba {

// What TF_NUM_INTRAOP_THREADS says; 0 where it is not a positive number, as TensorFlow reads it.
inline int askedThreads() {
  const char* asked = std::getenv("TF_NUM_INTRAOP_THREADS");
  if (asked == nullptr) return 0;
  char* end;
  const long count = std::strtol(asked, &end, 10);
  return end != asked && *end == '\0' && count > 0 && count <= INT_MAX ? static_cast<int>(count) : 0;
}

// Cores that the process's affinity names.
inline int allowedCores() {
#if defined(__linux__)
  // hardware_concurrency counts all that are online, whatever the affinity, with glibc from 2.35 on.
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) return CPU_COUNT(&cores);
#endif
  return static_cast<int>(std::thread::hardware_concurrency());
}

// Cores' worth of time that one control group grants, of version 2 or 1; infinity where it sets no limit.
inline double grantedBy(const std::string& folder) {
  std::ifstream both(folder + "/cpu.max"), first(folder + "/cpu.cfs_quota_us"), second(folder + "/cpu.cfs_period_us");
  double quota, period;
  // No limit is "max" in version 2, -1 in version 1.
  const bool read = both.is_open() ? static_cast<bool>(both >> quota >> period) : (first >> quota) && (second >> period);
  return read && quota > 0 && period > 0 ? quota / period : HUGE_VAL;
}

// The least that the process's control group and those around it grant. In a container the path of the group may be the
// host's, which is not there: then the container's own group, at the top, counts. `root` stands before all paths, for tests.
inline double grantedCores(const std::string& root) {
  const std::string top = root + "/sys/fs/cgroup";
  double least = std::min(grantedBy(top), grantedBy(top + "/cpu"));
  std::ifstream groups(root + "/proc/self/cgroup");
  // "0::/path" in version 2, "4:cpu,cpuacct:/path" in version 1.
  for (std::string line; std::getline(groups, line);) {
    const size_t colon = line.find(':');
    const size_t next = colon == std::string::npos ? colon : line.find(':', colon + 1);
    if (next == std::string::npos) continue;
    const std::string controllers = "," + line.substr(colon + 1, next - colon - 1) + ",";
    const bool ofCores = controllers.find(",cpu,") != std::string::npos;
    if (!ofCores && controllers != ",,") continue;
    const std::string tree = ofCores ? top + "/cpu" : top;
    for (std::string group = line.substr(next + 1); !group.empty(); group.resize(group.rfind('/'))) {
      least = std::min(least, grantedBy(tree + group));
      if (group.find('/') == std::string::npos) break;
    }
  }
  return least;
}

inline int threadCount(const std::string& root = "") {
  const int asked = askedThreads();
  if (asked > 0) return asked;
  const double granted = std::ceil(grantedCores(root));
  return std::max(1, static_cast<int>(std::min(static_cast<double>(allowedCores()), granted)));
}

}  // namespace haba
